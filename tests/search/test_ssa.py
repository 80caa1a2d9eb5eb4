import math

import pytest
import torch
from search_examples import box, clipped, first_moves, sphere

from iadtln.search import SSA, Space, minimise


@pytest.mark.parametrize("safety", [0.0, 1.0])  # always and never alarmed
def test_moves_are_those_of_the_formula(safety):
    birds, generations = 10, 7
    optimiser = SSA(birds, producers=0.2, scouts=0.3, safety=safety)
    positions, values, logs = first_moves(optimiser, sphere, box(-9.0, 8.0), 1, generations)
    ranked = sorted(zip(values[0], positions[0], strict=True))
    f, x = [value for value, _ in ranked], [place for _, place in ranked]
    _, alpha, fly, way, hungry, watch, beta, k = logs[1]
    order = sorted(range(birds), key=lambda i: watch[i])
    scouts = {i for i in range(birds) if order[i] < 3}
    for i in range(birds):
        for d in range(2):
            if i in scouts and i > 0:
                moved = x[0][d] + beta[i][d] * abs(x[i][d] - x[0][d])
            elif i in scouts:
                pull = 2 * k[i][0] - 1
                moved = x[i][d] + pull * abs(x[i][d] - x[-1][d]) / (f[i] - f[-1])
            elif i < 2 and safety == 1.0:
                moved = x[i][d] * math.exp(-(i + 1) / ((1 - alpha[i][0]) * generations))
            elif i < 2:
                moved = x[i][d] + fly[i][0]
            elif i + 1 > birds / 2:
                moved = hungry[i][0] * math.exp((x[-1][d] - x[i][d]) / (i + 1) ** 2)
            else:
                signs = [1 - 2 * sign for sign in way[i]]
                moved = x[0][d] + sum(signs[j] * abs(x[i][j] - x[0][j]) for j in range(2)) / 2
            assert positions[1][i][d] == pytest.approx(clipped(moved, -9.0, 8.0)), (i, d)


def test_the_search_is_drawn_to_the_origin():
    # the bias that the class documents: with the optimum at 0 it is found to any precision
    space = Space([-100.0] * 4, [100.0] * 4)
    aim = torch.tensor([31.0, -52.0, 17.0, -8.0], dtype=torch.float64)
    at_zero = minimise(lambda x: x.square().sum(-1), space, SSA(), 60, 5)
    elsewhere = minimise(lambda x: (x - aim).square().sum(-1), space, SSA(), 60, 5)
    assert at_zero.value.max() < 1e-9
    assert elsewhere.value.min() > 1e-3
