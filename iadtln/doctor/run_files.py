"""The options that a run has left on disk, and the objects that they name."""

from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor

from datamodules import DataError, PairedDataModule, RecordingTransform
from iadtln.configurations import read_yaml
from iadtln.diagnosis import Diagnosis
from iadtln.front_ends import FrontEnd
from iadtln.networks import FeatureNetwork
from iadtln.trust.evidence import Expected

Content = dict[str, Any]  # of a configuration


def read_config(path: Path) -> Content:
    """Options of the run.

    Raises:
        MisconfigurationException: If they are not there or name no data, model and front end.
    """
    if not path.is_file():
        raise MisconfigurationException(
            f"expected the run's configuration, there is none at '{path}'; name it by --run_config"
        )
    try:
        content: Content = read_yaml(path)
        options = {"transforms": None, "normalisation": "window", "resample_hz": None}
        options |= content["data"].get("init_args") or {}
        data = {"class_path": content["data"]["class_path"], "init_args": options}
        content["front_end"]["class_path"]
        return {**content, "network": content["model"]["network"], "data": data}
    except (KeyError, TypeError, AttributeError) as error:
        raise MisconfigurationException(
            f"'{path}': expected the config.yaml that fit wrote, with data, model and front_end, "
            f"got {type(error).__name__}: {error}"
        ) from error


def built(kind: type, name: str, value: object) -> Any:
    """An object of the class that a configuration names.

    Raises:
        MisconfigurationException: If it cannot be built.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument(f"--{name}", type=kind)
    try:
        return parser.instantiate(parser.parse_object({name: value}))[name]
    except DataError:
        raise
    except Exception as error:
        raise MisconfigurationException(f"the run's {name} cannot be built: {error}") from error


def before_network(content: Content) -> tuple[FrontEnd, list[RecordingTransform]]:
    """Front end, and the data's transforms of recordings but resampling, which is done anyway."""
    front_end = built(FrontEnd, "front_end", content["front_end"])
    named = content["data"]["init_args"]["transforms"] or []
    return front_end, [built(RecordingTransform, "transform", one) for one in named]


def model_of(
    content: Content, front_end: FrontEnd, expected: Expected, state: dict[str, Tensor]
) -> Diagnosis:
    """The network of the run, with its front end but without weights.

    Raises:
        MisconfigurationException: If the checkpoint is of other classes.
    """
    num_classes = len(state["classifier.weight"])
    if num_classes != len(expected.class_names):
        raise MisconfigurationException(
            f"the checkpoint tells {num_classes} classes, the configuration names "
            f"{', '.join(expected.class_names)}; they are not of one run"
        )
    options = dict(content["network"].get("init_args") or {})
    options["in_channels"] = expected.channels * front_end.channel_factor
    named = {"class_path": content["network"]["class_path"], "init_args": options}
    model = Diagnosis(built(FeatureNetwork, "network", named), num_classes)
    model.front_end = front_end
    return model


def is_adapted(content: Content) -> bool:
    """Whether a run has learned from unlabelled windows of its target too."""
    model = content["model"]
    return bool(model.get("transfer_losses")) or bool(model.get("adapt_batch_norm"))


def data_of(content: Content) -> PairedDataModule:
    """The data that the run learned from, not yet read.

    Raises:
        MisconfigurationException: If they cannot be named: the classes are then unknown.
    """
    try:
        data: PairedDataModule = built(PairedDataModule, "data", content["data"])
    except (DataError, FileNotFoundError, MisconfigurationException) as error:
        raise MisconfigurationException(
            "neither the training data nor a .trust.pt beside the checkpoint is here, so the names "
            f"of the classes are not known: run diagnose once where the data are ({error})"
        ) from error
    return data
