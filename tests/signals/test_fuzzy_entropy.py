import importlib
import math
from itertools import combinations

import EntropyHub
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals import fuzzy_numba
from iadtln.signals.fuzzy_entropy import (
    fuzzy_entropy,
    likeness_radius,
    lost_likeness,
    mean_likeness,
    sum_likeness,
)

values = st.lists(st.integers(-20, 20), min_size=12, max_size=30)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def slow_fuzzy_entropy(row, order, tolerance, power, delay):
    """From the definition, pair by pair."""
    radius = tolerance * np.std(row)
    starts = range(len(row) - order * delay)

    def phi(length):
        stretches = [row[i : i + (length - 1) * delay + 1 : delay] for i in starts]
        centred = [stretch - stretch.mean() for stretch in stretches]
        apart = [np.abs(a - b).max() for a, b in combinations(centred, 2)]
        return np.mean([math.exp(-((d / radius) ** power)) for d in apart])

    return math.log(phi(order)) - math.log(phi(order + 1))


@pytest.mark.parametrize(
    ("order", "tolerance", "power", "delay"),
    [(2, 0.15, 2.0, 1), (2, 0.3, 1.0, 2), (3, 0.2, 2.0, 1), (4, 0.5, 3.0, 3), (2, 0.2, 2.5, 1)],
)
def test_fuzzy_entropy_equals_the_formula_pair_by_pair(order, tolerance, power, delay):
    signal = noise(2, 90).cumsum(-1) + noise(2, 90)
    expected = [slow_fuzzy_entropy(row, order, tolerance, power, delay) for row in signal.numpy()]
    entropy = fuzzy_entropy(signal, order, tolerance, power, delay)
    np.testing.assert_allclose(entropy.numpy(), expected, rtol=1e-11)


@pytest.mark.parametrize("order", [2, 3])
def test_fuzzy_entropy_equals_entropyhub(order):
    signal = noise(300).numpy()
    radius = 0.15 * signal.std()
    # theirs divides d^2, not d, by the first number; the last order is the one we ask for
    expected = EntropyHub.FuzzEn(signal, m=order, r=(radius**2, 2))[0][-1]
    entropy = fuzzy_entropy(torch.from_numpy(signal), order)
    assert entropy.item() == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("power", [1.5, 2.0])
@pytest.mark.parametrize("time", [70, 131])
def test_compiled_and_torch_sums_agree(dtype, power, time, monkeypatch):
    rows = 3 * noise(5, time, dtype=dtype)
    module = importlib.import_module(fuzzy_entropy.__module__)
    monkeypatch.setattr(module, "CHUNK", 2 * time)
    expected = sum_likeness(rows, 2, power, 1)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    compiled = fuzzy_numba.sum_likeness(rows, 2, power, 1)
    torch.testing.assert_close(compiled, expected, rtol=tolerance, atol=0)


@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.5, 7.7, 20.0, 124.9, 700.0, 1000.2])
def test_likeness_of_two_stretches_is_the_power_of_two(exponent):
    # stretches (0, 0) and (0, 2 d) are d apart once their means are gone
    apart = math.sqrt(exponent)
    row = torch.tensor([[0.0, 0.0, 2 * apart, 0.0]], dtype=torch.float64)
    sums = fuzzy_numba.sum_likeness(row, 2, 2.0, 1)
    assert sums[0, 0].item() == pytest.approx(2.0**-exponent, rel=1e-12)


def test_likeness_in_single_precision_ends_at_zero_without_slow_numbers():
    apart = torch.tensor([[11.0], [11.3], [100.0]])  # 2^-121, 2^-127.7, 2^-10000
    rows = apart * torch.tensor([0.0, 0.0, 2.0, 4.0])
    sums = fuzzy_numba.sum_likeness(rows, 2, 2.0, 1)[:, 0]
    assert sums[0].item() == pytest.approx(2.0**-121, rel=1e-5)
    assert sums[1:].tolist() == [0.0, 0.0]


def test_mean_likeness_keeps_the_radius_it_is_given():
    # two stretches with rises of 0 and 1, half a unit apart
    signal = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    likeness = mean_likeness(signal, torch.tensor(0.25, dtype=torch.float64))
    # triples (-1, -1, 2) / 3 and (-2, 1, 1) / 3 are 2 / 3 apart
    assert likeness.tolist() == pytest.approx([math.exp(-4), math.exp(-((8 / 3) ** 2))])


@given(values, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-50, 50))
def test_fuzzy_entropy_ignores_scale_and_offset(samples, scale, offset):
    signal = torch.tensor(samples, dtype=torch.float64)
    moved = fuzzy_entropy(scale * signal + offset, tolerance=0.5)
    expected = fuzzy_entropy(signal, tolerance=0.5)
    torch.testing.assert_close(moved, expected, rtol=1e-8, atol=1e-8, equal_nan=True)


@given(values)
def test_mean_likeness_lies_between_zero_and_one(samples):
    signal = torch.tensor(samples, dtype=torch.float64)
    likeness = mean_likeness(signal, likeness_radius(signal, 0.3))
    assert (likeness >= 0).all()
    assert (likeness <= 1 + 1e-12).all()


@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fuzzy_entropy_of_a_constant_is_zero(value, dtype):
    assert fuzzy_entropy(torch.full((77,), value, dtype=dtype)).item() == 0.0


def test_fuzzy_entropy_of_a_straight_line_is_zero():
    # all stretches are alike once their means are gone
    entropy = fuzzy_entropy(torch.arange(100, dtype=torch.float64))
    assert entropy.item() == pytest.approx(0.0, abs=1e-12)


def test_lost_likeness_is_nan_without_likeness_of_the_longer():
    lost = lost_likeness(torch.tensor([[0.5, 0.25], [0.5, 0.0], [0.0, 0.0]]))
    assert lost[0].item() == pytest.approx(math.log(2))
    assert lost[1:].isnan().all()


def test_fuzzy_entropy_in_segments_is_their_mean():
    signal = noise(2, 250)
    expected = torch.stack([fuzzy_entropy(signal[:, :100]), fuzzy_entropy(signal[:, 100:200])])
    torch.testing.assert_close(fuzzy_entropy(signal, segment=100), expected.mean(0))


def test_fuzzy_entropy_of_a_signal_shorter_than_a_segment_is_its_own():
    signal = noise(80)
    assert torch.equal(fuzzy_entropy(signal, segment=1024), fuzzy_entropy(signal))


def test_fuzzy_entropy_of_a_batch_equals_its_singles_on_one_thread_and_two(monkeypatch):
    monkeypatch.setattr("iadtln.signals.threads.LITTLE", 0)
    signal, threads = noise(2, 3, 150, dtype=torch.float32), torch.get_num_threads()
    singles = torch.stack([fuzzy_entropy(row) for row in signal.reshape(6, 150)])
    try:
        torch.set_num_threads(2)
        whole = fuzzy_entropy(signal)
    finally:
        torch.set_num_threads(threads)
    assert whole.shape == (2, 3)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


def test_fuzzy_entropy_in_single_precision_is_near_double():
    signal = noise(4, 400)
    single = fuzzy_entropy(signal.float()).double()
    torch.testing.assert_close(single, fuzzy_entropy(signal), atol=2e-6, rtol=0)


def test_fuzzy_entropy_takes_half_precision():
    signal = noise(2, 100).half()
    expected = fuzzy_entropy(signal.double()).half()
    torch.testing.assert_close(fuzzy_entropy(signal), expected)


@pytest.mark.parametrize("spoilt", [torch.nan, torch.inf])
def test_fuzzy_entropy_is_nan_only_where_the_signal_is_not_finite(spoilt):
    signal = noise(2, 100)
    signal[1, 50] = spoilt
    assert fuzzy_entropy(signal).isnan().tolist() == [False, True]


@pytest.mark.parametrize(
    "options", [{"order": 1}, {"delay": 0}, {"power": 0.0}, {"power": math.nan}]
)
def test_fuzzy_entropy_rejects_senseless_settings(options):
    with pytest.raises(ValueError, match="expected an order of at least 2, a delay of at least 1"):
        fuzzy_entropy(torch.zeros(100), **options)


def test_fuzzy_entropy_rejects_a_tolerance_of_zero():
    with pytest.raises(ValueError, match="tolerance above 0, got 0"):
        fuzzy_entropy(torch.zeros(100), tolerance=0.0)


def test_fuzzy_entropy_rejects_a_segment_of_no_samples():
    with pytest.raises(ValueError, match="segment of at least 1 sample, got 0"):
        fuzzy_entropy(torch.zeros(100), segment=0)


def test_fuzzy_entropy_rejects_a_signal_without_two_stretches():
    with pytest.raises(ValueError, match=r"order \* delay \+ 2 = 6 samples for two"):
        fuzzy_entropy(torch.zeros(5), delay=2)
