"""CWRU: official numbers, the traps in its files, and what may not stand in both domains."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pooch
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from datamodules.cwru import CWRUDataModule
from datamodules.cwru_files import FAULTS, NORMAL, SHA256, address, decimate_by_4
from datamodules.errors import (
    DataError,
    LabelMismatchError,
    LeakageError,
    MissingFileError,
    MissingVariableError,
    UnreadableFileError,
)
from datamodules.readers import data_root
from datamodules.recording import Recording
from datamodules.windows import Windowing
from tests import fakes

NINE = [f"{kind}{size}" for kind in ("IF", "BF", "OF") for size in ("007", "014", "021")]


def module(root: Path, **options: Any) -> CWRUDataModule:
    return CWRUDataModule(root=str(root), **options)


def read(data: CWRUDataModule, domain: str) -> list[Recording]:
    return [reader() for reader in data.readers(domain)]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ("type", ["NC", "IF", "BF", "OF"]),
        ("type_size", ["NC", *NINE]),
        ("fault_size", ["NC", "007", "014", "021"]),
    ],
)
def test_classes_are_known_before_any_file_is_read(tmp_path: Path, labels: Any, classes: list[str]):
    assert module(tmp_path, labels=labels).class_names == classes


def test_a_load_holds_nine_faults_and_a_normal_recording(tmp_path: Path):
    recordings = read(module(fakes.cwru(tmp_path), labels="type_size"), "1hp")
    found = {r.recording_id: r.label for r in recordings}
    assert found == {
        "98_DE": "NC",
        "106_DE": "IF007",
        "119_DE": "BF007",
        "131_DE": "OF007",
        "170_DE": "IF014",
        "186_DE": "BF014",
        "198_DE": "OF014",
        "210_DE": "IF021",
        "223_DE": "BF021",
        "235_DE": "OF021",
    }
    assert {r.domain for r in recordings} == {"1hp"}
    assert {r.signal.shape for r in recordings} == {(1, 4096)}


@pytest.mark.parametrize(
    ("labels", "label"), [("type", "OF"), ("type_size", "OF014"), ("fault_size", "014")]
)
def test_one_file_under_three_sets_of_labels(tmp_path: Path, labels: Any, label: str):
    data = module(fakes.cwru(tmp_path, loads=[2]), labels=labels, source="2hp")
    (recording,) = [r for r in read(data, "2hp") if r.recording_id == "199_DE"]
    assert (recording.label, recording.bearing_id) == (label, "DE-OF014")


def test_the_same_bearings_run_at_every_load_and_others_at_every_size(tmp_path: Path):
    fakes.cwru(tmp_path)
    loads, sizes = module(tmp_path), module(tmp_path, source="007", target="021")
    held = [{r.bearing_id for r in read(loads, domain)} for domain in ("0hp", "3hp")]
    assert held[0] == held[1]
    held = [{r.bearing_id for r in read(sizes, domain)} for domain in ("007", "021")]
    assert held == [{"DE-IF007", "DE-BF007", "DE-OF007"}, {"DE-IF021", "DE-BF021", "DE-OF021"}]


def test_a_fault_size_gathers_all_loads_or_those_asked_for(tmp_path: Path):
    fakes.cwru(tmp_path)
    all_loads = module(tmp_path, source="007", target="014")
    assert len(read(all_loads, "014")) == 12
    some = module(tmp_path, source="007", target="014", loads=[0, 3])
    ids = [r.recording_id for r in read(some, "014")]
    assert ids == [f"{n}_DE" for n in (169, 172, 185, 188, 197, 200)]


def test_normal_recordings_belong_to_no_fault_size(tmp_path: Path):
    assert module(tmp_path, source="007", target="014").class_names == ["IF", "BF", "OF"]
    with pytest.raises(LabelMismatchError, match="normal recordings belong to no fault size"):
        module(tmp_path, source="007", target="014", classes=["NC", "IF"])


def test_a_load_and_a_fault_size_share_recordings(tmp_path: Path):
    with pytest.raises(LeakageError, match="same recordings would stand in both domains"):
        module(tmp_path, source="0hp", target="014")


def test_across_fault_sizes_only_types_can_be_labels(tmp_path: Path):
    with pytest.raises(LabelMismatchError, match="set labels: type"):
        module(tmp_path, source="007", target="014", labels="type_size")


def test_classes_restrict_what_is_read(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[1])
    (tmp_path / "98.mat").unlink()  # normal at 1 hp is missing on many a disk
    data = module(tmp_path, source="1hp", classes=["IF", "BF", "OF"])
    assert {r.label for r in read(data, "1hp")} == {"IF", "BF", "OF"}
    assert data.num_classes == 3


def test_an_unknown_class_is_named(tmp_path: Path):
    with pytest.raises(LabelMismatchError, match=r"expected classes among .*'NC'.*, got 'IR'"):
        module(tmp_path, classes=["IR", "NC"])


def test_an_unknown_load_is_named(tmp_path: Path):
    with pytest.raises(DataError, match="expected loads among 0, 1, 2, 3"):
        module(tmp_path, source="007", target="014", loads=[4])


def test_the_normal_recording_may_be_that_of_another_load(tmp_path: Path):
    data = module(fakes.cwru(tmp_path), source="1hp", target="1hp", normal_load=0)
    names = [recording.recording_id for recording in read(data, "1hp")]
    assert names[0] == "97_DE"
    assert "106_DE" in names
    short = Windowing(256)
    across = module(tmp_path, source="0hp", target="1hp", normal_load=0, windowing=short)
    with pytest.raises(DataError, match="in both domains"):
        across.setup("fit")
    with pytest.raises(DataError, match="normal_load 4"):
        module(tmp_path, normal_load=4)


def test_fan_end_bearings_have_their_own_numbers_and_gaps(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0], position="fan")
    data = module(tmp_path, bearing_position="fan", sensor="FE")
    found = {r.recording_id: r.bearing_id for r in read(data, "0hp")}
    assert found["278_FE"] == "FE-IF007"
    assert found["315_FE"] == "FE-OF021"
    assert len(found) == 10
    with pytest.raises(LabelMismatchError, match=r"measured no OF014, OF021 in domain '3hp'"):
        module(tmp_path, bearing_position="fan", labels="type_size")


def test_fan_end_faults_do_not_exist_at_48_khz(tmp_path: Path):
    with pytest.raises(DataError, match="fan-end faults were recorded at 12 kHz only"):
        module(tmp_path, bearing_position="fan", sampling_rate=48000)


def test_no_file_number_is_used_twice():
    numbers = [n for table in FAULTS.values() for files in table.values() for n in files if n]
    numbers += NORMAL
    assert len(numbers) == len(set(numbers)) == 36 + 36 + 30 + 4
    assert 216 not in numbers  # the provider skipped it


def test_the_sensor_is_picked_by_its_suffix(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0])
    drive, fan = (read(module(tmp_path, sensor=s), "0hp")[1] for s in ("DE", "FE"))
    np.testing.assert_allclose(fan.signal, 0.5 * drive.signal)


def test_the_stored_speed_wins_over_the_nominal_one(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0])
    fakes.cwru_file(tmp_path, 105, rpm=None)
    rpm = {r.recording_id: r.rpm for r in read(module(tmp_path), "0hp")}
    assert rpm["105_DE"] == 1797.0  # nominal
    assert rpm["169_DE"] == 1796.0  # stored


def test_174_holds_x173_and_says_so(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0], sampling_rate=48000)
    fakes.cwru_file(tmp_path, 174, variables=[173], rpm=1790)
    recordings = read(module(tmp_path, sampling_rate=48000), "0hp")
    (recording,) = [r for r in recordings if r.recording_id == "174_DE"]
    stored = scipy.io.loadmat(tmp_path / "174.mat")["X173_DE_time"]
    np.testing.assert_array_equal(recording.signal[0], stored[:, 0].astype(np.float32))
    assert recording.rpm == 1790.0
    assert recording.notes == ("174.mat: holds no variable X174, took X173_DE_time",)


@pytest.mark.parametrize(("number", "strangers"), [(99, [98, 99]), (217, [215, 217])])
def test_the_number_of_the_file_picks_among_strangers(
    tmp_path: Path, number: int, strangers: list[int]
):
    domain = "2hp" if number == 99 else "3hp"
    fakes.cwru(tmp_path, loads=[2, 3], sampling_rate=48000)
    fakes.cwru_file(tmp_path, number, variables=strangers, rpm=1740)
    recordings = read(module(tmp_path, sampling_rate=48000), domain)
    (recording,) = [r for r in recordings if r.recording_id == f"{number}_DE"]
    stored = scipy.io.loadmat(tmp_path / f"{number}.mat")[f"X{number:03d}_DE_time"]
    np.testing.assert_array_equal(recording.signal[0], stored[:, 0].astype(np.float32))
    assert recording.rpm == 1741.0  # the second stranger's own
    assert not any("took" in note for note in recording.notes)


def test_two_strangers_are_not_guessed_between(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0])
    fakes.cwru_file(tmp_path, 105, variables=[104, 106])
    with pytest.raises(MissingVariableError, match=r"105.mat.*'X105_DE_time'.*found X104_DE_time"):
        read(module(tmp_path), "0hp")


def test_a_missing_file_says_where_to_get_it(tmp_path: Path):
    with pytest.raises(MissingFileError, match=r"'97.mat' in .*; get it from https://eng.*97.mat"):
        read(module(tmp_path), "0hp")


def test_a_truncated_file_is_named(tmp_path: Path):
    fakes.truncate(fakes.cwru(tmp_path, loads=[0]) / "97.mat")
    with pytest.raises(UnreadableFileError, match=r"97.mat.*truncated"):
        read(module(tmp_path), "0hp")


def test_a_short_100_is_marked_as_no_original(tmp_path: Path):
    data = module(fakes.cwru(tmp_path, loads=[3]))
    (normal,) = [r for r in read(data, "3hp") if r.label == "NC"]
    assert any("of the official 485643 samples" in note for note in normal.notes)


def test_normal_is_decimated_at_12_khz_only(tmp_path: Path):
    fakes.cwru(tmp_path, loads=[0])
    fakes.cwru(tmp_path, loads=[0], sampling_rate=48000)
    slow = read(module(tmp_path), "0hp")[0]
    fast = read(module(tmp_path, sampling_rate=48000), "0hp")[0]
    assert (slow.sampling_rate, slow.num_samples) == (12000.0, 4096)
    assert (fast.sampling_rate, fast.num_samples) == (48000.0, 16384)
    assert "97.mat: recorded at 48 kHz, decimated to 12 kHz" in slow.notes
    assert not fast.notes


@given(frequency=st.floats(50.0, 5300.0), phase=st.floats(0.0, 6.28))
def test_decimation_leaves_a_tone_in_the_band_in_its_place(frequency: float, phase: float):
    time = np.arange(8000) / 48000.0
    thinned = decimate_by_4(np.sin(2 * np.pi * frequency * time + phase))
    expected = np.sin(2 * np.pi * frequency * time[::4] + phase)
    np.testing.assert_allclose(thinned[100:-100], expected[100:-100], atol=2e-3)


@given(frequency=st.floats(5900.0, 23900.0))
def test_decimation_takes_away_what_would_fold_back(frequency: float):
    thinned = decimate_by_4(np.sin(2 * np.pi * frequency * np.arange(8000) / 48000.0))
    assert np.abs(thinned[100:-100]).max() < 2e-3


def test_missing_files_are_fetched_from_the_official_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fetched = []

    def retrieve(url: str, known_hash: str | None, fname: str, path: Path) -> None:
        fetched.append((url, known_hash, fname, path))

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    fakes.cwru_file(tmp_path, 105)
    module(tmp_path, source="0hp", target="1hp", classes=["IF"]).prepare_data()
    assert not fetched
    data = module(tmp_path, source="0hp", target="1hp", classes=["NC", "IF"], download=True)
    data.prepare_data()
    numbers = [97, 98, 106, 169, 170, 209, 210]
    assert fetched == [
        (address(n), SHA256.get(n), f"{n}.mat", tmp_path) for n in numbers
    ]  # 105 is there
    assert 97 in SHA256
    assert 98 not in SHA256  # not at hand, so unchecked
    assert 100 not in SHA256  # what is at hand is a reconstruction


def test_a_failed_download_says_what_to_do_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def retrieve(*_: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    data = module(tmp_path, classes=["IF"], download=True)
    with pytest.raises(MissingFileError, match=r"no route to host; save it there by hand as 105"):
        data.prepare_data()


def test_the_data_module_pairs_two_loads(tmp_path: Path):
    windowing = Windowing(length=256)
    data = module(fakes.cwru(tmp_path, loads=[0, 3]), batch_size=4, windowing=windowing)
    data.prepare_data()
    data.setup("fit")
    batch, *_ = next(iter(data.train_dataloader()))
    assert batch["source"]["signal"].shape == (4, 1, 256)
    assert set(batch["target"]) == {"signal", "index"}


real = pytest.mark.data
needs_data = pytest.mark.skipif(
    "IADTLN_DATA_DIR" not in os.environ, reason="IADTLN_DATA_DIR is not set"
)


@real
@needs_data
def test_real_files_of_all_faults_at_all_loads():
    data = CWRUDataModule(labels="type_size", classes=NINE)
    for load, nominal in enumerate((1797, 1772, 1750, 1730)):
        recordings = read(data, f"{load}hp")
        assert [r.label for r in recordings] == NINE
        assert all(121000 < r.num_samples < 123000 for r in recordings)
        assert all(abs(r.rpm - nominal) < 10 for r in recordings)
        assert not any(r.notes for r in recordings)


@real
@needs_data
def test_real_normal_recording_keeps_its_band_and_no_more():
    normal = read(CWRUDataModule(), "0hp")[0]
    assert normal.num_samples == 60985  # 243938 / 4, rounded up
    stored = scipy.io.loadmat(data_root("cwru") / "97.mat")["X097_DE_time"][:, 0]
    spectrum = np.abs(np.fft.rfft(stored)) ** 2  # Parseval: an independent band limit
    hertz = np.fft.rfftfreq(stored.size, 1 / 48000.0)
    wanted = spectrum[(hertz > 0) & (hertz < 5300)].sum() * 2 / stored.size / 4
    ours = np.abs(np.fft.rfft(normal.signal[0].numpy().astype(float))) ** 2
    hertz = np.fft.rfftfreq(normal.num_samples, 1 / 12000.0)
    kept = ours[(hertz > 0) & (hertz < 5300)].sum() * 2 / normal.num_samples
    assert kept == pytest.approx(wanted, rel=1e-3)
    top = ours[hertz > 5850].mean() / ours[(hertz > 500) & (hertz < 5000)].mean()
    assert top < 1e-4  # as in the 12 kHz recordings, -52 to -62 dB


@real
@needs_data
def test_the_real_100_is_a_reconstruction():
    normal = read(CWRUDataModule(), "3hp")[0]
    assert normal.notes[0].startswith("100.mat: 364232 of the official 485643 samples")


@real
@needs_data
def test_the_real_174_holds_x173():
    readers = CWRUDataModule(sampling_rate=48000, classes=["IF"]).readers("0hp")
    recordings = [reader() for reader in readers[:2]]
    assert [r.num_samples for r in recordings] == [243938, 63788]
    assert recordings[1].notes == ("174.mat: holds no variable X174, took X173_DE_time",)
