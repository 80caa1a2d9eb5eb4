"""What a test found: numbers for ``metrics.json``, a table for people."""

from typing import TypedDict

from iadtln.callbacks.collect import Rows
from iadtln.callbacks.contract import DomainData
from iadtln.callbacks.open_set import OpenSetScores, open_set_line, open_set_scores
from iadtln.metrics import accuracy, class_scores, confusion_matrix, macro_f1


class ClassResult(TypedDict):
    """Scores of one class, 0 to 1, and its windows."""

    precision: float
    recall: float
    f1: float
    support: int


class OpenSetResults(TypedDict, total=False):
    """What ``metrics.json`` says besides, if the target has classes that the source lacks."""

    open_set: OpenSetScores


class Results(OpenSetResults):
    """Everything that ``metrics.json`` says; scores are of the target, 0 to 1.

    In an open set they are of the windows of known classes, without rejection.
    """

    source: str
    target: str
    protocol: str
    chosen_by: str
    checkpoint: str | None
    labelled_target: int
    windows: int
    accuracy: float
    macro_f1: float
    source_accuracy: float | None
    per_class: dict[str, ClassResult]
    confusion: list[list[int]]


def results_of(
    target: Rows,
    source: Rows | None,
    data: DomainData,
    chosen_by: str,
    checkpoint: str | None,
    unknown: Rows | None = None,
) -> Results:
    """Score the diagnoses of a test.

    Args:
        target: ``label`` and ``logits`` of the target test split.
        source: the same of the source validation split, if it was tested.
        data: names of domains, classes and protocol.
        chosen_by: what chose the weights.
        checkpoint: file of the weights, None for those of a run that just ended.
        unknown: ``label`` and ``logits`` of target windows of unknown classes, in an open set.
    """
    num_classes = len(data.class_names)
    confusion, *others = (
        confusion_matrix(rows["logits"].argmax(1), rows["label"], num_classes)
        for rows in (target, source)
        if rows is not None
    )
    columns = (column.tolist() for column in class_scores(confusion))
    per_class: dict[str, ClassResult] = {
        name: {"precision": precision, "recall": recall, "f1": f1, "support": support}
        for name, precision, recall, f1, support in zip(data.class_names, *columns, strict=True)
    }
    results: Results = {
        "source": data.source,
        "target": data.target,
        "protocol": data.protocol,
        "chosen_by": chosen_by,
        "checkpoint": checkpoint,
        "labelled_target": data.labelled_target,
        "windows": int(confusion.sum()),
        "accuracy": accuracy(confusion),
        "macro_f1": macro_f1(confusion),
        "source_accuracy": accuracy(others[0]) if others else None,
        "per_class": per_class,
        "confusion": confusion.tolist(),
    }
    if unknown is not None and source is not None:  # no threshold without held-out source windows
        results["open_set"] = open_set_scores(target, unknown, source)
    return results


def table_of(results: Results) -> str:
    """The result as lines for a terminal, in percent."""
    width = max(len(name) for name in (*results["per_class"], "class")) + 2
    lines = [
        f"tested on '{results['target']}', learned on '{results['source']}'; "
        f"protocol '{results['protocol']}'; weights chosen by: {results['chosen_by']}",
        "",
        "class".ljust(width) + "precision".rjust(10) + "recall".rjust(10) + "F1".rjust(10)
        + "windows".rjust(10),
    ]  # fmt: skip
    for name, score in results["per_class"].items():
        values = (score["precision"], score["recall"], score["f1"])
        percent = "".join(f"{100 * value:>10.2f}" for value in values)
        lines.append(f"{name:<{width}}{percent}{score['support']:>10}")
    last = f"{100 * results['accuracy']:.2f} %  (macro F1 {100 * results['macro_f1']:.2f} %"
    if results["source_accuracy"] is not None:
        last += f"; source validation {100 * results['source_accuracy']:.2f} %"
    lines += ["", f"accuracy on the target: {last})"]
    if "open_set" in results:
        lines.append(open_set_line(results["open_set"]))
    return "\n".join(lines)


def markdown_of(results: Results) -> str:
    """The table per class in Markdown, for TensorBoard's text tab."""
    lines = ["| class | precision | recall | F1 | windows |", "|---|---:|---:|---:|---:|"]
    for name, score in results["per_class"].items():
        values = (score["precision"], score["recall"], score["f1"])
        percent = " | ".join(f"{100 * value:.2f}" for value in values)
        lines.append(f"| {name} | {percent} | {score['support']} |")
    head = (
        f"**{results['source']} → {results['target']}**: accuracy "
        f"{100 * results['accuracy']:.2f} %, protocol {results['protocol']}, "
        f"weights chosen by: {results['chosen_by']}"
    )
    if "open_set" in results:
        lines += ["", open_set_line(results["open_set"])]
    return "\n".join([head, "", *lines])
