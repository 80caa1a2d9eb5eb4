"""What the data module does to windows is inside the exported module."""

from dataclasses import replace

import pytest
import torch

from datamodules import Recording
from datamodules.band import KurtosisBand
from datamodules.transforms import AngleResample, BandPass, Envelope, EnvelopeAngle, Resample
from iadtln.export.chain import described, filtering_tail, steps_of
from iadtln.export.exported import FilterWindows, normaliser
from tests.toy import toy


@pytest.mark.parametrize("normalisation", ["window", "source", "none"])
def test_windows_are_scaled_as_the_data_module_scales_them(normalisation):
    pair = toy(normalisation=normalisation).pair
    dataset = pair.windows("target", "second")
    raw = replace(pair, normalisation="none").windows("target", "second").__getitems__([0, 5, 9])
    expected = dataset.__getitems__([0, 5, 9])["signal"]
    torch.testing.assert_close(normaliser(pair)(raw["signal"]), expected)


def test_filters_of_windows_are_those_of_recordings_of_a_window():
    signal = torch.randn(3, 2, 512, generator=torch.Generator().manual_seed(0))
    steps = [BandPass(100.0, 400.0), Envelope()]
    found = FilterWindows(steps, 1000.0)(signal)
    for window, filtered in zip(signal, found, strict=True):
        recording = Recording(window, 1000.0, None, None, "", "one")
        expected = Envelope()(BandPass(100.0, 400.0)(recording)).signal
        torch.testing.assert_close(filtered, expected)


def test_a_chain_comes_apart_in_its_simplest_steps():
    band = KurtosisBand(levels=2)
    band.band_hz = torch.tensor([1000.0, 2000.0], dtype=torch.float64)
    steps = steps_of([Resample(8000.0), EnvelopeAngle(2000.0, 3000.0, 100.0), band], 12000.0)
    assert [type(step).__name__ for step in steps] == [
        "Resample", "BandPass", "Envelope", "AngleResample", "BandPass",
    ]  # fmt: skip
    assert described(steps)[-1]["settings"] == {"low_hz": 1000.0, "high_hz": 2000.0, "order": 4}


@pytest.mark.parametrize("edges", [(0.0, 3000.0), (3000.0, 6000.0)])
def test_a_chosen_band_filters_as_the_band_that_chose_it(edges):
    band = KurtosisBand(levels=2)
    band.band_hz = torch.tensor(edges, dtype=torch.float64)
    noise = torch.randn(1, 4000, generator=torch.Generator().manual_seed(0))
    recording = Recording(noise, 12000.0, None, None, "", "one")
    (plain,) = steps_of([band], 12000.0)
    torch.testing.assert_close(plain(recording).signal, band(recording).signal)


@pytest.mark.parametrize(
    ("steps", "tail"),
    [
        ([], 0),
        ([Resample(1.0)], 0),
        ([Envelope(), AngleResample()], 0),
        ([Resample(1.0), BandPass(1.0, 2.0), Envelope()], 2),
        ([BandPass(1.0, 2.0)], 1),
    ],
)
def test_only_filters_that_nothing_follows_can_be_done_to_windows(steps, tail):
    assert filtering_tail(steps) == tail
