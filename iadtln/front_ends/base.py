"""The contract of every front end: what stands between recordings and the network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from datamodules.loading import first_process_first
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.checkpoints import read_state
from iadtln.front_ends.kept import fit_once


class FrontEnd(nn.Module, Callback, ABC):
    """Signal processing ahead of the network; a module, and the callback that plugs it in.

    It has two levels. ``recording_transforms`` work on whole recordings before windows are cut,
    once, and their results are cached on disk. ``transform`` works on batches of windows on the
    device, wherever the network is used: in training, tests, pictures and the exported model.

    Args:
        standardise: give each channel of the output mean 0 and deviation 1 in each window.

    Attributes:
        is_image: whether the channels made of one channel are rows of an image, whose levels
            compare; they are then standardised together.
    """

    is_image: ClassVar[bool] = False

    def __init__(self, standardise: bool = True) -> None:
        super().__init__()
        self.standardise = standardise
        self.plug: RemovableHandle | None = None
        self.checkpoint: Path | None = None  # what was searched is taken from there

    @property
    def channel_factor(self) -> int:
        """Channels that come out for each that goes in."""
        return 1

    @property
    def recording_factor(self) -> int:
        """Those of them that ``recording_transforms`` make; ``transform`` makes the rest."""
        return 1

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return what is done to recordings before windows are cut, in order."""
        return ()

    @abstractmethod
    def transform(self, signal: Tensor) -> Tensor:
        """Return the network's input before it is standardised.

        Args:
            signal: windows, float32, shape ``(batch, channels, time)``.

        Returns:
            Shape ``(batch, channels * channel_factor, points)``; each window by itself.
        """

    @property
    def needs_fit(self) -> bool:
        """Whether ``fit`` must be called first; most front ends have nothing to search."""
        return False

    def fit(self, recordings: Sequence[Recording]) -> None:
        """Search what is common to all windows; what is found is part of the state.

        Args:
            recordings: the training parts of source and target after ``recording_transforms``; the
                target's have no label.
        """

    def forward(self, signal: Tensor) -> Tensor:
        """Return the network's input, float32, shape ``(batch, channels * factor, points)``."""
        with torch.autocast(signal.device.type, enabled=False):
            output = self.transform(signal.float()).float()
            if not self.standardise:
                return output
            return standardised(output, self.channel_factor if self.is_image else 1)

    def bring_transforms(self) -> Sequence[RecordingTransform]:
        """What the data module asks for before it reads: the transforms, as a checkpoint has them.

        Lightning restores a checkpoint after the data were read, which is too late for a band that
        was chosen; so the command line names it in ``checkpoint`` beforehand.

        Raises:
            MisconfigurationException: If the checkpoint is damaged or of another front end.
        """
        if self.checkpoint is not None and self.checkpoint.is_file():
            self.restore(read_state(self.checkpoint), self.checkpoint)
        return self.recording_transforms()

    def restore(self, state: Mapping[str, Tensor], path: Path) -> None:
        """Take what was searched from the state of a task.

        Args:
            state: of the task, with ``front_end.`` before the names of the front end's own.
            path: where it is from, for the message.

        Raises:
            MisconfigurationException: If it is of another front end.
        """
        prefix = "front_end."
        own = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        try:
            self.load_state_dict(own)
        except RuntimeError as error:
            raise MisconfigurationException(
                f"'{path}' was trained with another front end than {type(self).__name__}; name "
                f"the same one ({error})"
            ) from error

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Stand before the network of the task, wherever it is called; search if need be."""
        former = getattr(pl_module, "front_end", None)
        if former is not self:
            if isinstance(former, FrontEnd) and former.plug is not None:
                former.plug.remove()
            pl_module.front_end = self  # its state follows the device and the checkpoint
            network = pl_module.network
            assert isinstance(network, nn.Module)
            self.plug = network.register_forward_pre_hook(self._before)
        if stage == "fit" and self.needs_fit:
            data = trainer.datamodule  # type: ignore[attr-defined]
            with first_process_first(trainer):
                fit_once(self, data.pair.training_recordings(), data.cache_dir)

    def extra_repr(self) -> str:
        """Settings: part of the key under which a search is kept."""
        # Lightning hangs the last two on callbacks
        others = {"training", "plug", "checkpoint", "log", "log_dict"}
        own = {k: v for k, v in vars(self).items() if not k.startswith("_") and k not in others}
        return ", ".join(f"{k}={v!r}" for k, v in own.items())

    def _before(self, network: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.needs_fit:
            raise MisconfigurationException(
                f"{type(self).__name__} has searched nothing yet: train first, or give ckpt_path"
            )
        try:
            return (self(inputs[0]), *inputs[1:])
        except ValueError as error:  # windows too short for it, say: bad input, not a bug
            raise MisconfigurationException(f"{type(self).__name__}: {error}") from error

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Take searched filters of any number and length from a checkpoint."""
        for name, buffer in self.named_buffers(recurse=False):
            stored = state_dict.get(prefix + name)
            if stored is not None and stored.shape != buffer.shape:
                setattr(self, name, buffer.new_empty(stored.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def standardised(signal: Tensor, rows: int = 1) -> Tensor:
    """Mean 0 and deviation 1 in each window and channel; a constant becomes zeros.

    Args:
        signal: shape ``(batch, channels * rows, points)``.
        rows: neighbouring channels with a common mean and deviation.
    """
    batch, channels, points = signal.shape
    blocks = signal.reshape(batch, channels // rows, rows * points)
    centred = blocks - blocks.mean(-1, keepdim=True)
    # a norm, because its gradient is finite at zero
    deviation = torch.linalg.vector_norm(centred, dim=-1, keepdim=True) / (rows * points) ** 0.5
    # round-off of a constant must not be blown up to deviation 1
    floor = 1e-6 * blocks.abs().amax(-1, keepdim=True)
    scale = torch.where(deviation > floor, 1 / deviation.clamp(min=1e-18), 0.0)
    return (centred * scale).reshape(signal.shape)
