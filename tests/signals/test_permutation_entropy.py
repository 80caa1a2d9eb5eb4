import importlib
import math

import antropy
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals import entropy_numba
from iadtln.signals.permutation_entropy import (
    count_patterns,
    permutation_entropy,
)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("order", "delay"), [(2, 1), (3, 2), (5, 3), (6, 1), (7, 1)])
@pytest.mark.parametrize("levels", [4, 10**6])
def test_permutation_entropy_equals_antropy_with_and_without_ties(order, delay, levels):
    signal = (noise(5, 700) * levels).round() / levels
    expected = [antropy.perm_entropy(row, order, delay, normalize=True) for row in signal.numpy()]
    entropy = permutation_entropy(signal, order, delay)
    np.testing.assert_allclose(entropy.numpy(), expected, atol=1e-14)


def test_permutation_entropy_equals_a_slow_count_of_sorted_places():
    signal = (noise(200) * 3).round()
    seen = {}
    for first in range(200 - 2 * 2):
        places = tuple(np.argsort(signal[first : first + 5 : 2].numpy(), kind="stable"))
        seen[places] = seen.get(places, 0) + 1
    expected = -sum(c / 196 * math.log(c / 196) for c in seen.values())
    entropy = permutation_entropy(signal, order=3, delay=2, normalise=False)
    assert entropy.item() == pytest.approx(expected, abs=1e-14)


@given(
    st.lists(st.integers(-3, 3), min_size=12, max_size=40),
    st.integers(2, 6),
    st.integers(1, 2),
)
def test_compiled_and_torch_counts_agree_exactly(values, order, delay):
    rows = torch.tensor([values, values[::-1]], dtype=torch.float32)
    assert torch.equal(
        entropy_numba.count_patterns(rows, order, delay).long(), count_patterns(rows, order, delay)
    )


def test_permutation_entropy_of_a_ramp_and_of_a_constant_is_zero():
    signal = torch.stack([torch.arange(100.0), -torch.arange(100.0), torch.ones(100)])
    assert torch.equal(permutation_entropy(signal), torch.zeros(3))


def test_permutation_entropy_of_white_noise_is_near_one():
    # plug-in bias: about (m! - 1) / 2n = 119 / 40000 nats of ln 120
    entropy = permutation_entropy(noise(20004), order=5)
    assert entropy.item() == pytest.approx(1 - 119 / 40000 / math.log(120), abs=1e-3)


def test_permutation_entropy_ignores_scale_and_offset():
    signal = noise(3, 500)
    moved = permutation_entropy(8 * signal + 16)
    torch.testing.assert_close(moved, permutation_entropy(signal))


def test_permutation_entropy_of_a_batch_equals_its_singles_in_any_chunk(monkeypatch):
    signal = noise(3, 4, 300, dtype=torch.float32)
    singles = torch.stack([permutation_entropy(row) for row in signal.reshape(12, 300)])
    module = importlib.import_module(permutation_entropy.__module__)
    monkeypatch.setattr(module, "CHUNK", 5 * (300 + 720))
    whole = permutation_entropy(signal)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


def test_permutation_entropy_on_two_threads_equals_one(monkeypatch):
    monkeypatch.setattr("iadtln.signals.threads.LITTLE", 0)
    signal, threads = noise(7, 300), torch.get_num_threads()
    torch.set_num_threads(1)
    alone = permutation_entropy(signal)
    try:
        torch.set_num_threads(2)
        assert torch.equal(permutation_entropy(signal), alone)
    finally:
        torch.set_num_threads(threads)


def test_permutation_entropy_in_single_precision_equals_double_for_the_same_values():
    signal = noise(4, 400, dtype=torch.float32)
    double = permutation_entropy(signal.double())
    torch.testing.assert_close(permutation_entropy(signal), double.float())


def test_permutation_entropy_takes_half_precision():
    signal = noise(2, 400).half()
    expected = permutation_entropy(signal.double()).half()
    torch.testing.assert_close(permutation_entropy(signal), expected)


def test_permutation_entropy_is_nan_only_where_the_signal_is():
    signal = noise(2, 100)
    signal[1, 50] = torch.nan
    assert permutation_entropy(signal).isnan().tolist() == [False, True]


@pytest.mark.parametrize("order", [1, 11])
def test_permutation_entropy_rejects_an_order(order):
    with pytest.raises(ValueError, match=f"expected an order of 2 to 10, got {order}"):
        permutation_entropy(torch.zeros(100), order)


@pytest.mark.parametrize("delay", [0, 4])
def test_permutation_entropy_rejects_a_delay(delay):
    with pytest.raises(ValueError, match="20 samples, got order 6 and delay"):
        permutation_entropy(torch.zeros(20), 6, delay)
