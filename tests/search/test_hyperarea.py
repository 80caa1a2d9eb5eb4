import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.search import choose, front_ranks, hyperarea

unit = st.integers(0, 12)
points = st.lists(st.tuples(unit, unit), min_size=1, max_size=8)


@given(points)
def test_the_area_is_that_of_counted_squares(rows):
    # whole coordinates below a corner at 10: a unit square counts if a point lies below-left of it
    counted = sum(any(a <= i and b <= j for a, b in rows) for i in range(10) for j in range(10))
    assert hyperarea(torch.tensor(rows).double(), reference=10.0).item() == counted


def test_areas_of_many_fronts_are_those_of_each():
    values = torch.rand(2, 3, 7, 2, generator=torch.Generator().manual_seed(0))
    areas = hyperarea(values)
    assert areas.shape == (2, 3)
    assert areas[1, 2] == hyperarea(values[1, 2])


def test_the_area_is_pymoos_hypervolume():
    indicator = pytest.importorskip("pymoo.indicators.hv")
    values = torch.rand(40, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = indicator.HV(ref_point=[0.7, 0.7])(values.numpy())
    assert hyperarea(values, reference=0.7).item() == pytest.approx(float(expected))


# a front from (0, 10) to (100, 0); scaled (0, 1), (.1, .4), (.3, .3), (.6, .1), (1, 0)
FRONT = torch.tensor([[0.0, 10.0], [10.0, 4.0], [30.0, 3.0], [60.0, 1.0], [100.0, 0.0]])


@pytest.mark.parametrize(
    ("choice", "point"),
    [
        ("hyperarea", 1),  # 1.0 * 0.7 = 0.7 before 0.8 * 0.8 = 0.64, 0.5 * 1.0 and 0.11
        ("knee", 1),  # 0.17 before 0.18, 0.37 and 1
        ("min_sum", 1),  # 0.5 before 0.6 and 0.7
    ],
)
def test_the_choice_by_hand(choice, point):
    on_front = torch.ones(5, dtype=torch.bool)
    assert choose(FRONT, on_front, choice).item() == point
    assert choose(FRONT.flip(0), on_front, choice).item() == 4 - point


def test_rules_differ():
    # scaled (0, 1), (.02, .62), (.3, .35), (1, 0): areas .11, .518, .6, .11; squared distances
    # 1, .385, .2125, 1; sums 1, .64, .65, 1
    front = torch.tensor([[0.0, 1.0], [0.02, 0.62], [0.3, 0.35], [1.0, 0.0]])
    on_front = torch.ones(4, dtype=torch.bool)
    rules = ["hyperarea", "knee", "min_sum"]
    assert [choose(front, on_front, rule).item() for rule in rules] == [2, 2, 1]


def test_the_product_is_of_the_objectives_as_they_are():
    front = torch.tensor([[1.0, 9.0], [2.0, 4.0], [5.0, 3.0]])  # products 9, 8 and 15
    assert choose(front, torch.ones(3, dtype=torch.bool), "min_product").item() == 1


def test_points_off_the_front_are_not_chosen_and_do_not_scale_it():
    better = torch.tensor([[-50.0, -50.0], [torch.inf, torch.inf]])
    values = torch.cat([better, FRONT])
    on_front = torch.tensor([False, False, True, True, True, True, True])
    for choice in ("hyperarea", "knee", "min_sum"):
        assert choose(values, on_front, choice).item() == 3


@pytest.mark.parametrize("choice", ["hyperarea", "knee", "min_product", "min_sum"])
def test_a_front_of_one_point_or_of_no_extent_is_taken(choice):
    values = torch.tensor([[5.0, 5.0], [1.0, 2.0], [7.0, 7.0]])
    assert choose(values, front_ranks(values) == 0, choice).item() == 1
    assert choose(values[[1, 1]], torch.tensor([False, True]), choice).item() == 1
