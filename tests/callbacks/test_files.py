import os
import time

import pytest

from iadtln.callbacks.folder import result_dir
from iadtln.files import A_DAY, written_whole
from tests.callbacks import known


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "folder" / "table.csv"
    with written_whole(path) as aside:
        aside.write_text("half")
        assert not path.exists()
        assert aside.suffix == ".csv"
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def half_and_fail(path):
    with written_whole(path) as aside:
        aside.write_text("half")
        raise RuntimeError


def test_an_error_leaves_the_former_file_and_no_half_one(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("former")
    with pytest.raises(RuntimeError):
        half_and_fail(path)
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_writers_left_goes_after_a_day_and_nothing_else_does(tmp_path):
    path = tmp_path / "table.csv"
    yesterday = time.time() - A_DAY - 60
    leftover, theirs = tmp_path / f".other.{32 * 'a'}.csv", tmp_path / ".mine.csv"
    at_work = tmp_path / f".other.{32 * 'b'}.csv"
    for name in (leftover, theirs, at_work):
        name.touch()
    for name in (leftover, theirs):
        os.utime(name, (yesterday, yesterday))
    with written_whole(path) as aside:
        aside.touch()
    assert set(tmp_path.iterdir()) == {path, theirs, at_work}


def test_results_go_to_the_root_without_a_logger_and_nowhere_on_a_trial(tmp_path):
    assert result_dir(known.trainer(tmp_path)) == tmp_path
    assert result_dir(known.trainer(tmp_path, fast_dev_run=True)) is None
