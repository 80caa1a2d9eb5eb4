import torch

from iadtln.search import Cached


class Counted:
    def __init__(self):
        self.asked = []

    def __call__(self, candidates):
        self.asked.append(candidates.squeeze(-1).tolist())
        # worth its square in problem 0, and one more in each further problem
        return candidates.square().sum(-1) + torch.arange(len(candidates))[:, None]


def column(*rows):
    return torch.tensor(rows, dtype=torch.float64)[..., None]


def test_only_new_candidates_are_asked_for_and_repeats_fill_up():
    counted = Counted()
    cached = Cached(counted)
    assert cached(column([3, 1, 3], [2, 2, 2])).tolist() == [[9, 1, 9], [5, 5, 5]]
    assert counted.asked[0] == [[3, 1], [2, 2]]  # problem 1 has one new, filled up to two
    assert cached(column([1, 4, 3], [2, 3, 2])).tolist() == [[1, 16, 9], [5, 10, 5]]
    assert counted.asked[1] == [[4], [3]]
    assert cached.asked == 6


def test_nothing_new_asks_nothing():
    counted = Counted()
    cached = Cached(counted)
    cached(column([1, 2]))
    assert cached(column([2, 1, 2])).tolist() == [[4, 1, 4]]
    assert len(counted.asked) == 1


def test_problems_have_memories_of_their_own():
    counted = Counted()
    cached = Cached(counted)
    cached(column([1], [2]))
    assert cached(column([2], [1])).tolist() == [[4], [2]]


def test_several_objectives_are_remembered_together():
    cached = Cached(lambda x: torch.cat([x, 2 * x], -1))
    first = cached(column([1, 2, 1]))
    assert first.tolist() == [[[1, 2], [2, 4], [1, 2]]]
    assert torch.equal(cached(column([1, 2, 1])), first)
