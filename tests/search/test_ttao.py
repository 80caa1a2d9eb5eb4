import math
from itertools import chain

import pytest
from search_examples import box, clipped, distances, first_moves

from iadtln.search import TTAO, minimise
from iadtln.search.ttao import _push

# in this box the algorithm's own units are the variables'
BOX = box(-100.0, 100.0)
objective = distances([[30.0, -90.0]])


def value(place):
    return (place[0] - 30.0) ** 2 + (place[1] + 90.0) ** 2


def inside(place):
    return [clipped(number, -100.0, 100.0) for number in place]


@pytest.mark.parametrize("pairing", ["unit", "global"])
@pytest.mark.parametrize("population", [12, 14])
def test_a_generation_is_that_of_the_formula(pairing, population):
    units, generations = 4, 5
    positions, _, logs = first_moves(TTAO(population, pairing), objective, BOX, 4, generations)
    corners, side = positions[0], 9 * math.exp(-1 / 5)
    theta, (r1, r2) = logs[1]
    points = [corners, [], [], []]
    for i in range(units):
        angles = [math.pi * angle for angle in theta[i]]
        second, third = (
            inside(corners[i][d] + side * math.cos(angle + turn) for d, angle in enumerate(angles))
            for turn in (0, math.pi / 3)
        )
        a, b = r1[i][0], r2[i][0]
        a, b = (1 - a, 1 - b) if a + b > 1 else (a, b)
        within = [a * corners[i][d] + b * second[d] + (1 - a - b) * third[d] for d in range(2)]
        for corner, place in zip(points[1:], (second, third, within), strict=True):
            corner.append(place)
    assert positions[1] == [pytest.approx(place) for place in chain(*points[1:])]

    of_unit = [sorted((corner[i] for corner in points), key=value) for i in range(units)]
    ranked = sorted(chain(*points), key=value)
    pairs = {"unit": [places[:2] for places in of_unit]}
    pairs["global"] = [ranked[i : i + 2] for i in range(units)]
    best, second = (list(places) for places in zip(*pairs[pairing], strict=True))
    shift, share = logs[2]
    mixed = []
    for i in range(units):
        j = (i + 1 + shift[i]) % units
        mixed.append([share[i][d] * best[i][d] + (1 - share[i][d]) * best[j][d] for d in range(2)])
    assert positions[2] == [pytest.approx(place) for place in mixed]

    for i, place in enumerate(mixed):
        if value(place) < value(best[i]):
            best[i] = place
        elif value(place) < value(second[i]):
            second[i] = place
    # the push is 3 in the first generation: ln(a + e^3 - a)
    pushed = [
        inside(b + 3 * (b - s) for b, s in zip(*pair, strict=True))
        for pair in zip(best, second, strict=True)
    ]
    assert positions[3][:units] == [pytest.approx(place) for place in pushed]
    assert len(positions[3]) == units + population - 12
    best = [min(pair, key=value) for pair in zip(best, pushed, strict=True)]
    kept = sorted(best + positions[3][units:], key=value)[:units]
    theta, _ = logs[4]
    side = 9 * math.exp(-2 / 5)
    for i in range(units):  # the next triangles open at what was kept
        expected = inside(kept[i][d] + side * math.cos(math.pi * theta[i][d]) for d in range(2))
        assert positions[4][i] == pytest.approx(expected)


def test_the_push_falls_from_three_to_one():
    assert [_push(1, 9), _push(9, 9)] == pytest.approx([3.0, 1.0])


def test_five_points_of_a_unit_are_evaluated_in_a_generation():
    asked = []

    def counted(x):
        asked.append(x.shape[1])
        return objective(x)

    minimise(counted, BOX, TTAO(12), 2)
    assert asked == [4, 12, 4, 4, 12, 4, 4]
