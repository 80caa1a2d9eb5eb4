"""IMS: bearings that failed as domains, time of life as classes, ASCII without a suffix."""

import os

import numpy as np
import pytest
import torch

from datamodules import IMSDataModule, Windowing
from datamodules.errors import (
    DataError,
    LabelMismatchError,
    MissingFileError,
    MissingVariableError,
)
from datamodules.ims import REXNORD_ZA_2115, ims_files, read_ims, read_ims_file, seconds_of
from datamodules.readers import data_root
from tests import fakes


def module(root, **changes):
    return IMSDataModule(root=str(root), windowing=Windowing(256), batch_size=4, **changes)


def test_the_first_part_of_the_time_is_healthy_and_the_last_worn(tmp_path):
    fakes.ims(tmp_path, ["2nd_test"])
    found = [read() for read in module(tmp_path).readers("test2_bearing1")]
    assert [r.label for r in found] == ["healthy"] * 6 + ["worn"] * 3
    assert found[0].recording_id == "test2_bearing1/2004.02.12.10.32.39"
    assert found[-1].recording_id == "test2_bearing1/2004.02.19.06.22.39"
    assert {(r.rpm, r.sampling_rate) for r in found} == {(2000.0, 20000.0)}


def test_what_follows_the_documented_end_is_left_out(tmp_path):
    fakes.ims(tmp_path, ["3rd_test"], shares=(0.0, 1.0, 1.3))
    found = module(tmp_path).readers("test3_bearing3")
    assert [read().label for read in found] == ["healthy", "worn"]


def test_each_bearing_has_its_own_column(tmp_path):
    path = tmp_path / "2003.10.22.12.06.24"
    path.write_text("\t".join(map(str, range(8))) + "\n" + "\t".join(map(str, range(8, 16))) + "\n")
    for domain, axis, column in (
        ("test1_bearing3", "x", 4),
        ("test1_bearing3", "y", 5),
        ("test1_bearing4", "x", 6),
        ("test1_bearing4", "y", 7),
    ):
        recording = read_ims(path, domain, "healthy", axis)
        torch.testing.assert_close(recording.signal, torch.tensor([[column, column + 8.0]]))
        assert recording.bearing_id == f"IMS-{domain}"


def test_a_snapshot_of_another_test_and_half_of_one_are_refused(tmp_path):
    path = fakes.ims_file(tmp_path, "2004.02.12.10.32.39", channels=4)
    with pytest.raises(MissingVariableError, match="8 columns of test1_bearing3, found 4"):
        read_ims(path, "test1_bearing3", "healthy", "x")
    path.write_text("0.1\t0.2\n")
    with pytest.raises(MissingVariableError, match="four or eight columns, found 2"):
        read_ims_file(path)
    path.write_text("0.1\t0.2\t0.3\t0.4\n0.1\tno number\t0.3\t0.4\n")
    with pytest.raises(DataError, match="expected a readable"):
        read_ims_file(path)


def test_only_the_first_test_has_a_second_axis(tmp_path):
    fakes.ims(tmp_path, ["2nd_test"], shares=(0.0, 1.0))
    with pytest.raises(LabelMismatchError, match="only the first test measured two axes"):
        module(tmp_path, axis="y").readers("test2_bearing1")


def test_the_third_test_is_found_as_its_archive_unpacks(tmp_path):
    fakes.ims_file(tmp_path / "4th_test" / "txt", "2004.03.04.09.27.46")
    assert len(module(tmp_path).readers("test3_bearing3")) == 1
    with pytest.raises(MissingFileError, match="'2004.02.12.10.32.39' in .*2nd_test"):
        module(tmp_path).readers("test2_bearing1")


def test_names_tell_the_time():
    day = seconds_of("2003.10.23.12.06.24") - seconds_of("2003.10.22.12.06.24")
    assert day == 86400.0


def test_fault_orders_of_the_bearing_by_hand():
    # 8.4 / 71.5 cos 15.17 deg = 0.11339; 8 (1 -+ 0.11339); 236.4 Hz at 2000 rpm, as in the papers
    orders = REXNORD_ZA_2115.orders()
    assert (orders.bpfo, orders.bpfi) == pytest.approx((7.0929, 8.9071), abs=1e-4)
    assert REXNORD_ZA_2115.frequencies_hz(2000.0).bpfo == pytest.approx(236.4, abs=0.05)


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="needs IADTLN_DATA_DIR")
def test_the_real_snapshots_are_early_ones():
    paths = ims_files(data_root("ims") / "1st_test")
    assert paths[0].name == "2003.10.22.12.06.24"
    signal = read_ims_file(paths[0])
    assert signal.shape == (8, 20480)
    assert np.isfinite(signal).all()
    labels = {read().label for read in IMSDataModule().readers("test1_bearing3")}
    assert labels == {"healthy"}
