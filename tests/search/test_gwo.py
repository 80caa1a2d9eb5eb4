import pytest
import torch
from search_examples import box, clipped, distances, first_moves, sphere

from iadtln.search import GWO, Space, minimise


def test_moves_are_those_of_the_formula():
    wolves = 5
    positions, values, logs = first_moves(GWO(wolves), sphere, box(-4.0, 3.0), 2, generations=6)
    pairs = sorted(zip(values[0] + values[1], positions[0] + positions[1], strict=True))
    leaders = [place for _, place in pairs[:3]]  # the best three of both populations
    a = 2 * (1 - 1 / 6)  # in the second of six moves
    r1, r2 = logs[2]
    for i in range(wolves):
        for d in range(2):
            towards = []
            for q in range(3):
                step = abs(2 * r2[q][i][d] * leaders[q][d] - positions[1][i][d])
                towards.append(leaders[q][d] - (2 * a * r1[q][i][d] - a) * step)
            assert positions[2][i][d] == pytest.approx(clipped(sum(towards) / 3, -4.0, 3.0))


def test_the_triple_of_the_paper_is_found_exactly_with_its_budget():
    # modes, bands and filter length of ED-GAFMD, 20 wolves, 20 generations, a smooth objective
    space = Space([2, 2, 10], [8, 20, 300], integer=True)
    scale = torch.tensor([1.0, 1.0, 0.1], dtype=torch.float64)
    aims = torch.tensor([[3.0, 7.0, 150.0], [3.0, 7.0, 220.0], [3.0, 7.0, 20.0]])
    objective = distances((aims * scale).tolist())
    found = minimise(lambda x: objective(x * scale), space, GWO(20), 20, 3)
    off = (found.candidate - aims).abs()
    assert (off[:, :2] == 0).all()
    assert (off[:, 2] <= 5).all()
