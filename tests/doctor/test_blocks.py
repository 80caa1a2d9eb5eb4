"""Windows of a stream are those of the whole recording."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from datamodules import (
    AngleResample,
    BandPass,
    Envelope,
    EnvelopeAngle,
    RecordingTransform,
    Resample,
)
from datamodules.errors import ConstantChannelError, NonFiniteSignalError, TooShortError
from datamodules.recording import Recording
from iadtln.doctor.blocks import Cutter
from iadtln.front_ends import AMOMCKD, CEEMDAN, FMD, MCKD
from iadtln.front_ends.filter_search import FilterSearch


def noise(samples, channels=1, seed=0):
    return np.random.default_rng(seed).standard_normal((channels, samples)).astype(np.float32)


def halves(signal):
    """Two channels of which one stands still, first the one, then the other."""
    both = np.concatenate([signal, signal])
    both[0, : signal.shape[1] // 2] = 0
    both[1, signal.shape[1] // 2 :] = 0
    return both


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


class Filling(RecordingTransform):
    """Leaves out its beginning, as a filter that fills up."""

    def __init__(self, samples):
        super().__init__()
        self.samples = samples

    def lead(self, before, after):
        return self.samples

    def forward(self, recording):
        return replace(recording, signal=recording.signal[:, self.samples :])


class WholeBlocks(RecordingTransform):
    """Leaves out its end, as what works on blocks."""

    def __init__(self, samples):
        super().__init__()
        self.samples = samples

    def forward(self, recording):
        stop = recording.num_samples // self.samples * self.samples
        return replace(recording, signal=recording.signal[:, :stop])


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


@pytest.mark.parametrize("samples", [1, 90, 800])  # the margin of a piece is 500
def test_windows_follow_each_other_where_a_transform_cuts_the_beginning(samples):
    signal = noise(20000)
    windows, starts, cutter = cut(signal, transforms=[Filling(samples)])
    assert cutter.pieces > 4
    torch.testing.assert_close(windows, whole(signal, [Filling(samples)]), rtol=0, atol=0)
    np.testing.assert_allclose(starts, samples / 1000 + 0.128 * np.arange(len(windows)), atol=1e-9)


def test_what_is_cut_counts_at_the_rate_of_its_transform():
    signal, transforms = noise(20000), [Resample(500.0), Filling(90)]
    windows, starts, cutter = cut(signal, transforms=transforms)
    assert cutter.pieces > 4
    expected = whole(signal, transforms)
    torch.testing.assert_close(windows[1:-1], expected[1:-1], rtol=0, atol=1e-3)
    np.testing.assert_allclose(starts, 0.18 + 0.256 * np.arange(len(windows)), atol=1e-9)


@pytest.mark.parametrize("samples", [70, 701, 2100])
def test_windows_follow_each_other_where_a_transform_cuts_the_end(samples):
    signal = noise(20000)
    windows, starts, cutter = cut(signal, transforms=[WholeBlocks(samples)])
    assert cutter.pieces > 4
    # blocks begin with a piece: only the last piece may end elsewhere
    assert 20000 - samples - 128 < 128 * len(windows) <= 20000
    torch.testing.assert_close(windows, whole(signal, [])[: len(windows)], rtol=0, atol=0)
    np.testing.assert_allclose(starts, 0.128 * np.arange(len(windows)), atol=1e-9)


@pytest.mark.parametrize(
    "front_end",
    [
        CEEMDAN(trials=1, block_samples=700),
        FMD(2, 3, 10, 3, block_samples=700),
        MCKD(taps=40, iterations=2),
        AMOMCKD(search=FilterSearch(generations=0)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_front_ends_say_what_they_cut_at_the_beginning(front_end):
    rpm = 1500 + 0.01 * np.arange(5000.0)  # a speed that tells the place
    recording = Recording(torch.from_numpy(noise(5000)), 12000.0, rpm, None, "a", "a")
    (transform,) = front_end.recording_transforms()
    after = transform(recording)
    assert after.num_samples < 5000
    assert transform.lead(recording, after) == round((after.rpm[0] - 1500) / 0.01)


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


@pytest.mark.parametrize("transforms", [[], [BandPass(100.0, 300.0)]])
def test_windows_of_a_standing_machine_are_left_out(transforms):
    signal = noise(30000, 2)
    signal[1, 4000:26000] = 0.5  # one channel is enough: windows 32 to 202 of 128 samples
    _, starts, cutter = cut(signal, transforms=transforms)
    places = np.r_[0:32, 203:234]
    np.testing.assert_allclose(starts, 0.128 * places, atol=1e-9)
    assert cutter.standing_seconds == cutter.left_out_seconds == pytest.approx(171 * 0.128)
    assert cutter.pieces >= 10  # pieces do not grow meanwhile


def test_pieces_hold_a_sample_or_more():
    windows, _, _ = cut(noise(50), sampling_rate=1.0, length=8, block_seconds=0.1)
    torch.testing.assert_close(windows, whole(noise(50), [], 8), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("signal", "error", "words"),
    [
        (np.full((1, 3000), np.nan, np.float32), NonFiniteSignalError, "every piece"),
        (np.full((1, 3000), 0.5, np.float32), ConstantChannelError, "channel 0 never changes"),
        (halves(noise(2560)), ConstantChannelError, "in every window a channel never changes"),
        (noise(100), TooShortError, r"one window \(0.128 s\) or more, got 0.1 s"),
        (np.empty((1, 0), np.float32), TooShortError, "got 0 s"),
    ],
)
def test_a_recording_that_cannot_be_used_says_why(signal, error, words):
    with pytest.raises(error, match=words):
        cut(signal)
