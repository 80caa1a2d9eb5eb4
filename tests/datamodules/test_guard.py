"""The guard reads what it must, and no more."""

from dataclasses import replace

import pytest

from datamodules import guard
from datamodules.errors import LeakageError
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
