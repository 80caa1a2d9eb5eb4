import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals import interpolate_at, resample, resample_by_angle


@settings(max_examples=25, deadline=None)
@given(new_rate=st.floats(400.0, 3000.0), share=st.floats(0.05, 0.36))
def test_a_tone_below_both_nyquist_frequencies_keeps_its_values(new_rate, share):
    frequency = share * min(1000.0, new_rate)
    time = torch.arange(1500, dtype=torch.float64) / 1000
    tone = torch.sin(2 * torch.pi * frequency * time)
    resampled = resample(tone, 1000.0, new_rate)
    expected = torch.sin(
        2 * torch.pi * frequency * torch.arange(len(resampled), dtype=torch.float64) / new_rate
    )
    inner = slice(len(resampled) // 4, -len(resampled) // 4)
    torch.testing.assert_close(resampled[inner], expected[inner], atol=1e-4, rtol=0)


def test_a_tone_above_the_new_nyquist_frequency_vanishes():
    tone = torch.sin(2 * torch.pi * 400.0 * torch.arange(4000, dtype=torch.float64) / 1000)
    assert resample(tone, 1000.0, 500.0)[200:-200].abs().max() < 1e-4  # it would alias to 100 Hz


@pytest.mark.parametrize("share", [0.505, 0.52, 0.6, 0.9])
def test_nothing_above_the_new_nyquist_frequency_folds_back(share):
    tone = torch.sin(2 * torch.pi * share * 400.0 * torch.arange(8000, dtype=torch.float64) / 1000)
    assert resample(tone, 1000.0, 400.0)[200:-200].abs().max() < 2e-4  # 74 dB down


def test_length_follows_the_ratio_and_nothing_is_made_up_at_the_end():
    assert resample(torch.zeros(1, 101), 100.0, 50.0).shape == (1, 51)
    assert resample(torch.zeros(1, 100), 100.0, 50.0).shape == (1, 50)


def test_constants_stay_constant_up_to_the_ends():
    out = resample(torch.full((2, 300), 3.0), 100.0, 37.0)
    torch.testing.assert_close(out, torch.full_like(out, 3.0))


def test_sparse_positions_widen_the_kernel_as_the_formula_says():
    signal = np.random.default_rng(0).standard_normal(900)
    positions = np.arange(400.0, 500.0, 2.5)
    expected = []
    for position in positions:
        total = weights = 0.0
        for n in range(900):
            x = (position - n) * 0.89 / 2.5
            if abs(x) < 24:
                w = np.sinc(x) * np.i0(9.0 * np.sqrt(1 - (x / 24) ** 2)) / np.i0(9.0)
                total += w * signal[n]
                weights += w
        expected.append(total / weights)
    got = interpolate_at(torch.from_numpy(signal), torch.from_numpy(positions))
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-9)


def test_interpolation_of_dense_positions_equals_the_windowed_sinc_sum():
    signal = np.random.default_rng(0).standard_normal(200)
    positions = np.arange(90.0, 110.0, 0.25)
    expected = []
    for position in positions:
        n = np.arange(200)
        x = position - n
        inside = np.abs(x) < 24
        bell = np.i0(9.0 * np.sqrt(np.where(inside, 1 - (x / 24) ** 2, 0))) / np.i0(9.0)
        weight = np.sinc(x) * bell * inside
        expected.append((weight * signal).sum() / weight.sum())
    got = interpolate_at(torch.from_numpy(signal), torch.from_numpy(positions))
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-9)


def test_a_chirp_locked_to_the_shaft_becomes_a_tone_in_angle():
    rate, seconds = 2000.0, 4.0
    time = np.arange(int(rate * seconds)) / rate
    rpm = 600.0 + 150.0 * time  # a run-up
    revolutions = 10.0 * time + 1.25 * time**2  # its exact integral, in revolutions
    signal = torch.from_numpy(np.sin(2 * np.pi * 5.0 * revolutions))  # order 5
    out = resample_by_angle(signal, rate, rpm, 64.0)
    expected = torch.sin(2 * torch.pi * 5.0 * torch.arange(len(out), dtype=torch.float64) / 64.0)
    torch.testing.assert_close(out[300:-300], expected[300:-300], atol=2e-4, rtol=0)


def test_each_revolution_has_the_samples_asked_for():
    out = resample_by_angle(torch.zeros(1, 51201), 51200.0, 600.0, 640.0)
    assert out.shape == (1, 10 * 640 + 1)  # one second at 10 revolutions a second


def test_a_standing_shaft_is_refused():
    with pytest.raises(ValueError, match="positive speed throughout, got 0 rpm"):
        resample_by_angle(torch.zeros(1, 10), 100.0, 0.0, 64.0)
