"""What a test leaves behind: a table, files, and pictures in TensorBoard."""

import json
import os
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
from lightning.pytorch import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure
from matplotlib.image import imsave

from iadtln.callbacks.board import show_features, show_pictures, to_logger
from iadtln.callbacks.collect import Collector, Rows
from iadtln.callbacks.contract import DomainData, data_of
from iadtln.callbacks.embedding import FEWEST, Sample, sample, tsne
from iadtln.callbacks.figures import confusion_figure, embedding_figure, pixels
from iadtln.callbacks.files import result_dir, written_whole
from iadtln.callbacks.predictions import prediction_table
from iadtln.callbacks.progress import say
from iadtln.callbacks.results import Results, results_of, table_of

KEYS = ("index", "label", "logits", "features")


class TestReport(Callback):
    """Prints and writes the result of a test on the target.

    ``metrics.json``, ``predictions.csv``, ``confusion_matrix.png`` and ``embedding.png`` go to the
    log directory; pictures, features and results to TensorBoard. A trial run prints only.

    Args:
        chosen_by: what chose the tested weights, said beside the result.
        max_points: windows of both domains in the embedding; 0 leaves it out.
        seed: of the embedding.
    """

    __test__ = False  # not a test of pytest, whatever its name says

    def __init__(
        self, chosen_by: str = "last epoch", max_points: int = 1000, seed: int = 0
    ) -> None:
        self.chosen_by = chosen_by
        self.max_points = max_points
        self.seed = seed
        self.collectors = (Collector(KEYS), Collector(KEYS))  # target, source validation

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget what an earlier test left."""
        for collector in self.collectors:
            collector.batches.clear()

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the outputs."""
        self.collectors[dataloader_idx].add(outputs)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print, write and draw."""
        target, source = (collector.rows() for collector in self.collectors)
        folder = result_dir(trainer)
        if target is None or not trainer.is_global_zero:
            return
        data = data_of(trainer)
        checkpoint = str(trainer.ckpt_path) if trainer.ckpt_path else None
        results = results_of(target, source, data, self.chosen_by, checkpoint)
        say(f"\n{table_of(results)}\n")
        if folder is None:
            return
        write_files(folder, results, target, data)
        drawn = sample(target, source, self.max_points, self.seed)
        figures = draw(results, drawn, data, self.seed)
        pictures = {name: pixels(figure) for name, figure in figures.items()}
        for name, picture in pictures.items():
            with written_whole(folder / f"{name}.png") as aside:
                imsave(aside, picture)
        params = named_params(results, pl_module)
        for logger in trainer.loggers:
            to_logger(logger, results, params, trainer.global_step)
            if isinstance(logger, TensorBoardLogger):
                show_pictures(logger, pictures, trainer.global_step)
                if "embedding" in pictures:
                    show_features(logger, drawn, data, trainer.global_step)
        say(f"results and pictures: {folder}\n")


def write_files(folder: Path, results: Results, target: Rows, data: DomainData) -> None:
    """Write predictions first: ``metrics.json`` is the mark of a finished test."""
    table = prediction_table(target, data.describe("test"), data.class_names)
    with written_whole(folder / "predictions.csv") as aside:
        table.to_csv(aside, index=False)
    with written_whole(folder / "metrics.json") as aside:
        text = json.dumps(results, indent=2, ensure_ascii=False)
        aside.write_text(text + "\n", encoding="utf-8")


def draw(results: Results, drawn: Sample, data: DomainData, seed: int) -> dict[str, Figure]:
    """The confusion matrix, and the embedding if there are points enough for one."""
    names, domains = data.class_names, (data.source, data.target)
    confusion = np.array(results["confusion"])
    figures = {"confusion_matrix": confusion_figure(confusion, names, *domains)}
    if len(drawn.window) >= FEWEST:
        figures["embedding"] = embedding_figure(
            tsne(drawn.features, seed),
            drawn.label.numpy(),
            drawn.is_target.numpy(),
            (drawn.prediction != drawn.label).numpy(),
            names,
            *domains,
        )
    return figures


def named_params(results: Results, pl_module: pl.LightningModule) -> dict[str, object]:
    """What tells this run from others, for TensorBoard's table of runs."""
    return {
        **pl_module.hparams,
        "source": results["source"],
        "target": results["target"],
        "protocol": results["protocol"],
        "seed": os.environ.get("PL_GLOBAL_SEED", "none"),
    }
