import pytest
from hypothesis import given
from hypothesis import strategies as st

from datamodules import BearingSplit, RecordingSplit, TimeSplit
from datamodules.errors import LeakageError
from datamodules.splits import Segment, require_apart
from tests.toy import tone


@given(samples=st.integers(1, 3000), gap=st.integers(1, 400), share=st.floats(0.05, 0.95))
def test_a_split_in_time_leaves_a_gap_and_loses_nothing_else(samples, gap, share):
    (first,), (second,) = TimeSplit(share)([tone("low", samples=samples)], gap, seed=0)
    assert first.start == 0
    assert second.stop == samples
    if second.stop > second.start:
        assert second.start - first.stop == gap


def test_a_split_in_time_keeps_the_shares():
    (first,), (second,) = TimeSplit(0.75)([tone("low", samples=1100)], gap=100, seed=0)
    assert (first.stop, second.start, second.stop) == (750, 850, 1100)


@pytest.mark.parametrize(
    ("split", "key"), [(RecordingSplit, "recording_id"), (BearingSplit, "bearing_id")]
)
def test_a_split_by_group_keeps_groups_together_and_every_class_on_both_sides(split, key):
    recordings = [
        tone(label, name=f"{label}{i}", bearing=f"{label} bearing {i // 2}")
        for label in ("low", "high")
        for i in range(6)
    ]
    first, second = split(0.7)(recordings, gap=10, seed=3)
    names = [{getattr(recordings[s.recording], key) for s in part} for part in (first, second)]
    assert not names[0] & names[1]
    assert len(first) + len(second) == 12
    for part in (first, second):
        assert {recordings[s.recording].label for s in part} == {"low", "high"}


def test_a_bearing_with_several_classes_stays_on_one_side():
    recordings = [
        tone(label, name=f"{label}{i}", bearing=f"bearing {i}")
        for label in ("low", "high")
        for i in range(5)
    ]
    for seed in range(5):
        first, second = BearingSplit(0.5)(recordings, gap=10, seed=seed)
        sides = [{recordings[s.recording].bearing_id for s in part} for part in (first, second)]
        assert not sides[0] & sides[1]
        assert {len(first), len(second)} == {4, 6}
        for part in (first, second):
            assert {recordings[s.recording].label for s in part} == {"low", "high"}


def test_a_split_by_group_depends_on_its_seed_only():
    recordings = [tone("low", name=str(i)) for i in range(20)]
    split = RecordingSplit(0.5)
    assert split(recordings, 1, seed=1) == split(recordings, 1, seed=1)
    assert split(recordings, 1, seed=1) != split(recordings, 1, seed=2)


def test_one_recording_of_a_class_cannot_be_split_by_recording():
    with pytest.raises(LeakageError, match="class 'low' has one recording only"):
        RecordingSplit()([tone("low")], gap=1, seed=0)


def test_a_shared_sample_is_refused():
    recordings = [tone("low")]
    require_apart([Segment(0, 0, 10)], [Segment(0, 10, 20)], recordings)
    with pytest.raises(LeakageError, match="samples 9 to 10 of recording 'a-low'"):
        require_apart([Segment(0, 0, 10)], [Segment(0, 9, 20)], recordings)


@pytest.mark.parametrize("first", [0.0, 1.0])
def test_an_empty_side_is_refused(first):
    with pytest.raises(ValueError, match="0 < first < 1"):
        TimeSplit(first)
