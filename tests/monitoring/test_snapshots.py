"""Folders of snapshots in the formats of their providers, in order of time."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules.errors import DataError, MissingFileError, MissingVariableError, SamplingRateError
from datamodules.femto import read_femto_file
from datamodules.ims import read_ims_file
from iadtln.monitoring.snapshots import (
    FEMTOFolder,
    IMSFolder,
    PlainFolder,
    open_folder,
    snapshots,
    time_of_day,
)
from iadtln.monitoring.table import TrendTable
from tests import fakes


def names(found):
    return [snapshot.recording.recording_id for snapshot in found]


def test_femto_is_told_by_its_names_and_read_in_order(tmp_path):
    for number in (10, 2, 1):
        fakes.femto_file(tmp_path, number)
    (tmp_path / "temp_00001.csv").write_text("9,10,39,0,50.1\n")
    assert isinstance(open_folder(tmp_path), FEMTOFolder)
    found = list(snapshots(tmp_path))
    assert names(found) == ["acc_00001.csv", "acc_00002.csv", "acc_00010.csv"]
    assert found[0].stamp == "08:53:30"  # 32000 s after midnight, and ten
    assert found[0].channels == ("horizontal", "vertical")
    assert found[0].recording.sampling_rate == 25600.0
    expected = torch.from_numpy(read_femto_file(tmp_path / "acc_00001.csv")[0])
    assert torch.equal(found[0].recording.signal, expected)


def test_ims_is_told_by_its_names_which_are_stamps(tmp_path):
    for name in ("2004.02.12.10.42.39", "2004.02.12.10.32.39"):
        fakes.ims_file(tmp_path, name)
    assert isinstance(open_folder(tmp_path), IMSFolder)
    found = list(snapshots(tmp_path, channel="bearing_3+0"))
    assert names(found) == ["2004.02.12.10.32.39", "2004.02.12.10.42.39"]
    assert found[0].stamp == "2004-02-12T10:32:39"
    assert found[0].channels == ("bearing_3", "bearing_1")
    signal = read_ims_file(tmp_path / "2004.02.12.10.32.39")
    assert torch.equal(found[0].recording.signal, torch.from_numpy(signal[[2, 0]]))
    fakes.ims_file(tmp_path, "2004.02.12.10.52.39", channels=8)
    assert open_folder(tmp_path).read(tmp_path / "2004.02.12.10.52.39").channels[4] == "bearing_3_x"


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".wav", ".mat", ".parquet", ".h5", ".tdms"])
def test_every_format_of_the_manifest_is_read(tmp_path, suffix):
    for number in (10, 9):
        signal = fakes.tone(100.0, 8000.0, 512, seed=number)
        fakes.measured(tmp_path / f"snapshot{number}{suffix}", {"x": signal})
    own_rate = suffix in (".wav", ".tdms")
    assert isinstance(open_folder(tmp_path), PlainFolder)
    found = list(snapshots(tmp_path, None if own_rate else 8000.0))
    assert names(found) == [f"snapshot9{suffix}", f"snapshot10{suffix}"]
    assert {(s.recording.sampling_rate, s.stamp, s.channels) for s in found} == {
        (8000.0, "", ("0",))
    }
    last = fakes.tone(100.0, 8000.0, 512, seed=10)
    np.testing.assert_allclose(found[1].recording.signal[0], last, rtol=1e-6, atol=1e-7)


def test_channels_of_plain_files_have_the_names_asked_for(tmp_path):
    signals = {name: fakes.tone(100.0, 8000.0, 64, seed=i) for i, name in enumerate("xyz")}
    fakes.measured(tmp_path / "1.csv", signals)
    (snapshot,) = snapshots(tmp_path, 8000.0, "z+x")
    assert snapshot.channels == ("z", "x")
    np.testing.assert_allclose(snapshot.recording.signal[0], signals["z"], rtol=1e-6)


def test_a_file_that_does_not_tell_its_rate_needs_one(tmp_path):
    path = fakes.measured(tmp_path / "1.npy", {"x": fakes.tone(100.0, 8000.0, 64)})
    with pytest.raises(SamplingRateError, match="give --sampling_rate"):
        open_folder(tmp_path).read(path)


def test_an_unknown_channel_lists_those_there_are(tmp_path):
    path = fakes.femto_file(tmp_path, 1)
    with pytest.raises(MissingVariableError, match="'up', found horizontal, vertical"):
        open_folder(tmp_path, channel="up").read(path)


def test_unusable_snapshots_are_left_out(tmp_path):
    fakes.femto_file(tmp_path, 1)
    dead = np.loadtxt(fakes.femto_file(tmp_path, 2), delimiter=",")
    dead[:, 5] = 0.25
    np.savetxt(tmp_path / "acc_00002.csv", dead, delimiter=",")
    (tmp_path / "acc_00003.csv").write_text("")
    fakes.femto_file(tmp_path, 4)
    assert names(snapshots(tmp_path)) == ["acc_00001.csv", "acc_00004.csv"]
    with pytest.raises(DataError, match=r"channel 1 is 0.25 throughout"):
        open_folder(tmp_path).read(tmp_path / "acc_00002.csv")


def test_an_impossible_date_is_a_damaged_file(tmp_path):
    path = fakes.ims_file(tmp_path, "2004.13.40.10.32.39")
    with pytest.raises(DataError, match="does not match format"):
        open_folder(tmp_path).read(path)


def test_a_folder_without_snapshots_says_what_was_expected(tmp_path):
    (tmp_path / "notes.pdf").touch()
    with pytest.raises(MissingFileError, match=r"acc_00001.csv, IMS's .*name the folder of the"):
        open_folder(tmp_path)
    with pytest.raises(MissingFileError, match="there is none at"):
        open_folder(tmp_path / "nowhere")


def test_times_of_day_by_hand():
    assert time_of_day(9 * 3600 + 10 * 60 + 39.11879) == "09:10:39.118790"
    assert time_of_day(86399.9999999) == "00:00:00"  # rounded to a microsecond


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="needs IADTLN_DATA_DIR")
def test_the_real_folders_are_told_apart():
    root = Path(os.environ["IADTLN_DATA_DIR"])
    first = next(snapshots(root / "femto" / "Learning_set" / "Bearing3_1"))
    assert (first.stamp, first.recording.signal.shape) == ("09:10:39.118790", (2, 2560))
    first = next(snapshots(root / "ims" / "1st_test"))
    assert (first.stamp, first.recording.signal.shape) == ("2003-10-22T12:06:24", (8, 20480))


# the table that grows


def test_rows_come_back_in_the_order_of_their_snapshots(tmp_path):
    table = TrendTable(tmp_path / "trend.csv", ["rms/x"], "a\n")
    table.append("acc_10.csv", "10:00:00", {"rms/x": 0.1})
    table.append("acc_9.csv", "", {}, "skipped: it\nwas, damaged")
    read = table.read()
    assert read["snapshot"].to_list() == ["acc_9.csv", "acc_10.csv"]
    assert read["note"].to_list() == ["skipped: it was, damaged", ""]
    assert read["time"].to_list() == ["", "10:00:00"]
    assert np.isnan(read["rms/x"][0])
    assert read["rms/x"][1] == 0.1


def test_the_last_row_of_a_snapshot_counts(tmp_path):
    table = TrendTable(tmp_path / "trend.csv", ["rms/x"], "a\n")
    table.append("1", "", {}, "skipped: half of it", "10 1")
    table.append("2", "", {"rms/x": 2.0}, "", "20 3")
    table.append("1", "", {"rms/x": 1.0}, "", "20 2")
    read = table.read()
    assert read["snapshot"].to_list() == ["1", "2"]
    assert read["rms/x"].to_list() == [1.0, 2.0]
    assert read["file"].to_list() == ["20 2", "20 3"]


@pytest.mark.parametrize("cut", range(1, 25))
def test_half_a_row_is_cut_off_and_no_other(tmp_path, cut):
    path = tmp_path / "trend.csv"
    table = TrendTable(path, ["rms/x"], "a\n")
    table.append("1", "10:00:00", {"rms/x": 1.0})
    kept = path.read_bytes()
    table.append("2", "10:00:10", {"rms/x": 2.0}, "a note")
    row = path.read_bytes()[len(kept) :]
    path.write_bytes(kept + row[: min(cut, len(row) - 1)])
    again = TrendTable(path, ["rms/x"], "a\n")
    assert path.read_bytes() == kept
    assert again.read()["snapshot"].to_list() == ["1"]


def test_other_settings_or_columns_are_refused(tmp_path):
    path = tmp_path / "trend.csv"
    TrendTable(path, ["rms/x"], "every: 1\nfolder: a\n")
    with pytest.raises(ValueError, match="then: every: 1\nnow: every: 2\n"):
        TrendTable(path, ["rms/x"], "every: 2\nfolder: a\n")
    with pytest.raises(ValueError, match="has other columns than now"):
        TrendTable(path, ["rms/y"], "every: 1\nfolder: a\n")


def test_values_that_are_not_numbers_stay_empty(tmp_path):
    table = TrendTable(tmp_path / "trend.csv", ["a", "b"], "")
    table.append("1", "", {"a": float("nan"), "b": float("inf")})
    assert table.read()[["a", "b"]].isna().all(axis=None)
