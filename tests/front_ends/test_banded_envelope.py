import numpy as np
import pytest
import scipy.signal
import torch

from datamodules import EnvelopeAngle, KurtosisBand, Recording
from iadtln.front_ends import BandedEnvelope


def recording():
    signal = torch.randn(2, 6000, generator=torch.Generator().manual_seed(0))
    return Recording(signal, 12000.0, 1200.0, None, "a", "one")


def transformed(front_end):
    result = recording()
    for transform in front_end.recording_transforms():
        result = transform(result)
    return result


def test_in_angle_it_is_the_envelope_of_the_data_modules():
    ours = transformed(BandedEnvelope(1000.0, 3000.0, 100.0))
    theirs = EnvelopeAngle(1000.0, 3000.0, 100.0)(recording())
    assert torch.equal(ours.signal, theirs.signal)
    assert (ours.axis, ours.sampling_rate) == ("angle", 100.0)


def test_in_time_it_is_the_envelope_of_the_band():
    ours = transformed(BandedEnvelope(1000.0, 3000.0, None))
    assert (ours.axis, ours.sampling_rate) == ("time", 12000.0)
    low = scipy.signal.butter(4, (1000.0, 3000.0), "band", fs=12000.0, output="sos")
    band = scipy.signal.sosfiltfilt(low, recording().signal.double().numpy())
    theirs = np.abs(scipy.signal.hilbert(band))
    inner = slice(500, -500)  # digital and analogue edges differ a little
    assert np.corrcoef(ours.signal[0, inner], theirs[0, inner])[0, 1] > 0.99


def test_the_band_that_the_recordings_choose_is_part_of_the_state():
    front_end = BandedEnvelope()
    chosen = next(iter(front_end.recording_transforms()))
    assert isinstance(chosen, KurtosisBand)
    chosen.fit([recording()])
    other = BandedEnvelope()
    other.load_state_dict(front_end.state_dict())
    assert torch.equal(transformed(other).signal, transformed(front_end).signal)


def test_windows_are_left_as_they_are():
    windows = torch.randn(3, 2, 64)
    assert torch.equal(BandedEnvelope()(windows), windows)


@pytest.mark.parametrize(
    ("options", "match"), [((3000.0, 1000.0), "low_hz"), ((1.0, 2.0, 0.0), "samples_per")]
)
def test_impossible_options_are_refused_at_once(options, match):
    with pytest.raises(ValueError, match=match):
        BandedEnvelope(*options)
