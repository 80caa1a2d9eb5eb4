"""How well a test tells windows of unknown classes, which the source has never seen."""

from collections.abc import Sequence
from typing import TypedDict

import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from iadtln.callbacks.collect import Rows
from iadtln.callbacks.predictions import prediction_table
from iadtln.metrics import confusion_matrix

QUANTILE = 0.95  # of the source's validation windows is accepted
UNKNOWN = "unknown"


class OpenSetScores(TypedDict):
    """Scores of a test with unknown classes, 0 to 1.

    ``known_accuracy`` is the share of known windows that are accepted and diagnosed rightly,
    ``unknown_recall`` that of unknown windows rejected, ``h_score`` their harmonic mean; ``auroc``
    says how well the reject score tells the two, whatever the threshold. The last row and column of
    ``confusion`` are the unknown ones.
    """

    reject_score: str
    quantile: float
    threshold: float
    known_accuracy: float
    unknown_recall: float
    h_score: float
    auroc: float
    unknown_windows: int
    confusion: list[list[int]]


def reject_score(logits: Tensor) -> Tensor:
    r"""How little a network believes its own diagnosis: :math:`1 - \max_k p_k`.

    Args:
        logits: shape ``(windows, classes)``.

    Returns:
        Shape ``(windows,)``, float64: 0 where one class has all, 1 - 1/K where all have the same.

    Example:
        >>> reject_score(torch.tensor([[0.0, 0.0], [100.0, 0.0]]))
        tensor([0.5000, 0.0000], dtype=torch.float64)

    Reference: Hendrycks and Gimpel, A baseline for detecting misclassified and out-of-distribution
    examples in neural networks, ICLR 2017.
    """
    return torch.expm1(logits.double().log_softmax(1).amax(1)).abs()


def reject_threshold(source_logits: Tensor, quantile: float = QUANTILE) -> float:
    """Score above which a window is rejected: a quantile of source validation windows.

    No label of the target, and not even its windows, go into it.

    Args:
        source_logits: of held-out source windows, shape ``(windows, classes)``.
        quantile: share of them that is accepted.
    """
    return float(torch.quantile(reject_score(source_logits), quantile))


def h_score(known_accuracy: float, unknown_recall: float) -> float:
    """Harmonic mean of the two, 0 if either is.

    Example:
        >>> h_score(1.0, 0.5)
        0.6666666666666666

    Reference: Fu et al., Learning to detect open classes for universal domain adaptation, ECCV
    2020, eq. 8.
    """
    total = known_accuracy + unknown_recall
    return 2 * known_accuracy * unknown_recall / total if total else 0.0


def rejecting(rows: Rows, threshold: float) -> Rows:
    """The rows with a class more, unknown, diagnosed exactly where a window is rejected.

    Args:
        rows: ``logits`` of shape ``(windows, classes)``, and others, which stay.
        threshold: of the reject score.

    Returns:
        Rows with ``logits`` of shape ``(windows, classes + 1)``: the last is infinite, above zero
        where the window is rejected, below elsewhere.
    """
    is_rejected = reject_score(rows["logits"]) > threshold
    last = torch.where(is_rejected, torch.inf, -torch.inf).to(rows["logits"])
    return {**rows, "logits": torch.cat([rows["logits"], last[:, None]], 1)}


def joined(known: Rows, unknown: Rows, num_described: int) -> Rows:
    """Known and unknown windows one after the other, each with an ``index`` of its own.

    Args:
        known: rows of known classes.
        unknown: rows of the others.
        num_described: windows of known classes in all, tested or not.
    """
    later = {**unknown, "index": unknown["index"] + num_described}
    return {key: torch.cat([known[key], later[key]]) for key in known}


def open_set_scores(known: Rows, unknown: Rows, source: Rows) -> OpenSetScores:
    """Score the diagnoses of known and unknown target windows.

    Args:
        known: ``label`` and ``logits`` of target windows of known classes.
        unknown: the same of the others; their label is the number of known classes.
        source: of the source's validation windows, which set the threshold.
    """
    threshold = reject_threshold(source["logits"])
    both = {key: torch.cat([known[key], unknown[key]]) for key in ("label", "logits")}
    said = rejecting(both, threshold)["logits"].argmax(1)
    confusion = confusion_matrix(said, both["label"], known["logits"].shape[1] + 1)
    right = confusion.diagonal()[:-1].sum() / len(known["label"])
    recall = confusion[-1, -1] / len(unknown["label"])
    is_unknown = (both["label"] == known["logits"].shape[1]).numpy()
    return {
        "reject_score": "1 - max softmax",
        "quantile": QUANTILE,
        "threshold": threshold,
        "known_accuracy": float(right),
        "unknown_recall": float(recall),
        "h_score": h_score(float(right), float(recall)),
        "auroc": float(roc_auc_score(is_unknown, reject_score(both["logits"]).numpy())),
        "unknown_windows": len(unknown["label"]),
        "confusion": confusion.tolist(),
    }


def open_set_table(
    rows: Rows, windows: pd.DataFrame, class_names: Sequence[str], threshold: float
) -> pd.DataFrame:
    """The table of predictions, with ``unknown`` as truth and as diagnosis, and the reject score.

    Args:
        rows: of known and unknown windows, see :func:`joined`.
        windows: recording, start and domain of all of them.
        class_names: that the source knows.
        threshold: of the reject score.
    """
    names = [*class_names, UNKNOWN]
    unlabelled = {key: value for key, value in rows.items() if key != "label"}
    table = prediction_table(unlabelled, windows, class_names)
    table.insert(
        list(table.columns).index("prediction"), "truth", [names[i] for i in rows["label"].tolist()]
    )
    said = rejecting(rows, threshold)["logits"].argmax(1)
    table["prediction"] = [names[i] for i in said.tolist()]
    table["reject_score"] = reject_score(rows["logits"]).numpy().round(6)
    return table


def open_set_line(scores: OpenSetScores) -> str:
    """The scores as lines for a terminal, in percent."""
    percent = {
        "known right": scores["known_accuracy"],
        "unknown rejected": scores["unknown_recall"],
        "H-score": scores["h_score"],
        "AUROC": scores["auroc"],
    }
    said = ", ".join(f"{name} {100 * value:.2f} %" for name, value in percent.items())
    return (
        f"open set: {said}; {scores['unknown_windows']} windows of unknown classes; rejected if "
        f"{scores['reject_score']} > {scores['threshold']:.4g} "
        f"({100 * scores['quantile']:.0f} % of the source's validation accepted)"
    )
