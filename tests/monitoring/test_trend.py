"""Time, smoothing and the summary of a life."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from iadtln.monitoring.alarm import RankAlarm
from iadtln.monitoring.trend import elapsed_seconds, smooth, summarise


def test_dates_and_gaps_are_kept():
    stamps = ["2003-10-22T12:06:24", "2003-10-22T12:16:24", "2003-10-24T12:16:24"]
    assert elapsed_seconds(stamps, 10.0).tolist() == [0.0, 600.0, 600.0 + 2 * 86400]


def test_midnight_is_passed_and_a_clock_set_back_is_not_a_day():
    stamps = ["23:59:55.500000", "00:00:05.500000", "00:00:04.500000"]
    assert elapsed_seconds(stamps, 10.0).tolist() == pytest.approx([0.0, 10.0, 9.0])


def test_snapshots_without_a_stamp_are_spread_or_follow_the_interval():
    assert elapsed_seconds(["", "", ""], 7.0).tolist() == [0.0, 7.0, 14.0]
    stamps = ["", "10:00:00", "", "", "10:01:00", ""]
    assert elapsed_seconds(stamps, 10.0).tolist() == [0.0, 10.0, 30.0, 50.0, 70.0, 80.0]
    assert elapsed_seconds([], 10.0).tolist() == []


def test_smoothing_is_the_median_of_the_past():
    values = np.random.default_rng(0).standard_normal(50)
    expected = [np.median(values[max(0, i - 4) : i + 1]) for i in range(50)]
    np.testing.assert_allclose(smooth(values, 5), expected)
    np.testing.assert_allclose(smooth(values[:20], 5), expected[:20])  # the future is not seen


def test_smoothing_leaves_gaps_out():
    assert smooth(np.array([1.0, np.nan, 3.0]), 3).tolist() == [1.0, 1.0, 2.0]


def life(values, start=0):
    names = [f"s{i + start}" for i in range(len(values))]
    return pd.DataFrame({"snapshot": names, "seconds": 10.0 * np.arange(len(values)), "x": values})


def test_the_summary_of_a_life_that_ends_badly():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.standard_normal(150), 9 + np.arange(50.0)])
    row = summarise(life(values), ["x"], RankAlarm(baseline=100), width=5).loc["x"]
    assert row["tred"] == pytest.approx(stats.pearsonr(values, np.arange(200)).statistic)
    assert row["mono"] == pytest.approx(abs(np.sign(np.diff(values)).mean()))
    smoothed = pd.Series(values).rolling(5, min_periods=1).median()
    assert row["tred_smooth"] == pytest.approx(stats.pearsonr(smoothed, np.arange(200)).statistic)
    assert row["healthy"] == pytest.approx(np.median(values[:100]))
    assert row["alarm"] == "s154"  # the fifth above
    assert row["alarm_seconds"] == 1540.0
    assert row["before_end_seconds"] == 450.0


def test_a_steady_fall_is_as_monotone_as_a_steady_rise():
    falling = np.array([9.0, 7.0, 8.0, 5.0, 3.0, 1.0])  # four falls and a rise
    row = summarise(life(falling), ["x"], RankAlarm(), width=1).loc["x"]
    assert row["mono"] == pytest.approx(3 / 5)
    assert row["mono_smooth"] == pytest.approx(3 / 5)
    assert row["tred"] < 0


def test_no_alarm_is_none_beside_others():
    table = life(np.append(np.zeros(150), np.ones(50)))
    table["still"] = 0.0
    summary = summarise(table, ["x", "still"], RankAlarm(), 3)
    assert summary["alarm"].to_list() == ["s154", None]


def test_unusable_snapshots_are_left_out():
    values = np.concatenate([np.random.default_rng(2).standard_normal(150), np.full(50, 9.0)])
    whole = summarise(life(values), ["x"], RankAlarm(), 3).loc["x"]
    table = life(np.insert(values, 120, np.nan))
    table["seconds"] = np.insert(10.0 * np.arange(200), 120, 1195.0)
    table["snapshot"] = np.insert([f"s{i}" for i in range(200)], 120, "bad")
    pd.testing.assert_series_equal(summarise(table, ["x"], RankAlarm(), 3).loc["x"], whole)


def test_a_life_too_short_for_a_baseline_has_no_alarm():
    row = summarise(life(np.arange(5.0)), ["x"], RankAlarm(), 3).loc["x"]
    assert row["tred"] == pytest.approx(1.0)
    assert row["mono"] == 1.0
    assert np.isnan(row["threshold"])
    assert row["alarm"] is None
    empty = summarise(life(np.array([])), ["x"], RankAlarm(), 3).loc["x"]
    assert np.isnan(empty["tred"])
