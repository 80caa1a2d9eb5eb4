import math

import pytest
from search_examples import box, clipped, first_moves, sphere

from iadtln.search import WOA


def test_moves_are_those_of_the_formula():
    whales = 12
    positions, values, logs = first_moves(WOA(whales), sphere, box(-4.0, 3.0), 2, generations=6)
    best = min(zip(values[0] + values[1], positions[0] + positions[1], strict=True))[1]
    a, a2 = 2 * (1 - 1 / 6), -1 - 1 / 6  # in the second of six moves
    (r1, r2, p, turn), other = logs[2]
    kinds = set()
    for i in range(whales):
        A, C = 2 * a * r1[i][0] - a, 2 * r2[i][0]
        angle = (a2 - 1) * turn[i][0] + 1
        kinds.add((p[i][0] < 0.5, abs(A) < 1))
        for d in range(2):
            x, guide = positions[1][i][d], best[d]
            if p[i][0] >= 0.5:
                coil = math.exp(angle) * math.cos(2 * math.pi * angle)
                moved = abs(guide - x) * coil + guide
            else:
                guide = guide if abs(A) < 1 else positions[1][other[i]][d]
                moved = guide - A * abs(C * guide - x)
            assert positions[2][i][d] == pytest.approx(clipped(moved, -4.0, 3.0))
    assert len(kinds) == 4  # every kind of move was made
