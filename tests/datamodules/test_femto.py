"""FEMTO: bearings as domains, ends of life as classes, the provider's odd files."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules import FEMTODataModule, RecordingSplit, Windowing
from datamodules.errors import LabelMismatchError, MissingFileError, MissingVariableError
from datamodules.femto import LIVES, NSK_6804DD, femto_files, read_femto, read_femto_file
from datamodules.life import by_share_of_life
from tests import fakes


def module(root, **changes):
    changes = {"source": "Bearing1_2", "target": "Bearing3_1", **changes}
    return FEMTODataModule(root=str(root), windowing=Windowing(256), batch_size=4, **changes)


def test_the_first_part_of_a_life_is_healthy_and_the_last_worn(tmp_path):
    fakes.femto(tmp_path, ["Bearing1_2", "Bearing3_1"])
    data = module(tmp_path)
    assert data.class_names == ["healthy", "worn"]
    found = [read() for read in data.readers("Bearing3_1")]
    # the fake's shares of life are 0 to 0.25, 0.5 and 0.96 to 1; of 515 snapshots
    numbers = [1, 26, 52, 77, 103, 129, 494, 505, 515]
    assert [r.recording_id for r in found] == [f"Bearing3_1/acc_{n:05d}" for n in numbers]
    assert [r.label for r in found] == ["healthy"] * 6 + ["worn"] * 3
    assert {(r.rpm, r.sampling_rate, r.bearing_id) for r in found} == {
        (1500.0, 25600.0, "FEMTO-Bearing3_1")
    }


def test_so_many_of_each_class_are_taken_evenly_spaced():
    paths = [Path(f"{i}") for i in range(101)]
    shares = [i / 100 for i in range(101)]
    chosen = by_share_of_life(paths, shares, 0.2, 0.105, 3)
    assert [path.name for path, _ in chosen] == ["0", "10", "20", "90", "95", "100"]


def test_what_was_measured_after_the_end_of_life_is_left_out():
    chosen = by_share_of_life([Path("a"), Path("b"), Path("c")], [0.1, 0.99, 1.2], 0.3, 0.1, 9)
    assert [(path.name, label) for path, label in chosen] == [("a", "healthy"), ("b", "worn")]


def test_a_life_cut_short_has_no_worn_part(tmp_path):
    fakes.femto(tmp_path, ["Bearing1_2", "Bearing3_1"], shares=(0.01, 0.1, 0.2, 0.6))
    with pytest.raises(LabelMismatchError, match="missing: \\['worn'\\]"):
        module(tmp_path).setup("fit")


def test_snapshots_are_split_as_wholes_unless_told_otherwise(tmp_path):
    fakes.femto(tmp_path, ["Bearing1_2", "Bearing3_1"])
    data = module(tmp_path)
    assert isinstance(data.split, RecordingSplit)
    assert "on both stand no recording" in data.summary()
    assert "no physical bearing stands in both domains" in data.summary()


def test_both_sensors_are_two_channels(tmp_path):
    fakes.femto(tmp_path, ["Bearing1_2", "Bearing3_1"])
    both, one = module(tmp_path, channel="both"), module(tmp_path, channel="vertical")
    assert (both.channels, one.channels) == (2, 1)
    pair, single = (data.readers("Bearing3_1")[0]().signal for data in (both, one))
    assert torch.equal(pair[1:], single)


def test_time_of_day_and_columns_are_those_of_the_file(tmp_path):
    path = tmp_path / "acc_00001.csv"
    path.write_text("9,10,39,1.1879e+05,0.338,-0.263\n9,10,39,1.1883e+05,0.278,0.285\n")
    signal, clock = read_femto_file(path)
    np.testing.assert_allclose(signal, [[0.338, 0.278], [-0.263, 0.285]], rtol=1e-6)
    assert clock == pytest.approx(9 * 3600 + 10 * 60 + 39.11879)


def test_semicolons_separate_as_well(tmp_path):
    signals = [
        read_femto_file(fakes.femto_file(tmp_path, 7, separator=separator))[0] for separator in ",;"
    ]
    assert signals[1].shape == (2, 2560)
    assert np.array_equal(*signals)


def test_files_are_in_the_order_of_their_numbers_and_temperatures_stay_out(tmp_path):
    for number in (10, 9, 100000):
        (tmp_path / f"acc_{number:05d}.csv").touch()
    (tmp_path / "temp_00001.csv").touch()
    names = [path.name for path in femto_files(tmp_path)]
    assert names == ["acc_00009.csv", "acc_00010.csv", "acc_100000.csv"]


def test_clipped_samples_are_noted(tmp_path):
    path = tmp_path / "acc_00001.csv"
    path.write_text("".join(f"9,0,0,{i},{g},0.1\n" for i, g in enumerate((1, -48.148, 48.148))))
    recording = read_femto(path, "Bearing2_1", "worn", "horizontal")
    assert recording.notes == ("acc_00001.csv: 2 samples clipped at 48.148 g",)
    assert recording.rpm == 1650.0
    assert read_femto(path, "Bearing2_1", "worn", "vertical").notes == ()


def test_a_file_of_other_columns_and_a_missing_bearing_are_sentences(tmp_path):
    (tmp_path / "acc_00001.csv").write_text("1,2,3\n4,5,6\n")
    with pytest.raises(MissingVariableError, match="expected six columns"):
        read_femto_file(tmp_path / "acc_00001.csv")
    with pytest.raises(MissingFileError, match="'Bearing1_2' in 'Learning_set'"):
        module(tmp_path).setup("fit")


@pytest.mark.parametrize("shares", [{"healthy_share": 0.0}, {"worn_share": 0.8}])
def test_shares_that_meet_or_hold_nothing_are_refused(shares):
    with pytest.raises(ValueError, match="above 0 and together at most 1"):
        FEMTODataModule(**shares)


def test_fault_orders_of_the_bearing_by_hand():
    # 3.5 / 25.6 = 0.13672; 6.5 (1 -+ 0.13672)
    orders = NSK_6804DD.orders()
    assert (orders.bpfo, orders.bpfi) == pytest.approx((5.6113, 7.3887), abs=1e-4)


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="needs IADTLN_DATA_DIR")
def test_the_real_bearing_has_the_known_length():
    folder = FEMTODataModule().bearing_folder("Bearing3_1")
    paths = femto_files(folder)
    assert len(paths) == LIVES["Bearing3_1"]
    signal, clock = read_femto_file(paths[0])
    assert signal.shape == (2, 2560)
    assert clock == pytest.approx(9 * 3600 + 10 * 60 + 39.11879)
    assert signal[:, 0].tolist() == pytest.approx([0.338, -0.263])
