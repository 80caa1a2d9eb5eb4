import pytest
from search_examples import box, clipped, first_moves, sphere

from iadtln.search import PSO


def test_moves_are_those_of_the_formula():
    particles, low, high = 4, -4.0, 3.0
    positions, values, logs = first_moves(PSO(particles), sphere, box(low, high), 3, 5)
    velocity = [[0.0, 0.0] for _ in range(particles)]
    own = list(zip(values[0], positions[0], strict=True))
    for move in range(1, 4):
        w = 0.9 - (move - 1) / 4 * 0.5  # 0.9 in the first of five moves, 0.4 in the last
        r1, r2 = logs[move]
        swarm = min(own)[1]
        for i in range(particles):
            for d in range(2):
                x = positions[move - 1][i][d]
                pull = 2 * r1[i][d] * (own[i][1][d] - x) + 2 * r2[i][d] * (swarm[d] - x)
                velocity[i][d] = clipped(w * velocity[i][d] + pull, -0.2 * 7, 0.2 * 7)
                expected = clipped(x + velocity[i][d], low, high)
                assert positions[move][i][d] == pytest.approx(expected)
            own[i] = min(own[i], (values[move][i], positions[move][i]))
