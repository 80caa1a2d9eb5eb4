"""Lines that were planted are found, noise shows none, and slip is common to all harmonics."""

import numpy as np
import pytest
import torch

from datamodules.bearing_rig import simulate
from datamodules.rig_domain import DEFAULT_DOMAINS
from iadtln.explain.demodulation import demodulated, impulsive_band
from iadtln.explain.evidence import Measurement, evidence_of
from iadtln.explain.lines import (
    Rate,
    Search,
    fault_rates,
    highest_order,
    look_for,
    named_fault,
    on_shaft,
)
from iadtln.signals.bearing import BearingGeometry

RATE, RPM = 12_000.0, 1800.0
GEOMETRY = BearingGeometry()
STEP = 1 / 64


def knocks(order, seconds=8.0, slip=0.0, seed=0, size=3.0):
    """Bursts at 3 kHz in white noise, so many per revolution, their intervals 1 % uneven."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * RATE)
    mean = RATE / (RPM / 60 * order * (1 + slip))
    onsets = np.cumsum(mean * (1 + 0.01 * rng.standard_normal(int(1.1 * samples / mean))))
    train = np.bincount(onsets[onsets < samples].astype(int), minlength=samples)
    time = np.arange(80) / RATE
    burst = np.exp(-800 * time) * np.sin(2 * np.pi * 3000 * time)
    signal = size * np.convolve(train, burst)[:samples] + rng.standard_normal(samples)
    return torch.from_numpy(signal).float()


def spectrum_with(places, height=100.0, bins=3000):
    """A floor of one with single bins that stand out."""
    spectrum = torch.ones(bins, dtype=torch.float64)
    spectrum[[round(place / STEP) for place in places]] = height
    return spectrum


@pytest.mark.parametrize("fault", ["outer race", "inner race", "ball"])
def test_planted_knocks_are_named(fault):
    rate = next(one for one in fault_rates(GEOMETRY) if one.fault == fault)
    evidence = evidence_of(Measurement(knocks(rate.order), RATE, RPM), GEOMETRY)
    assert evidence.named is not None
    assert evidence.named.fault == fault
    assert evidence.named.count >= 4
    assert evidence.named.order == pytest.approx(rate.order, rel=0.005)


def test_slip_is_found():
    order = GEOMETRY.orders().bpfo
    named = evidence_of(Measurement(knocks(order, slip=-0.012), RATE, RPM), GEOMETRY).named
    assert named is not None
    assert named.order / order - 1 == pytest.approx(-0.012, abs=0.003)


def test_knocks_beyond_the_slip_are_not_named():
    order = GEOMETRY.orders().bpfo
    evidence = evidence_of(Measurement(knocks(order, slip=0.08), RATE, RPM), GEOMETRY)
    assert evidence.lines[0].count <= 2


def test_noise_stands_out_no_more_often_than_allowed():
    generator = torch.Generator().manual_seed(0)
    standing, harmonics, named = 0, 0, 0
    for _ in range(60):
        signal = torch.randn(36_000, generator=generator)
        evidence = evidence_of(Measurement(signal, RATE, RPM), GEOMETRY, Search(false_alarms=0.05))
        standing += sum(one.count for one in evidence.lines)
        harmonics += sum(len(one.stands) for one in evidence.lines)
        named += evidence.named is not None
    assert harmonics > 1000
    assert standing / harmonics < 0.06  # 5 % of harmonics at most, for the slip is common
    assert named <= 2


@pytest.mark.parametrize("label", ["IF", "OF"])
def test_the_simulated_rig_is_diagnosed(label):
    rig = simulate(
        [label], DEFAULT_DOMAINS["A"], GEOMETRY, sampling_rate=RATE, num_samples=96_000, seed=[3]
    )
    signal = torch.from_numpy(rig.total).float()
    named = evidence_of(Measurement(signal, RATE, 2000.0), GEOMETRY).named
    assert named is not None
    assert named.fault == {"IF": "inner race", "OF": "outer race"}[label]


def test_a_healthy_simulated_rig_shows_nothing():
    rig = simulate(
        [], DEFAULT_DOMAINS["A"], GEOMETRY, sampling_rate=RATE, num_samples=96_000, seed=[3]
    )
    signal = torch.from_numpy(rig.total).float()
    assert evidence_of(Measurement(signal, RATE, 2000.0), GEOMETRY).named is None


def test_a_changing_speed_is_followed():
    rig = simulate(
        ["OF"], DEFAULT_DOMAINS["D"], GEOMETRY, sampling_rate=RATE, num_samples=120_000, seed=[1]
    )
    signal = torch.from_numpy(rig.total).float()
    followed = evidence_of(Measurement(signal, RATE, rig.rpm), GEOMETRY)
    assert followed.named is not None
    assert followed.named.fault == "outer race"
    assert not followed.steady
    blurred = evidence_of(Measurement(signal, RATE, float(rig.rpm.mean())), GEOMETRY)
    assert blurred.lines[0].score < followed.lines[0].score / 2


def test_an_angle_axis_gives_the_same_lines_as_time():
    signal = knocks(GEOMETRY.orders().bpfo)
    in_time = evidence_of(Measurement(signal, RATE, RPM), GEOMETRY)
    on_angle = evidence_of(Measurement(signal, RATE / 30, None, on_angle=True), GEOMETRY)
    assert [one.stands for one in on_angle.lines] == [one.stands for one in in_time.lines]
    assert np.multiply(on_angle.band, 30) == pytest.approx(in_time.band)
    assert (on_angle.on_angle, in_time.on_angle) == (True, False)


def test_all_harmonics_must_slip_alike():
    search, rate = Search(), Rate("outer race", 3.6, 0.0)
    alike = spectrum_with([n * 3.6 * 1.01 for n in range(1, 7)])
    apart = spectrum_with([n * 3.6 * (1 + 0.018 * (-1) ** n) for n in range(1, 7)])
    assert look_for(alike, STEP, 8.0, rate, search).count == 6
    # at one slip the odd ones fit, at another the even ones
    assert look_for(apart, STEP, 8.0, rate, search).count == 3


def test_harmonics_of_the_shaft_are_no_evidence():
    search, rate = Search(), Rate("outer race", 3.5, 0.0)
    shaft = spectrum_with(range(1, 40))
    lines = look_for(shaft, STEP, 8.0, rate, search)
    assert lines.count == 0
    assert (lines.height_db, lines.order) == (0.0, 3.5)
    assert on_shaft(torch.tensor([1.0, 7.02, 3.5, 0.5]), STEP).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_heights_and_sidebands_are_those_that_were_planted():
    rate = Rate("inner race", 5.42, 1.0)
    centres = [5.42 * n for n in range(1, 7)]
    spectrum = spectrum_with([c + d for c in centres for d in (-1, 0, 1)], height=10.0)
    lines = look_for(spectrum, STEP, 8.0, rate, Search())
    assert lines.heights_db == pytest.approx([10.0] * 6)
    assert lines.score == pytest.approx(10.0)
    # two on each side were looked for, one was there
    assert sum(lines.sidebands_stand) == 12
    assert len(lines.sidebands) == 24


def test_one_giant_line_does_not_outweigh_a_series():
    search = Search()
    giant = spectrum_with([3.6], height=1e6) + spectrum_with([7.2, 10.8], height=20.0)
    series = look_for(spectrum_with([5.42 * n for n in range(1, 7)], 30.0), STEP, 8.0,
                      Rate("inner race", 5.42, 1.0), search)  # fmt: skip
    single = look_for(giant, STEP, 8.0, Rate("outer race", 3.6, 0.0), search)
    named = named_fault((single, series), search)
    assert named is series


def test_more_than_half_of_the_harmonics_name_a_fault_or_all_of_few():
    search, rate = Search(), Rate("outer race", 3.6, 0.0)
    three = look_for(spectrum_with([3.6, 7.2, 10.8]), STEP, 8.0, rate, search)
    assert named_fault((three,), search) is None
    short = spectrum_with([3.6, 7.2, 10.8], bins=int(12 / STEP))
    every = look_for(short, STEP, 8.0, rate, search)
    assert named_fault((every,), search) is every
    one = look_for(short[: int(6 / STEP)], STEP, 8.0, rate, search)
    assert one.count == 1
    assert named_fault((one,), search) is None


def test_half_of_the_harmonics_are_enough_with_their_sidebands():
    search, rate = Search(), Rate("inner race", 5.42, 1.0)
    centres = [5.42, 10.84, 16.26]
    bare = look_for(spectrum_with(centres), STEP, 8.0, rate, search)
    assert named_fault((bare,), search) is None
    # eight of twenty-four sidebands
    beside = [c + d for c in centres for d in (-2, -1, 1, 2)][:8]
    modulated = look_for(spectrum_with([*centres, *beside]), STEP, 8.0, rate, search)
    assert modulated.count == 3
    assert sum(modulated.sidebands_stand) == 8
    assert named_fault((bare, modulated), search) is modulated


def test_a_rate_too_slow_for_the_bins_is_not_judged():
    lines = look_for(torch.ones(500), 1 / 12, 2.0, Rate("cage", 0.4, 0.0), Search())
    assert lines.stands == ()
    assert lines.score == 0.0


def test_only_harmonics_that_fit_the_spectrum_are_looked_for():
    bins = int(12 / STEP)
    lines = look_for(torch.ones(bins), STEP, 8.0, Rate("outer race", 3.6, 0.0), Search())
    assert len(lines.stands) == 3  # 3.6, 7.2, 10.8


def test_the_band_of_the_knocks_is_chosen_and_never_too_narrow():
    signal = knocks(3.58).double()
    low, high = impulsive_band(signal, RATE, 160.0)
    assert low <= 3000 <= high
    assert high - low >= 3 * 160.0
    assert impulsive_band(signal, RATE, 2500.0) == (0.0, 6000.0)


def test_a_band_is_kept_inside_the_spectrum():
    signal = knocks(3.58).double()
    assert demodulated(signal, RATE, (0.0, 3000.0)).shape == signal.shape
    with pytest.raises(ValueError, match="between 0 and half the sampling rate"):
        demodulated(signal, RATE, (4000.0, 7000.0))


def test_float32_and_float64_and_gain_give_the_same_lines():
    signal = knocks(3.58)
    one = evidence_of(Measurement(signal, RATE, RPM), GEOMETRY)
    other = evidence_of(Measurement(100 * signal.double(), RATE, RPM), GEOMETRY)
    assert one.height_db.numpy() == pytest.approx(other.height_db.numpy(), abs=1e-3)


@pytest.mark.parametrize(
    ("rpm", "samples", "sentence"),
    [(None, 36_000, "speed of the shaft is not known"), (0.0, 36_000, "shaft that turns"),
     (1800.0, 4000, "at least 12 turns")],
)  # fmt: skip
def test_what_cannot_be_judged_is_said(rpm, samples, sentence):
    with pytest.raises(ValueError, match=sentence):
        evidence_of(Measurement(torch.randn(samples), RATE, rpm), GEOMETRY)


@pytest.mark.parametrize(
    "wrong", [{"slip": 0.3}, {"false_alarms": 0.0}, {"least": 0}, {"harmonics": 0}]
)
def test_searches_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Search(**wrong)


def test_the_highest_order_holds_all_harmonics_and_sidebands():
    search = Search(harmonics=3, slip=0.0, sidebands=1)
    # 3 * 5.415 + 2 = 18.245
    assert highest_order(GEOMETRY, search) == 19
