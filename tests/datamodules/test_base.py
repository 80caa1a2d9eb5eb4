from dataclasses import replace

import pytest
import torch
from lightning.pytorch import Trainer

from datamodules import BearingSplit, RecordingSplit, TimeSplit, Windowing
from datamodules.errors import (
    ConstantChannelError,
    DataError,
    EmptyDomainError,
    LabelMismatchError,
    LeakageError,
    NonFiniteSignalError,
    SamplingRateError,
    TooShortError,
)
from tests.toy import CLASSES, ToyDataModule, tone, toy


def domain(name, **changes):
    """The three tones of a domain, one of them changed."""
    return [tone(label, name, **(changes if label == "middle" else {})) for label in CLASSES]


def task(source=None, target=None, **kwargs):
    recordings = {"a": source or domain("a"), "b": target or domain("b")}
    return toy(recordings=recordings, **kwargs)


def batches(data, epoch=0):
    loader = data.train_dataloader()
    for inner in loader.flattened:
        inner.sampler.set_epoch(epoch)
    return [batch for batch, _, _ in loader]


def test_a_target_batch_has_no_label_in_training():
    batch = batches(toy())[0]
    assert set(batch["source"]) == {"signal", "label", "index"}
    assert set(batch["target"]) == {"signal", "index"}
    assert batch["target"]["signal"].shape == (8, 1, 128)


def test_the_order_of_batches_is_a_function_of_seed_and_epoch(monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "3")
    first = [b["source"]["index"] for b in batches(toy(), epoch=2)]
    torch.manual_seed(99)  # a draw elsewhere changes nothing
    again = [b["source"]["index"] for b in batches(toy(), epoch=2)]
    other_epoch = [b["source"]["index"] for b in batches(toy(), epoch=3)]
    monkeypatch.setenv("PL_GLOBAL_SEED", "4")
    other_seed = [b["source"]["index"] for b in batches(toy(), epoch=2)]
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other_epoch))
    assert not all(map(torch.equal, first, other_seed))


@pytest.mark.parametrize("protocol", ["paper", "inductive"])
def test_source_and_target_are_not_paired_by_class(protocol):
    data = toy(protocol=protocol, split=TimeSplit(0.5))
    truth = data.labelled_windows("target", "first").labels
    pairs = [
        (batch["source"]["label"], truth[batch["target"]["index"]])
        for epoch in range(8)
        for batch in batches(data, epoch)
    ]
    source, target = (torch.cat(side) for side in zip(*pairs, strict=True))
    assert 0.2 < float((source == target).float().mean()) < 0.47  # a third by chance


@pytest.mark.slow
def test_workers_give_the_same_batches_as_none():
    alone, helped = batches(toy()), batches(toy(num_workers=2))
    assert len(alone) == len(helped)
    for one, two in zip(alone, helped, strict=True):
        for side in ("source", "target"):
            assert all(torch.equal(one[side][key], two[side][key]) for key in one[side])


@pytest.mark.parametrize("protocol", ["paper", "inductive"])
def test_no_raw_sample_is_both_trained_on_and_evaluated(protocol):
    data = toy(protocol=protocol)
    data.setup("fit")

    def samples(dataset):
        places = zip(dataset.index.recording, dataset.index.start, strict=True)
        return {(int(one), int(start) + k) for one, start in places for k in range(128)}

    train, val = data.labelled_windows("source", "first"), data.labelled_windows("source", "second")
    assert not samples(train) & samples(val)
    adapt, test = data.windows("target", "first"), data.labelled_windows("target", "second")
    if protocol == "inductive":
        assert not samples(adapt) & samples(test)
    else:
        assert samples(adapt) == samples(test)


def test_validation_is_the_source_and_test_is_the_target():
    data = toy()
    data.setup("fit")
    assert set(data.describe("source_val")["domain"]) == {"a"}
    assert set(data.describe("test")["domain"]) == {"b"}
    target, source = data.test_dataloader()
    rows = data.describe("test")
    assert len(rows) == len(target.dataset)
    assert len(source.dataset) == len(data.describe("source_val"))
    batch = target.dataset.__getitems__([0, len(rows) - 1])
    assert [CLASSES[i] for i in batch["label"]] == [rows["label"].iloc[0], rows["label"].iloc[-1]]
    assert "label" not in data.predict_dataloader().dataset[0]


def test_the_summary_names_domains_classes_windows_protocol_and_guard():
    text = toy().summary()
    for part in (
        "'a' -> target 'b'",
        "windows of 128",
        *CLASSES,
        "protocol 'paper'",
        "transductive",
    ):
        assert part in text
    assert "no physical bearing stands in both domains" in text
    shared = task(domain("a", bearing="x"), domain("b", bearing="x")).summary()
    assert "same physical bearings were measured in both: x" in shared
    unknown = [replace(recording, bearing_id="") for recording in domain("b")]
    assert "not known (no bearing_id)" in task(target=unknown).summary()


def test_permuted_target_labels_leave_the_training_batches_as_they_are():
    permuted = [
        tone(label, "b", name=f"b-{n}") for label, n in zip(CLASSES[::-1], CLASSES, strict=True)
    ]
    plain = [tone(label, "b", name=f"b-{label}") for label in CLASSES]
    for recording, other in zip(permuted, plain, strict=True):
        object.__setattr__(recording, "signal", other.signal)
    for one, two in zip(batches(task(target=plain)), batches(task(target=permuted)), strict=True):
        assert torch.equal(one["target"]["signal"], two["target"]["signal"])


def test_source_statistics_come_from_the_training_part_only():
    data = toy(normalisation="source")
    data.setup("fit")
    samples = torch.cat([r.signal[:, : int((4000 - 128) * 0.8 + 0.5)] for r in domain("a")], dim=-1)
    window = data.windows("target", "first").__getitems__([0])["signal"][0]
    raw = domain("b")[0].signal[:, :128]
    torch.testing.assert_close(window, (raw - samples.mean()) / samples.std())


def test_windows_can_stay_as_they_are():
    window = toy(normalisation="none").windows("target", "first").__getitems__([0])["signal"][0]
    assert torch.equal(window, domain("b")[0].signal[:, :128])


@pytest.mark.parametrize("split", [RecordingSplit(), BearingSplit()])
def test_splits_by_recording_and_bearing_reach_the_loaders(split):
    two = [tone(label, "a", name=f"a-{label}-{i}") for label in CLASSES for i in range(2)]
    data = task(two, split=split)
    data.setup("fit")
    train = set(data.pair.source.describe("first")["recording"])
    assert not train & set(data.describe("source_val")["recording"])


def spoiled(value, at=slice(5, 6)):
    recordings = domain("b")
    recordings[1].signal[:, at] = value
    return recordings


UNEQUAL = [*domain("b")[:2], tone("high", "b", rate=500.0)]
BAD = {
    "nan": (spoiled(float("nan")), NonFiniteSignalError, "'b-middle'.*the first at sample 5"),
    "inf": (spoiled(float("inf")), NonFiniteSignalError, "1 NaN or infinite"),
    "constant": (spoiled(2.0, slice(None)), ConstantChannelError, "channel 0 is 2 throughout"),
    "short": (domain("b", samples=100), TooShortError, r"'b-middle' \(100 samples\); shorten"),
    "rates": (UNEQUAL, SamplingRateError, "'b-high' at 500.*set resample_hz"),
    "label only the target has": ([*domain("b"), tone("odd", "b")], LabelMismatchError, "odd"),
    "label only the source has": (domain("b")[:2], LabelMismatchError, r"only source .*\['high'\]"),
    "empty": ([], EmptyDomainError, "domain 'b' holds no usable recording"),
    "leak": ([tone("low", "b", name="a-low"), *domain("b")[1:]], LeakageError, "a-low"),
    "leak under another name": (
        [replace(domain("a")[0], domain="b", recording_id="new"), *domain("b")[1:]],
        LeakageError,
        "samples of .'a-low'.* different names",
    ),
    "a class too short for the split": (domain("b"), TooShortError, "validation window of middle"),
    "channels": ([tone("low", "b", channels=2), *domain("b")[1:]], DataError, r"\[1, 2\]"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_is_a_named_error_that_says_where_and_what_to_do(case):
    recordings, error, match = BAD[case]
    source = domain("a", samples=300) if "split" in case else domain("a")
    data = ToyDataModule(
        recordings={"a": source, "b": recordings}, windowing=Windowing(128), batch_size=8
    )
    with pytest.raises(error, match=match):
        data.setup("fit")


def test_skip_drops_bad_recordings_with_a_count():
    source = [*domain("a"), tone("low", "a", name="dead", samples=4000)]
    source[-1].signal[:] = 0
    with pytest.warns(
        UserWarning, match="'a': skipped 1 of 4 recordings.*\n.*'dead'.*0 throughout"
    ):
        task(source, on_bad="skip").setup("fit")


def test_skip_drops_short_recordings_with_a_count():
    source = [*domain("a"), tone("low", "a", name="brief", samples=50)]
    with pytest.warns(UserWarning, match="skipped 1 recordings shorter.*'brief'"):
        task(source, on_bad="skip").setup("fit")


def test_unequal_rates_are_resampled_to_a_common_one():
    data = task(target=UNEQUAL, resample_hz=400.0)
    data.setup("fit")
    assert {
        r.sampling_rate for side in (data.pair.source, data.pair.target) for r in side.recordings
    } == {400.0}


def test_an_unknown_domain_lists_the_known_ones():
    with pytest.raises(EmptyDomainError, match="no domain 'c'; choose from a, b"):
        toy(target="c").setup("fit")


def test_a_domain_smaller_than_a_batch_says_what_to_do():
    with pytest.raises(EmptyDomainError, match="fewer than one batch of 1000 each; lower"):
        toy(batch_size=1000).train_dataloader()


def test_an_unlabelled_target_trains_and_predicts_but_cannot_be_tested():
    unlabelled = [tone(None, "b", name=f"b{i}") for i in range(3)]
    data = task(target=unlabelled)
    assert batches(data)
    assert len(data.predict_dataloader().dataset)
    assert "unlabelled" in data.summary()
    with pytest.raises(LabelMismatchError, match=r"'b0' has none; .* diagnosed with predict"):
        data.test_dataloader()


def test_two_ranks_share_an_epoch_without_overlap():
    class Ranked(Trainer):
        world_size = 2
        global_rank = 0

        def __init__(self, rank):
            super().__init__(accelerator="cpu", logger=False, enable_checkpointing=False)
            self.global_rank = rank

    seen = []
    for rank in range(2):
        data = toy()
        data.setup("fit")
        data.trainer = Ranked(rank)
        seen.append({int(i) for b in batches(data) for i in b["source"]["index"]})
    assert not seen[0] & seen[1]
