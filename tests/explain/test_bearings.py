"""The catalogue gives the rates that the makers of the data sets published."""

import pytest

from iadtln.explain.bearings import catalogue, find_bearing, parse_geometry

# outer race, inner race, cage, and strikes of a ball (twice its turns), per revolution
PUBLISHED = {
    "6205-2RS JEM": (3.5848, 5.4152, 0.39828, 4.7135),  # CWRU's web page
    "6203-2RS JEM": (3.0530, 4.9469, 0.3817, 3.9874),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_orders_are_those_that_cwru_published(name):
    rates = find_bearing(name).geometry.orders()
    outer, inner, cage, ball = PUBLISHED[name]
    # to the last digit they give, up to one in it (they rounded from other digits)
    assert rates.bpfo == pytest.approx(outer, abs=1.5e-4)
    assert rates.bpfi == pytest.approx(inner, abs=1.5e-4)
    assert rates.ftf == pytest.approx(cage, abs=1.5e-4)
    assert 2 * rates.bsf == pytest.approx(ball, abs=1.5e-3)


@pytest.mark.parametrize(
    ("name", "rpm", "outer", "inner", "within"),
    [
        ("ZA-2115", 2000.0, 236.4, 296.9, 0.1),  # Qiu et al. 2006
        ("NICE", 1500.0, 81.12, 118.88, 0.02),  # MFPT
        ("ER-16K", 60.0, 3.57, 5.43, 0.005),  # Huang and Baddour 2018, per revolution
        ("UER204", 2400.0, 123.32, 196.68, 0.01),  # 8/2 * 40 Hz * (1 -+ 7.92 / 34.55)
    ],
)
def test_the_frequencies_are_those_of_the_sources(name, rpm, outer, inner, within):
    rates = find_bearing(name).geometry.frequencies_hz(rpm)
    assert rates.bpfo == pytest.approx(outer, abs=within)
    assert rates.bpfi == pytest.approx(inner, abs=within)


def test_every_line_names_its_source_and_its_bearing_once():
    names = [bearing.name for bearing in catalogue()]
    assert len(set(names)) == len(names) >= 10
    assert all(bearing.source and bearing.mounted_in for bearing in catalogue())


@pytest.mark.parametrize("name", ["6205", "skf 6205-2rs", "SKF6205", "6205-2RS JEM"])
def test_the_beginning_of_a_name_is_enough(name):
    assert find_bearing(name).geometry.num_balls == 9


def test_a_name_of_several_bearings_is_refused_with_all_of_them():
    with pytest.raises(ValueError, match="fits several bearings: SKF 6203-2RS JEM.*FAG.*MTK"):
        find_bearing("6203")


def test_an_unknown_name_is_refused_with_those_near_it():
    with pytest.raises(ValueError, match=r"no bearing 'ER-15K'; near it: .*ER-1"):
        find_bearing("ER-15K")
    with pytest.raises(ValueError, match="it holds SKF 6205"):
        find_bearing("...")


def test_a_geometry_is_three_numbers_or_four():
    assert parse_geometry("9,7.94,39.04").contact_angle_degrees == 0
    assert parse_geometry("16, 8.4, 71.5, 15.17").contact_angle_degrees == 15.17


@pytest.mark.parametrize("text", ["9", "9,8", "a,b,c", "9.5,8,39", "9,8,39,0,1"])
def test_other_geometries_are_refused(text):
    with pytest.raises(ValueError, match="expected a geometry as 'balls"):
        parse_geometry(text)


def test_a_bearing_that_cannot_be_built_is_refused():
    with pytest.raises(ValueError, match="between 0 and pitch_diameter"):
        parse_geometry("9,39,8")
