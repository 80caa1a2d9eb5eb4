from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datamodules import Windowing
from datamodules.datasets import (
    LabelledWindowDataset,
    WindowDataset,
    WindowIndex,
    leave,
    standardise,
    standardise_by,
)
from datamodules.errors import SamplingRateError
from datamodules.splits import Segment
from datamodules.tracks import MemoryTrack
from datamodules.windows import place_windows, window_length
from tests.toy import tone


@given(
    samples=st.integers(10, 500),
    length=st.integers(1, 60),
    overlap=st.floats(0.0, 0.95),
    start=st.integers(0, 50),
)
def test_windows_stay_inside_their_segment_and_step_evenly(samples, length, overlap, start):
    segment = Segment(0, start, start + samples)
    (starts,) = place_windows([segment], ["a"], length, Windowing(length, overlap=overlap))
    assert all(start <= s and s + length <= start + samples for s in starts)
    assert len(set(np.diff(starts))) <= 1
    if samples >= length:
        assert starts[0] == start
        step = max(1, round(length * (1 - overlap)))
        assert starts[-1] + step + length > start + samples  # no further window would fit


@given(rooms=st.lists(st.integers(60, 300), min_size=1, max_size=4), count=st.integers(1, 40))
def test_a_set_number_of_windows_is_shared_by_room_and_spans_each_segment(rooms, count):
    segments = [Segment(i, 5, 5 + room) for i, room in enumerate(rooms)]
    starts = place_windows(segments, ["x"] * len(rooms), 20, Windowing(20, per_class=count))
    assert sum(map(len, starts)) == count
    for segment, own in zip(segments, starts, strict=True):
        assert all(segment.start <= s and s + 20 <= segment.stop for s in own)
        if len(own) > 1:
            assert (own[0], own[-1]) == (segment.start, segment.stop - 20)
            assert np.ptp(np.diff(own)) <= 1


def test_each_group_gets_its_own_number():
    segments = [Segment(0, 0, 100), Segment(1, 0, 100), Segment(2, 0, 100)]
    starts = place_windows(segments, ["x", "x", "y"], 10, Windowing(10, per_class=6))
    assert [len(own) for own in starts] == [3, 3, 6]


def test_a_segment_shorter_than_a_window_gives_none():
    assert len(place_windows([Segment(0, 0, 9)], ["a"], 10, Windowing(10))[0]) == 0
    assert len(place_windows([Segment(0, 0, 9)], ["a"], 10, Windowing(10, per_class=3))[0]) == 0


@pytest.mark.parametrize(
    ("windowing", "expected"),
    [
        (Windowing(300), 300),
        (Windowing(0.25, "seconds"), 250),
        (Windowing(2, "revolutions"), 240),  # 500 rpm at 1000 Hz: 120 samples a revolution
    ],
)
def test_window_length_in_each_unit(windowing, expected):
    assert window_length(windowing, [tone("low", rpm=600.0), tone("low", rpm=500.0)]) == expected


def test_revolutions_need_a_speed_and_seconds_a_time_axis():
    with pytest.raises(SamplingRateError, match="recording 'a-low'.*need the shaft speed"):
        window_length(Windowing(2, "revolutions"), [tone("low", rpm=None)])
    with pytest.raises(SamplingRateError, match="need a time axis"):
        window_length(Windowing(1, "seconds"), [replace(tone("low"), axis="angle")])


def test_a_batch_equals_its_singles_and_a_slice_of_the_recording():
    recordings = [tone("low", channels=2), tone("high", channels=2)]
    index = WindowIndex(np.array([0, 1, 1]), np.array([7, 0, 3900]))
    dataset = WindowDataset(MemoryTrack(recordings), index, 100, leave)
    batch = dataset.__getitems__([2, 0])
    torch.testing.assert_close(batch["signal"][0], recordings[1].signal[:, 3900:4000])
    torch.testing.assert_close(batch["signal"][1], recordings[0].signal[:, 7:107])
    torch.testing.assert_close(dataset[2]["signal"], batch["signal"][0])
    assert batch["index"].tolist() == [2, 0]


def test_labels_follow_their_windows():
    index = WindowIndex(np.array([0, 0]), np.array([0, 50]))
    dataset = LabelledWindowDataset(np.array([4, 2]), MemoryTrack([tone("low")]), index, 100)
    assert dataset.__getitems__([1, 0])["label"].tolist() == [2, 4]


def test_standardised_windows_have_mean_zero_and_unit_variance_and_constants_become_zero():
    windows = torch.randn(5, 2, 200, generator=torch.Generator().manual_seed(0)) * 7 + 3
    out = standardise(windows)
    torch.testing.assert_close(out.mean(-1), torch.zeros(5, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(-1, correction=0), torch.ones(5, 2))
    for constant in (0.0, 4.0, 0.1, 2.35):  # the mean of the last two is not exact in float32
        assert (standardise(torch.full((1, 1, 2048), constant)) == 0).all()


def test_standardisation_by_source_uses_one_mean_and_deviation_a_channel():
    out = standardise_by(torch.tensor([[1.0, 2.0], [2.0, 4.0]]))(torch.tensor([[[3.0], [10.0]]]))
    assert out.flatten().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("options", [{"length": 0}, {"overlap": 1.0}, {"overlap": -0.1}])
def test_impossible_windows_are_refused(options):
    with pytest.raises(ValueError, match="window length > 0 and 0 <= overlap < 1, got"):
        Windowing(**options)


@pytest.mark.parametrize("options", [{"per_class": 0}, {"per_recording": -3}, {"length": 0.3}])
def test_fewer_than_one_window_or_sample_is_refused(options):
    with pytest.raises(ValueError, match="expected (one window|a window of one sample) or more"):
        Windowing(**options)


def test_two_ways_to_count_are_refused():
    with pytest.raises(ValueError, match="not both"):
        Windowing(per_class=3, per_recording=3)
