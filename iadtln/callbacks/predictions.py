"""What was diagnosed, window by window on disk and recording by recording on the terminal."""

from collections.abc import Sequence
from typing import Any

import lightning.pytorch as pl
import pandas as pd
from lightning.pytorch import Callback

from iadtln.callbacks.collect import Collector, Rows
from iadtln.callbacks.contract import data_of
from iadtln.callbacks.folder import result_dir
from iadtln.callbacks.progress import say
from iadtln.files import written_whole


def prediction_table(rows: Rows, windows: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """One row a window: where it comes from, truth if known, diagnosis, probabilities.

    Args:
        rows: ``index (windows,)``, ``logits (windows, classes)`` and, where known, ``label``.
        windows: recording, start and domain of every window of the split.
        class_names: names in the order of the class numbers.
    """
    index = rows["index"].numpy()
    table = windows.loc[index, ["recording", "start", "domain"]].reset_index(drop=True)
    table.insert(0, "window", index)
    if "label" in rows:
        table["truth"] = [class_names[i] for i in rows["label"].tolist()]
    table["prediction"] = [class_names[i] for i in rows["logits"].argmax(1).tolist()]
    probability = rows["logits"].softmax(1).numpy()
    for i, name in enumerate(class_names):
        table[f"p({name})"] = probability[:, i].round(6)
    return table


def votes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a recording: its most frequent diagnosis and the share of windows that agree."""
    counts = table.groupby("recording", sort=False)["prediction"].value_counts(normalize=True)
    best = counts.groupby("recording", sort=False).idxmax().loc[table["recording"].unique()]
    return pd.DataFrame(
        {
            "diagnosis": [diagnosis for _, diagnosis in best],
            "agreement": [f"{100 * counts[pair]:.1f} %" for pair in best],
            "windows": table.groupby("recording", sort=False).size().loc[best.index].to_numpy(),
        },
        index=best.index,
    )


class PredictionWriter(Callback):
    """On predict, writes ``diagnoses.csv`` and prints the vote of each recording."""

    def __init__(self) -> None:
        self.collector = Collector(["index", "logits"])

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget what an earlier run left."""
        self.collector.batches.clear()

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep index and logits."""
        self.collector.add(outputs)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write and print."""
        rows, folder = self.collector.rows(), result_dir(trainer)
        if rows is None or folder is None:
            return
        data = data_of(trainer)
        table = prediction_table(rows, data.describe("predict"), data.class_names)
        path = folder / "diagnoses.csv"
        with written_whole(path) as aside:
            table.to_csv(aside, index=False)
        say(f"\n{votes(table).to_string()}\n\n{len(table)} windows in {path}")
