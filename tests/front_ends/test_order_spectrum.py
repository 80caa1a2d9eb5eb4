import math

import numpy as np
import pytest
import torch

from datamodules import Recording
from iadtln.front_ends import OrderSpectrum
from iadtln.front_ends.order_spectrum import amplitude_at_orders


def slow_sum(signal, order, samples_per_revolution):
    """Amplitude of the Fourier sum at one order."""
    turns = order * np.arange(len(signal)) / samples_per_revolution
    centred = signal - signal.mean()
    return abs((centred * np.exp(-2j * np.pi * turns)).sum()) * 2 / len(signal)


def test_points_are_the_fourier_sum_at_their_orders():
    signal = np.random.default_rng(0).standard_normal(150) + 3.0
    expected = [slow_sum(signal, 0.2 * k, 40.0) for k in range(1, 31)]  # 200 samples: 1 / 0.2
    spectrum = amplitude_at_orders(torch.from_numpy(signal), 40.0, 0.2, 30)
    np.testing.assert_allclose(spectrum.numpy(), expected, atol=1e-12)


def test_of_a_long_window_each_step_keeps_its_largest_amplitude():
    signal = np.random.default_rng(0).standard_normal(500)  # three bins in a step of 200 samples
    fine = [slow_sum(signal, 0.2 * k / 3, 40.0) for k in range(1, 91)]
    expected = [max(fine[3 * k : 3 * k + 3]) for k in range(30)]
    spectrum = amplitude_at_orders(torch.from_numpy(signal), 40.0, 0.2, 30)
    np.testing.assert_allclose(spectrum.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(("rate", "samples"), [(320.0, 6400), (200.0, 1000), (128.0, 1280)])
def test_an_order_keeps_its_place_and_amplitude_whatever_rate_and_length(rate, samples):
    angle = torch.arange(samples, dtype=torch.float64) / rate  # whole turns: the line is sharp
    signal = (0.6 * torch.cos(2 * math.pi * 4 * angle)).reshape(1, 1, -1)
    spectrum = OrderSpectrum(rate, standardise=False)(signal)
    assert spectrum.shape == (1, 1, 200)
    assert spectrum.argmax() == 39  # order 4.0; the first point is order 0.1
    assert float(spectrum.max()) == pytest.approx(0.6, abs=1e-5)


@pytest.mark.parametrize("rpm", [900.0, 1500.0, np.linspace(900.0, 1500.0, 40000)])
def test_impacts_stand_at_their_order_at_any_speed(rpm):
    speed = np.broadcast_to(rpm, 40000) / 60
    angle = np.cumsum(speed) / 10000
    struck = np.diff(np.floor(3.6 * angle), prepend=0.0)  # 3.6 times a revolution
    ringing = np.exp(-np.arange(200) / 20) * np.sin(2 * np.pi * 0.3 * np.arange(200))
    signal = torch.from_numpy(np.convolve(struck, ringing)[None, :40000].astype(np.float32))
    front_end = OrderSpectrum(low_hz=2000.0, high_hz=4000.0, standardise=False)
    recording = Recording(signal, 10000.0, rpm, None, "a", "one")
    for transform in front_end.recording_transforms():
        recording = transform(recording)
    spectrum = front_end(recording.signal[None, :, : 320 * 20])
    assert spectrum[0, 0, :60].argmax() == 35  # order 3.6 among those up to 6


@pytest.mark.parametrize(
    ("rate", "highest", "step"), [(40.0, 20.0, 0.1), (320.0, 0.05, 0.1), (320.0, 20.0, 0.0)]
)
def test_impossible_orders_are_refused(rate, highest, step):
    with pytest.raises(ValueError, match="expected 0 < resolution <= max_order < samples_per_rev"):
        OrderSpectrum(rate, highest, step)
