import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals import interpolate_at, resample, resample_by_angle, resampling
from iadtln.signals.resampling import decimate


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


def windowed_sinc_sum(signal, position, cutoff):
    """The kernel that the table and its polynomials stand for, written out."""
    total = weights = 0.0
    for n, value in enumerate(signal):
        x = (position - n) * cutoff
        if abs(x) < 24:
            w = np.sinc(x) * np.i0(9.0 * np.sqrt(1 - (x / 24) ** 2)) / np.i0(9.0)
            total += w * value
            weights += w
    return total / weights


def test_sparse_samples_widen_the_kernel_as_the_formula_says():
    signal = np.random.default_rng(0).standard_normal(900)  # with all frequencies in it
    expected = [windowed_sinc_sum(signal, 2.5 * k, 0.89 / 2.5) for k in range(160, 200)]
    got = resample(torch.from_numpy(signal), 2.5, 1.0)
    np.testing.assert_allclose(got[160:200].numpy(), expected, atol=2e-4)


def test_interpolation_of_dense_positions_equals_the_windowed_sinc_sum():
    signal = np.random.default_rng(0).standard_normal(200)
    positions = np.arange(90.0, 110.0, 0.25)  # the phases of the table
    expected = [windowed_sinc_sum(signal, position, 1.0) for position in positions]
    got = interpolate_at(torch.from_numpy(signal), torch.from_numpy(positions))
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-9)
    between = positions + 0.13
    expected = [windowed_sinc_sum(signal, position, 1.0) for position in between]
    got = interpolate_at(torch.from_numpy(signal), torch.from_numpy(between))
    np.testing.assert_allclose(got.numpy(), expected, atol=2e-4)


@pytest.mark.parametrize(
    ("share", "bound"), [(0.035, 2e-5), (0.10, 3e-5), (0.21, 4e-5), (0.35, 4e-5), (0.44, 1.2e-4)]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tone_between_its_samples_stays_within_the_published_error(share, bound, dtype):
    tone = torch.sin(2 * torch.pi * share * torch.arange(2048, dtype=torch.float64))
    positions = 100 + 1800 * torch.rand(5000, dtype=torch.float64).sort().values
    got = interpolate_at(tone.to(dtype), positions)
    assert got.dtype == dtype
    expected = torch.sin(2 * torch.pi * share * positions)
    assert (got - expected).abs().max() < bound


def test_outside_of_the_signal_its_end_values_stay():
    signal = torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    got = interpolate_at(signal, torch.tensor([-3.0, 0.0, 7.0, 49.0, 80.0], dtype=torch.float64))
    torch.testing.assert_close(got, signal[[0, 0, 7, 49, 49]])


def test_each_signal_may_have_its_own_positions():
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(2, 3, 200, generator=generator)
    positions = (torch.rand(3, 40, generator=generator, dtype=torch.float64) * 199).sort().values
    together = interpolate_at(signal, positions)
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(
                together[i, j], interpolate_at(signal[i, j], positions[j]), rtol=0, atol=1e-5
            )


def test_small_chunks_change_nothing(monkeypatch):
    signal = torch.randn(5, 300, generator=torch.Generator().manual_seed(0))
    whole = resample(signal, 100.0, 37.0)
    monkeypatch.setattr(resampling, "CHUNK", 600)
    monkeypatch.setattr(resampling, "BLOCK", 16)
    torch.testing.assert_close(resample(signal, 100.0, 37.0), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 5])
@pytest.mark.parametrize("time", [1, 9, 10, 11])
def test_decimation_keeps_every_so_manieth_sample_and_constants(factor, time):
    out = decimate(torch.full((2, time), 3.0), factor)
    torch.testing.assert_close(out, torch.full((2, len(range(0, time, factor))), 3.0))


def test_decimation_equals_the_sum_with_its_kernel():
    signal = np.random.default_rng(0).standard_normal(600)
    expected = [windowed_sinc_sum(signal, 3 * k, 0.89 / 3) for k in range(80, 120)]
    got = decimate(torch.from_numpy(signal), 3)[80:120]
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-4)  # aliases 90 dB down are left out


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


def test_profiles_of_several_speeds_end_with_the_slowest():
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(2, 4000, generator=generator, dtype=torch.float64)
    rpm = torch.stack([torch.linspace(600.0, 900.0, 4000), torch.full((4000,), 660.0)]).double()
    together = resample_by_angle(signal, 1000.0, rpm, 128.0)
    for one, speed, row in zip(signal, rpm, together, strict=True):
        alone = resample_by_angle(one, 1000.0, speed.numpy(), 128.0)
        torch.testing.assert_close(row, alone[: len(row)])
    assert together.shape[-1] == int(3999 / 1000 * 11 * 128) + 1


def test_a_standing_shaft_is_refused():
    with pytest.raises(ValueError, match="a shaft that turns, got a highest speed of 0 rpm"):
        resample_by_angle(torch.zeros(1, 10), 100.0, 0.0, 64.0)
