"""Do methods differ over several tasks? Ranks and tests after Demšar.

Reference: Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 2006.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import friedmanchisquare, studentized_range, wilcoxon

SIGNIFICANCE = 0.05


def scores(results: pd.DataFrame, by: Sequence[str] = ("task",)) -> pd.DataFrame:
    """Accuracy of finished runs, a column a method, in the order of the results.

    Args:
        results: one row a run, of one setting.
        by: what makes a row; over all else the mean is taken.

    Returns:
        Accuracies, 0 to 1; NaN where no run has finished.
    """
    finished = results[results["status"] == "finished"]
    means = finished.groupby([*by, "method"], sort=False)["accuracy"].mean().unstack("method")
    return means.reindex(columns=[m for m in results["method"].unique() if m in means.columns])


def complete(matrix: pd.DataFrame) -> pd.DataFrame:
    """Rows that every method has: ranks of different sets of methods cannot be compared."""
    return matrix.dropna(axis="columns", how="all").dropna()


def mean_ranks(matrix: pd.DataFrame) -> pd.Series:
    """Mean over the rows of each method's rank: 1 is the most accurate, equal ones share the mean.

    Args:
        matrix: accuracies without gaps, of shape ``(tasks, methods)``.

    Example:
        >>> mean_ranks(pd.DataFrame({"a": [0.9, 0.8], "b": [0.7, 0.8]})).to_dict()
        {'a': 1.25, 'b': 1.75}
    """
    return matrix.rank(axis="columns", ascending=False).mean()


def friedman(matrix: pd.DataFrame) -> tuple[float, float] | None:
    """Friedman's test that all methods are alike.

    Args:
        matrix: accuracies without gaps, of shape ``(tasks, methods)``.

    Returns:
        Chi-squared and its p value; None for fewer than three methods or two tasks, or where every
        task ends in a tie of all.
    """
    num_tasks, num_methods = matrix.shape
    if num_methods < 3 or num_tasks < 2 or (matrix.nunique(axis="columns") == 1).all():
        return None
    found = friedmanchisquare(*(matrix[method] for method in matrix))
    return float(found.statistic), float(found.pvalue)


def critical_difference(
    num_methods: int, num_tasks: int, significance: float = SIGNIFICANCE
) -> float:
    r"""Distance of mean ranks from which on two methods differ, after Nemenyi.

    .. math:: q_\alpha \sqrt{\frac{k (k + 1)}{6 N}}

    Here :math:`q_\alpha` is the studentised range of k methods over :math:`\sqrt 2`.

    Example:
        >>> round(critical_difference(num_methods=4, num_tasks=14), 2)  # Demšar's example: 1.25
        1.25
    """
    q = studentized_range.ppf(1 - significance, num_methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(num_methods * (num_methods + 1) / (6 * num_tasks)))


def alike(ranks: Sequence[float], distance: float) -> list[tuple[int, int]]:
    """Longest groups of neighbours whose ranks differ by less than the critical distance.

    Args:
        ranks: mean ranks, the least first.
        distance: critical difference.

    Returns:
        Numbers of the first and the last of each group of two or more.

    Example:
        >>> alike([1.0, 1.5, 2.2, 4.0], distance=1.0)
        [(0, 1), (1, 2)]
    """
    groups: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(i for i in range(len(ranks)) if ranks[i] - ranks[first] < distance or i == first)
        if last > first and (not groups or last > groups[-1][1]):
            groups.append((first, last))
    return groups


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P values made larger for their number, so that one false alarm is as rare as with one test.

    Reference: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.

    Example:
        >>> holm([0.03, 0.01, 0.04]).tolist()
        [0.06, 0.03, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    return adjusted.clip(max=1.0)


def wilcoxon_pairs(matrix: pd.DataFrame) -> pd.DataFrame:
    """Wilcoxon's signed rank test of each pair of methods, with Holm's correction.

    Ties count neither way; a pair of methods that are equal everywhere has p = 1.

    Args:
        matrix: accuracies without gaps, of shape ``(pairs, methods)``.

    Returns:
        A row a pair of methods: ``better``, ``worse``, ``difference`` (mean, 0 to 1), ``p`` and
        ``corrected``; the smallest p first.
    """
    rows = []
    for first, second in combinations(matrix.columns, 2):
        difference = (matrix[first] - matrix[second]).round(12)  # a tie may differ by rounding
        mean = float(difference.mean())
        p = float(wilcoxon(difference[difference != 0]).pvalue) if difference.any() else 1.0
        names = (first, second) if mean >= 0 else (second, first)
        rows.append((*names, abs(mean), p))
    pairs = pd.DataFrame(rows, columns=["better", "worse", "difference", "p"])
    pairs["corrected"] = holm(pairs["p"])
    return pairs.sort_values("p", kind="stable", ignore_index=True)


def can_show(num_pairs: int, num_methods: int) -> bool:
    """Whether any difference could pass Wilcoxon's test with Holm's correction, however large.

    Of n pairs, none tied, the least two-sided p is 2 / 2^n.

    Example:
        >>> can_show(num_pairs=6, num_methods=2), can_show(num_pairs=6, num_methods=3)
        (True, False)
    """
    least_p: float = 2 / 2**num_pairs
    return least_p * num_methods * (num_methods - 1) / 2 < SIGNIFICANCE


@dataclass(frozen=True)
class Comparison:
    """What the tests say of one setting.

    Attributes:
        tasks: that every method has finished; only these count.
        left_out: all other tasks.
        without_runs: methods of which no run has finished; they are left out.
        ranks: mean rank of each method, the best first; empty if no task is complete.
        friedman: chi-squared and p, or None (see :func:`friedman`).
        critical_difference: of mean ranks, or None where Friedman's test has no result.
        pairs: Wilcoxon's tests (see :func:`wilcoxon_pairs`).
        pairs_are: what is paired: "task", or "task and seed" where tasks are too few.
        num_pairs: how many of them.
    """

    tasks: list[str]
    left_out: list[str]
    without_runs: list[str]
    ranks: pd.Series
    friedman: tuple[float, float] | None
    critical_difference: float | None
    pairs: pd.DataFrame
    pairs_are: str
    num_pairs: int


def compare(results: pd.DataFrame) -> Comparison:
    """Rank and test the methods of one setting.

    Ranks and Friedman's test are over tasks, each the mean of its seeds: seeds of one task are no
    independent evidence about further tasks (Demšar, section 3.1.1). Wilcoxon's pairs are tasks
    too, except where they are too few to show any difference (:func:`can_show`): there they are
    task and seed, which asks less: is the difference larger than what chance in training makes of
    it, on these very tasks?

    Args:
        results: one row a run, of one setting.
    """
    matrix = scores(results)
    whole = complete(matrix)
    by_task = can_show(len(whole), whole.shape[1])
    paired = whole if by_task else complete(scores(results, by=("task", "seed")))
    tested = friedman(whole)
    return Comparison(
        tasks=list(whole.index),
        left_out=[task for task in results["task"].unique() if task not in whole.index],
        without_runs=[m for m in results["method"].unique() if m not in matrix.columns],
        ranks=mean_ranks(whole).dropna().sort_values(kind="stable"),
        friedman=tested,
        critical_difference=critical_difference(whole.shape[1], len(whole)) if tested else None,
        pairs=wilcoxon_pairs(paired),
        pairs_are="task" if by_task else "task and seed",
        num_pairs=len(paired),
    )
