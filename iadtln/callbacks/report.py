"""What a test leaves behind: a table, files, and pictures in TensorBoard."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import numpy as np
import pandas as pd
from lightning.pytorch import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure
from matplotlib.image import imsave

from iadtln.callbacks.board import show_features, show_pictures, to_logger
from iadtln.callbacks.collect import Collector, Rows
from iadtln.callbacks.contract import DomainData, data_of
from iadtln.callbacks.embedding import FEWEST, Sample, sample, tsne
from iadtln.callbacks.figures import confusion_figure, embedding_figure, pixels
from iadtln.callbacks.folder import result_dir
from iadtln.callbacks.open_set import UNKNOWN, joined, open_set_table, rejecting
from iadtln.callbacks.predictions import prediction_table
from iadtln.callbacks.progress import say
from iadtln.callbacks.results import Results, results_of, table_of
from iadtln.callbacks.selection import chosen_by
from iadtln.files import written_whole

KEYS = ("index", "label", "logits", "features")


class Shown(NamedTuple):
    """What tables and pictures show of a test.

    Args:
        target: rows of the target.
        source: rows of the source's validation.
        names: of the classes that they are told apart by.
        table: one row a window of the target.
    """

    target: Rows
    source: Rows | None
    names: Sequence[str]
    table: pd.DataFrame


class TestReport(Callback):
    """Prints and writes the result of a test on the target.

    ``metrics.json``, ``predictions.csv``, ``confusion_matrix.png`` and ``embedding.png`` go to the
    log directory; pictures, features and results to TensorBoard. A trial run prints only. In an
    open set, pictures and predictions also show windows of unknown classes, and what is rejected.

    Args:
        chosen_by: what chose the tested weights, said beside the result; by default what the name
            of the checkpoint says.
        max_points: windows of both domains in the embedding; 0 leaves it out.
        seed: of the embedding.
    """

    __test__ = False  # not a test of pytest, whatever its name says

    def __init__(self, chosen_by: str | None = None, max_points: int = 1000, seed: int = 0) -> None:
        self.chosen_by = chosen_by
        self.max_points = max_points
        self.seed = seed
        self.collectors = tuple(Collector(KEYS) for _ in range(3))  # as in test_dataloader
        self.learned_on: str | None = None  # kept in the checkpoint

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note what is learned from, for tests of the checkpoint on whatever data."""
        self.learned_on = data_of(trainer).source

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"learned_on": self.learned_on}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it from there."""
        self.learned_on = state_dict["learned_on"]

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
        target, source, unknown = (collector.rows() for collector in self.collectors)
        folder = result_dir(trainer)
        if target is None or not trainer.is_global_zero:
            return
        data = data_of(trainer)
        checkpoint = str(trainer.ckpt_path) if trainer.ckpt_path else None
        chosen = self.chosen_by or chosen_by(checkpoint)
        results = results_of(target, source, data, chosen, checkpoint, unknown)
        if self.learned_on not in (None, data.source):
            say(f"these weights learned on '{self.learned_on}', whatever data.source says")
            results["source"] = str(self.learned_on)
        say(f"\n{table_of(results)}\n")
        if folder is None:
            return
        shown = shown_of(results, target, source, unknown, data)
        write_files(folder, results, shown.table)
        drawn = sample(shown.target, shown.source, self.max_points, self.seed)
        figures = draw(results, drawn, shown.names, data, self.seed)
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
                    show_features(logger, drawn, data, shown.names, trainer.global_step)
        say(f"results and pictures: {folder}\n")


def shown_of(
    results: Results, target: Rows, source: Rows | None, unknown: Rows | None, data: DomainData
) -> Shown:
    """The rows as they are; in an open set with unknown windows, and rejection as a diagnosis."""
    names, windows = data.class_names, data.describe("test")
    if "open_set" not in results or source is None or unknown is None:
        return Shown(target, source, names, prediction_table(target, windows, names))
    everything = joined(target, unknown, len(windows))
    windows = pd.concat([windows, data.describe("unknown")], ignore_index=True)
    threshold = results["open_set"]["threshold"]
    return Shown(
        rejecting(everything, threshold),
        rejecting(source, threshold),
        [*names, UNKNOWN],
        open_set_table(everything, windows, names, threshold),
    )


def write_files(folder: Path, results: Results, table: pd.DataFrame) -> None:
    """Write predictions first: ``metrics.json`` is the mark of a finished test."""
    with written_whole(folder / "predictions.csv") as aside:
        table.to_csv(aside, index=False)
    with written_whole(folder / "metrics.json") as aside:
        text = json.dumps(results, indent=2, ensure_ascii=False)
        aside.write_text(text + "\n", encoding="utf-8")


def draw(
    results: Results, drawn: Sample, names: Sequence[str], data: DomainData, seed: int
) -> dict[str, Figure]:
    """The confusion matrix, and the embedding if there are points enough for one."""
    domains = (data.source, data.target)
    is_open = "open_set" in results
    confusion = np.array(results["open_set"]["confusion"] if is_open else results["confusion"])
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
