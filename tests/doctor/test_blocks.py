"""Windows of a stream are those of the whole recording."""

import numpy as np
import pytest
import torch

from datamodules import AngleResample, BandPass, Envelope, EnvelopeAngle, Resample
from datamodules.errors import ConstantChannelError, NonFiniteSignalError, TooShortError
from datamodules.recording import Recording
from iadtln.doctor.blocks import Cutter


def noise(samples, channels=1, seed=0):
    return np.random.default_rng(seed).standard_normal((channels, samples)).astype(np.float32)


def chunks(signal, samples=700):
    return (signal[:, start : start + samples] for start in range(0, signal.shape[1], samples))


def cut(signal, **options):
    """All windows of a stream and where they begin, and the cutter."""
    cutter = Cutter(**{"sampling_rate": 1000.0, "length": 128, "block_seconds": 3.0, **options})
    found = list(cutter.windows(chunks(signal)))
    starts = np.concatenate([one.start_seconds for one in found])
    return torch.cat([one.signal for one in found]), starts, cutter


def whole(signal, transforms, length=128, rpm=None, rate=1000.0):
    """Windows of the recording as a whole, end to end."""
    recording = Recording(torch.from_numpy(signal), rate, rpm, None, "a", "a")
    for transform in transforms:
        recording = transform(recording)
    return recording.signal.unfold(-1, length, length).transpose(0, 1)


@pytest.mark.parametrize("samples", [128, 1000, 2999, 10000, 12345])
@pytest.mark.parametrize("channels", [1, 2])
def test_without_transforms_they_are_the_same(samples, channels):
    signal = noise(samples, channels)
    windows, starts, cutter = cut(signal)
    torch.testing.assert_close(windows, whole(signal, []), rtol=0, atol=0)
    np.testing.assert_allclose(starts, 0.128 * np.arange(len(windows)), atol=1e-9)
    assert cutter.seconds == pytest.approx(samples / 1000)


def test_a_window_may_be_longer_than_a_block():
    signal = noise(30000)
    windows, _, _ = cut(signal, length=4000, block_seconds=0.5)
    torch.testing.assert_close(windows, whole(signal, [], 4000), rtol=0, atol=0)


@pytest.mark.parametrize(
    "transforms",
    [
        [BandPass(100.0, 300.0)],
        [BandPass(100.0, 300.0), Envelope()],
        [Resample(500.0)],
        [Resample(2000.0), BandPass(100.0, 300.0)],
    ],
)
def test_filters_see_past_the_ends_of_a_block(transforms):
    signal = noise(20000)
    windows, _, cutter = cut(signal, transforms=transforms)
    expected = whole(signal, transforms)
    assert cutter.pieces > 4
    assert len(windows) == len(expected)
    apart = (windows - expected).abs().amax((1, 2))[1:-1]  # the ends of the whole are its own
    assert float(apart.max()) < 0.02 * float(expected.std())


def test_windows_in_angle_follow_each_other_within_half_a_sample():
    # 40.3 turns a second do not fit in whole samples
    time = np.arange(30000) / 1000
    signal = np.sin(2 * np.pi * 3 * (2417 / 60) * time)[None].astype(np.float32)
    transforms = [AngleResample(64.0)]
    windows, _, cutter = cut(signal, transforms=transforms, rpm=2417.0)
    expected = whole(signal, transforms, rpm=2417.0)
    assert cutter.pieces > 4
    assert len(windows) == len(expected)
    # half a sample in angle is 2 pi 3 / 64 / 2 = 0.15 rad of this sine
    assert float((windows - expected)[1:-1].abs().max()) < 0.16


def test_another_rate_is_brought_to_the_expected_one_first():
    signal = noise(20000)
    windows, starts, _ = cut(signal, expected_rate=400.0)
    expected = whole(signal, [Resample(400.0)])
    torch.testing.assert_close(windows[1:-1], expected[1:-1], rtol=0, atol=1e-3)
    np.testing.assert_allclose(starts, 0.32 * np.arange(len(windows)), atol=2e-3)


def test_a_short_recording_is_one_piece_and_equals_the_whole():
    signal, transforms = noise(4000), [EnvelopeAngle(100.0, 400.0, 64.0)]
    windows, _, cutter = cut(signal, transforms=transforms, rpm=1500.0, block_seconds=4.0)
    assert cutter.pieces == 1
    torch.testing.assert_close(windows, whole(signal, transforms, rpm=1500.0), rtol=0, atol=0)


def test_a_piece_with_nan_is_left_out_and_told():
    signal = noise(12000)
    signal[0, 4000] = np.nan
    windows, starts, cutter = cut(signal)
    assert bool(torch.isfinite(windows).all())
    assert 2.9 < cutter.left_out_seconds < 3.6
    assert len(windows) > 60
    assert starts.max() > 11.5


@pytest.mark.parametrize(
    ("signal", "error", "words"),
    [
        (np.full((1, 3000), np.nan, np.float32), NonFiniteSignalError, "every piece"),
        (np.full((1, 3000), 0.5, np.float32), ConstantChannelError, "channel 0 never changes"),
        (noise(100), TooShortError, r"one window \(0.128 s\) or more, got 0.1 s"),
        (np.empty((1, 0), np.float32), TooShortError, "got 0 s"),
    ],
)
def test_a_recording_that_cannot_be_used_says_why(signal, error, words):
    with pytest.raises(error, match=words):
        cut(signal)
