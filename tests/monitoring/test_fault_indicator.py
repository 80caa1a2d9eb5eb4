import math

import numpy as np
import pytest
import torch

from iadtln.monitoring.fault_indicator import (
    FaultIndicator,
    cffi,
    kurtosis_error,
    phase_surrogate,
)
from iadtln.signals.indices import kurtosis


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def slow_kurtosis(row):
    mean = sum(row) / len(row)
    second, fourth = (sum((v - mean) ** k for v in row) / len(row) for k in (2, 4))
    return fourth / second**2


def slow_fuzzy_entropy(row, order=2, tolerance=0.15, power=2.0):
    mean = sum(row) / len(row)
    radius = tolerance * math.sqrt(sum((v - mean) ** 2 for v in row) / len(row))
    likeness = []
    for length in (order, order + 1):
        total = 0.0
        stretches = [row[i : i + length] for i in range(len(row) - order)]
        centred = [[v - sum(s) / length for v in s] for s in stretches]
        for i, one in enumerate(centred):
            for other in centred[i + 1 :]:
                apart = max(abs(a - b) for a, b in zip(one, other, strict=True))
                total += math.exp(-((apart / radius) ** power))
        likeness.append(total)
    return math.log(likeness[0] / likeness[1])


def parts(modes):
    rows = modes.tolist()
    return [slow_kurtosis(r) for r in rows], [slow_fuzzy_entropy(r) for r in rows]


def test_fixed_is_the_formula():
    modes = noise(3, 60) ** 3
    expected = [
        0.3 * k / (k + 3) + 0.7 * (1 - min(fe / 2.43, 1))
        for k, fe in zip(*parts(modes), strict=True)
    ]
    found = cffi(modes, "fixed", weight_kurtosis=0.3, weight_entropy=0.7)
    np.testing.assert_allclose(found, expected)


def test_min_max_is_the_formula_over_the_modes_of_each_decomposition():
    modes = torch.stack([noise(4, 60), noise(4, 60, seed=1) ** 3])
    expected = []
    for decomposition in modes:
        peaks, disorder = (
            [(v - min(values)) / (max(values) - min(values)) for v in values]
            for values in parts(decomposition)
        )
        expected.append([0.5 * k + 0.5 * (1 - fe) for k, fe in zip(peaks, disorder, strict=True)])
    np.testing.assert_allclose(cffi(modes), expected)


@pytest.mark.parametrize("margin", [0.0, 2.0])
def test_surrogate_is_the_formula(margin):
    modes = noise(3, 61) ** 3
    shuffled = parts(phase_surrogate(modes, seed=5))[1]
    expected = []
    for row, k, fe, other in zip(modes.tolist(), *parts(modes), shuffled, strict=True):
        mean = sum(row) / 61
        centred = [v - mean for v in row]
        power = sum(v * v for v in centred)
        fourths = 0.0
        for lag in range(-60, 61):
            products = [a * b for a, b in zip(centred, centred[abs(lag) :], strict=False)]
            fourths += (sum(products) / power) ** 4
        sure = max(k - margin * math.sqrt(24 / 61 * fourths), 1.0)
        expected.append(0.5 * min(max(1 - 3 / sure, -1), 1) + 0.5 * (1 - fe / other))
    np.testing.assert_allclose(cffi(modes, "surrogate", margin=margin, seed=5), expected)


@pytest.mark.parametrize("time", [100, 101])
def test_a_phase_surrogate_keeps_mean_and_spectrum_alone(time):
    signal = noise(2, time).cumsum(-1)
    surrogate = phase_surrogate(signal)
    for number in range(time):
        turn = np.exp(-2j * np.pi * number * np.arange(time) / time)
        before, after = (np.abs(x.numpy() @ turn) for x in (signal, surrogate))
        np.testing.assert_allclose(after, before, atol=1e-9)
    torch.testing.assert_close(surrogate.mean(-1), signal.mean(-1))
    assert (surrogate - signal).abs().amax() > 0.1
    assert not torch.equal(phase_surrogate(signal, seed=1), surrogate)


@pytest.mark.parametrize(("band", "least", "most"), [((0, 257), 0.95, 1.05), ((50, 100), 1, 1.25)])
def test_the_error_of_the_kurtosis_is_the_spread_over_many_noises(band, least, most):
    spectrum = torch.fft.rfft(noise(2000, 512))
    number = torch.arange(257)
    narrow = torch.fft.irfft(spectrum * ((number >= band[0]) & (number < band[1])))
    spread = kurtosis(narrow).std().item()
    assert least < kurtosis_error(narrow).mean().item() / spread < most


@pytest.mark.parametrize("norm", ["fixed", "surrogate"])
def test_white_noise_is_neither_impulsive_nor_regular(norm):
    expected = {"fixed": 0.25, "surrogate": 0.0}[norm]  # KI = 3, FE that of noise
    found = cffi(noise(2, 20480, dtype=torch.float32), norm)
    assert found.tolist() == pytest.approx([expected] * 2, abs=0.02)


@pytest.mark.parametrize("norm", ["min_max", "fixed", "surrogate"])
def test_struck_ringing_rates_above_noise_of_its_band(norm):
    place = torch.arange(4096, dtype=torch.float64)
    ringing = torch.exp(-(place % 200) / 15) * torch.sin(0.9 * (place % 200))
    struck = ringing + 0.02 * noise(4096)
    rates = cffi(torch.stack([struck, phase_surrogate(struck, seed=3)]), norm)
    assert rates[0] > rates[1] + 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("norm", ["min_max", "fixed", "surrogate"])
def test_a_constant_mode_gets_the_least(norm, dtype):
    modes = noise(3, 200, dtype=dtype)
    modes[1] = 0.1
    found = cffi(modes, norm)
    assert found.dtype == dtype
    assert found[1].item() == pytest.approx({"surrogate": -0.5}.get(norm, 0.0))
    assert bool((found[[0, 2]] > found[1]).any())
    assert cffi(torch.zeros(2, 3, 50), norm, margin=4.0).isfinite().all()


@pytest.mark.parametrize("norm", ["min_max", "fixed", "surrogate"])
def test_the_index_ignores_unit_batch_and_precision(norm):
    modes = noise(2, 3, 300) ** 3
    whole = cffi(modes, norm)
    torch.testing.assert_close(whole, torch.stack([cffi(one, norm) for one in modes]))
    torch.testing.assert_close(cffi(modes * 1e-3, norm), whole)
    torch.testing.assert_close(cffi(modes.flip(1), norm), whole.flip(1))
    torch.testing.assert_close(cffi(modes.float(), norm).double(), whole, atol=1e-4, rtol=1e-4)


def test_so_many_segments_are_the_middles_of_equal_shares():
    modes = noise(2, 1030) ** 3  # ten segments of 100: the 3rd and the 8th
    ends = torch.cat([modes[:, 200:300], modes[:, 700:800]], 1)
    disorder = [(slow_fuzzy_entropy(r[:100]) + slow_fuzzy_entropy(r[100:])) / 2
                for r in ends.tolist()]  # fmt: skip
    found = cffi(modes, "fixed", 0.0, 1.0, segment=100, segments=2)
    np.testing.assert_allclose(found, [1 - min(fe / 2.43, 1) for fe in disorder])


def test_the_settings_do_what_the_function_does():
    modes = noise(3, 256)
    settings = FaultIndicator("surrogate", 0.9, 0.1, segment=64, segments=2, margin=1.0, seed=3)
    expected = cffi(modes, "surrogate", 0.9, 0.1, segment=64, segments=2, margin=1.0, seed=3)
    assert torch.equal(settings(modes), expected)


def test_other_norms_are_rejected():
    with pytest.raises(ValueError, match="'min_max', 'fixed' or 'surrogate', got 'max'"):
        cffi(noise(2, 50), "max")
    with pytest.raises(ValueError, match="'min_max', 'fixed' or 'surrogate', got 'max'"):
        FaultIndicator("max")


@pytest.mark.parametrize("wrong", [{"segment": 0}, {"segments": 0}])
def test_segments_of_nothing_are_rejected(wrong):
    with pytest.raises(ValueError, match="expected a segment of one sample or more"):
        FaultIndicator(**wrong)
    with pytest.raises(ValueError, match="expected a segment of one sample or more"):
        cffi(noise(2, 50), **wrong)
