"""The picture and the page of a machine's trend."""

import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from iadtln.reports.trend import Curve, duration, trend_figure, write_trend_report


def curve(indicator="rms", channel="x", values=None, threshold=2.0, alarm=30.0):
    values = np.arange(1.0, 6.0) if values is None else np.asarray(values)
    seconds = 10.0 * np.arange(len(values))
    return Curve(indicator, channel, seconds, values, values, threshold, alarm)


def test_each_indicator_has_a_panel_and_each_channel_a_colour():
    curves = [curve(one, channel) for one in ("rms", "kurtosis") for channel in "xy"]
    figure = trend_figure(curves, (0.0, 20.0), "machine")
    assert [axes.get_ylabel() for axes in figure.axes] == ["rms", "kurtosis"]
    lines = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert lines["x"] != lines["y"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["x", "y"]


def test_thresholds_and_alarms_are_drawn_where_they_are():
    (axes,) = trend_figure([curve()], None, "").axes
    drawn = [(line.get_linestyle(), line.get_xdata(), line.get_ydata()) for line in axes.lines]
    assert any(style == "--" and set(y) == {2.0} for style, _, y in drawn)
    assert any(list(x) == [0.5, 0.5] for _, x, _ in drawn)  # 30 s in minutes
    (quiet,) = trend_figure([curve(threshold=math.nan, alarm=math.nan)], None, "").axes
    assert len(quiet.lines) == 1


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1.0, 1.0, 1.0, 31.0], "log"), ([1.0, 1.0, 29.0], "linear"), ([-1.0, 1.0, 99.0], "linear")],
)
def test_steep_and_positive_values_are_drawn_on_a_logarithmic_axis(values, scale):
    (axes,) = trend_figure([curve(values=[*values, np.nan])], None, "").axes
    assert axes.get_yscale() == scale


def test_an_empty_life_is_drawn():
    assert trend_figure([curve(values=[])], None, "").axes


def test_durations_in_words():
    assert duration(math.nan) == "—"
    assert duration(59 * 60 + 40) == "1 h 0 min"


def test_the_page_is_whole_and_a_hostile_name_is_only_text(tmp_path):
    name = "<script>alert(1)</script>"
    row = dict.fromkeys(("tred", "mono", "saif", "tred_smooth", "mono_smooth"), 0.5)
    row |= {"healthy": 1.0, "threshold": 2.0, "alarm_seconds": 30.0, "before_end_seconds": 10.0}
    summary = pd.DataFrame([{"indicator": "rms", "channel": name, "alarm": None, **row}])
    path = tmp_path / "report.html"
    notes = {"acc_1.csv": f"skipped: {name}"}
    write_trend_report(path, name, {"a": name}, summary, [curve()], None, ["a remark"], notes)
    page = path.read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert name not in page
    assert "&lt;script&gt;alert" in page
    assert "a remark" in page
    assert "1 snapshot<" in page
    assert page.count("data:image/svg+xml;base64,") == 2
