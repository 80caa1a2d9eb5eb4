"""False alarms come as often as set: measured by simulation, and against Student's limit."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from iadtln.monitoring.alarm import (
    NormalAlarm,
    RankAlarm,
    autocorrelation,
    false_alarm_probability,
    first_alarm,
)

MACHINES = 20000
DRAWS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "skew": lambda rng, shape: rng.lognormal(0.0, 1.0, shape),
    "heavy": lambda rng, shape: rng.standard_cauchy(shape),
}


def share_in_alarm(alarm, draw, seed=0):
    """Healthy machines whose first values after the baseline are all above its threshold."""
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(draw(rng, (MACHINES, alarm.begin + alarm.consecutive)))
    threshold = alarm.threshold(values[:, : alarm.begin])
    return float((values[:, alarm.begin :] > threshold[:, None]).all(-1).double().mean())


def bounds(probability):
    """Between which the share of that many machines lies, but for once in 10,000."""
    return stats.binom.ppf([5e-5, 1 - 5e-5], MACHINES, probability) / MACHINES


@pytest.mark.parametrize("draw", DRAWS)
def test_the_rank_alarm_has_its_rate_for_every_distribution(draw):
    alarm = RankAlarm(baseline=40, false_alarm_rate=0.02, consecutive=2)
    exact = false_alarm_probability(40, alarm.rank, 2)
    assert 0.01 < exact <= 0.02
    low, high = bounds(exact)
    assert low <= share_in_alarm(alarm, DRAWS[draw]) <= high


@pytest.mark.parametrize(("consecutive", "rate"), [(1, 0.01), (3, 0.005)])
def test_the_normal_alarm_has_its_rate_on_white_noise(consecutive, rate):
    alarm = NormalAlarm(baseline=25, false_alarm_rate=rate, consecutive=consecutive)
    low, high = bounds(rate)
    assert low <= share_in_alarm(alarm, DRAWS["normal"], seed=1) <= high


def test_the_rate_holds_at_every_snapshot_of_a_long_life():
    alarm = RankAlarm(baseline=50, false_alarm_rate=0.01, consecutive=2)
    rng = np.random.default_rng(2)
    values = torch.from_numpy(rng.exponential(size=(2000, 150)))
    above = values[:, 50:] > alarm.threshold(values[:, :50])[:, None]
    per_machine = (above[:, 1:] & above[:, :-1]).double().mean(-1)
    spread = float(per_machine.std()) / math.sqrt(len(values))
    exact = false_alarm_probability(50, alarm.rank, 2)
    assert float(per_machine.mean()) == pytest.approx(exact, abs=4 * spread)


@pytest.mark.parametrize(("baseline", "rate"), [(10, 0.001), (30, 0.05), (100, 1e-6), (10, 1e-9)])
def test_one_value_in_a_row_gives_students_prediction_limit(baseline, rate):
    limit = stats.t.isf(rate, baseline - 1) * math.sqrt(1 + 1 / baseline)
    assert NormalAlarm(baseline, rate, consecutive=1).factor == pytest.approx(limit, rel=1e-5)


def several_in_a_row(factor, baseline, consecutive):
    """The probability by adaptive quadrature over z = the mean's and y = log of the variance's."""
    half = (baseline - 1) / 2
    scale = half * math.log(half) - math.lgamma(half) - math.log(2 * math.pi) / 2

    def density(z, y):  # of the normal, and of the logarithm of chi-squared over its freedom
        above = factor * math.exp(y / 2) + z / math.sqrt(baseline)
        tail = math.erfc(above / math.sqrt(2)) / 2
        return tail**consecutive * math.exp(scale + half * (y - math.exp(y)) - z * z / 2)

    return integrate.dblquad(density, -12, 4, -9, 9, epsabs=0, epsrel=1e-5)[0]


@pytest.mark.parametrize(
    ("baseline", "rate", "consecutive"), [(10, 1e-9, 2), (25, 0.005, 3), (10, 0.4, 2)]
)
def test_several_in_a_row_have_the_rate_however_small(baseline, rate, consecutive):
    factor = NormalAlarm(baseline, rate, consecutive).factor
    assert several_in_a_row(factor, baseline, consecutive) == pytest.approx(rate, rel=1e-4)


def test_the_probability_counts_the_orders_in_which_new_values_are_on_top():
    # all 6! / (4! 2!) = 15 places of 2 new among 6 values; rank 2 lets 1 old above: tops of 3 hold
    # both new in 3 of the 15
    assert false_alarm_probability(4, rank=2, consecutive=2) == pytest.approx(3 / 15)
    assert false_alarm_probability(4, rank=1, consecutive=2) == pytest.approx(1 / 15)


@given(
    st.integers(10, 300), st.integers(1, 8), st.floats(1e-6, 0.4)
)  # fmt: skip
def test_the_rank_is_the_greatest_that_the_rate_allows(baseline, consecutive, rate):
    if false_alarm_probability(baseline, 1, consecutive) > rate:
        with pytest.raises(ValueError, match="lengthen one of them"):
            RankAlarm(baseline, rate, consecutive)
        return
    rank = RankAlarm(baseline, rate, consecutive).rank
    assert false_alarm_probability(baseline, rank, consecutive) <= rate
    assert rank == baseline or false_alarm_probability(baseline, rank + 1, consecutive) > rate


@pytest.mark.parametrize("kind", [RankAlarm, NormalAlarm])
def test_what_comes_after_an_alarm_does_not_change_it(kind):
    values = torch.from_numpy(np.random.default_rng(3).standard_normal(300))
    values[200:] += 8.0
    alarm = kind(baseline=100)
    threshold, place = alarm(values)
    assert place == 204  # the fifth in a row
    assert alarm(values[:205]) == (threshold, 204)
    assert alarm(values[:204]) == (threshold, None)


def test_an_alarm_needs_values_in_a_row_after_the_baseline():
    values = torch.tensor([9.0, 9.0, 0.0, 9.0, 0.0, 9.0, 9.0, 9.0])
    assert first_alarm(values, 5.0, consecutive=2) == 1
    assert first_alarm(values, 5.0, consecutive=2, begin=1) == 6
    assert first_alarm(values, 5.0, consecutive=3) == 7
    assert first_alarm(values, 5.0, consecutive=4) is None
    assert first_alarm(values[:1], 5.0, consecutive=2) is None


def test_running_in_is_left_out_of_the_baseline():
    values = torch.cat([torch.full((50,), 9.0), torch.arange(100.0) / 100, torch.full((9,), 2.0)])
    assert RankAlarm(baseline=100, skip=50)(values)[1] == 154
    assert RankAlarm(baseline=100)(values)[1] is None


def test_a_margin_lifts_the_threshold_above_small_drifts():
    healthy = torch.linspace(0.99, 1.01, 101, dtype=torch.float64)  # median 1
    values = torch.cat([healthy, torch.full((9,), 1.1, dtype=torch.float64)])
    assert RankAlarm(baseline=101)(values)[1] == 105
    threshold, place = RankAlarm(baseline=101, margin=0.25)(values)
    assert (threshold, place) == (pytest.approx(1.25), None)


def test_a_margin_counts_from_the_mean_of_the_two_middle_values():
    healthy = torch.tensor([1.0, 3.0] * 50, dtype=torch.float64)
    assert RankAlarm(baseline=100, margin=1.0)(healthy)[0] == 2 * np.median(healthy)  # 4


def test_before_the_baseline_is_complete_there_is_no_alarm():
    threshold, place = RankAlarm(baseline=100)(torch.zeros(99))
    assert math.isnan(threshold)
    assert place is None


def test_autocorrelation_against_numpy_and_of_a_constant():
    values = np.random.default_rng(4).standard_normal(200).cumsum()
    centred = values - values.mean()
    expected = (centred[1:] * centred[:-1]).sum() / (centred**2).sum()
    assert autocorrelation(torch.from_numpy(values)) == pytest.approx(expected)
    assert autocorrelation(torch.ones(9)) == 0.0


@pytest.mark.parametrize(
    "options",
    [{"baseline": 9}, {"false_alarm_rate": 0.0}, {"consecutive": 0}, {"skip": -1}, {"margin": -1}],
)
def test_bad_options_are_a_sentence(options):
    with pytest.raises(ValueError, match="expected"):
        NormalAlarm(**options)
