"""Several sources, partial, open-set, few labels, source-free; protocols and what they refuse."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datamodules import BearingSplit, CWRUDataModule, TimeSplit, Windowing
from datamodules.datasets import WindowIndex
from datamodules.errors import EmptyDomainError, LabelMismatchError, LeakageError, TooShortError
from datamodules.few import spread
from datamodules.guard import guard
from tests import fakes
from tests.toy import CLASSES, tone, toy

LENGTH = 128


def domain(name, labels=CLASSES, copies=1):
    """Tones of a domain, each from a bearing of its own; their seeds, sums of letters, differ."""
    start = 5 * "abc".index(name)
    numbers = range(start, start + copies)
    return [tone(label, name, name=f"{name}-{label}-{i}") for label in labels for i in numbers]


def task(source=None, target=None, **kwargs):
    recordings = {"a": source or domain("a"), "b": target or domain("b"), "c": domain("c")}
    return toy(recordings=recordings, **kwargs)


def samples(data, side, part):
    """Every raw sample of a part, as (recording, place): slow and plain."""
    place = data.pair.side(side)
    index = place.windows[part]
    return {
        (place.recordings[r].recording_id, start + k)
        for r, start in zip(index.recording.tolist(), index.start.tolist(), strict=True)
        for k in range(data.length)
    }


# several sources


def test_several_sources_are_one_labelled_side_of_recordings_that_keep_their_domain():
    given = {name: domain(name) for name in "abc"}
    several = toy(recordings=given, source=["a", "c"])
    assert several.source == "a+c"
    assert set(several.describe("source_val")["domain"]) == {"a", "c"}
    alone = [len(toy(recordings=given, source=s).windows("source", "first")) for s in "ac"]
    assert len(several.windows("source", "first")) == sum(alone)
    assert "source 'a+c' -> target 'b'" in several.summary()


def test_a_list_of_one_source_is_that_source():
    one, same = toy(), toy(source=["a"])
    assert same.source == "a"
    assert one.summary() == same.summary()


def test_windows_per_class_are_counted_in_each_source():
    data = toy(
        recordings={name: domain(name) for name in "abc"},
        source=["a", "c"],
        windowing=Windowing(LENGTH, per_class=10),
    )
    counts = data.pair.source.counts("first") + data.pair.source.counts("second")
    assert counts == dict.fromkeys(CLASSES, 20)


@pytest.mark.parametrize("source", [["a", "b"], "b"])
def test_a_domain_on_both_sides_is_refused(source):
    with pytest.raises(LeakageError, match="'b' is both source and target"):
        toy(source=source).setup("fit")


def test_one_domain_trains_on_its_first_part_and_tests_on_its_second():
    data = toy(source="a", target="a", protocol="single")
    assert "source and target are one domain" in data.summary()
    trained, tested = samples(data, "source", "first"), samples(data, "target", "known")
    assert not trained & tested
    assert samples(data, "target", "first") == trained
    assert {name for name, _ in trained} == {name for name, _ in tested}


def test_two_domains_under_protocol_single_are_refused():
    with pytest.raises(LeakageError, match="expected it as source and as target, got 'a' and 'b'"):
        toy(protocol="single").setup("fit")


@pytest.mark.parametrize("option", [{"labelled_target": 1}, {"source_free": True}])
def test_a_single_domain_has_no_target_of_its_own(option):
    with pytest.raises(ValueError, match="'single' has no target apart from its source"):
        toy(source="a", target="a", protocol="single", **option)


@pytest.mark.parametrize("source", [[], ["a", "a"]])
def test_no_source_or_one_twice_is_refused(source):
    with pytest.raises(ValueError, match="expected one source or several different ones"):
        toy(source=source)


# partial


def test_a_partial_target_keeps_the_label_space_of_the_source():
    data = toy(target_classes=["high"])
    assert data.class_names == list(CLASSES)
    assert set(data.describe("test")["label"]) == {"high"}
    assert set(data.labelled_windows("target", "second").labels.tolist()) == {2}
    assert "partial: target recordings of high only" in data.summary()
    assert len(data.test_dataloader()) == 2


def test_a_target_that_lacks_classes_by_itself_can_be_said_to_be_partial():
    data = task(target=domain("b", ["low", "high"]), target_classes=["low", "high"])
    assert set(data.describe("test")["label"]) == {"low", "high"}


@pytest.mark.parametrize("option", ["source_classes", "target_classes"])
@pytest.mark.parametrize("classes", [["odd"], [], ["low", "low"]])
def test_classes_that_are_not_there_are_named(option, classes):
    with pytest.raises(LabelMismatchError, match=f"{option}: expected"):
        toy(**{option: classes}).setup("fit")


def test_a_partial_target_needs_labels():
    with pytest.raises(LabelMismatchError, match="target_classes needs the label"):
        task(target=[tone(None, "b", name="mute")], target_classes=["low"]).setup("fit")


# open set


def test_an_open_set_knows_the_classes_of_the_source_only():
    data = toy(source_classes=["low", "high"])
    assert data.class_names == ["low", "high"]
    assert data.num_classes == 2
    assert set(data.describe("source_val")["label"]) == {"low", "high"}
    assert set(data.labelled_windows("source", "first").labels.tolist()) == {0, 1}


def test_unknown_windows_are_adapted_to_and_tested_in_a_loader_of_their_own():
    data = toy(source_classes=["low", "high"])
    known, source, unknown = data.test_dataloader()
    assert {int(i) for batch in known for i in batch["label"]} == {0, 1}
    assert {int(i) for batch in source for i in batch["label"]} == {0, 1}
    assert {int(i) for batch in unknown for i in batch["label"]} == {2}
    assert set(data.describe("unknown")["label"]) == {"middle"}
    assert len(data.describe("unknown")) == len(unknown.dataset)
    assert len(data.describe("test")) == len(known.dataset)
    everything = len(known.dataset) + len(unknown.dataset)
    assert len(data.describe("predict")) == len(data.windows("target", "first")) == everything
    for part in ("middle (unknown)", "open set: the source knows low, high; middle"):
        assert part in data.summary()


def test_an_open_set_without_unknown_classes_is_refused():
    with pytest.raises(LabelMismatchError, match="target 'b' has no class beside"):
        task(target=domain("b", ["low"]), source_classes=["low"]).setup("fit")


def test_an_open_set_may_be_partial_too():
    data = toy(source_classes=["low", "high"], target_classes=["middle", "high"])
    assert set(data.describe("test")["label"]) == {"high"}
    assert set(data.describe("unknown")["label"]) == {"middle"}


def test_a_closed_set_has_two_test_loaders_and_nothing_unknown():
    data = toy()
    assert len(data.test_dataloader()) == 2
    assert data.describe("unknown").empty
    assert data.describe("test").equals(data.describe("predict"))


# few labelled target windows


@pytest.mark.parametrize("protocol", ["paper", "inductive"])
def test_no_raw_sample_of_a_labelled_target_window_is_tested(protocol):
    data = toy(protocol=protocol, labelled_target=3)
    labelled, tested = samples(data, "target", "labelled"), samples(data, "target", "second")
    assert labelled
    assert tested
    assert not labelled & tested
    assert data.pair.target.counts("labelled") == dict.fromkeys(CLASSES, 3)
    assert "TARGET LABELS ARE USED: 9 target windows" in data.summary()


def test_test_windows_that_share_nothing_with_a_labelled_one_stay():
    data, plain = toy(labelled_target=2), toy()
    labelled = samples(data, "target", "labelled")
    table = plain.describe("test")
    apart = [
        not {(r, s + k) for k in range(LENGTH)} & labelled
        for r, s in zip(table["recording"], table["start"], strict=True)
    ]
    assert table[apart].reset_index(drop=True).equals(data.describe("test"))


def test_labelled_target_windows_join_the_source_in_training_with_their_labels():
    data, plain = toy(labelled_target=2), toy()
    joined, source = data.pair.training(), plain.pair.training()
    labelled = data.labelled_windows("target", "labelled")
    assert len(joined) == len(source) + 6
    last = list(range(len(source), len(joined)))
    batch = joined.__getitems__([last[4], 0, last[1]])
    truth = labelled.__getitems__([4, 1])
    assert torch.equal(batch["signal"][[0, 2]], truth["signal"])
    assert torch.equal(batch["signal"][1], source[0]["signal"])
    assert batch["label"].tolist() == [int(truth["label"][0]), 0, int(truth["label"][1])]
    assert batch["index"].tolist() == [last[4], 0, last[1]]
    assert joined[last[1]]["label"] == truth["label"][1]
    seen = {int(i) for b, _, _ in data.train_dataloader() for i in b["source"]["index"]}
    assert seen & set(last)


def test_the_draw_of_labelled_windows_is_that_of_the_split_seed():
    starts = [
        toy(labelled_target=2, split_seed=seed).pair.target.windows["labelled"].start.tolist()
        for seed in (0, 0, 1)
    ]
    assert starts[0] == starts[1] != starts[2]


def test_labelled_windows_spread_over_the_recordings_of_a_class():
    data = task(target=domain("b", copies=4), labelled_target=4)
    assert len(set(data.pair.target.describe("labelled")["recording"])) == 12


@given(count=st.integers(1, 60), data=st.data())
def test_a_spread_takes_one_of_each_stretch(count, data):
    size = data.draw(st.integers(1, count))
    places = spread(count, size, np.random.default_rng(0))
    assert len(set(places.tolist())) == size
    for i, place in enumerate(places.tolist()):
        assert i * count // size <= place < (i + 1) * count // size


def test_too_many_labelled_windows_are_refused():
    with pytest.raises(TooShortError, match="61 windows of low .* fewer than labelled_target: 999"):
        toy(labelled_target=999).setup("fit")  # (4000 - 128) / 64 = 60.5: 61 windows
    with pytest.raises(EmptyDomainError, match="leaves no test window"):
        toy(labelled_target=61).setup("fit")
    with pytest.raises(LabelMismatchError, match="labelled_target needs the label"):
        task(target=[tone(None, "b", name="mute")], labelled_target=1).setup("fit")
    with pytest.raises(ValueError, match="labelled_target >= 0"):
        toy(labelled_target=-1)


@given(
    own=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=12),
    others=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=12),
    length=st.integers(1, 20),
)
def test_windows_overlap_where_a_loop_over_all_pairs_says_so(own, others, length):
    def index(pairs):
        array = np.array(pairs, np.int64).reshape(-1, 2)
        return WindowIndex(array[:, 0], array[:, 1])

    expected = [
        any(r == other and abs(s - start) < length for other, start in others) for r, s in own
    ]
    assert index(own).overlaps(index(others), length).tolist() == expected


# source-free


def test_source_free_training_has_the_target_only_and_the_source_validates():
    data = toy(source_free=True)
    batch = next(iter(data.train_dataloader()))[0]
    assert set(batch) == {"target"}
    assert set(batch["target"]) == {"signal", "index"}
    assert len(data.val_dataloader().dataset)
    assert "source-free" in data.summary()
    with pytest.raises(ValueError, match="set one of the two"):
        toy(source_free=True, labelled_target=1)


# protocols


def test_protocol_recording_has_no_recording_on_both_sides():
    data = task(domain("a", copies=3), domain("b", copies=3), protocol="recording")
    for side in (data.pair.source, data.pair.target):
        first, second = (set(side.describe(part)["recording"]) for part in ("first", "second"))
        assert first
        assert second
        assert not first & second
    assert data.summary().count("on both stand no recording") == 2


def test_protocol_recording_refuses_a_split_in_time():
    with pytest.raises(LeakageError, match=r"share recordings \['a-high-0'"):
        task(protocol="recording", split=TimeSplit()).setup("fit")


def test_the_same_samples_under_two_names_are_refused_on_two_sides():
    twice = domain("a", copies=2)
    object.__setattr__(twice[1], "signal", twice[0].signal)
    with pytest.raises(LeakageError, match="the same samples under different names"):
        task(twice, domain("b", copies=2), protocol="recording", split_seed=0).setup("fit")


def test_the_same_samples_under_two_names_are_refused_where_labels_train():
    twice = domain("b", copies=2)
    object.__setattr__(twice[1], "signal", twice[0].signal)
    with pytest.raises(LeakageError, match="would be labelled and tested"):
        task(domain("a"), twice, labelled_target=1).setup("fit")


def test_protocol_bearing_refuses_shared_and_unnamed_bearings():
    same = [tone(label, "b", bearing="one") for label in CLASSES]
    also = [tone("low", "a", name="x", bearing="one"), *domain("a", CLASSES[1:])]
    with pytest.raises(LeakageError, match="protocol 'bearing': the physical bearings one"):
        task(also, same, protocol="bearing").setup("fit")
    unnamed = [tone(label, "b") for label in CLASSES]
    for recording in unnamed:
        object.__setattr__(recording, "bearing_id", "")
    with pytest.raises(LeakageError, match="needs the bearing_id of every recording, 'b-low'"):
        task(target=unnamed, protocol="bearing").setup("fit")


def test_protocol_bearing_splits_the_target_in_time_and_says_what_is_shared():
    data = task(protocol="bearing")
    assert not samples(data, "target", "first") & samples(data, "target", "second")
    for part in (
        "no physical bearing stands in both domains",
        "target adaptation and test: no raw sample stands on both sides; on both stand 3 "
        "recordings, apart in time, and 3 named bearings",
    ):
        assert part in data.summary()


def test_protocol_bearing_refuses_labels_of_a_tested_bearing():
    with pytest.raises(LeakageError, match="trained on with labels and tested"):
        task(protocol="bearing", labelled_target=1).setup("fit")
    many = {"source": domain("a", copies=4), "target": domain("b", copies=4)}
    data = task(**many, protocol="bearing", split=BearingSplit(0.5), labelled_target=1)
    labelled, tested = (
        set(data.pair.target.describe(p)["recording"]) for p in ("labelled", "second")
    )
    assert labelled
    assert not labelled & tested


def test_the_paper_protocol_says_that_test_windows_are_adapted_to():
    assert "183 of 183 test windows stand on both sides, as protocol 'paper'" in toy().summary()


def test_the_guard_reads_the_windows_that_were_cut():
    pair = toy(protocol="inductive").pair
    pair.target.windows["second"] = pair.target.windows["first"]
    with pytest.raises(LeakageError, match="target adaptation and test of 'b' share raw samples"):
        guard(pair.source, pair.target, "inductive")


def test_cwru_learns_from_two_fault_sizes_and_is_tested_on_the_third(tmp_path):
    data = CWRUDataModule(
        source=["007", "014"],
        target="021",
        root=str(fakes.cwru(tmp_path)),
        protocol="bearing",
        windowing=Windowing(256),
        batch_size=4,
    )
    assert "no physical bearing stands in both domains" in data.summary()
    assert set(data.describe("source_val")["domain"]) == {"007", "014"}
    with pytest.raises(LeakageError, match="bearings DE-BF007"):
        CWRUDataModule(root=str(tmp_path), protocol="bearing", windowing=Windowing(256)).setup(
            "fit"
        )
    with pytest.raises(LeakageError, match="'0hp' and '007' and '3hp'.*all of one kind"):
        CWRUDataModule(source=["0hp", "007"], root=str(tmp_path))
