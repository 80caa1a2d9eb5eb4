import math

import pytest
from search_examples import box, clipped, first_moves, sphere

from iadtln.search import DBO

LOW, HIGH = -4.0, 3.0


def region(centre, width):
    corners = sorted([centre * (1 - width), centre * (1 + width)])
    return [clipped(corner, LOW, HIGH) for corner in corners]


@pytest.mark.parametrize(("seed", "blocked"), [(3, False), (0, True)])
def test_moves_are_those_of_the_formula(seed, blocked):
    beetles, generations = 10, 8  # 2 roll, 2 breed, 2 forage and 4 steal
    positions, values, logs = first_moves(
        DBO(beetles), sphere, box(LOW, HIGH), 3, generations, seed
    )
    own = [list(zip(values[0], positions[0], strict=True))]  # best places after each move
    for move in (1, 2):
        now = zip(values[move], positions[move], strict=True)
        own.append([min(pair) for pair in zip(own[-1], now, strict=True)])
    last = sorted(zip(values[2], positions[2], strict=True))
    (_, best), (_, worst), (_, ever) = last[0], last[-1], min(own[2])
    p, before = [place for _, place in own[2]], [place for _, place in own[1]]
    obstacle, way, degrees, (b1, b2), c1, c2, g = logs[3]
    assert (obstacle[0][0] >= 0.9) == blocked
    width = 1 - 3 / generations
    for i in range(beetles):
        for d in range(2):
            x = p[i][d]
            low, high = region(best[d], width)
            low_ever, high_ever = region(ever[d], width)
            if i < 2 and obstacle[0][0] < 0.9:
                sign = 1 if way[i][0] < 0.9 else -1
                moved = x + 0.3 * abs(x - worst[d]) + 0.1 * sign * before[i][d]
            elif i < 2:
                moved = x + math.tan(math.radians(degrees[i][0])) * abs(x - before[i][d])
            elif i < 4:
                moved = best[d] + b1[i - 2][d] * (x - low) + b2[i - 2][d] * (x - high)
                moved = clipped(moved, low, high)
            elif i < 6:
                moved = x + c1[i - 4][0] * (x - low_ever) + c2[i - 4][d] * (x - high_ever)
            else:
                moved = ever[d] + 0.5 * g[i - 6][d] * (abs(x - best[d]) + abs(x - ever[d]))
            assert positions[3][i][d] == pytest.approx(clipped(moved, LOW, HIGH)), (i, d)


def test_thirty_beetles_have_the_papers_groups_and_others_the_same_shares():
    assert DBO(30)._group_sizes() == [6, 6, 7, 11]
    assert DBO(60)._group_sizes() == [12, 12, 14, 22]
    assert DBO(5)._group_sizes() == [1, 1, 1, 2]
