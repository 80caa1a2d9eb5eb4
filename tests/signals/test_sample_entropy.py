import importlib
import math

import antropy
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals import entropy_numba
from iadtln.signals.sample_entropy import count_matches, sample_entropy


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def slow_matches(row, order, limit):
    """Pairs of stretches alike in ``length`` samples, for both lengths, from the definition."""
    starts = range(len(row) - order)
    return [
        sum(
            all(abs(row[i + k] - row[j + k]) <= limit for k in range(length))
            for i in starts
            for j in starts
            if i < j
        )
        for length in (order, order + 1)
    ]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_sample_entropy_equals_antropy(order):
    signal = noise(3, 600).cumsum(-1) * 0.1 + noise(3, 600)
    expected = [antropy.sample_entropy(row, order) for row in signal.numpy()]
    np.testing.assert_allclose(sample_entropy(signal, order).numpy(), expected, atol=1e-12)


@given(
    st.lists(st.integers(-3, 3), min_size=5, max_size=20),
    st.integers(1, 3),
    st.sampled_from([0.0, 1.0, 2.5]),
)
def test_matches_equal_a_slow_count_in_both_ways_also_at_the_very_limit(values, order, limit):
    rows, radius = torch.tensor([values], dtype=torch.float32), torch.tensor([limit])
    expected = slow_matches(values, order, limit)
    assert entropy_numba.count_matches(rows, radius, order).tolist() == [expected]
    assert count_matches(rows, radius, order).tolist() == [expected]


def test_torch_and_compiled_counts_agree_in_any_chunk(monkeypatch):
    rows = noise(5, 200, dtype=torch.float32)
    radius = 0.2 * rows.std(-1, correction=0)
    compiled = entropy_numba.count_matches(rows, radius, 2)
    module = importlib.import_module(sample_entropy.__module__)
    monkeypatch.setattr(module, "CHUNK", 700)
    assert torch.equal(count_matches(rows, radius, 2), compiled)


def test_sample_entropy_ignores_scale_and_offset():
    signal = noise(2, 300)
    torch.testing.assert_close(sample_entropy(8 * signal + 16), sample_entropy(signal))


def test_sample_entropy_of_a_constant_is_zero():
    assert sample_entropy(torch.full((50,), 3.0)).item() == 0.0


def test_sample_entropy_without_a_longer_match_is_infinite_and_without_any_nan():
    # 0, 0 recurs once and goes on to 1, then to 9; 0 to 7 doubled at each step never recurs
    once = torch.tensor([0.0, 0.0, 1.0, 20.0, 0.0, 0.0, 9.0, 40.0])
    never = 2.0 ** torch.arange(8.0)
    entropy = sample_entropy(torch.stack([once, never]), order=2, tolerance=0.001)
    assert entropy[0] == math.inf
    assert entropy[1].isnan()


def test_sample_entropy_of_a_batch_equals_its_singles():
    signal = noise(2, 3, 150, dtype=torch.float32)
    singles = torch.stack([sample_entropy(row) for row in signal.reshape(6, 150)])
    whole = sample_entropy(signal)
    assert whole.shape == (2, 3)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


def test_sample_entropy_in_single_precision_is_near_double():
    signal = noise(4, 300)
    double = sample_entropy(signal)
    torch.testing.assert_close(sample_entropy(signal.float()).double(), double, atol=1e-2, rtol=0)


def test_sample_entropy_is_nan_only_where_the_signal_is():
    signal = noise(2, 100)
    signal[1, 50] = torch.nan
    assert sample_entropy(signal).isnan().tolist() == [False, True]


@pytest.mark.parametrize(("order", "tolerance"), [(0, 0.2), (2, -0.1)])
def test_sample_entropy_rejects_senseless_settings(order, tolerance):
    with pytest.raises(ValueError, match="expected an order of at least 1 and a tolerance"):
        sample_entropy(torch.zeros(100), order, tolerance)


def test_sample_entropy_rejects_a_signal_without_two_stretches():
    with pytest.raises(ValueError, match=r"at least order \+ 2 = 4 samples"):
        sample_entropy(torch.zeros(3))
