import pytest
from hypothesis import given
from hypothesis import strategies as st

from datamodules import BearingSplit, RecordingSplit, TimeSplit, Windowing, WindowSplit
from datamodules.errors import LeakageError, TooShortError
from datamodules.splits import Segment, require_apart
from tests.toy import CLASSES, tone, toy


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


@given(
    samples=st.integers(64, 3000),
    length=st.integers(2, 32),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 5),
)
def test_windows_drawn_at_random_cover_all_and_share_nothing(samples, length, share, seed):
    recordings = [tone("low", samples=samples), tone("high", samples=samples + length)]
    first, second = WindowSplit(share)(recordings, length, seed)
    require_apart(first, second, recordings)
    for i, recording in enumerate(recordings):
        own = sorted(s.start for s in [*first, *second] if s.recording == i)
        count = recording.num_samples // length
        assert own == [block * length for block in range(count)]
        expected = min(max(round(share * count), 1), count - 1)
        assert sum(s.recording == i for s in first) == expected
    assert all(s.stop - s.start == length for s in [*first, *second])


def test_the_number_of_windows_is_exact():
    long = [tone(label, domain, samples=1060) for domain in "a" for label in CLASSES]
    for first, (few, many) in {0.2: (20, 80), 30: (30, 70)}.items():
        split = WindowSplit(first, windows=100)
        data = toy(
            recordings={"a": long}, target="a", protocol="single", windowing=Windowing(10),
            split=split,
        )  # fmt: skip
        assert data.pair.source.counts("first") == dict.fromkeys(CLASSES, few)
        assert data.pair.target.counts("second") == dict.fromkeys(CLASSES, many)


def test_a_short_recording_gives_what_it_has():
    short, long = tone("low", samples=599), tone("high", samples=2000)
    first, second = WindowSplit(20, windows=100)([short, long], gap=10, seed=0)
    assert [sum(s.recording == 0 for s in part) for part in (first, second)] == [20, 39]
    assert [sum(s.recording == 1 for s in part) for part in (first, second)] == [20, 80]


def test_windows_are_drawn_anew_with_another_seed_only():
    recordings = [tone("low"), tone("high")]
    split = WindowSplit(0.5)
    assert split(recordings, 100, seed=1) == split(recordings, 100, seed=1)
    assert split(recordings, 100, seed=1) != split(recordings, 100, seed=2)


def test_a_window_split_leaves_something_for_both_parts():
    with pytest.raises(TooShortError, match="'a-low' has 5 windows, and first: 5 leaves none"):
        WindowSplit(5)([tone("low", samples=50)], gap=10, seed=0)
    with pytest.raises(TooShortError, match="'a-low' has 1 windows"):
        WindowSplit(0.5)([tone("low", samples=19)], gap=10, seed=0)


def test_a_split_by_windows_is_refused_before_windows_are_known():
    with pytest.raises(LeakageError, match="choose TimeSplit"):
        WindowSplit()([tone("low")], gap=1, seed=0)


@pytest.mark.parametrize(("first", "windows"), [(0.0, None), (1.5, None), (-1.0, None), (0.5, 1)])
def test_a_window_split_wants_a_share_or_a_number(first, windows):
    with pytest.raises(ValueError, match="expected"):
        WindowSplit(first, windows)
