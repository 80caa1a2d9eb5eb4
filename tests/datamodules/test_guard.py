"""The guard reads what it must, and no more."""

from dataclasses import replace

import pytest

from datamodules import guard
from datamodules.errors import LeakageError
from datamodules.simulated import SimulatedDataModule
from datamodules.splits import BearingSplit
from datamodules.transforms import RecordingTransform
from datamodules.windows import Windowing
from tests.toy import CLASSES, tone, toy


def recordings(change):
    source = [tone(label, "a") for label in CLASSES]
    target = [tone(label, "b") for label in CLASSES]
    return {"a": source, "b": [*target[:-1], change(target[-1], source[-1])]}


def test_the_samples_of_the_source_under_another_name_are_refused():
    same = recordings(lambda own, other: replace(own, signal=other.signal.clone()))
    with pytest.raises(LeakageError, match="list each measurement once"):
        toy(recordings=same).setup("fit")


def test_recordings_that_differ_in_a_sample_are_two():
    def all_but_one(own, other):
        signal = other.signal.clone()
        signal[0, 1] += 1.0  # between those of a glimpse
        return replace(own, signal=signal)

    toy(recordings=recordings(all_but_one)).setup("fit")


def test_recordings_that_do_not_look_alike_are_not_read_to_their_end(monkeypatch):
    def read(recording):
        raise AssertionError(recording.recording_id)

    monkeypatch.setattr(guard, "fingerprint", read)
    toy(recordings=recordings(lambda own, other: own)).setup("fit")


class FittedToEach(RecordingTransform):
    """Fits nothing, but says so."""

    fits_each = True

    def forward(self, recording):
        return recording


@pytest.mark.parametrize(
    ("options", "is_marked"),
    [
        ({"source": "A", "target": "A", "protocol": "single"}, True),
        ({"source": "A", "target": "A", "protocol": "single", "split": BearingSplit()}, False),
        ({"source": "A", "target": "B", "labelled_target": 2, "protocol": "inductive"}, True),
        ({"source": "A", "target": "B", "protocol": "inductive"}, False),
    ],
)
def test_recordings_marked_by_a_filter_of_their_own_are_told(options, is_marked):
    own = {"seconds": 1.0, "windowing": Windowing(512), "bearings_per_class": 2}
    plain = SimulatedDataModule(**options, **own)
    plain.setup("fit")
    assert "filter" not in plain.summary()
    data = SimulatedDataModule(**options, **own, transforms=[FittedToEach()])
    data.setup("fit")
    assert "FittedToEach was fitted to each recording as a whole" in data.summary()
    assert ("can tell recordings by their filters" in data.summary()) == is_marked
