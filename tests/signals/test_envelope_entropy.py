import math

import numpy as np
import pytest
import scipy.signal
import scipy.stats
import torch

from iadtln.signals.envelope_entropy import envelope_entropy, information_entropy


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def test_envelope_entropy_equals_scipy():
    signal = noise(3, 255)
    heights = np.abs(scipy.signal.hilbert(signal.numpy()))
    expected = scipy.stats.entropy(heights, axis=-1)  # divides by the sum itself
    np.testing.assert_allclose(envelope_entropy(signal).numpy(), expected, atol=1e-12)
    normalised = envelope_entropy(signal, normalise=True).numpy()
    np.testing.assert_allclose(normalised, expected / math.log(255), atol=1e-12)


def test_envelope_entropy_of_a_tone_is_the_greatest():
    tone = torch.cos(2 * torch.pi * 10 * torch.arange(200, dtype=torch.float64) / 200)
    assert envelope_entropy(tone, normalise=True).item() == pytest.approx(1.0, abs=1e-12)


def test_envelope_entropy_of_silence_is_that_of_a_flat_envelope():
    assert envelope_entropy(torch.zeros(100)).item() == pytest.approx(math.log(100), abs=1e-5)


def test_envelope_entropy_falls_when_the_energy_gathers_in_pulses():
    pulses = noise(1000)
    pulses[::100] += 30
    assert envelope_entropy(pulses) < envelope_entropy(noise(1000))


@pytest.mark.parametrize(("time", "bins"), [(64, 8), (2048, 26)])
def test_information_entropy_equals_numpy_histogram_with_rices_bins(time, bins):
    signal = noise(3, time)
    expected = [scipy.stats.entropy(np.histogram(row, bins)[0]) for row in signal.numpy()]
    np.testing.assert_allclose(information_entropy(signal).numpy(), expected, atol=1e-12)
    normalised = information_entropy(signal, bins, normalise=True).numpy()
    np.testing.assert_allclose(normalised, np.array(expected) / math.log(bins), atol=1e-12)


def test_information_entropy_of_evenly_filled_bins_is_the_logarithm_of_their_number():
    signal = torch.arange(40.0)
    assert information_entropy(signal, bins=8).item() == pytest.approx(math.log(8), abs=1e-6)


def test_information_entropy_of_a_constant_is_zero():
    assert information_entropy(torch.full((2, 50), 0.1)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("function", [envelope_entropy, information_entropy])
def test_entropies_of_a_batch_equal_their_singles_and_keep_the_dtype(function):
    signal = noise(2, 3, 120, dtype=torch.float32)
    whole = function(signal)
    assert whole.dtype == torch.float32
    singles = torch.stack([function(row) for row in signal.reshape(6, 120)]).reshape(2, 3)
    torch.testing.assert_close(whole, singles)
    torch.testing.assert_close(whole.double(), function(signal.double()), atol=1e-5, rtol=0)


@pytest.mark.parametrize("function", [envelope_entropy, information_entropy])
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_entropies_are_nan_only_where_the_signal_is_not_finite(function, value):
    signal = noise(2, 100)
    signal[1, 50] = value
    assert function(signal).isnan().tolist() == [False, True]


def test_information_entropy_rejects_a_single_bin():
    with pytest.raises(ValueError, match="at least two bins, got 1"):
        information_entropy(torch.zeros(10), bins=1)
