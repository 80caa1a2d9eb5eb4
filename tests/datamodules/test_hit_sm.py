"""HIT-SM: two rigs, three speeds; the file name alone tells the class."""

import os
from pathlib import Path

import pytest

from datamodules.errors import MissingFileError, MissingVariableError, UnreadableFileError
from datamodules.hit_sm import HITSMDataModule
from datamodules.recording import Recording
from datamodules.windows import Windowing
from tests import fakes

SEVEN = ["N", "IR2", "IR5", "IR8", "OR2", "OR5", "OR8"]
PROVIDER = ("SpectraQuest MFS dataset", "Self-built dataset")


def read(data: HITSMDataModule, domain: str) -> list[Recording]:
    return [reader() for reader in data.readers(domain)]


def test_domains_are_a_rig_and_a_speed():
    assert HITSMDataModule().domains() == [
        f"{rig}-{rpm}" for rig in ("MFS", "self") for rpm in (600, 900, 1200)
    ]


@pytest.mark.parametrize("folder", ["SpectraQuest MFS dataset", "MFS", "."])
def test_the_spectraquest_rig_is_found_under_three_names(tmp_path: Path, folder: str):
    fakes.hit_sm(tmp_path, folder)
    recordings = read(HITSMDataModule(root=str(tmp_path)), "MFS-900")
    assert [r.label for r in recordings] == SEVEN
    assert {(r.sampling_rate, r.rpm, r.domain) for r in recordings} == {(51200.0, 900.0, "MFS-900")}
    assert recordings[1].recording_id == "MFS/IR2_900"


@pytest.mark.parametrize("folder", ["Self-built dataset", "self"])
def test_the_other_rig_has_other_bearings_and_other_recordings(tmp_path: Path, folder: str):
    fakes.hit_sm(tmp_path)
    fakes.hit_sm(tmp_path, folder)
    data = HITSMDataModule(root=str(tmp_path), target="self-600")
    here, there = read(data, "MFS-600"), read(data, "self-600")
    for name in ("bearing_id", "recording_id", "source"):
        assert not {getattr(r, name) for r in here} & {getattr(r, name) for r in there}


def test_speeds_of_one_rig_share_their_bearings(tmp_path: Path):
    data = HITSMDataModule(root=str(fakes.hit_sm(tmp_path)))
    slow, fast = ({r.bearing_id for r in read(data, f"MFS-{rpm}")} for rpm in (600, 1200))
    assert slow == fast == {f"MFS-{name}" for name in SEVEN}


def test_types_join_the_severities(tmp_path: Path):
    data = HITSMDataModule(root=str(fakes.hit_sm(tmp_path)), labels="type")
    assert data.class_names == ["N", "IR", "OR"]
    assert [r.label for r in read(data, "MFS-600")] == ["N", *["IR"] * 3, *["OR"] * 3]


def test_a_missing_file_names_the_folders_and_the_address(tmp_path: Path):
    fakes.hit_sm(tmp_path, PROVIDER[0])
    expected = r"'Normal_600.mat' of rig 'self' in one of .*Self-built.*github.com/hitwzc"
    with pytest.raises(MissingFileError, match=expected):
        read(HITSMDataModule(root=str(tmp_path)), "self-600")


def test_a_truncated_file_is_named(tmp_path: Path):
    fakes.truncate(fakes.hit_sm(tmp_path) / "OR5_600.mat")
    with pytest.raises(UnreadableFileError, match=r"OR5_600.mat.*truncated"):
        read(HITSMDataModule(root=str(tmp_path)), "MFS-600")


def test_a_file_with_more_than_its_signal_is_refused(tmp_path: Path):
    fakes.hit_sm(tmp_path)
    fakes.cwru_file(tmp_path, 105).rename(tmp_path / "IR2_600.mat")
    with pytest.raises(MissingVariableError, match=r"IR2_600.mat'.*X105_DE_time"):
        read(HITSMDataModule(root=str(tmp_path)), "MFS-600")


def test_the_data_module_pairs_two_machines(tmp_path: Path):
    fakes.hit_sm(tmp_path, PROVIDER[0], speeds=[600])
    fakes.hit_sm(tmp_path, PROVIDER[1], speeds=[600])
    data = HITSMDataModule(
        root=str(tmp_path), target="self-600", batch_size=4, windowing=Windowing(length=256)
    )
    data.setup("fit")
    assert "no physical bearing stands in both domains" in data.summary()
    batch, *_ = next(iter(data.train_dataloader()))
    assert batch["source"]["signal"].shape == (4, 1, 256)


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="IADTLN_DATA_DIR is not set")
@pytest.mark.parametrize("rpm", [600, 900, 1200])
def test_real_files_hold_five_seconds_and_very_different_gains(rpm: int):
    recordings = read(HITSMDataModule(), f"MFS-{rpm}")
    assert [r.label for r in recordings] == SEVEN
    assert {r.num_samples for r in recordings} == {262144}
    deviations = [float(r.signal.std()) for r in recordings]
    assert max(deviations) / min(deviations) > 10  # why windows are standardised
