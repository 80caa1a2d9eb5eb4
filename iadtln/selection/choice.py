"""From the history of a run: which epoch each criterion picks, and how good that one was."""

import math

import pandas as pd

from iadtln.selection.criteria import CRITERIA

ORACLE = "oracle_target_accuracy"
"""Column of the accuracy on labelled target windows: to judge choices with, not to choose by."""


def chosen_epochs(history: pd.DataFrame) -> dict[str, int]:
    """Epoch that each criterion picks; equals go to the later one, which was adapted for longer.

    Where there is a transfer phase, only its epochs are picked from. Pretraining yields the
    source-only baseline: a method whose weights come from there would be reported under a name that
    had no part in them. And criteria of the source are at their best there.

    Args:
        history: one row an epoch, with ``epoch``, ``phase`` (``pretrain`` or ``transfer``) and a
            column for each criterion; rows in any order.

    Returns:
        ``last``, then each criterion that has a finite value.

    Raises:
        ValueError: If the history is empty.
    """
    if history.empty:
        raise ValueError("nothing to choose from: the history of this run has no epoch")
    rows = _candidates(history)
    epochs = {"last": int(rows.index[-1])}
    for name, criterion in CRITERIA.items():
        values = rows[name].replace([math.inf, -math.inf], math.nan) if name in rows else None
        if values is not None and values.notna().any():
            best = values.max() if criterion.better == "max" else values.min()
            epochs[name] = int(rows.index[values == best][-1])
    return epochs


def selected(history: pd.DataFrame) -> dict[str, float]:
    """Accuracy on the target at the epoch that each criterion picks, and of the best epoch.

    Args:
        history: as :func:`chosen_epochs`, with the column ``oracle_target_accuracy``.

    Returns:
        ``last``, each criterion (NaN if it never had a finite value), and ``oracle``.

    Raises:
        ValueError: If the history is empty or has no column of the oracle.

    Example:
        >>> selected(pd.DataFrame({"epoch": [0, 1, 2], "phase": ["pretrain", *["transfer"] * 2],
        ...     "snd": [9.0, 2.0, 1.0], "oracle_target_accuracy": [0.5, 0.7, 0.6]}))
        {'last': 0.6, 'snd': 0.7, 'oracle': 0.7}
    """
    if ORACLE not in history:
        raise ValueError(
            f"expected a column '{ORACLE}', got {', '.join(history.columns) or 'none'}; "
            "run with Selection(oracle=True) to see what a choice was worth"
        )
    epochs = chosen_epochs(history)
    accuracy = _candidates(history)[ORACLE]
    names = ["last", *(name for name in CRITERIA if name in history)]
    found = {
        name: float(accuracy.loc[epochs[name]]) if name in epochs else math.nan for name in names
    }
    return {**found, "oracle": float(accuracy.max())}


def _candidates(history: pd.DataFrame) -> pd.DataFrame:
    """Rows that may be picked, by epoch."""
    transfer = history["phase"] == "transfer"
    rows = history[transfer] if transfer.any() else history
    return rows.set_index("epoch").sort_index()
