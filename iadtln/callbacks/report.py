"""What a test leaves behind: a table, files, and pictures in TensorBoard."""

import json
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure
from torch import Tensor

from iadtln.callbacks.collect import Collector, Rows
from iadtln.callbacks.contract import DomainData, data_of, task_of
from iadtln.callbacks.embedding import FEWEST, Sample, sample, tsne
from iadtln.callbacks.figures import confusion_figure, embedding_figure, pixels
from iadtln.callbacks.files import result_dir, written_whole
from iadtln.callbacks.predictions import prediction_table
from iadtln.callbacks.progress import say
from iadtln.metrics import accuracy, class_scores, confusion_matrix, macro_f1

KEYS = ("index", "label", "logits", "features")


class TestReport(Callback):
    """Prints and writes the result of a test on the target.

    ``metrics.json``, ``predictions.csv``, ``confusion_matrix.png`` and ``embedding.png`` go to the
    log directory; pictures, features and results to TensorBoard.

    Args:
        chosen_by: what chose the tested weights, said beside the result.
        max_points: windows of both domains in the embedding.
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
        if target is None or folder is None:
            return
        data, num_classes = data_of(trainer), task_of(pl_module).num_classes
        confusion = confusion_matrix(target["logits"].argmax(1), target["label"], num_classes)
        metrics = summary_of(confusion, data, self.chosen_by)
        say(table_of(metrics, confusion, data))
        write_files(folder, metrics, target, data)
        figures = {"confusion_matrix": draw_confusion(confusion, data)}
        drawn = sample(target, source, self.max_points, self.seed)
        if len(drawn.window) >= FEWEST:
            figures["embedding"] = draw_embedding(drawn, data, self.seed)
        for name, figure in figures.items():
            with written_whole(folder / f"{name}.png") as aside:
                figure.savefig(aside)
        if isinstance(trainer.logger, TensorBoardLogger):
            to_tensorboard(trainer.logger, figures, drawn, metrics, data, trainer.global_step)


def summary_of(confusion: Tensor, data: DomainData, chosen_by: str) -> dict[str, Any]:
    """Everything that ``metrics.json`` says."""
    scores = class_scores(confusion)
    per_class = {
        name: {field: float(getattr(scores, field)[i]) for field in scores._fields}
        for i, name in enumerate(data.class_names)
    }
    return {
        "source": data.source,
        "target": data.target,
        "protocol": data.protocol,
        "chosen_by": chosen_by,
        "windows": int(confusion.sum()),
        "accuracy": accuracy(confusion),
        "macro_f1": macro_f1(confusion),
        "per_class": per_class,
        "confusion": confusion.tolist(),
    }


def table_of(metrics: dict[str, Any], confusion: Tensor, data: DomainData) -> str:
    """The result as lines of text."""
    width = max(len(name) for name in (*data.class_names, "class")) + 2
    heads = ("precision", "recall", "f1", "windows")
    lines = [
        f"\n{data.source} → {data.target}, protocol '{data.protocol}', {metrics['chosen_by']}",
        "class".ljust(width) + "".join(f"{head:>11}" for head in heads),
    ]
    for name, score in metrics["per_class"].items():
        values = "".join(f"{100 * score[head]:>11.2f}" for head in heads[:3])
        lines.append(f"{name.ljust(width)}{values}{int(score['support']):>11}")
    lines.append(
        f"accuracy {100 * metrics['accuracy']:.2f} %, macro F1 {100 * metrics['macro_f1']:.2f} %, "
        f"{int(confusion.trace())} of {int(confusion.sum())} windows"
    )
    return "\n".join(lines)


def write_files(folder: Path, metrics: dict[str, Any], target: Rows, data: DomainData) -> None:
    """Write predictions first: ``metrics.json`` is the mark of a finished test."""
    table = prediction_table(target, data.describe("test"), data.class_names)
    with written_whole(folder / "predictions.csv") as aside:
        table.to_csv(aside, index=False)
    with written_whole(folder / "metrics.json") as aside:
        aside.write_text(json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")


def draw_confusion(confusion: Tensor, data: DomainData) -> Figure:
    """The confusion matrix of the target."""
    return confusion_figure(confusion.numpy(), data.class_names, data.source, data.target)


def draw_embedding(drawn: Sample, data: DomainData, seed: int) -> Figure:
    """Features of both domains in the plane."""
    return embedding_figure(
        tsne(drawn.features, seed),
        drawn.label.numpy(),
        drawn.is_target.numpy(),
        (drawn.prediction != drawn.label).numpy(),
        data.class_names,
        data.source,
        data.target,
    )


def to_tensorboard(
    logger: TensorBoardLogger,
    figures: dict[str, Figure],
    drawn: Sample,
    metrics: dict[str, Any],
    data: DomainData,
    step: int,
) -> None:
    """Pictures, features for the projector, and the result beside the hyper-parameters."""
    board = logger.experiment
    for name, figure in figures.items():
        board.add_image(f"test/{name}", pixels(figure), step, dataformats="HWC")
    for name, score in metrics["per_class"].items():
        for field in ("precision", "recall", "f1"):
            board.add_scalar(f"test_{field}/{name}", score[field], step)
    rows = [
        [data.target if late else data.source, data.class_names[truth], data.class_names[said]]
        for late, truth, said in zip(
            drawn.is_target.tolist(), drawn.label.tolist(), drawn.prediction.tolist(), strict=True
        )
    ]
    header = ["domain", "truth", "diagnosis"]
    board.add_embedding(
        drawn.features, rows, global_step=step, tag="features", metadata_header=header
    )
    results = {f"test/{name}": metrics[name] for name in ("accuracy", "macro_f1")}
    logger.log_hyperparams(
        {**logger.hparams, **{key: metrics[key] for key in ("source", "target", "protocol")}},
        results,
    )
    logger.save()
