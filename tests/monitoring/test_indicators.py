"""Indicators of snapshots, against numbers by hand and NumPy."""

import numpy as np
import pytest
import torch

from datamodules.femto import NSK_6804DD
from iadtln.monitoring.fault_indicator import cffi
from iadtln.monitoring.indicators import CFFI, RMS, CrestFactor, EnvelopeLine, Indicator, Kurtosis
from iadtln.signals.bearing import BearingGeometry

RATE = 12800.0
ALL = [RMS(), Kurtosis(), CrestFactor(), CFFI(), EnvelopeLine("outer", 1500.0, NSK_6804DD)]


def noise(channels=2, samples=4096, seed=0):
    return torch.randn(channels, samples, generator=torch.Generator().manual_seed(seed))


def struck(frequency_hz, samples=12800, resonance_hz=3000.0):
    """A resonance struck so many times a second, without noise."""
    time = torch.arange(samples, dtype=torch.float64) / RATE
    since = torch.remainder(time, 1.0 / frequency_hz)
    return (torch.exp(-800 * since) * torch.sin(2 * torch.pi * resonance_hz * since))[None]


def test_rms_kurtosis_and_crest_factor_by_hand():
    signal = torch.tensor([[3.0, 1.0, 1.0, -1.0]])  # mean 1: deviations 2, 0, 0, -2
    assert RMS()(signal, RATE).tolist() == pytest.approx([2**0.5])
    assert Kurtosis()(signal, RATE).tolist() == pytest.approx([2.0])  # mean 4th 8, variance 2
    assert CrestFactor()(signal, RATE).tolist() == pytest.approx([2**0.5])


@pytest.mark.parametrize("indicator", ALL, ids=lambda one: one.name)
def test_each_channel_is_rated_by_itself(indicator):
    signal = noise(3)
    singles = torch.cat([indicator(row[None], RATE) for row in signal])
    torch.testing.assert_close(indicator(signal, RATE), singles)
    assert indicator(signal, RATE).dtype == torch.float64


@pytest.mark.parametrize("indicator", [RMS, Kurtosis, CrestFactor, CFFI], ids=lambda c: c.name)
def test_windows_are_averaged_and_the_rest_is_dropped(indicator):
    signal = noise(2, 2500)
    expected = torch.stack([indicator()(signal[:, i : i + 1024], RATE) for i in (0, 1024)]).mean(0)
    torch.testing.assert_close(indicator(window=1024)(signal, RATE), expected)


@pytest.mark.parametrize("indicator", ALL, ids=lambda one: one.name)
def test_single_precision_is_near_double(indicator):
    signal = noise()
    single, double = indicator(signal, RATE), indicator(signal.double(), RATE)
    torch.testing.assert_close(single, double)


@pytest.mark.parametrize("indicator", [Kurtosis(), CrestFactor(), CFFI()], ids=lambda o: o.name)
def test_gain_does_not_matter(indicator):
    signal = noise()
    torch.testing.assert_close(indicator(100 * signal, RATE), indicator(signal, RATE))


@pytest.mark.parametrize("indicator", ALL, ids=lambda one: one.name)
def test_a_constant_is_finite(indicator):
    assert torch.isfinite(indicator(torch.full((1, 2048), 0.3), RATE)).all()


def test_cffi_of_noise_is_a_quarter():
    # kurtosis 3: 3 / (3 + 3) is a half, and the entropy of noise leaves nothing: (1/2 + 0) / 2
    assert float(CFFI()(noise(1, 65536), RATE)) == pytest.approx(0.25, abs=0.01)


def test_cffi_is_that_of_one_mode():
    signal = struck(107.0).double()
    expected = cffi(signal[:, None], norm="surrogate", weight_kurtosis=0.9, weight_entropy=0.1)
    got = CFFI("surrogate", 0.9, 0.1)(signal, RATE)
    torch.testing.assert_close(got, expected[:, 0])


def test_cffi_after_a_denoiser_rates_what_it_leaves():
    class Second:
        """Stands for a denoiser that leaves a known signal."""

        def __call__(self, signal, sampling_rate):
            return type("Denoised", (), {"signal": signal.flip(-1) ** 3})

    signal = noise(2, 2048)
    indicator = CFFI(denoiser=Second(), window=1024)
    assert indicator.name == "cffi_vmd"
    torch.testing.assert_close(
        indicator(signal, RATE),
        CFFI(window=1024)(signal.double().flip(-1) ** 3, RATE),
    )


def test_the_line_of_a_modulated_tone_has_its_depth():
    # (1 + 0.5 cos 2 pi f t) cos 2 pi F t has the envelope 1 + 0.5 cos: one line of 0.5
    line = NSK_6804DD.frequencies_hz(1500.0).bpfo
    time = torch.arange(128000, dtype=torch.float64) / RATE
    signal = (1 + 0.5 * torch.cos(2 * torch.pi * line * time)) * torch.cos(6000 * torch.pi * time)
    strength = EnvelopeLine("outer", 1500.0, NSK_6804DD, harmonics=1)(signal[None], RATE)
    assert float(strength) == pytest.approx(0.5, rel=0.2)  # less for a line between two bins


def test_the_lines_of_the_struck_race_stand_out():
    geometry = BearingGeometry()
    rates = geometry.frequencies_hz(1800.0)
    for defect, rate in (("outer", rates.bpfo), ("inner", rates.bpfi), ("ball", 2 * rates.bsf)):
        strengths = {
            other: float(EnvelopeLine(other, 1800.0, geometry)(struck(rate), RATE))
            for other in ("outer", "inner", "ball", "cage")
        }
        assert max(strengths, key=strengths.get) == defect


def test_lines_are_taken_from_the_band_that_is_asked_for():
    line = NSK_6804DD.frequencies_hz(1500.0).bpfo
    signal = struck(line, resonance_hz=3000.0)
    inside, outside = (
        float(EnvelopeLine("outer", 1500.0, NSK_6804DD, low_hz=low, high_hz=high)(signal, RATE))
        for low, high in ((2500.0, 3500.0), (5000.0, 6000.0))
    )
    assert inside > 5 * outside


def test_settings_are_in_the_name_for_the_record():
    assert repr(RMS(window=1024)) == "RMS(window=1024)"
    assert "norm='surrogate'" in repr(CFFI("surrogate"))


def test_bad_options_and_short_snapshots_are_sentences():
    with pytest.raises(ValueError, match="window of two samples or more, got 1"):
        RMS(window=1)
    with pytest.raises(ValueError, match="snapshot of 4096 samples or more, got 100"):
        RMS(window=4096)(noise(1, 100), RATE)
    with pytest.raises(ValueError, match="both or neither"):
        EnvelopeLine("outer", 1500.0, NSK_6804DD, low_hz=100.0)
    with pytest.raises(ValueError, match="'fixed' or 'surrogate'.* got 'min_max'"):
        CFFI("min_max")


def test_indicators_have_names_of_their_own():
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names) == len(Indicator.__subclasses__())
    assert np.all([name.islower() for name in names])
