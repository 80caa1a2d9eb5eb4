import math

import numpy as np
import pytest
import torch

from iadtln.front_ends import Spectrum
from iadtln.front_ends.spectrum import amplitude_spectrum


def sine(amplitude, turns, time):
    return amplitude * torch.sin(2 * math.pi * turns * torch.arange(time) / time + 0.3)


@pytest.mark.parametrize("time", [9, 10])
def test_the_spectrum_equals_a_slow_sum(time):
    signal = np.random.default_rng(0).standard_normal(time) + 2.0
    expected = [
        abs(sum(x * np.exp(-2j * np.pi * k * n / time) for n, x in enumerate(signal))) * 2 / time
        for k in range(1, time // 2 + 1)
    ]
    np.testing.assert_allclose(amplitude_spectrum(torch.from_numpy(signal)).numpy(), expected)


def test_a_sine_is_one_line_of_its_amplitude_whatever_the_mean():
    spectrum = Spectrum(standardise=False)(5.0 + sine(0.7, 6, 64).reshape(1, 1, 64))
    expected = torch.zeros(1, 1, 32)
    expected[..., 5] = 0.7  # the first bin is that of one turn
    torch.testing.assert_close(spectrum, expected, atol=1e-6, rtol=0)


def test_decibels_count_from_one_down_to_round_off():
    signal = (sine(1.0, 4, 64) + sine(0.01, 9, 64)).reshape(1, 1, 64)
    spectrum = Spectrum("decibel", standardise=False)(signal)[0, 0]
    torch.testing.assert_close(spectrum[[3, 8]], torch.tensor([0.0, -40.0]), atol=1e-3, rtol=0)
    others = spectrum[[k for k in range(32) if k not in (3, 8)]]
    assert others.max() < -120.0
    assert others.min() >= -140.1  # 1e-7 of the largest sample, which is just below 1.01


@pytest.mark.parametrize("scale", ["amplitude", "decibel"])
def test_a_constant_window_has_no_lines(scale):
    signal = torch.full((1, 1, 1500), 0.1)
    assert torch.equal(Spectrum(scale)(signal), torch.zeros(1, 1, 750))
