from dataclasses import replace

import numpy as np
import pytest
import torch

from datamodules.datasets import WindowDataset, WindowIndex
from datamodules.errors import DataError
from datamodules.tracks import DiskTrack, MemoryTrack, keep_on_disk
from tests.toy import CLASSES, tone, toy


def test_recordings_share_the_memory_of_the_track():
    recording = tone("low")
    track = MemoryTrack([recording])
    assert track.views([recording])[0].signal.data_ptr() == track.signal.data_ptr()


def test_windows_from_disk_are_those_from_memory(tmp_path):
    recordings = [tone("low", channels=2), tone("high", channels=2)]
    index = WindowIndex(np.array([0, 1, 1]), np.array([7, 0, 3900]))
    kept = [keep_on_disk(recording, tmp_path) for recording in recordings]
    from_disk = WindowDataset(DiskTrack(kept), index, 100).__getitems__([2, 0, 1])
    from_memory = WindowDataset(MemoryTrack(recordings), index, 100).__getitems__([2, 0, 1])
    assert torch.equal(from_disk["signal"], from_memory["signal"])


def test_the_same_samples_lie_on_disk_once(tmp_path):
    for name in ("one", "other"):
        keep_on_disk(replace(tone("low"), recording_id=name), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_of_samples_is_a_sentence(tmp_path):
    recording = tone("low")
    keep_on_disk(recording, tmp_path)
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="delete '.*' there if it is damaged"):
        keep_on_disk(recording, tmp_path)


@pytest.mark.parametrize("normalisation", ["window", "source"])
def test_recordings_on_disk_give_the_batches_of_those_in_memory(tmp_path, normalisation):
    kept = toy(storage="disk", cache_dir=str(tmp_path), normalisation=normalisation)
    in_memory = toy(normalisation=normalisation)
    pairs = zip(kept.train_dataloader(), in_memory.train_dataloader(), strict=True)
    for (one, *_), (other, *_) in pairs:
        for side in ("source", "target"):
            assert torch.equal(one[side]["signal"], other[side]["signal"])
    assert len(list(tmp_path.glob("*.npy"))) == 2 * len(CLASSES)
