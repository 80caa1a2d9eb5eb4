"""What loggers get of a test: scalars for all, pictures and tables for TensorBoard."""

from collections.abc import Mapping, Sequence

import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from numpy.typing import NDArray

from iadtln.callbacks.contract import DomainData
from iadtln.callbacks.embedding import Sample
from iadtln.callbacks.results import Results, markdown_of


def headline_scores(results: Results) -> dict[str, float]:
    """The scores that stand for the whole run."""
    return {"test/accuracy": results["accuracy"], "test/macro_f1": results["macro_f1"]}


def class_scalars(results: Results) -> dict[str, float]:
    """Precision, recall and F1 of every class."""
    scalars: dict[str, float] = {}
    for name, score in results["per_class"].items():
        scalars[f"test_precision/{name}"] = score["precision"]
        scalars[f"test_recall/{name}"] = score["recall"]
        scalars[f"test_f1/{name}"] = score["f1"]
    return scalars


def to_logger(logger: Logger, results: Results, params: Mapping[str, object], step: int) -> None:
    """Log scalars, and the result beside the hyper-parameters where a logger can.

    TensorBoard shows results under HPARAMS only if the logger was made with
    ``default_hp_metric=False``: it believes the first list of metrics it finds in a run.
    """
    logger.log_metrics(class_scalars(results), step)
    if isinstance(logger, TensorBoardLogger):
        logger.log_hyperparams({**logger.hparams, **params}, headline_scores(results), step)
        logger.experiment.add_text("test/report", markdown_of(results), step)
    else:
        logger.log_metrics(headline_scores(results), step)
    logger.save()


def show_pictures(
    logger: TensorBoardLogger, pictures: Mapping[str, NDArray[np.uint8]], step: int
) -> None:
    """Put pictures of shape ``(height, width, 3)`` under IMAGES."""
    for name, picture in pictures.items():
        logger.experiment.add_image(f"test/{name}", picture, step, dataformats="HWC")


def show_features(
    logger: TensorBoardLogger, drawn: Sample, data: DomainData, names: Sequence[str], step: int
) -> None:
    """Put features under PROJECTOR, each with its domain, truth and diagnosis by ``names``."""
    rows = [
        [data.target if late else data.source, names[truth], names[said], window]
        for late, truth, said, window in zip(
            drawn.is_target.tolist(),
            drawn.label.tolist(),
            drawn.prediction.tolist(),
            drawn.window.tolist(),
            strict=True,
        )
    ]
    logger.experiment.add_embedding(
        drawn.features,
        rows,
        global_step=step,
        tag="features",
        metadata_header=["domain", "truth", "diagnosis", "window"],
    )
