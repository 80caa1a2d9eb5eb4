import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iadtln.benchmark.statistics import (
    alike,
    can_show,
    compare,
    complete,
    critical_difference,
    friedman,
    holm,
    mean_ranks,
    scores,
    wilcoxon_pairs,
)
from iadtln.benchmark.words import findings
from tests.benchmark.example import ACCURACY, results


def ordered(num_tasks, num_methods=3):
    """Every task ranks the methods alike, by differences that are all unequal."""
    base = np.arange(num_tasks)[:, None] * 0.01
    return pd.DataFrame(0.5 + base - 0.01 * np.arange(num_methods) * (1 + base))


def test_scores_are_means_over_finished_seeds():
    table = scores(results({"a": [(50, 70), (80, None)]}))
    np.testing.assert_allclose(table["a"], [0.6, 0.8])


def test_only_tasks_that_every_method_has_are_complete():
    matrix = pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, 1.0], "none": [np.nan, np.nan]})
    assert complete(matrix).to_dict("list") == {"a": [2.0], "b": [1.0]}


def test_ties_share_the_mean_of_their_ranks():
    ranks = mean_ranks(pd.DataFrame({"a": [0.9, 0.5], "b": [0.9, 0.6], "c": [0.1, 0.7]}))
    assert ranks.to_dict() == {"a": 2.25, "b": 1.75, "c": 2.0}


def test_friedman_of_three_methods_always_in_one_order_is_twice_the_tasks():
    statistic, p = friedman(ordered(4))  # 12 / (4 * 3) * 4 * (1 + 4 + 9) - 3 * 4 * 4
    assert statistic == pytest.approx(8)
    assert p == pytest.approx(math.exp(-4))  # chi-squared with two degrees of freedom


@pytest.mark.parametrize("matrix", [ordered(4, 2), ordered(1), pd.DataFrame(np.full((4, 3), 0.5))])
def test_friedman_needs_three_methods_two_tasks_and_a_difference(matrix):
    assert friedman(matrix) is None


# Demšar, table 5 (a)
@pytest.mark.parametrize(
    ("num_methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (7, 2.949), (10, 3.164)]
)
def test_critical_difference_has_the_quantiles_of_the_paper(num_methods, q):
    expected = q * math.sqrt(num_methods * (num_methods + 1) / (6 * 12))
    assert critical_difference(num_methods, 12) == pytest.approx(expected, rel=5e-4)


@given(st.lists(st.floats(1, 9), min_size=1, max_size=9).map(sorted), st.floats(0.1, 5))
def test_two_methods_share_a_group_exactly_if_they_cannot_be_told_apart(ranks, distance):
    groups = alike(ranks, distance)
    for i in range(len(ranks)):
        for j in range(i + 1, len(ranks)):
            together = any(first <= i and j <= last for first, last in groups)
            assert together == (ranks[j] - ranks[i] < distance)


def test_no_group_lies_in_another():
    assert alike([1.0, 1.4, 1.9, 2.5, 9.0], 1.0) == [(0, 2), (2, 3)]  # and not (1, 2)


def test_holm_of_the_worked_example():
    # 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 lifted to its forerunner
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p):
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_wilcoxon_of_six_tasks_that_agree_is_one_of_thirty_two():
    pairs = wilcoxon_pairs(ordered(6, 2))
    assert pairs["p"].tolist() == [pytest.approx(2 / 2**6)]
    assert pairs.loc[0, ["better", "worse"]].tolist() == [0, 1]
    assert pairs.loc[0, "difference"] == pytest.approx(0.01 * 1.025)  # mean of 1.00 to 1.05


def test_ties_of_rounding_count_neither_way():
    values = pd.Series([0.1, 0.2, 0.3, 0.4])
    pairs = wilcoxon_pairs(pd.DataFrame({"a": values, "b": (values + 1e-17) * (1 + 1e-16)}))
    assert pairs["p"].tolist() == [1.0]


def test_wilcoxon_with_some_ties_drops_them():
    matrix = ordered(7, 2)
    matrix.loc[6, 1] = matrix.loc[6, 0]
    assert wilcoxon_pairs(matrix)["p"].tolist() == [pytest.approx(2 / 2**6)]


def test_six_pairs_can_show_one_difference_and_not_three():
    assert can_show(6, 2)
    assert not can_show(5, 2)
    assert not can_show(6, 3)
    assert can_show(7, 3)  # 3 x 2 / 128 < 0.05


def test_few_tasks_are_paired_by_seed_too_and_that_is_said():
    comparison = compare(results())
    assert comparison.ranks.to_dict() == {"IADTLN": 1.0, "DANN": 2.0, "source only": 3.0}
    assert (comparison.pairs_are, comparison.num_pairs) == ("task and seed", 6)
    said = " ".join(findings(comparison))
    assert "Best mean rank: IADTLN, 1.00 of 3 over 3 tasks." in said
    assert "Tasks alone are too few" in said
    assert "no difference could have been shown" in said  # 3 x 2 / 64 > 0.05


def test_incomplete_tasks_and_methods_without_runs_are_named():
    accuracy = ACCURACY | {"DANN": [(90, 92), (None, None)], "VDR": [(None, None)]}
    comparison = compare(results(accuracy))
    assert comparison.tasks == ["0hp→1hp"]
    assert comparison.left_out == ["0hp→3hp", "3hp→0hp"]
    said = findings(comparison)
    assert said[0] == "No run of VDR has finished; ranks and tests leave it out."
    assert "without 0hp→3hp and 3hp→0hp" in said[1]


def test_nothing_finished_is_no_error():
    comparison = compare(results({"a": [(None,)], "b": [(None,)]}))
    assert comparison.ranks.empty
    assert "no ranks" in " ".join(findings(comparison))


def test_two_methods_have_ranks_and_no_critical_difference():
    comparison = compare(results({name: ACCURACY[name] for name in ("DANN", "IADTLN")}))
    assert comparison.critical_difference is None
    assert any("needs three methods" in said for said in findings(comparison))


def test_one_method_is_compared_with_nothing():
    assert findings(compare(results({"a": [(50, 60)]}))) == []
