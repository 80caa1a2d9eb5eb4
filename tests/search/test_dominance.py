import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.search import crowding_distance, front_ranks
from iadtln.search.dominance import dominates

# small whole numbers, so that there are ties
fronts = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=14)


def beats(one, other):
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@given(fronts)
def test_dominance_is_nowhere_worse_and_somewhere_better(rows):
    expected = [[beats(one, other) for other in rows] for one in rows]
    assert dominates(torch.tensor(rows)).tolist() == expected


@given(fronts)
def test_ranks_are_those_of_peeling_front_after_front(rows):
    left, expected, rank = dict(enumerate(rows)), [0] * len(rows), 0
    while left:
        front = [i for i, row in left.items() if not any(beats(o, row) for o in left.values())]
        for i in front:
            expected[i] = rank
            del left[i]
        rank += 1
    assert front_ranks(torch.tensor(rows)).tolist() == expected


def test_ranks_and_room_of_many_problems_are_those_of_each():
    values = torch.rand(5, 20, 2, generator=torch.Generator().manual_seed(0))
    ranks = front_ranks(values)
    room = crowding_distance(values, ranks)
    for problem in range(5):
        assert torch.equal(ranks[problem], front_ranks(values[problem]))
        assert torch.equal(room[problem], crowding_distance(values[problem], ranks[problem]))


def test_room_by_hand():
    # front 0: gaps 3 of 4 and 3 of 6, 3 of 4 and 4 of 6; front 1 has ends only
    values = torch.tensor([[0.0, 6], [1, 4], [3, 3], [4, 0], [9, 9], [8, 10]])
    room = crowding_distance(values, torch.tensor([0, 0, 0, 0, 1, 1]))
    inf = torch.inf
    expected = torch.tensor([inf, 3 / 4 + 3 / 6, 3 / 4 + 4 / 6, inf, inf, inf])
    torch.testing.assert_close(room, expected)


def test_an_objective_that_is_constant_or_infinite_adds_nothing_between_the_ends():
    values = torch.tensor([[1.0, 0.0]] * 4)
    room = crowding_distance(values, torch.zeros(4, dtype=torch.long))
    assert room.tolist() == [torch.inf, 0.0, 0.0, torch.inf]
    room = crowding_distance(values * torch.inf, torch.zeros(4, dtype=torch.long))
    assert not room.isnan().any()


def test_ranks_and_room_are_pymoos():
    sorting = pytest.importorskip("pymoo.util.nds.non_dominated_sorting")
    metrics = pytest.importorskip("pymoo.operators.survival.rank_and_crowding.metrics")
    values = torch.rand(60, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ranks = front_ranks(values)
    room = crowding_distance(values, ranks)
    for rank, front in enumerate(sorting.NonDominatedSorting().do(values.numpy())):
        assert set(front.tolist()) == set((ranks == rank).nonzero()[:, 0].tolist())
        if len(front) > 2:  # pymoo gives one or two points no room
            # and it takes the mean of the objectives instead of their sum
            expected = 2 * metrics.calc_crowding_distance(values[front].numpy())
            torch.testing.assert_close(room[front], torch.from_numpy(expected))
