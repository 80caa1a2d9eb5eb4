"""Your own machine: what a line of the CSV gives, and the sentence that each mistake gets."""

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datamodules.errors import (
    DataError,
    EmptyDomainError,
    LeakageError,
    MissingFileError,
    MissingVariableError,
    SamplingRateError,
    TooShortError,
    UnreadableFileError,
)
from datamodules.formats import READERS
from datamodules.manifest import ManifestDataModule
from datamodules.recording import Recording
from datamodules.windows import Windowing
from tests import fakes

RAMP = np.arange(100, dtype=np.float64) / 128.0  # exact in float32
ROWS: list[dict[str, object]] = [
    {"file": "a.npy", "label": "good", "domain": "A", "sampling_rate": 100, "rpm": 600},
    {"file": "b.npy", "label": "bad", "domain": "A", "sampling_rate": 100, "rpm": 610.5},
    {"file": "c.npy", "label": "", "domain": "B", "sampling_rate": 100, "rpm": ""},
]


def write(folder: Path, rows: list[dict[str, object]], separator: str = ",") -> str:
    for row in rows:
        name = str(row.get("file") or "")
        if name.endswith(tuple(READERS)):
            fakes.measured(folder / name, {"x": RAMP, "y": -RAMP} if "xy" in name else {"x": RAMP})
    return str(fakes.manifest(folder / "manifest.csv", rows, separator))


def module(path: str, source: str = "A", target: str = "B", **options: Any) -> ManifestDataModule:
    return ManifestDataModule(path, source, target, **options)


def read(data: ManifestDataModule, domain: str = "A") -> list[Recording]:
    return [reader() for reader in data.readers(domain)]


def test_a_line_becomes_a_recording(tmp_path: Path):
    rows = [{**row, "bearing_id": "no. 7"} for row in ROWS]
    first, second = read(module(write(tmp_path, rows)))
    np.testing.assert_array_equal(first.signal, RAMP[None].astype(np.float32))
    assert (first.sampling_rate, first.rpm, first.label, first.domain) == (
        100.0,
        600.0,
        "good",
        "A",
    )
    assert (first.recording_id, first.bearing_id) == ("a.npy", "no. 7")
    assert first.source == str(tmp_path / "a.npy")
    assert second.rpm == 610.5


def test_empty_fields_are_unknown(tmp_path: Path):
    (recording,) = read(module(write(tmp_path, ROWS)), "B")
    assert (recording.label, recording.rpm, recording.bearing_id) == (None, None, "")


def test_semicolons_and_a_byte_order_mark_are_fine(tmp_path: Path):
    path = Path(write(tmp_path, ROWS, separator=";"))
    path.write_text("\ufeff" + path.read_text(), encoding="utf-8")
    assert len(read(module(str(path)))) == 2


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_every_format_can_be_listed(tmp_path: Path, suffix: str):
    rows = [{**row, "file": f"{i}{suffix}", "sampling_rate": 8000} for i, row in enumerate(ROWS)]
    recording = read(module(write(tmp_path, rows)))[0]
    np.testing.assert_array_equal(recording.signal, RAMP[None].astype(np.float32))


def test_classes_are_the_labels_of_both_domains_sorted(tmp_path: Path):
    other = {**ROWS[2], "file": "d.npy", "domain": "C", "label": "elsewhere"}
    more = {**ROWS[2], "file": "e.npy", "label": "awful"}
    data = module(write(tmp_path, [*ROWS, other, more]))
    assert data.class_names == ["awful", "bad", "good"]
    assert data.num_classes == 3
    assert data.domains() == ["A", "B", "C"]


def test_several_channels_are_joined_by_a_plus(tmp_path: Path):
    rows = [{**row, "file": f"{i}_xy.npz", "channel": "y+x"} for i, row in enumerate(ROWS)]
    data = module(write(tmp_path, rows))
    assert data.channels == 2
    expected = np.stack([-RAMP, RAMP]).astype(np.float32)
    np.testing.assert_array_equal(read(data)[0].signal, expected)


def test_two_channels_of_one_file_are_two_recordings(tmp_path: Path):
    rows = [{**ROWS[0], "file": "1_xy.npz", "channel": c} for c in ("x", "y")]
    rows.append({**ROWS[2], "file": "2_xy.npz", "channel": "x"})
    assert [r.recording_id for r in read(module(write(tmp_path, rows)))] == [
        "1_xy.npz:x",
        "1_xy.npz:y",
    ]


def test_domains_need_equally_many_channels(tmp_path: Path):
    rows = [{**row, "file": f"{i}_xy.npz", "channel": "x+y"} for i, row in enumerate(ROWS)]
    rows[2]["channel"] = "x"
    with pytest.raises(MissingVariableError, match=r"line 4: expected as many channels as in .*2"):
        module(write(tmp_path, rows))


def test_an_unnamed_matrix_of_two_channels_is_not_guessed(tmp_path: Path):
    rows = [{**row, "file": f"{i}_xy.npy"} for i, row in enumerate(ROWS)]
    with pytest.raises(
        MissingVariableError, match=r"line 2: .*expected 1 channels, found 2; choose"
    ):
        read(module(write(tmp_path, rows)))


def test_columns_may_be_called_otherwise(tmp_path: Path):
    rows = [{"wave": r["file"], "state": r["label"], "supply_hz": r["domain"]} for r in ROWS]
    fakes.manifest(tmp_path / "m.csv", rows)
    for row in ROWS:
        fakes.measured(tmp_path / str(row["file"]), {"x": RAMP})
    names = {"file": "wave", "label": "state", "domain": "supply_hz"}
    data = module(str(tmp_path / "m.csv"), columns=names, sampling_rate=50.0)
    assert [(r.label, r.sampling_rate) for r in read(data)] == [("good", 50.0), ("bad", 50.0)]


def test_the_recordings_may_lie_elsewhere(tmp_path: Path):
    write(tmp_path / "there", ROWS)
    path = fakes.manifest(tmp_path / "here.csv", ROWS)
    assert len(read(module(str(path), root=str(tmp_path / "there")))) == 2


def test_both_ends_are_trimmed(tmp_path: Path):
    recording = read(module(write(tmp_path, ROWS), trim_seconds=0.1))[0]
    np.testing.assert_array_equal(recording.signal[0], RAMP[10:90].astype(np.float32))


def test_trimming_everything_is_refused(tmp_path: Path):
    with pytest.raises(TooShortError, match=r"line 2: .*more than twice trim_seconds \(0.5 s\)"):
        read(module(write(tmp_path, ROWS), trim_seconds=0.5))


def test_a_rate_of_the_line_wins_over_the_rate_of_all(tmp_path: Path):
    rows = [dict(row) for row in ROWS]
    rows[1]["sampling_rate"] = ""
    data = module(write(tmp_path, rows), sampling_rate=50.0)
    assert [r.sampling_rate for r in read(data)] == [100.0, 50.0]


@pytest.mark.parametrize("suffix", [".wav", ".tdms"])
def test_some_files_tell_their_rate_and_must_not_be_contradicted(tmp_path: Path, suffix: str):
    rows = [{**row, "file": f"{i}{suffix}"} for i, row in enumerate(ROWS)]
    with pytest.raises(SamplingRateError, match=r"line 2: .*expected 100 Hz, the file .* 8000 Hz"):
        read(module(write(tmp_path, rows)))
    rows = [{**row, "sampling_rate": ""} for row in rows]
    assert read(module(write(tmp_path, rows)))[0].sampling_rate == 8000.0


def test_an_untold_rate_is_asked_for(tmp_path: Path):
    rows = [{**row, "sampling_rate": ""} for row in ROWS]
    with pytest.raises(SamplingRateError, match=r"line 2: .*a .npy file does not tell"):
        read(module(write(tmp_path, rows)))


def test_a_missing_manifest_is_named(tmp_path: Path):
    with pytest.raises(MissingFileError, match=r"'m.csv' in .*give the path of your manifest"):
        module(str(tmp_path / "m.csv"))


def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path):
    rows = [{"file": "a.npy", "supply_hz": 20}]
    with pytest.raises(UnreadableFileError, match=r"columns \['domain'\], found \['file', 'supply"):
        module(write(tmp_path, rows))


def test_a_renamed_column_must_exist_and_be_one_of_ours(tmp_path: Path):
    path = write(tmp_path, ROWS)
    with pytest.raises(UnreadableFileError, match=r"expected the columns \['condition'\]"):
        module(path, columns={"label": "condition"})
    with pytest.raises(UnreadableFileError, match=r"got \['class'\]"):
        module(path, columns={"class": "label"})


@pytest.mark.parametrize("name", ["sampling_rate", "rpm"])
@pytest.mark.parametrize("text", ["fast", "-1", "0", "nan", "inf"])
def test_an_unreadable_number_is_named_with_its_line(tmp_path: Path, name: str, text: str):
    rows = [dict(row) for row in ROWS]
    rows[1][name] = text
    with pytest.raises(
        UnreadableFileError, match=rf"line 3: expected a pos.*'{name}', got '{text}'"
    ):
        module(write(tmp_path, rows))


@pytest.mark.parametrize("name", ["file", "domain"])
def test_an_empty_required_field_is_named(tmp_path: Path, name: str):
    rows = [dict(row) for row in ROWS]
    rows[1][name] = " "
    with pytest.raises(UnreadableFileError, match=rf"line 3: expected a '{name}', got an empty"):
        module(write(tmp_path, rows))


@pytest.mark.parametrize("line", ["a.npy,good", "a.npy,good,A,100,600,7"])
def test_a_line_of_another_length_is_named(tmp_path: Path, line: str):
    path = Path(write(tmp_path, ROWS))
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(UnreadableFileError, match="line 5: expected one field for each column"):
        module(str(path))


def test_a_line_listed_twice_would_leak(tmp_path: Path):
    rows = [*ROWS, {**ROWS[0], "domain": "B"}]
    with pytest.raises(LeakageError, match=r"line 5: .* once, got the recording_id of .* line 2"):
        module(write(tmp_path, rows))


def test_a_file_listed_under_two_names_would_leak(tmp_path: Path):
    rows = [{**row, "recording_id": i} for i, row in enumerate([*ROWS, ROWS[0]])]
    with pytest.raises(
        LeakageError, match=r"line 5: .* once, got the file and channel of .*line 2"
    ):
        module(write(tmp_path, rows))


def test_an_unknown_domain_lists_the_known_ones(tmp_path: Path):
    with pytest.raises(EmptyDomainError, match=r"one of the domains \['A', 'B'\], got 'C'"):
        module(write(tmp_path, ROWS), target="C")


def test_a_source_needs_labels(tmp_path: Path):
    with pytest.raises(
        EmptyDomainError, match="labels on the rows of the source domain 'B', got n"
    ):
        module(write(tmp_path, ROWS), source="B", target="A")


def test_a_manifest_without_lines_is_empty(tmp_path: Path):
    (tmp_path / "m.csv").write_text("file,domain\n")
    with pytest.raises(EmptyDomainError, match="expected a line for each recording, got none"):
        module(str(tmp_path / "m.csv"))


def test_errors_in_files_name_the_line_of_the_manifest(tmp_path: Path):
    path = write(tmp_path, ROWS)
    fakes.truncate(tmp_path / "b.npy")
    (tmp_path / "a.npy").unlink()
    missing, damaged = module(path).readers("A")
    with pytest.raises(MissingFileError, match=r"manifest.csv' line 2: expected the file 'a.npy'"):
        missing()
    with pytest.raises(UnreadableFileError, match=r"manifest.csv' line 3: .*b.npy.*truncated"):
        damaged()


def test_a_wrong_channel_names_the_line(tmp_path: Path):
    rows = [{**row, "file": f"{i}_xy.npz", "channel": "z"} for i, row in enumerate(ROWS)]
    with pytest.raises(MissingVariableError, match=r"line 2: .*expected a channel 'z', found 'x'"):
        read(module(write(tmp_path, rows)))


def test_bad_recordings_can_be_skipped(tmp_path: Path):
    path = write(tmp_path, [*ROWS, {**ROWS[0], "file": "d.npy"}])
    (tmp_path / "d.npy").unlink()
    np.save(tmp_path / "c.npy", RAMP[::-1])  # the guard refuses the same samples in both domains
    data = module(path, on_bad="skip", batch_size=1, windowing=Windowing(length=10))
    with pytest.warns(UserWarning, match=r"(?s)skipped 1 of 3 recordings:.*line 5"):
        data.setup("fit")
    assert "unlabelled" in data.summary()


def test_an_unlabelled_target_can_be_predicted(tmp_path: Path):
    path = write(tmp_path, ROWS)
    np.save(tmp_path / "c.npy", RAMP[::-1])
    data = module(path, batch_size=2, windowing=Windowing(length=10))
    data.setup("predict")
    batch = next(iter(data.predict_dataloader()))
    assert batch["signal"].shape == (2, 1, 10)
    with pytest.raises(DataError, match="needs a label on every recording"):
        data.test_dataloader()


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="IADTLN_DATA_DIR is not set")
def test_real_24_bit_sound_of_six_classes():
    folder = Path(os.environ["IADTLN_DATA_DIR"]) / "motor_sound"
    data = module(
        str(folder / "manifest.csv"), "20", "60", columns={"domain": "supply_hz"}, trim_seconds=1.0
    )
    assert len(data.class_names) == 6
    recordings = read(data, "60")
    assert {r.label for r in recordings} == set(data.class_names)
    for recording in recordings:
        assert recording.sampling_rate == 44100.0
        samples = (os.path.getsize(recording.source) - 1000) / 3 - 2 * 44100  # noqa: PTH202
        assert recording.num_samples == pytest.approx(samples, abs=400)
        assert 0.0 < float(recording.signal.abs().max()) <= 1.0


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="IADTLN_DATA_DIR is not set")
@pytest.mark.parametrize(("source", "target"), [*itertools.permutations(("20", "40", "60"), 2)])
def test_real_sound_goes_from_any_supply_to_any_other(source: str, target: str):
    data = module(
        str(Path(os.environ["IADTLN_DATA_DIR"]) / "motor_sound" / "manifest.csv"),
        source,
        target,
        columns={"domain": "supply_hz"},
        trim_seconds=1.0,
        windowing=Windowing(2048, per_recording=50),
        batch_size=64,
    )
    data.setup("fit")
    counts = data.pair.source.counts("first") + data.pair.source.counts("second")
    assert counts == data.pair.target.counts("second") == dict.fromkeys(data.class_names, 50)
    assert next(iter(data.train_dataloader()))[0]["target"]["signal"].shape == (64, 1, 2048)
