from dataclasses import replace

import pytest
import torch

from datamodules import Recording
from datamodules.errors import SamplingRateError, TooShortError
from datamodules.transforms import AngleResample
from iadtln.front_ends import EDGAFMD, EDGAFMDBank
from iadtln.front_ends.mode_search import ModeSearch
from iadtln.front_ends.searched_modes import search_afmd
from iadtln.search import GWO

QUICK = ModeSearch(GWO(3), generations=1, bands_max=6, taps_max=30)


def recording(time=6000, label="OF"):
    """20 turns a second, 6 impacts a turn."""
    signal = 0.3 * torch.randn(2, time, generator=torch.Generator().manual_seed(0))
    signal[..., ::100] += 4.0
    return Recording(signal, 12000.0, 1200.0, label, "a", "one")


def transformed(front_end, given):
    for transform in front_end.recording_transforms():
        given = transform(given)
    return given


def front_end(**options):
    return EDGAFMD(**{"samples_per_revolution": 300.0, "fco": 6.0, "search": QUICK, **options})


def test_each_channel_becomes_its_searched_mode_of_deviation_1():
    result = transformed(front_end(), recording())
    angle = AngleResample(300.0)(recording())
    assert (result.axis, result.sampling_rate) == ("angle", 300.0)
    for channel, signal in zip(result.signal, angle.signal, strict=True):
        mode = search_afmd(signal, 300.0, 6.0, QUICK).mode[-len(channel) :]
        torch.testing.assert_close(channel, mode / mode.std(), atol=1e-4, rtol=1e-3)


def test_a_note_tells_what_was_found():
    notes = transformed(front_end(), recording()).notes
    assert len(notes) == 2
    assert notes[0].startswith("ED-GAFMD of one, channel 0: (n, K, L) = (")
    assert "at order 6," in notes[0]


def test_the_label_is_not_looked_at():
    known, unknown = (transformed(front_end(), recording(label=label)) for label in ("OF", None))
    assert torch.equal(known.signal, unknown.signal)


def test_it_refuses_a_recording_in_seconds():
    _, modes = front_end().recording_transforms()
    with pytest.raises(SamplingRateError, match="put AngleResample before it"):
        modes(recording())


@pytest.mark.parametrize("searching", [EDGAFMD, EDGAFMDBank])
def test_orders_that_hold_nothing_are_refused(searching):
    tracking = searching(samples_per_revolution=601.0).recording_transforms()[0]
    with pytest.raises(SamplingRateError, match="up to 600.*a search of filters would choose them"):
        tracking(recording())  # 12 kHz at 20 turns a second


def test_a_recording_too_short_is_named():
    with pytest.raises(TooShortError, match="one"):
        transformed(front_end(samples_per_revolution=20.0, fco=6.0), recording(time=1000))


def test_a_silent_channel_stays_silent():
    silent = replace(recording(), signal=torch.zeros(2, 6000))
    assert not transformed(front_end(), silent).signal.any()


def test_settings_are_part_of_the_key_of_the_cache():
    words = {
        repr(front_end(**options).recording_transforms()[1])
        for options in (
            {},
            {"fco": [6.0, 5.0]},
            {"choose": "feature_energy"},
            {"cascade": True},
            {"search": ModeSearch(GWO(3), generations=2)},
        )
    }
    assert len(words) == 5
    assert all("0x" not in one for one in words)
