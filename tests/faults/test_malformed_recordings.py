"""Bad recordings end in a sentence or are sound; ``benchmarks/malformed.py`` has more of them."""

import signal
from pathlib import Path

import numpy as np
import pytest

from datamodules.errors import UnreadableFileError
from datamodules.readers import read_signal
from tests.faults.malformed import good_recordings, mutated
from tests.faults.malformed_claims import CLAIMS, PAYLOAD
from tests.faults.malformed_text import MANIFESTS, TABLES
from tests.faults.reading import ending, listed, streamed, whole

LIMIT_SECONDS = 20


def hang(number, frame):
    raise TimeoutError(f"no end after {LIMIT_SECONDS} s")


@pytest.fixture(autouse=True)
def watched(monkeypatch, tmp_path):
    """A hang is an end, and what is run or written would lie in an own folder."""
    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(LIMIT_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert not (tmp_path / PAYLOAD).exists()


@pytest.mark.parametrize("read", [whole, streamed])
def test_good_files_are_sound(read, tmp_path):
    for path in good_recordings(tmp_path):
        assert ending(read, path) == ("sound", ""), path


@pytest.mark.parametrize("read", [whole, streamed])
def test_mutated_files_end_in_a_sentence_or_are_sound(read, tmp_path):
    for good in good_recordings(tmp_path):
        for bad in mutated(good, 12, seed=1):
            assert ending(read, bad.path)[0] != "traceback", bad


@pytest.mark.parametrize("read", [whole, streamed])
def test_lying_headers_end_in_a_sentence_or_are_sound(read, tmp_path):
    for name, make in CLAIMS.items():
        how, said = ending(read, make(tmp_path))
        assert how != "traceback", (name, said)
        if "1e12" in name and "tdms" not in name:  # of these the samples that are there are read
            assert how == "sentence", name
    assert not list(tmp_path.parent.parent.glob("escaped*"))


@pytest.mark.parametrize("read", [whole, streamed])
def test_odd_tables_end_in_a_sentence_or_are_sound(read, tmp_path):
    for number, (name, content) in enumerate(TABLES.items()):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        assert ending(read, path)[0] != "traceback", name


def test_odd_manifests_end_in_a_sentence_or_are_sound(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).standard_normal(900))
    for number, (name, content) in enumerate(MANIFESTS.items()):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        assert ending(listed, path)[0] != "traceback", name


def test_a_separator_at_the_end_of_each_line_shifts_no_channel(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n0.5,1.5,\n0.25,2.5,\n")
    np.testing.assert_array_equal(read_signal(tmp_path / "a.csv", "x")[0], [[0.5, 0.25]])


def test_a_column_without_a_name_is_a_sentence(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2,3\n4,5,6\n")
    with pytest.raises(UnreadableFileError, match="2 columns in its first line and 3"):
        read_signal(tmp_path / "a.csv", "x")


def test_a_folder_with_the_name_of_a_file_is_a_sentence(tmp_path):
    (tmp_path / "x.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for name in ("x.csv", "loop.csv"):
        assert ending(whole, Path(tmp_path / name))[0] == "sentence"


def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(9.0))

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert "see to its permissions" in ending(whole, path)[1]
