import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.signals import analytic_signal, band_pass, envelope


@pytest.mark.parametrize("length", [255, 256])
def test_analytic_signal_equals_scipy_hilbert(length):
    signal = torch.randn(2, length, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = scipy.signal.hilbert(signal.numpy())
    np.testing.assert_allclose(analytic_signal(signal).numpy(), expected, atol=1e-12)


def test_envelope_of_a_modulated_carrier_is_its_modulation():
    time = torch.arange(1000, dtype=torch.float64) / 1000
    modulation = 1 + 0.5 * torch.cos(2 * torch.pi * 5 * time)
    carrier = torch.cos(2 * torch.pi * 100 * time)
    torch.testing.assert_close(envelope(modulation * carrier), modulation, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("frequency", "gain"), [(50.0, 0.0), (200.0, 0.5), (300.0, 1.0)])
def test_band_pass_keeps_the_band_halves_its_edge_and_drops_the_rest(frequency, gain):
    time = torch.arange(4000, dtype=torch.float64) / 2000
    tone = torch.sin(2 * torch.pi * frequency * time)
    filtered = band_pass(tone, 2000.0, 200.0, 450.0)[500:-500]
    torch.testing.assert_close(filtered, gain * tone[500:-500], atol=2e-3, rtol=0)


def test_band_pass_equals_a_slow_sum_over_the_analogue_response():
    signal = np.random.default_rng(0).standard_normal(200)
    low, high, rate, order = 20.0, 60.0, 200.0, 2
    mirrored = min(199, int(rate / low) * 10)
    padded = np.pad(signal, mirrored, mode="reflect")
    spectrum = np.fft.rfft(padded)
    for k in range(len(spectrum)):
        f = k * rate / len(padded)
        if f == 0:
            spectrum[k] = 0
            continue
        pole = (f**2 - low * high) / (f * (high - low))
        spectrum[k] *= 1 / (1 + pole ** (2 * order))
    expected = np.fft.irfft(spectrum, n=len(padded))[mirrored:-mirrored]
    filtered = band_pass(torch.from_numpy(signal), rate, low, high, order)
    np.testing.assert_allclose(filtered.numpy(), expected, atol=1e-10)


def test_band_pass_of_a_batch_equals_its_singles():
    signal = torch.randn(3, 2, 400, generator=torch.Generator().manual_seed(0))
    whole = band_pass(signal, 1000.0, 100.0, 300.0)
    singles = torch.stack([band_pass(one, 1000.0, 100.0, 300.0) for one in signal])
    torch.testing.assert_close(whole, singles)


@pytest.mark.parametrize(("low", "high"), [(0.0, 10.0), (20.0, 10.0), (10.0, 500.0)])
def test_band_pass_rejects_an_impossible_band(low, high):
    with pytest.raises(ValueError, match="expected 0 < low_hz < high_hz"):
        band_pass(torch.zeros(100), 1000.0, low, high)
