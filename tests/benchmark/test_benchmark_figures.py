import numpy as np
import pandas as pd
import pytest

from iadtln.benchmark.figures import critical_difference_figure, curves_figure, styles
from iadtln.callbacks.figures import pixels


def test_every_method_and_its_rank_are_named():
    ranks = pd.Series({"IADTLN": 1.25, "DANN": 2.0, "source only": 2.75})
    axes = critical_difference_figure(ranks, distance=1.0).axes[0]
    texts = {text.get_text() for text in axes.texts}
    assert {"IADTLN  1.25", "DANN  2.00", "2.75  source only", "critical difference 1.00"} <= texts


@pytest.mark.parametrize("name", ["a method", "MCKD", "ENVELOPE WITHIN ANGLE, OWN BAND AND MORE"])
@pytest.mark.parametrize("number", [2, 3, 16])
def test_names_stay_inside_the_picture(number, name):
    ranks = pd.Series({f"{name} {i}": 1.0 + i for i in range(number)})
    figure = critical_difference_figure(ranks, distance=2.5)
    assert pixels(figure).std() > 5
    width, height = figure.get_size_inches() * figure.dpi
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


def test_a_method_has_one_style_in_every_picture():
    x = np.arange(3.0)
    methods = ["a", "b", "c"]
    alone = curves_figure({"loss": {"c": (x, x)}}, methods)
    among = curves_figure({"loss": dict.fromkeys(methods, (x, x))}, methods)
    assert alone.axes[0].lines[0].get_color() == among.axes[0].lines[2].get_color()


def test_twenty_curves_can_be_told_apart():
    assert len(set(styles(20))) == 20
