"""A watched folder whose files come late, go, change or cannot be read."""

import os
import time

import numpy as np
import pytest

from iadtln.monitoring.indicators import RMS
from iadtln.monitoring.snapshots import open_folder
from iadtln.monitoring.watch import Watch, due
from tests import fakes
from tests.fakes import settled


def snapshot(folder, number, samples=64):
    """A square wave of a strength that tells its number, written a minute ago."""
    wave = (number + 1) * np.resize([1.0, -1.0], samples)
    return settled(fakes.measured(folder / f"s_{number}.npy", {"x": wave}))


@pytest.fixture
def machine(tmp_path):
    for number in range(13):
        snapshot(tmp_path / "machine", number)
    return tmp_path / "machine"


def watched(machine, **options):
    return Watch(open_folder(machine, 8000.0), machine.parent, [RMS()], **options)


def restarted(machine, every):
    """Numbers of the snapshots in the table after another start, each row of them."""
    watch = watched(machine, every=every)
    watch.catch_up()
    rows = (machine.parent / "trend.csv").read_text().splitlines()[1:]
    return sorted(int(row.split(",")[0][2:-4]) for row in rows)


def test_a_half_written_snapshot_is_mended_and_a_bad_one_noted_once(machine):
    for number in (5, 6):
        settled(fakes.truncate(machine / f"s_{number}.npy"))
    watch = watched(machine)
    assert watch.catch_up() == 13
    assert watch.table.read()["rms/0"].isna().to_numpy().nonzero()[0].tolist() == [5, 6]
    snapshot(machine, 5)
    assert watch.catch_up() == 1
    assert watch.table.read()["rms/0"][5] == pytest.approx(6.0)
    again = watched(machine)
    assert [path.name for path in again.waiting()] == ["s_6.npy"]
    assert again.catch_up() == 0  # as bad as before
    assert again.waiting() == []
    assert len(restarted(machine, 1)) == 14


def test_a_file_that_cannot_be_opened_is_noted_and_tried_at_every_look(machine, monkeypatch):
    source = open_folder(machine, 8000.0)
    opened = source.read

    def refuse(path):
        if path.name in ("s_0.npy", "s_7.npy"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(source, "read", refuse)
    watch = Watch(source, machine.parent, [RMS()])
    assert watch.catch_up() == 13
    assert "Permission denied" in watch.table.read()["note"][7]
    assert watch.catch_up() == 0
    monkeypatch.undo()
    assert watch.catch_up() == 2
    assert watch.table.read()["rms/0"].to_list() == pytest.approx(range(1, 14))


def test_a_snapshot_of_another_length_is_noted(machine):
    snapshot(machine, 9, samples=32)
    watch = watched(machine)
    watch.catch_up()
    rows = watch.table.read()
    assert rows["note"][9] == "32 samples, the first snapshot has 64"
    assert rows["rms/0"][9] == pytest.approx(10.0)
    assert (rows["note"].drop(9) == "").all()


def test_a_file_that_is_being_written_is_left_alone(machine):
    young = snapshot(machine, 13)
    os.utime(young)
    watch = watched(machine, settle_seconds=30.0)
    assert (watch.catch_up(), watch.young) == (13, 1)
    assert watch.catch_up() == 0
    os.utime(young, (time.time() - 31, time.time() - 31))
    assert (watch.catch_up(), watch.young) == (1, 0)


def test_a_file_of_a_clock_that_goes_ahead_is_taken(machine):
    os.utime(machine / "s_3.npy", (time.time() + 3600, time.time() + 3600))
    assert watched(machine).catch_up() == 13


def test_every_third_goes_on_from_what_is_known(machine):
    assert restarted(machine, 3) == [0, 3, 6, 9, 12]
    for number in (0, 1, 4, 10):
        (machine / f"s_{number}.npy").unlink()
    snapshot(machine, 13)
    assert restarted(machine, 3) == [0, 3, 6, 9, 12]
    for number in (4, 10, 14, 15, 16):  # late ones, and the next
        snapshot(machine, number)
    assert restarted(machine, 3) == [0, 3, 6, 9, 12, 15]


def test_every_third_of_late_files_is_not_doubled(machine):
    late = (machine / "s_5.npy").rename(machine.parent / "late.npy")
    assert restarted(machine, 3) == [0, 3, 7, 10]
    late.rename(machine / "s_5.npy")
    assert restarted(machine, 3) == [0, 3, 7, 10]


def test_due_fills_gaps_that_are_wide_enough():
    names = list("abcdefghij")
    assert due(names, (), 3) == ["a", "d", "g", "j"]
    assert due(names, {"d", "j"}, 3) == ["a", "d", "g", "j"]
    assert due(names, {"c", "g"}, 3) == ["c", "g", "j"]  # a is two before c
    assert due(names, {"c"}, 1) == names
