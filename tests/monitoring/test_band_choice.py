import numpy as np
import pytest
import torch

from iadtln.monitoring.band_choice import spectral_kurtosis, spectral_kurtosis_band

RATE = 20000.0


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def pulses(time, resonance, period=150, decay=1500.0):
    ring = torch.arange(period, dtype=torch.float64) / RATE
    ring = torch.exp(-decay * ring) * torch.sin(2 * torch.pi * resonance * ring)
    return ring.repeat(time // period + 1)[:time]


def test_spectral_kurtosis_is_the_formula_over_frames():
    signal = noise(300)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(32) / 32)
    frames = [signal[i : i + 32].numpy() * hann for i in range(0, 300 - 31, 8)]
    power = np.abs(np.fft.rfft(frames)) ** 2
    expected = np.mean(power**2, 0) / np.mean(power, 0) ** 2 - 2
    np.testing.assert_allclose(spectral_kurtosis(signal, 32), expected)


def test_spectral_kurtosis_of_noise_is_about_zero_and_of_a_tone_minus_one():
    assert spectral_kurtosis(noise(100_000), 32)[2:-2].abs().max() < 0.1
    tone = torch.sin(2 * torch.pi * torch.arange(4096, dtype=torch.float64) / 8)
    assert spectral_kurtosis(tone, 32)[4].item() == pytest.approx(-1, abs=1e-9)


def test_spectral_kurtosis_of_silence_is_zero():
    assert not spectral_kurtosis(torch.zeros(2, 100), 16).any()


@pytest.mark.parametrize("resonance", [2500.0, 5000.0, 7500.0])
@pytest.mark.parametrize("level", [0.05, 0.2, 0.4])
def test_the_band_holds_the_resonance_that_is_struck(resonance, level):
    low, high, kurtosis = spectral_kurtosis_band(
        pulses(20480, resonance) + level * noise(20480), RATE
    )
    assert low < resonance < high
    assert kurtosis > 0.5


def test_without_extension_the_band_is_three_bins():
    low, high, _ = spectral_kurtosis_band(pulses(8192, 5000.0), RATE, longest=16, extend=1.0)
    assert (high - low).item() == pytest.approx(3 * RATE / 16)


def test_bands_of_a_batch_equal_its_singles_and_lie_inside_the_spectrum():
    batch = torch.stack([noise(2048), pulses(2048, 3000.0), pulses(2048, 9000.0)])
    found = spectral_kurtosis_band(batch, RATE)
    singles = [torch.stack(field) for field in
               zip(*(spectral_kurtosis_band(row, RATE) for row in batch), strict=True)]  # fmt: skip
    for whole, single in zip(found, singles, strict=True):
        torch.testing.assert_close(whole, single)
    low, high, _ = found
    assert bool((low > 0).all() & (low < high).all() & (high < RATE / 2).all())


def test_bands_in_single_precision_are_near_double():
    signal = pulses(4096, 4000.0) + 0.1 * noise(4096)
    single = spectral_kurtosis_band(signal.float(), RATE)
    for one, other in zip(single, spectral_kurtosis_band(signal, RATE), strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one.double(), other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("window", [6, 18, 64])
def test_spectral_kurtosis_rejects_windows_that_do_not_fit(window):
    with pytest.raises(ValueError, match=f"8 to 50 samples .* got {window}"):
        spectral_kurtosis(torch.zeros(50), window)


def test_the_band_rejects_what_is_too_short():
    with pytest.raises(ValueError, match="16 samples or more, got 8"):
        spectral_kurtosis_band(torch.zeros(50), RATE, longest=8)
    with pytest.raises(ValueError, match=r"16 samples at least, got shape \(10,\)"):
        spectral_kurtosis_band(torch.zeros(10), RATE)
