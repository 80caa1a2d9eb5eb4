"""The statistics of a benchmark in sentences."""

from collections.abc import Sequence
from math import isnan

import pandas as pd

from iadtln.benchmark.statistics import SIGNIFICANCE, Comparison, alike, can_show

NOTHING = "—"  # where there is no number


def meaning(results: pd.DataFrame) -> str:
    """What an accuracy of a result table is: its spread, what chose the weights, which labels.

    Args:
        results: one row a run; see ``results.csv``.
    """
    said = (
        "Accuracy on the target in percent, mean ± standard deviation over seeds (their number as "
        "divisor)"
    )
    if "chosen_by" in results and results["chosen_by"].notna().any():
        said += f"; weights: {listed(sorted(set(results['chosen_by'].dropna())))}"
    if "labelled_target" in results and (given := results["labelled_target"].dropna().max()) > 0:
        return f"{said}; TARGET LABELS TRAINED, up to {given:.0f} windows a class."
    return f"{said}; no target label used but to test."


def number(value: float | None, digits: int = 2) -> str:
    """A number for people; a dash for none.

    Example:
        >>> number(3.14159), number(float("nan"))
        ('3.14', '—')
    """
    return NOTHING if value is None or isnan(value) else f"{value:.{digits}f}"


def p_value(value: float) -> str:
    """A p value for people.

    Example:
        >>> p_value(0.0421), p_value(1e-7)
        ('0.042', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def findings(comparison: Comparison) -> list[str]:
    """What ranks and tests say, and of what they cannot speak."""
    return [*_scope(comparison), *_ranks(comparison), *_pairs(comparison)]


def _scope(comparison: Comparison) -> list[str]:
    said = []
    if comparison.without_runs:
        names = listed(comparison.without_runs)
        said.append(f"No run of {names} has finished; ranks and tests leave it out.")
    if comparison.left_out and comparison.tasks:
        said.append(
            f"Only tasks that every method has finished count in ranks and tests: "
            f"{counted(len(comparison.tasks), 'task')}, without {listed(comparison.left_out)}."
        )
    if not comparison.tasks:
        said.append("No task was finished by every method, so there are no ranks.")
    return said


def _ranks(comparison: Comparison) -> list[str]:
    ranks, distance = comparison.ranks, comparison.critical_difference
    if len(ranks) < 2:
        return []
    best = listed([str(m) for m in ranks.index[ranks == ranks.iloc[0]]])
    said = [
        f"Best mean rank: {best}, {ranks.iloc[0]:.2f} of {len(ranks)} "
        f"over {counted(len(comparison.tasks), 'task')}."
    ]
    if comparison.friedman is None or distance is None:
        why = "needs three methods and two tasks, not all tied"
        return [*said, f"Friedman's test {why}, so there is no critical difference."]
    statistic, p = comparison.friedman
    differ = "the methods differ" if p < SIGNIFICANCE else "no difference is shown"
    said.append(f"Friedman: χ² = {statistic:.2f}, p {_equals(p)}: {differ}.")
    if len(comparison.tasks) <= 10 or len(ranks) <= 5:
        said.append("With ten tasks or five methods at most, that p value is a rough one.")
    reach = dict(alike(list(ranks), distance)).get(0, 0)
    like = [str(method) for method in ranks.index[1 : reach + 1]]
    known = f"{listed(like)} cannot be told from" if like else "every other method is told from"
    said.append(f"Nemenyi: ranks differ from {distance:.2f} on; {known} {ranks.index[0]}.")
    return said


def _pairs(comparison: Comparison) -> list[str]:
    pairs, number = comparison.pairs, comparison.num_pairs
    if pairs.empty or not number:
        return []
    shown = pairs[pairs["corrected"] < SIGNIFICANCE]
    said = [
        f"Wilcoxon with Holm's correction over {number} pairs ({comparison.pairs_are}): "
        f"{len(shown)} of {counted(len(pairs), 'difference')} below {SIGNIFICANCE}."
    ]
    if not can_show(number, len(comparison.ranks)):
        said.append(
            f"With {number} pairs and {counted(len(pairs), 'test')} no difference could have "
            "been shown, however large: more tasks are needed."
        )
    if comparison.pairs_are != "task":
        said.append(
            "Tasks alone are too few to show any difference, so seeds are paired too; that speaks "
            "of chance in training on these tasks, not of tasks to come."
        )
    return said


def _equals(p: float) -> str:
    return p_value(p) if p < 0.001 else f"= {p_value(p)}"


def listed(names: Sequence[str]) -> str:
    """Names in a row.

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def counted(number: int, thing: str) -> str:
    """A number and what it counts.

    Example:
        >>> counted(1, "task"), counted(2, "task")
        ('1 task', '2 tasks')
    """
    return f"{number} {thing}" + ("" if number == 1 else "s")
