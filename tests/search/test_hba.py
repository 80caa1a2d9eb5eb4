import math

import pytest
from search_examples import box, clipped, first_moves, sphere

from iadtln.search import HBA


def test_moves_are_those_of_the_formula():
    badgers, eps = 6, 2.0**-52
    positions, values, logs = first_moves(HBA(badgers), sphere, box(-4.0, 3.0), 1, generations=5)
    x = positions[0]
    prey = min(zip(values[0], x, strict=True))[1]
    alpha = 2 * math.exp(-1 / 5)
    smell, flag, way, (r3, r4, r5, r7) = logs[1]
    kinds = set()
    for i in range(badgers):
        neighbour = x[(i + 1) % badgers]
        S = sum((a - b + eps) ** 2 for a, b in zip(x[i], neighbour, strict=True))
        D = sum((a - b + eps) ** 2 for a, b in zip(x[i], prey, strict=True))
        intensity = smell[i][0] * S / (4 * math.pi * D)
        F = 1 - 2 * flag[i][0]
        kinds.add(way[i][0] < 0.5)
        for d in range(2):
            away = prey[d] - x[i][d]
            if way[i][0] < 0.5:
                wave = math.cos(2 * math.pi * r4[i][d]) * (1 - math.cos(2 * math.pi * r5[i][d]))
                dig = F * r3[i][d] * alpha * away * abs(wave)
                moved = prey[d] + F * 6 * intensity * prey[d] + dig
            else:
                moved = prey[d] + F * r7[i][d] * alpha * away
            assert positions[1][i][d] == pytest.approx(clipped(moved, -4.0, 3.0))
    assert kinds == {True, False}
