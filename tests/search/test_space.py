import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.search import Draws, Space

numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4), st.integers(0, 99))
def test_samples_lie_inside_the_bounds(pairs, seed):
    lower, upper = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    space = Space(lower, upper)
    sample = space.sample(Draws(2, seed, torch.device("cpu"), torch.float64), 5)
    assert sample.shape == (2, 5, len(pairs))
    assert (sample >= torch.tensor(lower, dtype=torch.float64)).all()
    assert (sample <= torch.tensor(upper, dtype=torch.float64)).all()


def test_integers_are_rounded_half_up_and_others_kept():
    space = Space([0, 0], [9, 9], integer=[True, False])
    positions = torch.tensor([[[2.5, 2.5], [3.5, 3.5], [8.7, 8.7]]], dtype=torch.float64)
    assert space.decode(positions).tolist() == [[[3.0, 2.5], [4.0, 3.5], [9.0, 8.7]]]


def test_repair_comes_after_rounding_and_keeps_the_bounds():
    seen = []

    def at_least_the_first(candidates):
        seen.append(candidates)
        first, second = candidates.unbind(-1)
        return torch.stack([first, torch.maximum(first + 3, second)], -1)

    space = Space([2, 2], [8, 9], integer=True, repair=at_least_the_first)
    positions = torch.tensor([[[7.2, 2.2], [2.4, 8.6]]], dtype=torch.float64)
    assert space.decode(positions).tolist() == [[[7.0, 9.0], [2.0, 9.0]]]
    assert seen[0].tolist() == [[[7.0, 2.0], [2.0, 9.0]]]


def test_shares_of_the_range_are_placed_by_each_problem():
    space = Space(torch.tensor([[0.0], [10.0]]), torch.tensor([[4.0], [30.0]]))
    unit = torch.tensor([[[0.25], [1.0]], [[0.25], [1.0]]])
    assert space.place(unit).flatten().tolist() == [1.0, 4.0, 15.0, 30.0]
    assert (space.problems, space.variables) == (2, 1)


@pytest.mark.parametrize(
    ("lower", "upper", "integer", "message"),
    [
        ([0, 3], [1, 2], False, "expected lower <= upper for each variable"),
        ([0], [float("inf")], False, "expected finite bounds of shape"),
        ([0.5], [2], True, "expected whole bounds for integers"),
        ([[[0.0]]], [[[1.0]]], False, "expected finite bounds of shape"),
    ],
)
def test_impossible_bounds_are_refused(lower, upper, integer, message):
    with pytest.raises(ValueError, match=message):
        Space(lower, upper, integer)
