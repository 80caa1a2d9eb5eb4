"""Angles from profiles, tachometers and encoders; tones locked to the shaft become pure lines."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import hilbert

from iadtln.signals import resample_by_angle
from iadtln.signals.order_tracking import (
    envelope_order_spectrum,
    floored_speed,
    positions_at_angle,
    rising_edges,
    rpm_from_pulses,
    samples_per_revolution,
    shaft_angle,
)

RATE, FIRST, LAST, SECONDS = 4000.0, 20.0, 30.0, 5.0  # a run-up from 20 to 30 turns a second
TIME = np.arange(int(RATE * SECONDS)) / RATE
RAMP = FIRST + (LAST - FIRST) * TIME / SECONDS


def turns_of_ramp(time):
    return FIRST * time + (LAST - FIRST) * time**2 / (2 * SECONDS)


def time_of_ramp(turns):
    slope = (LAST - FIRST) / SECONDS
    return (np.sqrt(FIRST**2 + 2 * slope * turns) - FIRST) / slope


def test_the_angle_of_a_ramp_is_its_integral():
    angle = shaft_angle(torch.from_numpy(RAMP), RATE)
    np.testing.assert_allclose(angle.numpy(), turns_of_ramp(TIME), atol=1e-10)


def test_a_linear_ramp_is_inverted_exactly():
    positions = positions_at_angle(torch.from_numpy(RAMP), RATE, 37.0, 4000)
    expected = time_of_ramp(np.arange(4000) / 37.0) * RATE
    np.testing.assert_allclose(positions.numpy(), expected, atol=1e-7)


@given(st.lists(st.floats(1.0, 50.0), min_size=3, max_size=30), st.floats(0.5, 200.0))
def test_the_angle_at_the_positions_is_the_one_asked_for(speeds, per_revolution):
    speed = torch.tensor(speeds, dtype=torch.float64)
    angle = shaft_angle(speed, 10.0)
    points = max(1, int(angle[-1] * per_revolution))
    positions = positions_at_angle(speed, 10.0, per_revolution, points).numpy()
    assert (np.diff(positions) > 0).all()
    j = np.minimum(positions.astype(int), len(speeds) - 2)
    s = positions - j
    first, last = speed.numpy()[j], speed.numpy()[j + 1]
    reached = angle.numpy()[j] + (first * s + (last - first) * s**2 / 2) / 10.0
    np.testing.assert_allclose(reached, np.arange(points) / per_revolution, atol=1e-9)


def test_profiles_of_a_batch_are_inverted_one_by_one():
    speed = torch.rand(3, 2, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    together = positions_at_angle(speed + 1.0, 10.0, 16.0, 60)
    for i in range(3):
        for j in range(2):
            alone = positions_at_angle(speed[i, j] + 1.0, 10.0, 16.0, 60)
            torch.testing.assert_close(together[i, j], alone)


def test_standstill_and_reversal_count_as_two_percent_of_the_highest_speed():
    speed = torch.tensor([[0.0, -5.0, 50.0], [10.0, 0.1, 5.0]])
    expected = torch.tensor([[1.0, 1.0, 50.0], [10.0, 0.2, 5.0]])
    torch.testing.assert_close(floored_speed(speed), expected)


@pytest.mark.parametrize("speed", [0.0, -10.0, math.nan])
def test_a_shaft_that_does_not_turn_is_refused(speed):
    with pytest.raises(ValueError, match="expected a shaft that turns, got a highest speed of"):
        floored_speed(torch.full((2, 5), speed))


def test_a_chirp_locked_to_the_shaft_becomes_a_pure_line():
    per_revolution, revolutions = 64, 100
    signal = np.cos(2 * np.pi * 5.0 * turns_of_ramp(TIME))  # 100 to 150 Hz
    out = resample_by_angle(torch.from_numpy(signal), RATE, 60.0 * RAMP, per_revolution)
    inner = out[640 : 640 + revolutions * per_revolution]  # ten revolutions from the start
    spectrum = torch.fft.rfft(inner).abs() * 2 / len(inner)
    line = 5 * revolutions
    assert spectrum[line] == pytest.approx(1.0, abs=1e-4)
    spectrum[line] = 0.0
    assert spectrum.max() < 1e-5  # before, the chirp is spread over 50 Hz


@pytest.mark.parametrize("share", [0.035, 0.10, 0.21, 0.35])
@pytest.mark.parametrize("per_revolution", [400, 120])  # more and fewer samples than measured
def test_a_tone_in_time_keeps_its_values_in_angle(share, per_revolution):
    frequency = share * min(RATE, per_revolution * FIRST)
    signal = torch.from_numpy(np.sin(2 * np.pi * frequency * TIME))
    out = resample_by_angle(signal, RATE, 60.0 * RAMP, per_revolution)
    time = time_of_ramp(np.arange(len(out)) / per_revolution)
    error = (out - torch.from_numpy(np.sin(2 * np.pi * frequency * time))).abs()
    assert error[1000:-1000].max() < 1e-4


def test_orders_that_do_not_fit_are_gone_at_every_speed():
    signal = torch.from_numpy(np.cos(2 * np.pi * 40.0 * turns_of_ramp(TIME)))  # folds to 24
    out = resample_by_angle(signal, RATE, 60.0 * RAMP, 64.0)
    assert out[200:-200].abs().max() < 2e-4


def test_it_agrees_with_the_reference_library():
    angle = pytest.importorskip("rota.angle", reason="rota-order is not installed (GPL)")
    turns = turns_of_ramp(TIME)
    signal = np.sin(2 * np.pi * 3.0 * turns) + 0.5 * np.cos(2 * np.pi * 20.0 * turns)
    expected = angle.angular_resample(signal, RATE, 60.0 * RAMP, samples_per_rev=64).x
    out = resample_by_angle(torch.from_numpy(signal), RATE, 60.0 * RAMP, 64.0).numpy()
    inner = slice(500, min(len(out), len(expected)) - 500)
    np.testing.assert_allclose(out[inner], expected[inner], atol=5e-4)


def test_an_edge_is_where_the_line_between_two_samples_meets_the_threshold():
    pulses = np.array([0.0, 0.0, 1.0, 1.0, 0.2, 0.0, 0.5, 1.0])
    np.testing.assert_allclose(rising_edges(pulses, 0.25, 0.75), [1.75, 6.5])


def test_noise_on_an_edge_counts_once():
    pulses = np.array([0.0, 0.7, 0.45, 0.7, 0.5, 1.0, 0.0, 1.0])  # hovers round the threshold
    np.testing.assert_allclose(rising_edges(pulses), [0.6 / 0.7, 6.6])


def test_a_signal_that_starts_up_has_no_edge_there():
    np.testing.assert_allclose(rising_edges(np.array([1.0, 1.0, 0.0, 1.0])), [2.6])


def test_a_constant_signal_has_no_edges():
    assert len(rising_edges(np.ones(5))) == 0


def test_thresholds_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match=r"expected low <= high, got 0.6 and 0.4"):
        rising_edges(np.zeros(3), 0.6, 0.4)


@pytest.mark.parametrize(("pulses_per_revolution", "bound"), [(1, 2e-4), (64, 1e-4)])
def test_a_tachometer_and_an_encoder_recover_the_ramp(pulses_per_revolution, bound):
    rate = 20000.0
    time = np.arange(int(rate * SECONDS)) / rate
    wave = np.sin(2 * np.pi * pulses_per_revolution * turns_of_ramp(time))
    edges = rising_edges(wave, -0.1, 0.0)
    # the sine rises through 0 at whole steps of the angle, the first of them at sample 0
    steps = np.arange(1, len(edges) + 1) / pulses_per_revolution
    np.testing.assert_allclose(edges, time_of_ramp(steps) * rate, atol=0.02)
    rpm = rpm_from_pulses(edges, pulses_per_revolution, rate, len(time))
    inner = slice(int(rate) // 10, -int(rate) // 10)  # before the first edge the speed is held
    speed = FIRST + (LAST - FIRST) * time / SECONDS
    np.testing.assert_allclose(rpm[inner] / 60.0, speed[inner], rtol=5e-3)
    angle = shaft_angle(torch.from_numpy(rpm / 60.0), rate).numpy()
    drift = (angle - turns_of_ramp(time))[inner]
    assert np.ptp(drift) < bound  # revolutions; the start of the angle is not known


def test_the_speed_is_held_before_the_first_edge_and_after_the_last():
    rpm = rpm_from_pulses(np.array([10.0, 20.0, 30.0]), 2, 100.0, 40)
    np.testing.assert_allclose(rpm, np.full(40, 300.0))  # half a turn in 0.1 s


def test_one_edge_gives_no_speed():
    with pytest.raises(ValueError, match="at least two edges, got 1"):
        rpm_from_pulses(np.array([3.0]), 1, 100.0, 10)


def test_samples_of_a_revolution_hold_the_top_frequency_at_the_slowest_speed():
    assert samples_per_revolution(1000.0, 10.0) == 256
    assert samples_per_revolution(1000.0, 9.9) == 259  # 258.6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_envelope_order_spectrum_is_that_of_the_formula(dtype):
    signal = np.random.default_rng(0).standard_normal((2, 3, 120))
    e = np.abs(hilbert(signal))
    e = e - e.mean(-1, keepdims=True)
    n = np.arange(120)
    expected = [2 / 120 * abs((e * np.exp(-2j * np.pi * k * n / 120)).sum(-1)) for k in range(61)]
    orders, spectrum = envelope_order_spectrum(torch.from_numpy(signal).to(dtype), 30.0)
    assert spectrum.dtype == dtype
    np.testing.assert_allclose(spectrum.numpy(), np.stack(expected, -1), atol=1e-5)
    np.testing.assert_allclose(orders.numpy(), np.arange(61) * 30.0 / 120)


def test_a_carrier_modulated_four_times_a_turn_stands_at_order_four():
    angle = torch.arange(64 * 50) / 64.0  # fifty revolutions
    signal = (1 + 0.3 * torch.cos(2 * torch.pi * 4.0 * angle)) * torch.sin(40 * torch.pi * angle)
    orders, spectrum = envelope_order_spectrum(signal, 64.0)
    peak = spectrum.argmax()
    assert orders[peak] == 4.0
    assert spectrum[peak] == pytest.approx(0.3, abs=1e-5)
