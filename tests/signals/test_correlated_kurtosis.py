import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals.correlated_kurtosis import (
    Delays,
    correlated_kurtosis,
    log_correlated_kurtosis,
    pulse_weights,
)
from iadtln.signals.fir import correlate, padded_spectrum
from tests.signals.matrices import delayed


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def slow_kurtosis(y, period, shifts):
    total = 0.0
    for n in range(shifts * period, len(y)):
        total += np.prod([y[n - m * period] for m in range(shifts + 1)]) ** 2
    return total / np.sum(y**2) ** (shifts + 1)


@pytest.mark.parametrize("shifts", [1, 2, 5])
def test_correlated_kurtosis_equals_the_sum_of_the_paper(shifts):
    signal = noise(50)
    expected = slow_kurtosis(signal.numpy(), 7, shifts)
    assert float(correlated_kurtosis(signal, 7, shifts)) == pytest.approx(expected, rel=1e-12)
    logarithm = float(log_correlated_kurtosis(signal, 7, shifts))
    assert logarithm == pytest.approx(np.log(expected), rel=1e-12)


def test_correlated_kurtosis_takes_a_period_for_each_signal():
    signal = noise(2, 3, 60)
    period = torch.tensor([[5.0, 6.4, 6.5], [8.0, 9.0, 30.0]])
    whole = [[5, 6, 7], [8, 9, 30]]
    expected = [
        [slow_kurtosis(signal[i, j].numpy(), whole[i][j], 2) for j in range(3)] for i in range(2)
    ]
    actual = correlated_kurtosis(signal, period, 2).numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_correlated_kurtosis_is_zero_for_zeros_and_for_a_train_longer_than_the_signal():
    assert float(correlated_kurtosis(torch.zeros(20), 3)) == 0.0
    assert float(correlated_kurtosis(noise(20), 10, shifts=2)) == 0.0
    assert float(correlated_kurtosis(noise(20), 25, shifts=1)) == 0.0


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-3, 1e3), shifts=st.integers(1, 5), period=st.integers(1, 12))
def test_correlated_kurtosis_ignores_the_amplitude(scale, shifts, period):
    signal = noise(100)
    first = log_correlated_kurtosis(signal, period, shifts)
    torch.testing.assert_close(log_correlated_kurtosis(scale * signal, period, shifts), first)


@pytest.mark.parametrize(("period", "shifts"), [(0.4, 1), (3, 0)])
def test_correlated_kurtosis_rejects_no_period_and_no_shift(period, shifts):
    with pytest.raises(ValueError, match="expected a"):
        correlated_kurtosis(noise(20), period, shifts)


@pytest.mark.parametrize("shifts", [1, 2, 3, 5])
@pytest.mark.parametrize("period", [11, [11, 14]])
def test_one_correlation_equals_the_sum_of_the_delayed_ones(period, shifts):
    x, y, taps = noise(2, 150), noise(2, 150, seed=1), 9
    periods = torch.tensor(period).expand(2)
    weights, _ = pulse_weights(y, Delays(periods, shifts, 150))
    actual = correlate(padded_spectrum(x, taps), weights, taps)
    for row in range(2):
        unit = y[row].numpy() / np.sqrt(np.mean(y[row].numpy() ** 2))
        T = int(periods[row])
        copies = [np.concatenate([np.zeros(m * T), unit])[:150] for m in range(shifts + 1)]
        expected = np.zeros(taps)
        for m in range(shifts + 1):
            others = [copies[k] ** 2 for k in range(shifts + 1) if k != m]
            alpha = copies[m] * np.prod(others, axis=0)
            expected += delayed(x[row].numpy(), taps, m * T) @ alpha
        ratio = actual[row].numpy() / expected  # one factor, the power of y, is left out
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@pytest.mark.parametrize("period", [9, [9, 60]])  # of slices, and gathered
def test_weights_are_the_same_where_gradients_are_wanted(period):
    signal, delays = noise(2, 150), Delays(torch.tensor(period).expand(2), 3, 150)
    signal[1] = 0.0
    both = zip(
        pulse_weights(signal, delays),
        pulse_weights(signal.clone().requires_grad_(), delays),
        strict=True,
    )
    for compiled, plain in both:
        torch.testing.assert_close(compiled, plain)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_half_a_precision_is_not_given_to_compiled_code(precision):
    pulses = torch.tensor([0.0, 2.0, 0.0, 2.0], dtype=precision)
    assert float(correlated_kurtosis(pulses, 2)) == pytest.approx(0.25, rel=0.02)  # 16 / 8**2
