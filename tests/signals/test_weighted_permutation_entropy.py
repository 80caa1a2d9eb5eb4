import importlib
import math
from collections import defaultdict

import numpy as np
import ordpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals import entropy_numba
from iadtln.signals.weighted_permutation_entropy import (
    composite_weighted_permutation_entropy,
    weigh_patterns,
    weighted_permutation_entropy,
)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def slow_entropy(row, order, delay):
    """From the definition, pattern by pattern."""
    weights = defaultdict(float)
    for first in range(len(row) - (order - 1) * delay):
        word = row[first : first + (order - 1) * delay + 1 : delay]
        weights[tuple(np.argsort(word, kind="stable"))] += np.var(word)
    total = sum(weights.values())
    return -sum(w / total * math.log(w / total) for w in weights.values() if w > 0)


@pytest.mark.parametrize(("order", "delay"), [(2, 1), (3, 2), (4, 1), (5, 3)])
@pytest.mark.parametrize("levels", [2, 10**6])
def test_weighted_entropy_equals_the_formula_with_and_without_ties(order, delay, levels):
    signal = (noise(3, 300) * levels).round() / levels
    expected = [slow_entropy(row, order, delay) for row in signal.numpy()]
    entropy = weighted_permutation_entropy(signal, order, delay, normalise=False)
    np.testing.assert_allclose(entropy.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(("order", "delay"), [(3, 1), (4, 1), (4, 2), (6, 1)])
def test_weighted_entropy_equals_ordpy(order, delay):
    signal = noise(500).cumsum(-1) + noise(500)
    expected = ordpy.weighted_permutation_entropy(signal.numpy(), dx=order, taux=delay)
    entropy = weighted_permutation_entropy(signal, order, delay)
    assert entropy.item() == pytest.approx(expected, abs=1e-12)


@given(
    st.lists(st.integers(-3, 3), min_size=16, max_size=40),
    st.integers(2, 4),
    st.integers(1, 2),
    st.integers(1, 2),
)
def test_compiled_and_torch_weights_agree_exactly_for_integers(samples, order, delay, hop):
    rows = torch.tensor([samples, samples[::-1]], dtype=torch.float64)
    compiled = entropy_numba.weigh_patterns(rows, order, delay, hop)
    assert torch.equal(compiled, weigh_patterns(rows, order, delay, hop))


def test_composite_entropy_is_the_mean_over_the_interleaved_series():
    signal = noise(2, 301)
    singles = [weighted_permutation_entropy(signal[:, shift::3], 3) for shift in range(3)]
    whole = composite_weighted_permutation_entropy(signal, 3, hop=3)
    torch.testing.assert_close(whole, torch.stack(singles).mean(0))


@given(st.lists(st.integers(-9, 9), min_size=10, max_size=60), st.integers(2, 5))
def test_normalised_entropy_lies_between_zero_and_one(samples, order):
    entropy = weighted_permutation_entropy(torch.tensor(samples, dtype=torch.float64), order)
    assert 0 <= entropy.item() <= 1 + 1e-12


@pytest.mark.parametrize(("scale", "offset"), [(0.125, 100), (4.0, 0), (1024.0, -7)])
def test_weighted_entropy_ignores_scale_and_offset(scale, offset):
    signal = noise(2, 200)
    moved = weighted_permutation_entropy(scale * signal + offset)
    torch.testing.assert_close(moved, weighted_permutation_entropy(signal))


@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_weighted_entropy_of_a_constant_is_zero(value):
    assert weighted_permutation_entropy(torch.full((100,), value)).item() == 0.0


def test_weighted_entropy_does_not_see_small_swings_beside_a_wide_one():
    # the rise by 1000 outweighs the ripple of 0.001 by far
    ripple = 0.001 * torch.arange(100, dtype=torch.float64).remainder(2)
    entropy = weighted_permutation_entropy(torch.cat([ripple, 1000 + ripple]), order=2)
    assert entropy.item() < 1e-8


def test_weighted_entropy_of_a_batch_equals_its_singles_in_any_chunk(monkeypatch):
    signal = noise(3, 4, 300, dtype=torch.float32)
    singles = torch.stack([weighted_permutation_entropy(row) for row in signal.reshape(12, 300)])
    module = importlib.import_module(weighted_permutation_entropy.__module__)
    monkeypatch.setattr(module, "CHUNK", 5 * (300 + 24))
    whole = weighted_permutation_entropy(signal)
    assert whole.shape == (3, 4)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


def test_weighted_entropy_in_single_precision_is_near_double():
    signal = noise(4, 400, dtype=torch.float32)
    double = weighted_permutation_entropy(signal.double())
    torch.testing.assert_close(weighted_permutation_entropy(signal), double.float())


def test_weighted_entropy_takes_half_precision():
    signal = noise(2, 400).half()
    expected = weighted_permutation_entropy(signal.double()).half()
    torch.testing.assert_close(weighted_permutation_entropy(signal), expected)


@pytest.mark.parametrize("spoilt", [torch.nan, torch.inf])
def test_weighted_entropy_is_nan_only_where_the_signal_is_not_finite(spoilt):
    signal = noise(2, 100)
    signal[1, 50] = spoilt
    assert weighted_permutation_entropy(signal).isnan().tolist() == [False, True]


@pytest.mark.parametrize("order", [1, 11])
def test_weighted_entropy_rejects_an_order(order):
    with pytest.raises(ValueError, match=f"expected an order of 2 to 10, got {order}"):
        weighted_permutation_entropy(torch.zeros(100), order)


@pytest.mark.parametrize("delay", [0, 7])
def test_weighted_entropy_rejects_a_delay(delay):
    with pytest.raises(ValueError, match=f"20 samples of a series, got order 4 and delay {delay}"):
        weighted_permutation_entropy(torch.zeros(20), 4, delay)
