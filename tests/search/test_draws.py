import pytest
import torch

from iadtln.search import Draws

CPU = torch.device("cpu")


def draws(problems, seed):
    return Draws(problems, seed, CPU, torch.float64)


def test_a_problem_draws_the_same_alone_and_beside_others():
    together, alone = draws(3, [4, 5, 6]), draws(1, [5])
    for name, shape in [("uniform", (4,)), ("normal", (2, 3)), ("signs", (5,))]:
        assert torch.equal(getattr(together, name)(*shape)[1:2], getattr(alone, name)(*shape))
    assert torch.equal(together.integers(7, 2)[1:2], alone.integers(7, 2))


def test_problems_draw_differently_from_one_seed():
    first, second = draws(2, 0).uniform(50)
    assert not (first == second).any()


def test_a_generator_and_its_seed_give_the_same():
    generator = torch.Generator().manual_seed(12)
    assert torch.equal(draws(2, generator).uniform(3), draws(2, 12).uniform(3))


def test_draws_have_the_range_and_moments_of_their_law():
    # standard errors at 40,000 draws: 0.0015 of a uniform's mean, 0.005 of a normal's
    source = draws(4, 1)
    uniform, normal = source.uniform(10_000), source.normal(10_000)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.01)
    assert normal.mean() == pytest.approx(0.0, abs=0.03)
    assert normal.var() == pytest.approx(1.0, abs=0.05)
    assert set(source.integers(3, 100).unique().tolist()) == {0, 1, 2}
    assert set(source.signs(100).unique().tolist()) == {-1.0, 1.0}


def test_seeds_for_another_number_of_problems_are_refused():
    with pytest.raises(ValueError, match="one seed for each of 3 problems, got 2"):
        draws(3, [1, 2])
