"""The two formats: how a module is written, and how the file is run again."""

import contextlib
import io
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import Dim, ExportedProgram

from iadtln.export.exported import Exported
from iadtln.export.pairs import RealArithmetic

Signal: TypeAlias = NDArray[np.float32]
# raw windows (batch, channels, time) to logits and probabilities, each (batch, classes)
Runner: TypeAlias = Callable[[Signal], tuple[Signal, Signal]]
INPUT, OUTPUTS = "signal", ("logits", "probabilities")


class ExportError(RuntimeError):
    """A model that cannot be exported, in a sentence."""


class Format(ABC):
    """A way to write a model and to run what was written.

    Attributes:
        file_name: of the model.
        libraries: whose versions the model card names.
    """

    file_name: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]]

    def require(self) -> None:
        """Raise unless the libraries are there.

        Raises:
            ExportError: Naming what to install.
        """
        try:
            for name in self.libraries:
                version(name)
        except ImportError as error:
            raise ExportError(
                f"this format needs {' and '.join(self.libraries)}: pip install 'iadtln[export]' "
                f"({error})"
            ) from error

    @abstractmethod
    def write(self, module: Exported, windows: Tensor, path: Path) -> None:
        """Write a module.

        Args:
            module: to export.
            windows: two or more, as an example of the input.
            path: file to write.

        Raises:
            ExportError: If something in the module cannot be exported.
        """

    @abstractmethod
    def load(self, path: Path) -> Runner:
        """Return a function that runs a written file on the CPU."""


class TorchExport(Format):
    """``torch.export``: runs wherever PyTorch does, also compiled and on a GPU."""

    file_name = "model.pt2"
    libraries = ("torch",)

    def write(self, module: Exported, windows: Tensor, path: Path) -> None:
        """Write the program."""
        with quiet():
            torch.export.save(program_of(module, windows), path)

    def load(self, path: Path) -> Runner:
        """Return the program as a function of arrays."""
        with quiet():
            model = torch.export.load(path).module()

        def run(signal: Signal) -> tuple[Signal, Signal]:
            with torch.inference_mode():
                outputs = model(torch.from_numpy(signal))
            return outputs[OUTPUTS[0]].numpy(), outputs[OUTPUTS[1]].numpy()

        return run


class ONNX(Format):
    """ONNX: runs in onnxruntime, without PyTorch, also from C++, C# or JavaScript."""

    file_name = "model.onnx"
    libraries = ("onnx", "onnxscript", "onnxruntime")

    def write(self, module: Exported, windows: Tensor, path: Path) -> None:
        """Write the model, its weights in the same file."""
        program = program_of(module, windows)
        try:
            with quiet():
                real = RealArithmetic(program)
                made = torch.onnx.export(
                    real,
                    (windows,),
                    dynamo=True,
                    input_names=[INPUT],
                    output_names=list(OUTPUTS),
                    dynamic_shapes=({0: Dim("batch")},),
                    verbose=False,
                )
                assert made is not None
                made.save(path, external_data=False)
        except (RuntimeError, NotImplementedError) as error:
            raise ExportError(
                f"{type(module.front_end).__name__} with {type(module.network).__name__} cannot be "
                f"written as ONNX, torch_export can ({reason(error)})"
            ) from error

    def load(self, path: Path) -> Runner:
        """Return an onnxruntime session as a function of arrays."""
        import onnxruntime  # an extra, and slow to load

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

        def run(signal: Signal) -> tuple[Signal, Signal]:
            logits, probabilities = session.run(list(OUTPUTS), {INPUT: signal})
            return logits, probabilities

        return run


FORMATS: dict[str, Format] = {"onnx": ONNX(), "torch_export": TorchExport()}


def program_of(module: Exported, windows: Tensor) -> ExportedProgram:
    """The module as a graph for batches of any size.

    Raises:
        ExportError: If its arithmetic leaves PyTorch or depends on the values.
    """
    try:
        with quiet():
            return torch.export.export(module, (windows,), dynamic_shapes=({0: Dim("batch")},))
    except Exception as error:  # as many kinds as there are obstacles
        raise ExportError(
            f"{type(module.front_end).__name__} with {type(module.network).__name__} cannot be "
            f"exported: what it does leaves PyTorch or depends on the values ({reason(error)}); "
            "train behind another front end, or diagnose with iadtln itself"
        ) from error


def reason(error: BaseException) -> str:
    """The first line of the innermost error."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporters' notes to their developers from the terminal."""
    logging.disable(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
