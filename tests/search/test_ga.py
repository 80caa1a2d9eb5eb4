import torch
from search_examples import box, first_moves, sphere

from iadtln.search import GA


def test_parents_and_children_compete_for_the_next_generation():
    # with neither crossover nor mutation children are copies, so the winners are the best two
    optimiser = GA(6, crossover=0.0, mutation=0.0)
    positions, values, _ = first_moves(optimiser, sphere, box(-4.0, 3.0), 8, generations=8)
    ranked = sorted(zip(values[0], positions[0], strict=True))
    assert set(map(tuple, positions[1])) <= set(map(tuple, positions[0]))
    assert torch.tensor(positions[8]).unique(dim=0).tolist() == [
        torch.tensor(ranked[0][1]).tolist()
    ]  # copies of the best have taken over
