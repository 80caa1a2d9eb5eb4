import pytest
import torch
from search_examples import Scripted

from iadtln.search import Draws, Space, Variation
from iadtln.search.variation import crossed, mutated


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)[None, :, None]


def deb_crossover(u, low, high, bottom, top, eta):
    """Both children of two parents, from the NSGA-II code's formulas."""
    children = []
    for room, side in ((low - bottom, -1), (top - high, 1)):
        beta = 1 + 2 * room / (high - low)
        alpha = 2 - beta ** -(eta + 1)
        if u <= 1 / alpha:
            spread = (u * alpha) ** (1 / (eta + 1))
        else:
            spread = (1 / (2 - u * alpha)) ** (1 / (eta + 1))
        children.append(0.5 * (low + high + side * spread * (high - low)))
    return children


def deb_mutation(u, x, bottom, top, eta):
    if u < 0.5:
        room = 1 - (x - bottom) / (top - bottom)
        change = (2 * u + (1 - 2 * u) * room ** (eta + 1)) ** (1 / (eta + 1)) - 1
    else:
        room = 1 - (top - x) / (top - bottom)
        change = 1 - (2 * (1 - u) + 2 * (u - 0.5) * room ** (eta + 1)) ** (1 / (eta + 1))
    return x + change * (top - bottom)


@pytest.mark.parametrize("u", [0.0, 0.2, 0.5, 0.7, 0.99])
@pytest.mark.parametrize("swap", [0.2, 0.8])
def test_crossover_is_that_of_debs_code(u, swap):
    draws = Scripted(0.0, 0.0, u, swap)  # pair crossed, variable crossed, spread, swapped
    variation = Variation(crossover_index=5.0)
    children = crossed(column(4.0), column(1.5), Space([0.0], [9.0]), draws, variation)
    expected = deb_crossover(u, 1.5, 4.0, 0.0, 9.0, 5.0)
    expected = expected[::-1] if swap < 0.5 else expected
    assert children.flatten().tolist() == pytest.approx(expected)


def test_parents_that_are_not_crossed_and_equal_ones_stay():
    space = Space([0.0], [9.0])
    apart = crossed(column(4.0), column(1.5), space, Scripted(0.95, 0.0, 0.3, 0.9), Variation())
    assert apart.flatten().tolist() == [4.0, 1.5]
    equal = crossed(column(4.0), column(4.0), space, Scripted(0.0, 0.0, 0.3, 0.9), Variation())
    assert equal.flatten().tolist() == pytest.approx([4.0, 4.0])


@pytest.mark.parametrize("u", [0.0, 0.3, 0.5, 0.8, 0.999])
@pytest.mark.parametrize("x", [-1.0, 2.0, 4.0])
def test_mutation_is_that_of_debs_code(u, x):
    moved = mutated(column(x), Space([-1.0], [4.0]), Scripted(0.0, u), Variation())
    assert moved.item() == pytest.approx(deb_mutation(u, x, -1.0, 4.0, 20.0))


def test_as_many_variables_mutate_as_the_chance_says():
    space = Space([0.0] * 4, [1.0] * 4)
    positions = torch.full((1, 5000, 4), 0.5, dtype=torch.float64)
    for chance, expected in [(0.1, 0.1), (None, 0.25)]:
        draws = Draws(1, 0, torch.device("cpu"), torch.float64)
        moved = mutated(positions, space, draws, Variation(mutation=chance)) != positions
        assert moved.double().mean() == pytest.approx(expected, abs=0.01)  # three deviations


def test_the_further_ahead_the_more_children():
    # neither crossed nor mutated: children are copies of the winners of tournaments of two
    parents = torch.arange(5, dtype=torch.float64).expand(2000, 5)[..., None]
    draws = Draws(2000, 0, torch.device("cpu"), torch.float64)
    children = Variation(crossover=0.0, mutation=0.0).children(parents, Space([0.0], [9.0]), draws)
    assert children.shape == (2000, 5, 1)
    share = children.flatten().long().bincount() / 10_000
    # the least of two draws of five with replacement: (2 k + 1) / 25, from the last to the first
    torch.testing.assert_close(share, torch.tensor([9, 7, 5, 3, 1]) / 25, atol=0.015, rtol=0)


def test_a_chance_beyond_one_is_refused():
    with pytest.raises(ValueError, match="from 0 to 1, got 1.2 and None"):
        Variation(crossover=1.2)
