"""The run-up of ED-GAFMD: each part is what its formula says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from datamodules.ramp_simulation import (
    FAULT_ORDERS,
    RampSettings,
    impact_times,
    ramp_recording,
    ringing_after,
    simulate_ramp,
)
from iadtln.signals import resample_by_angle
from iadtln.signals.order_tracking import envelope_order_spectrum

RACES = list(FAULT_ORDERS)
SETTINGS = RampSettings()
TIME = np.arange(100000) / 20000.0


def turns_at(time):
    return 25 * time + time**2  # integral of 25 + 2 t


@pytest.mark.parametrize("race", RACES)
def test_impacts_come_at_equal_steps_of_the_angle(race):
    impacts = simulate_ramp(race).impacts
    expected = np.arange(len(impacts)) / FAULT_ORDERS[race]
    np.testing.assert_allclose(turns_at(impacts), expected, atol=1e-9)
    assert len(impacts) == {"outer": 750, "inner": 960}[race]  # 150 turns; the last is at the end


def test_without_a_ramp_impacts_come_at_equal_times():
    settings = replace(SETTINGS, first_hz=30.0, last_hz=30.0)
    times, _ = impact_times(5.0, settings, np.random.default_rng(0))
    np.testing.assert_allclose(np.diff(times), 1 / 150, atol=1e-12)


def test_jitter_moves_impacts_by_its_share_of_their_distance():
    exact = np.arange(750) / 5.0
    _, turns = impact_times(5.0, replace(SETTINGS, jitter=0.01), np.random.default_rng(0))
    nearest = exact[np.abs(turns[:, None] - exact).argmin(1)]
    deviation = 5.0 * (turns - nearest)
    assert deviation.std() == pytest.approx(0.01, rel=0.1)
    assert np.abs(deviation).max() < 0.05  # it does not add up


def test_ringing_is_the_sum_of_the_formula_also_between_samples():
    time = np.arange(300) / 1000.0
    times, strengths = np.array([0.0, 0.0503, 0.0517]), np.array([1.0, 2.0, -3.0])
    expected = np.zeros(300)
    for t0, a in zip(times, strengths, strict=True):
        after = time >= t0
        since = time[after] - t0
        expected[after] += a * np.exp(-90 * since) * np.sin(2 * np.pi * 120 * since)
    np.testing.assert_allclose(
        ringing_after(times, strengths, 120.0, 90.0, time), expected, atol=1e-12
    )


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_outer_impacts_grow_with_a_power_of_the_speed(power):
    ramp = simulate_ramp("outer", replace(SETTINGS, speed_power=power))
    early, late = (np.abs(ramp.fault[a:b]).max() for a, b in ((0, 2000), (98000, 100000)))
    assert late / early == pytest.approx((35 / 25) ** power, rel=0.05)


def test_inner_impacts_rise_and_fall_once_a_turn():
    ramp = simulate_ramp("inner", replace(SETTINGS, load_depth=0.6))
    first = np.ceil(ramp.impacts * 20000).astype(int)[:-1]
    peaks = np.array([np.abs(ramp.fault[i : i + 20]).max() for i in first])
    expected = 1 + 0.6 * np.cos(2 * np.pi * turns_at(ramp.impacts[:-1]))
    assert np.corrcoef(peaks, expected)[0, 1] > 0.99


@pytest.mark.parametrize("snr_db", [-10.0, 3.0])
@pytest.mark.parametrize("snr_ref", ["total", "fault"])
def test_noise_has_the_power_asked_for(snr_db, snr_ref):
    ramp = simulate_ramp("outer", replace(SETTINGS, snr_db=snr_db, snr_ref=snr_ref))
    clean = ramp.fault + (ramp.harmonics + ramp.shocks if snr_ref == "total" else 0.0)
    reached = 10 * np.log10(np.mean(clean**2) / np.mean(ramp.noise**2))
    assert reached == pytest.approx(snr_db, abs=1e-9)


def test_other_machines_hum_at_7_and_14_hz():
    spectrum = np.abs(np.fft.rfft(simulate_ramp("outer").harmonics)) * 2 / len(TIME)
    frequency = np.fft.rfftfreq(len(TIME), 1 / 20000.0)
    assert set(frequency[spectrum > 0.01].round(3)) == {7.0, 14.0}
    np.testing.assert_allclose(spectrum[spectrum > 0.01], 0.1, atol=1e-9)


def test_two_blows_come_when_the_paper_says():
    shocks = simulate_ramp("outer").shocks
    since = np.maximum(TIME - 1.5, 0.0)
    expected = 8 * np.exp(-1800 * since) * np.sin(2 * np.pi * 4415 * since)
    early = TIME < 3.2
    np.testing.assert_allclose(shocks[early], expected[early], atol=1e-9)
    assert np.abs(shocks[TIME >= 3.2]).max() / np.abs(shocks[early]).max() == pytest.approx(0.25)


def test_a_short_run_up_has_only_the_blows_it_lasts_for():
    assert simulate_ramp("outer", replace(SETTINGS, seconds=1.0)).shocks.any() == np.False_
    assert simulate_ramp("outer", replace(SETTINGS, seconds=2.0)).shocks.any()


def test_a_seed_decides_the_noise_and_nothing_else():
    one, same, other = (simulate_ramp("inner", seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.total, same.total)
    assert np.array_equal(one.fault, other.fault)
    assert abs(np.corrcoef(one.noise, other.noise)[0, 1]) < 0.02


@pytest.mark.parametrize("race", RACES)
def test_without_noise_the_order_of_the_defect_leads_the_envelope_order_spectrum(race):
    recording = ramp_recording(race, replace(SETTINGS, snr_db=60.0))
    assert recording.signal.shape == (1, 100000)
    assert (recording.label, recording.sampling_rate) == (race, 20000.0)
    np.testing.assert_allclose(recording.rpm, 60 * (25 + 2 * TIME))
    signal = resample_by_angle(recording.signal.double(), 20000.0, recording.rpm, 1024.0)
    orders, spectrum = envelope_order_spectrum(signal[0, : 149 * 1024], 1024.0)
    near = (orders > 3) & (orders < 8)
    assert orders[near][spectrum[near].argmax()] == pytest.approx(FAULT_ORDERS[race], abs=0.01)
    assert recording.signal.dtype == torch.float32


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(ValueError, match="first_hz and last_hz > 0"):
        RampSettings(first_hz=0.0)
    with pytest.raises(ValueError, match="below half the sampling rate, got 3000 and 8000"):
        RampSettings(sampling_rate=8000.0)
