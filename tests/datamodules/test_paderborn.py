"""Paderborn: nested structures, conditions as domains, bearings or types as classes."""

import pytest
import scipy.io
import torch

from datamodules import PaderbornDataModule, Windowing
from datamodules.errors import (
    LabelMismatchError,
    LeakageError,
    MissingFileError,
    MissingVariableError,
    UnreadableFileError,
)
from datamodules.paderborn import FAG_6203
from datamodules.paderborn_files import BEARINGS, read_paderborn, read_tracks, type_of
from tests import fakes

CONDITION = "N15_M07_F10"
SIX = ["K001", "K002", "KA04", "KA15", "KI04", "KI14"]


def module(root, **changes):
    changes = {"bearings": SIX, "measurements": 2, **changes}
    return PaderbornDataModule(root=str(root), windowing=Windowing(256), batch_size=4, **changes)


def read(root, measurement=1, channel="vibration_1"):
    return read_paderborn(root, CONDITION, "KA01", measurement, label="OF", channel=channel)


def test_there_are_six_healthy_and_twenty_six_damaged_bearings():
    codes = [code for group in BEARINGS.values() for code in group]
    assert len(set(codes)) == len(codes) == 32
    types = [type_of(code) for code in codes]
    assert [types.count(name) for name in ("NC", "OF", "IF", "IF+OF")] == [6, 12, 11, 3]


def test_conditions_are_domains_and_damages_are_classes(tmp_path):
    fakes.paderborn(tmp_path, measurements=2)
    data = module(tmp_path)
    assert data.domains() == ["N15_M07_F10", "N09_M07_F10", "N15_M01_F10", "N15_M07_F04"]
    assert data.class_names == ["NC", "IF", "OF"]
    recordings = [read() for read in data.readers("N09_M07_F10")]
    assert [r.bearing_id for r in recordings] == [code for code in SIX for _ in range(2)]
    assert [r.label for r in recordings] == ["NC"] * 4 + ["OF"] * 4 + ["IF"] * 4
    assert recordings[3].recording_id == "N09_M07_F10_K002_2"
    assert {r.sampling_rate for r in recordings} == {64000.0}
    assert recordings[0].rpm == pytest.approx(899.0, abs=0.1)  # measured, not nominal


def test_bearings_may_be_classes(tmp_path):
    fakes.paderborn(tmp_path, [CONDITION], measurements=1)
    data = module(tmp_path, labels="bearing", measurements=1)
    assert data.class_names == SIX
    assert [read().label for read in data.readers(CONDITION)] == SIX


def test_by_default_bearings_are_healthy_or_worn_on_one_race():
    data = PaderbornDataModule()
    assert len(data.readers(CONDITION)) == 17 * 20
    assert data.class_names == ["NC", "IF", "OF"]
    both = PaderbornDataModule(bearings=["K001", "KB23", "KI01"])
    assert both.class_names == ["NC", "IF", "IF+OF"]


@pytest.mark.parametrize("channel", ["vibration_1", "phase_current_2"])
def test_the_channel_asked_for_is_read(tmp_path, channel):
    path = fakes.paderborn_file(tmp_path / "KA01", f"{CONDITION}_KA01_1")
    inside = scipy.io.loadmat(path)[path.stem][0, 0]  # as MATLAB would walk it
    assert inside.dtype.names == ("Info", "X", "Y", "Description")
    entry = {one["Name"][0]: one["Data"] for one in inside["Y"][0]}[channel]
    recording = read(tmp_path, channel=channel)
    torch.testing.assert_close(recording.signal, torch.from_numpy(entry).float())
    assert recording.signal.shape == (1, 16384)
    assert recording.notes == ()


def test_files_are_found_without_their_folders(tmp_path):
    fakes.paderborn_file(tmp_path, f"{CONDITION}_KA01_1")
    assert read(tmp_path).recording_id == f"{CONDITION}_KA01_1"


def test_time_axes_tell_the_rates(tmp_path):
    tracks, rates = read_tracks(fakes.paderborn_file(tmp_path, f"{CONDITION}_KA01_1"))
    assert list(tracks) == [
        *("force", "phase_current_1", "phase_current_2", "speed"),
        *("temp_2_bearing_module", "torque", "vibration_1"),
    ]
    assert rates["vibration_1"] == pytest.approx(64000.0)
    assert rates["speed"] == pytest.approx(4000.0)


def test_another_rate_and_a_missing_speed_are_noted(tmp_path):
    name = f"{CONDITION}_KA01_1"
    fakes.paderborn_file(tmp_path, name, sampling_rate=70000.0, without=["speed"])
    recording = read(tmp_path)
    assert (recording.rpm, recording.sampling_rate) == (1500.0, 64000.0)
    assert recording.notes == (
        f"{name}.mat: no speed stored, took the nominal one",
        f"{name}.mat: its time axis says 70000 Hz, taken as 64000 Hz",
    )


def test_a_single_channel_is_read_too(tmp_path):
    others = ["force", "phase_current_1", "phase_current_2", "temp_2_bearing_module", "torque"]
    fakes.paderborn_file(tmp_path, f"{CONDITION}_KA01_1", without=[*others, "speed"])
    assert read(tmp_path).signal.shape == (1, 16384)


def test_a_missing_channel_lists_those_there_are(tmp_path):
    fakes.paderborn_file(tmp_path, f"{CONDITION}_KA01_1", without=["vibration_1"])
    with pytest.raises(MissingVariableError, match="'vibration_1', found force, phase_current_1"):
        read(tmp_path)


def test_a_missing_file_names_its_archive(tmp_path):
    with pytest.raises(MissingFileError, match=r"'N15_M07_F10_KA01_7.mat' in .*get KA01.rar from"):
        read(tmp_path, measurement=7)


def test_a_file_of_another_form_or_half_of_one_is_refused(tmp_path):
    path = fakes.paderborn_file(tmp_path, f"{CONDITION}_KA01_1")
    fakes.truncate(path)
    with pytest.raises(UnreadableFileError, match=r"KA01_1.mat.*truncated"):
        read(tmp_path)
    fakes.cwru_file(tmp_path, 105).rename(path)
    with pytest.raises(UnreadableFileError, match=r"KA01_1.mat.*of another format"):
        read(tmp_path)


def test_conditions_share_the_bearings_and_say_so(tmp_path):
    fakes.paderborn(tmp_path, measurements=2)
    with pytest.raises(LeakageError, match="protocol 'bearing': the physical bearings K001"):
        module(tmp_path, protocol="bearing").setup("fit")


def test_fault_orders_of_the_6203_by_hand():
    # 6.75 / 28.55 = 0.23643; 4 (1 -+ 0.23643)
    orders = FAG_6203.orders()
    assert (orders.bpfo, orders.bpfi) == pytest.approx((3.0543, 4.9457), abs=1e-4)


def test_bearings_and_measurements_that_do_not_exist_are_refused():
    with pytest.raises(LabelMismatchError, match=r"different bearings among K001.*got \['K007'\]"):
        PaderbornDataModule(bearings=["K007"])
    with pytest.raises(ValueError, match="1 to 20 measurements of a bearing, got 21"):
        PaderbornDataModule(measurements=21)
