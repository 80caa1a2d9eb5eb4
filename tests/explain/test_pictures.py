"""Pictures hold what they are given, and say it in words."""

from dataclasses import replace

import numpy as np
import pytest

from iadtln.callbacks.figures import pixels
from iadtln.explain.network import Look
from iadtln.explain.pictures import channels_figure, recording_figure
from iadtln.explain.verdict import Said, judge
from tests.explain.planted import made_up

RNG = np.random.default_rng(0)
LOOK = Look(RNG.standard_normal(256), RNG.standard_normal(256), RNG.random(256), 20.0, "ms", "w")


def texts(figure):
    drawn = [text for axes in figure.axes for text in axes.texts]
    return " ".join([figure.get_suptitle(), *(text.get_text() for text in drawn)])


@pytest.mark.parametrize("fault", ["outer race", "inner race", "ball", "cage", None])
def test_the_picture_names_what_was_found(fault):
    evidence = made_up(fault)
    figure = recording_figure("105", judge(evidence, Said("OF", 0.97)), LOOK, evidence)
    assert pixels(figure).shape[2] == 3
    assert len(figure.axes) == 4
    assert ("5 of 6, 12 dB" in texts(figure)) == (fault is not None)
    assert "the network says OF with 0.97" in texts(figure).replace("\n", " ")


def test_harmonics_are_marked_where_they_are():
    evidence = made_up("outer race")
    figure = recording_figure("105", judge(evidence, Said("OF", 0.97)), None, evidence)
    spectrum, lanes = figure.axes
    marks = [line.get_xdata()[0] for line in spectrum.lines if line.get_marker() == "v"]
    assert marks == pytest.approx([3.5848 * n for n in range(1, 7)], abs=1e-2)
    assert lanes.get_xlabel().startswith("order: events per revolution")
    assert "30.00 Hz, 1800 rpm" in lanes.get_xlabel()


def test_physics_or_network_may_be_missing():
    evidence = replace(made_up("ball", shaft_hz=None, steady=False), on_angle=True)
    without = recording_figure("a", judge(evidence, Said("BF", 0.5)), None, evidence)
    assert "per revolution" in without.axes[0].get_title(loc="left")
    silent = Look(np.zeros(64), np.zeros(64), None, 1.0, "s", "silence")
    alone = recording_figure("b", judge("no speed", Said("BF", 0.5)), silent, None)
    assert len(alone.axes) == 1
    assert alone.axes[0].get_xlabel() == "s"
    pixels(without), pixels(alone)


def test_channels_show_each_class_and_their_largest_difference():
    weights = np.array([[0.2, 0.5], [0.3, 0.9], [np.nan, np.nan]])
    figure = channels_figure(weights, ["NC", "IF", "OF"], "gates")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["NC", "IF", "OF"]
    assert [text.get_text() for text in axes.texts] == [".20", ".50", ".30", ".90"]
    assert "largest difference between diagnoses: 0.4" in axes.get_title(loc="left")
    pixels(figure)


def test_many_channels_are_drawn_without_numbers():
    figure = channels_figure(np.full((2, 40), 0.5), ["a", "b"], "all alike")
    assert not figure.axes[0].texts
    pixels(figure)
