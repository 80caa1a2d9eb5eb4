import math

import numpy as np
import pytest
import scipy.stats
import torch

from iadtln.monitoring.scores import (
    energy_retention,
    feature_retention,
    monotonicity,
    saif,
    trendability,
)


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def test_energy_retention_is_that_of_the_whole_spectrum():
    denoised, original = noise(2, 3, 101), noise(2, 3, 101, seed=1)
    energy = [np.sum(np.abs(np.fft.fft(x.numpy())) ** 2, -1) for x in (denoised, original)]
    expected = torch.from_numpy(energy[0] / energy[1])
    torch.testing.assert_close(energy_retention(denoised, original), expected)


def test_feature_retention_counts_the_bins_about_three_harmonics():
    denoised, original = noise(400), noise(400, seed=1)  # at 200 Hz: bins of 0.5 Hz
    kept = whole = 0.0
    for number in range(201):
        frequency = 0.5 * number
        # 3 % of 20 Hz is 0.6 Hz, less than two bins
        if any(abs(frequency - 20.0 * harmonic) <= 1.0 for harmonic in (1, 2, 3)):
            turn = np.exp(-2j * np.pi * number * np.arange(400) / 400)
            kept += abs(np.sum(denoised.numpy() * turn)) ** 2
            whole += abs(np.sum(original.numpy() * turn)) ** 2
    found = feature_retention(denoised, original, 200.0, 20.0)
    assert float(found) == pytest.approx(kept / whole)


def test_retention_of_half_the_amplitude_is_a_quarter():
    signal = noise(4, 300)
    quarter = torch.full((4,), 0.25, dtype=torch.float64)
    torch.testing.assert_close(energy_retention(signal / 2, signal), quarter)
    torch.testing.assert_close(feature_retention(signal / 2, signal, 100.0, 9.0), quarter)


@pytest.mark.parametrize("line", [0.0, 50.0])
def test_feature_retention_rejects_a_line_outside_the_spectrum(line):
    with pytest.raises(ValueError, match=r"half the sampling rate \(50 Hz\), got"):
        feature_retention(noise(10), noise(10), 100.0, line)


def test_trendability_is_pearsons_correlation():
    indicator, time = noise(3, 20), noise(20, seed=1).cumsum(0)
    expected = [scipy.stats.pearsonr(row, time).statistic for row in indicator]
    np.testing.assert_allclose(trendability(indicator, time), expected)
    expected = [scipy.stats.pearsonr(row, np.arange(20)).statistic for row in indicator]
    np.testing.assert_allclose(trendability(indicator), expected)


def test_monotonicity_counts_rises_less_falls():
    assert monotonicity(torch.tensor([1.0, 2.0, 2.0, 5.0, 4.0, 6.0])).item() == pytest.approx(2 / 5)
    assert monotonicity(-torch.arange(4.0)).item() == -1.0


def saif_of_one(values):
    """The formula, one window after another."""
    total = 0.0
    for scale in (1, 2, 4, 8):
        blocks = len(values) // scale
        coarse = [sum(values[b * scale : (b + 1) * scale]) / scale for b in range(blocks)]
        length = blocks // 8
        for window in range(8):
            piece = coarse[window * length : (window + 1) * length]
            mean = sum(piece) / length
            moments = [sum((v - mean) ** k for v in piece) / length for k in (2, 3, 4)]
            deviation = math.sqrt(moments[0])
            term = (deviation / (mean + 1e-12)) ** 2
            term += 0.1 * moments[1] / deviation**3 + 0.1 * (moments[2] / moments[0] ** 2 - 3)
            total += term / 8 / 4
    return total / 4


@pytest.mark.parametrize("snapshots", [128, 203])
def test_saif_is_the_formula(snapshots):
    indicator = noise(2, snapshots) + 5.0
    expected = [saif_of_one(row.tolist()) for row in indicator]
    np.testing.assert_allclose(saif(indicator), expected)


def test_saif_leaves_out_scales_with_too_few_snapshots():
    indicator = noise(20) + 3.0
    torch.testing.assert_close(saif(indicator), saif(indicator, scales=(1,)))
    assert saif(indicator[:15]).isnan()


def test_saif_takes_weights_of_scales():
    indicator = noise(64) + 3.0
    each = [saif(indicator, (scale,), weights=[1.0]) for scale in (1, 2)]
    both = saif(indicator, (1, 2), weights=[0.3, 0.5])
    torch.testing.assert_close(both, (0.3 * each[0] + 0.5 * each[1]) / 2)


def test_weights_go_with_their_scales():
    indicator = noise(20) + 3.0  # too few for scales of 2 and more
    one = saif(indicator, (1,), weights=[1.0])
    torch.testing.assert_close(saif(indicator, (4, 1, 2), weights=[0.5, 0.3, 0.2]), 0.3 * one)
    with pytest.raises(ValueError, match="a weight for each of the 4 scales, got 2"):
        saif(indicator, weights=[0.5, 0.5])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scores_of_a_constant_are_zero(dtype):
    constant = torch.full((2, 64), 0.1, dtype=dtype)
    for score in (trendability, monotonicity, saif):
        assert score(constant).dtype == dtype
        assert score(constant).tolist() == [0.0, 0.0]


def test_scores_of_a_batch_equal_its_singles():
    indicator = noise(3, 70) + 4.0
    for score in (trendability, monotonicity, saif):
        torch.testing.assert_close(score(indicator), torch.stack([score(row) for row in indicator]))
