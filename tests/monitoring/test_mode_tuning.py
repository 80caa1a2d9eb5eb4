import math

import pytest
import torch

from iadtln.monitoring.fault_indicator import cffi
from iadtln.monitoring.mode_tuning import VMDSearch, aggregated, gated, tune_vmd
from iadtln.search import PSO
from iadtln.signals.indices import kurtosis
from iadtln.signals.vmd import vmd

SMALL = VMDSearch(modes_max=4, alpha_max=300, alpha_step=100, max_iterations=20)


def signal(time=400, seed=0):
    draws = torch.Generator().manual_seed(seed)
    place = torch.arange(time, dtype=torch.float64)
    tones = torch.sin(0.3 * place) + torch.sin(1.9 * place) * torch.exp(-(place % 80) / 10)
    return tones + 0.3 * torch.randn(time, dtype=torch.float64, generator=draws)


def slow_fitness(window, modes, alpha, rating, best=3):
    found = vmd(window, modes, float(alpha), 0.0, 1e-6, 20, stop="relative").modes
    values = sorted(rating(found).tolist(), reverse=True)[:best]
    return sum(values) / len(values)


def test_aggregates_are_of_the_modes_that_count():
    ratings = torch.tensor([[4.0, 1.0, 3.0, 2.0], [5.0, -torch.inf, 1.0, -torch.inf]])
    assert aggregated(ratings, "max").tolist() == [4.0, 5.0]
    assert aggregated(ratings, "mean").tolist() == [2.5, 3.0]
    assert aggregated(ratings, "top3").tolist() == [3.0, 3.0]
    assert aggregated(ratings[:1, :2], "top3").tolist() == [2.5]
    assert aggregated(torch.full((2,), -torch.inf), "top3").item() == -math.inf


def test_the_gate_leaves_out_modes_of_little_energy():
    modes = torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]])  # 90, 10 and 0 %
    ratings = torch.tensor([1.0, 2.0, 3.0])
    assert gated(ratings, modes, 0.0).tolist() == [1.0, 2.0, 3.0]
    assert gated(ratings, modes, 0.05).tolist() == [1.0, 2.0, -math.inf]
    assert gated(ratings, modes, 0.2).tolist() == [1.0, -math.inf, -math.inf]


@pytest.mark.parametrize("rating", [cffi, kurtosis])
def test_fitness_is_that_of_one_decomposition_after_another(rating):
    window = signal()
    pairs = [(2, 100), (4, 300), (2, 250), (3, 100)]
    expected = [slow_fitness(window, *pair, rating) for pair in pairs]
    found = SMALL.fitness(window, torch.tensor(pairs, dtype=torch.float64), rating)
    assert found.tolist() == pytest.approx(expected, abs=1e-9)


def test_the_search_finds_the_best_of_a_small_grid():
    window = signal()
    pairs = [(modes, alpha) for modes in (2, 3, 4) for alpha in (100, 200, 300)]
    values = {pair: slow_fitness(window, *pair, kurtosis) for pair in pairs}
    search = VMDSearch(**{**vars(SMALL), "evaluations": 400})
    found = tune_vmd(window, search, kurtosis)
    best = max(values, key=values.__getitem__)
    assert (found.modes, found.alpha) == best
    assert found.history[-1].item() == pytest.approx(values[best], rel=1e-4)
    assert found.evaluations <= len(pairs)


def test_the_search_keeps_to_its_budget_and_never_gets_worse():
    found = tune_vmd(signal(), VMDSearch(evaluations=7, max_iterations=10), kurtosis)
    assert len(found.history) == 7
    assert found.evaluations <= 7
    assert bool((found.history.diff() >= 0).all())
    assert 2 <= found.modes <= 25
    assert 100 <= found.alpha <= 3000
    assert found.alpha % 10 == 0


def test_the_default_looks_for_the_papers_index():
    few = VMDSearch(**{**vars(SMALL), "evaluations": 5})
    found, expected = tune_vmd(signal(), few), tune_vmd(signal(), few, cffi)
    assert (found.modes, found.alpha) == (expected.modes, expected.alpha)
    assert torch.equal(found.history, expected.history)


def test_bounds_of_one_pair_fix_the_parameters():
    fixed = VMDSearch(1, modes_min=3, modes_max=3, alpha_min=250, alpha_max=250)
    found = tune_vmd(signal(), fixed, kurtosis)
    assert (found.modes, found.alpha, found.evaluations) == (3, 250.0, 1)


def test_the_search_looks_at_the_middle():
    window = signal()
    assert torch.equal(VMDSearch(samples=100).part(window), window[150:250].float())
    assert torch.equal(VMDSearch(samples=9000).part(window), window.float())


def test_the_seed_decides_and_another_optimiser_can_be_had():
    few = {**vars(SMALL), "evaluations": 6, "modes_max": 9, "alpha_max": 2000}
    found = [tune_vmd(signal(), VMDSearch(**few), kurtosis) for _ in range(2)]
    assert torch.equal(found[0].history, found[1].history)
    swarm = tune_vmd(signal(), VMDSearch(**{**few, "optimiser": PSO(3)}), kurtosis)
    assert len(swarm.history) == 6


def test_what_makes_no_sense_is_rejected():
    with pytest.raises(ValueError, match=r"shape \(time,\), got \(2, 400\)"):
        tune_vmd(signal().expand(2, -1))
    with pytest.raises(ValueError, match="1 <= modes_min <= modes_max .* got 5, 3 and 50"):
        VMDSearch(modes_min=5, modes_max=3)
    with pytest.raises(ValueError, match="gate from 0 to below 1, got 'top3' and 1"):
        VMDSearch(gate=1.0)
    with pytest.raises(ValueError, match="'top3', 'max' or 'mean' .* got 'top5'"):
        VMDSearch(aggregate="top5")
    with pytest.raises(ValueError, match=r"gate of 1 / 25 modes_max at most.* got 0.6"):
        VMDSearch(gate=0.6, modes_min=4)
    assert VMDSearch(gate=0.25, modes_max=4).gate == 0.25
    for wrong in ({"alpha_min": 500, "alpha_max": 400}, {"alpha_step": 0}, {"alpha_min": 0}):
        with pytest.raises(ValueError, match="0 < alpha_min <= alpha_max and an alpha_step above"):
            VMDSearch(**wrong)
