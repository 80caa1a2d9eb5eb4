"""What is not rejected is wrong no oftener than was asked."""

import math

import pytest
import torch
from scipy.stats import binom

from iadtln.trust.reject import risk_bound, selective_threshold


@pytest.mark.parametrize(("wrong", "windows"), [(0, 10), (3, 40), (39, 40)])
def test_bound_is_where_so_few_errors_become_unlikely(wrong, windows):
    assert binom.cdf(wrong, windows, risk_bound(wrong, windows, 0.05)) == pytest.approx(0.05)


def test_bound_of_no_error_by_hand():
    # (1 - b)^n = 0.05
    assert risk_bound(0, 20, 0.05) == pytest.approx(1 - 0.05 ** (1 / 20))
    assert risk_bound(20, 20, 0.05) == 1.0


def drawn(windows, seed):
    """Windows whose chance of being right is their confidence, 0.5 to 1."""
    generator = torch.Generator().manual_seed(seed)
    sure = 1 - 0.5 * torch.rand(windows, generator=generator) ** 2
    return sure, torch.rand(windows, generator=generator) < sure


def test_the_promise_fails_no_oftener_than_it_says():
    new, truth = drawn(100000, 999)
    failures = 0
    for seed in range(200):
        rejection = selective_threshold(*drawn(400, seed), risk=0.1, failure=0.1)
        decided = new >= rejection.threshold
        failures += bool(decided.any()) and float((~truth[decided]).double().mean()) > 0.1
    assert failures <= 20


def test_as_many_windows_as_possible_are_decided():
    # 1000 windows, the 200 least sure all wrong: 80 % can be decided at a risk of 2 %
    sure = torch.linspace(0, 1, 1000)
    rejection = selective_threshold(sure, torch.arange(1000) >= 200, risk=0.02)
    assert rejection.coverage == pytest.approx(0.8)
    assert rejection.threshold == pytest.approx(float(sure[200]))
    # no error among 800, one of twenty trials: 1 - (0.05 / 20)^(1 / 800)
    assert rejection.bound == pytest.approx(1 - (0.05 / 20) ** (1 / 800))


def test_equals_are_decided_alike():
    sure = torch.tensor([0.9] * 300 + [0.5] * 700)
    rejection = selective_threshold(sure, torch.arange(1000) < 300, risk=0.05)
    assert rejection.coverage == pytest.approx(0.3)
    assert rejection.threshold == pytest.approx(0.9)


def test_too_few_windows_promise_nothing():
    rejection = selective_threshold(torch.ones(20), torch.ones(20).bool(), risk=0.05)
    assert rejection == (math.inf, 0.0, 1.0)


@pytest.mark.parametrize("risk", [0.0, 1.0])
def test_a_risk_is_a_share(risk):
    with pytest.raises(ValueError, match="0 < risk < 1"):
        selective_threshold(torch.ones(3), torch.ones(3).bool(), risk)
