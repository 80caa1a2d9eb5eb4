"""What noise does to the spectrum is what the level says."""

import math

import pytest
import torch
from scipy.signal import welch

from iadtln.explain.spectrum import averaged_power, chance_level, noise_floor, prewhiten


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_prewhitened_amplitudes_are_all_one_and_phases_stay():
    signal = noise(257)
    before, after = torch.fft.rfft(signal), torch.fft.rfft(prewhiten(signal))
    assert after[1:].abs().numpy() == pytest.approx(1.0)
    assert after[1:].angle().numpy() == pytest.approx(before[1:].angle().numpy())
    assert abs(after[0]) < 1e-12


def test_prewhitening_keeps_silence_and_ignores_gain():
    assert not prewhiten(torch.zeros(64)).any()
    signal = noise(3, 128)
    assert prewhiten(1e3 * signal).numpy() == pytest.approx(prewhiten(signal).numpy())
    assert prewhiten(signal[1]).numpy() == pytest.approx(prewhiten(signal)[1].numpy())


def test_averaged_power_is_that_of_scipy_up_to_scale():
    signal = noise(1000)
    ours = averaged_power(signal, 100).power
    _, theirs = welch(signal, nperseg=100, window="hann", detrend="constant", scaling="density")
    ratio = ours[1:-1].numpy() / theirs[1:-1]
    assert ratio == pytest.approx(ratio[0])


def test_one_segment_is_worth_one_and_many_nearly_as_many():
    assert averaged_power(noise(64), 64).averages == 1
    # three segments: 3 / (1 + 2 * 2 / (36 * 3))
    assert averaged_power(noise(128), 64).averages == pytest.approx(3 / (1 + 4 / 108))


def test_the_floor_of_noise_is_its_mean_power_and_lines_do_not_lift_it():
    power, averages = averaged_power(noise(40_000), 400)
    floor = noise_floor(power, averages, 100)
    assert float(floor[20:-20].mean()) == pytest.approx(float(power[1:-1].mean()), rel=0.05)
    power[50::20] *= 1000
    lifted = noise_floor(power, averages, 100)
    assert float((lifted / floor)[20:-20].max()) < 1.2


@pytest.mark.parametrize("bins", [1, 30])
@pytest.mark.parametrize("segments", [1, 9])
def test_noise_passes_the_level_as_often_as_asked(bins, segments):
    power, averages = averaged_power(noise(2000, 64 * (segments + 1) // 2, seed=bins), 64)
    # every third bin, for Hann windows spread a bin over its neighbours
    height = (power / power.mean(0))[:, 2:31:3]
    greatest = height[:, : min(bins, height.shape[1])].amax(-1)
    level = chance_level(min(bins, height.shape[1]), averages, 0.05)
    share = float((greatest > level).double().mean())
    # 2000 trials at 5 %: the standard deviation is 0.5 %; the gamma law is an approximation
    assert share == pytest.approx(0.05, abs=0.02)


def test_the_level_of_one_bin_of_one_segment_is_exponential():
    assert chance_level(1, 1.0, 0.05) == pytest.approx(-math.log(0.05))
    assert chance_level(10, 1.0, 0.05) == pytest.approx(-math.log(1 - 0.95**0.1))
