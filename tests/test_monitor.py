"""From a folder to a trend: resumed, followed and killed, it is the same trend."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import iadtln.main
from iadtln.monitoring.indicators import RMS
from iadtln.monitoring.table import TrendTable
from iadtln.verbs.monitor import main, monitor
from tests import fakes
from tests.fakes import settled

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs" / "monitor").glob("*.yaml"))
OPTIONS = [
    "--sampling_rate=8000",
    "--indicators=[iadtln.monitoring.indicators.RMS]",
    "--alarm=RankAlarm",
    "--alarm.baseline=20",
    "--alarm.false_alarm_rate=0.01",
    "--alarm.consecutive=2",
]


class KilledAt(RMS):
    """RMS that ends its process at once, as a power cut does, at the snapshot of this strength."""

    def __init__(self, strength: float, window: int | None = None) -> None:
        super().__init__(window)
        self.strength = strength

    def __call__(self, signal_of_machine, sampling_rate):
        value = super().__call__(signal_of_machine, sampling_rate)
        if abs(float(value[0]) - self.strength) < 1e-6:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    def __repr__(self) -> str:
        return repr(RMS(self.window))


def strength(number):
    """RMS of a fake snapshot: about 1, and 10 from the fortieth."""
    return (10.0 if number >= 40 else 1.0) + 0.01 * (number * 7 % 20)


def snapshot(folder, number, **options):
    """A snapshot whose RMS is known: a square wave."""
    wave = strength(number) * np.resize([1.0, -1.0], 64)
    return settled(fakes.measured(folder / f"snapshot_{number}.npy", {"x": wave}, **options))


@pytest.fixture
def machine(tmp_path):
    for number in range(50):
        snapshot(tmp_path / "machine", number)
    return tmp_path / "machine"


def run(machine, *more):
    return main([str(machine), f"--output={machine.parent / 'out'}", *OPTIONS, *more])


def table(machine):
    return pd.read_csv(machine.parent / "out" / "trend.csv")


def test_a_folder_becomes_a_table_a_picture_a_page_and_curves(machine, capsys):
    summary = run(machine)
    rows = table(machine)
    assert rows["snapshot"].to_list() == [f"snapshot_{number}.npy" for number in range(50)]
    np.testing.assert_allclose(rows["rms/0"], [strength(number) for number in range(50)])
    row = summary.loc["rms/0"]
    assert row["alarm"] == "snapshot_41.npy"  # the second of those that are ten times as strong
    assert (row["alarm_seconds"], row["before_end_seconds"]) == (410.0, 80.0)
    out = machine.parent / "out"
    assert (out / "trend.png").read_bytes().startswith(b"\x89PNG")
    page = (out / "report.html").read_text()
    assert "snapshot_41.npy" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert pd.read_csv(out / "summary.csv")["alarm"].to_list() == ["snapshot_41.npy"]
    assert "snapshot_41.npy 7 min 1 min" in " ".join(capsys.readouterr().out.split())


def test_what_is_measured_is_not_measured_again(machine):
    run(machine)
    path = machine.parent / "out" / "trend.csv"
    before = path.read_bytes()
    for file in list(machine.iterdir())[1:]:  # the first usable one tells the channels
        was = file.stat()
        file.write_bytes(bytes(was.st_size))
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    run(machine)
    assert path.read_bytes() == before


def test_what_was_written_anew_is_measured_again(machine):
    run(machine)
    snapshot(machine, 45).rename(machine / "snapshot_30.npy")
    resumed = run(machine)
    assert table(machine)["snapshot"].to_list()[50:] == ["snapshot_30.npy"]
    known = read(machine)
    assert len(known) == 50
    assert known["rms/0"][30] == pytest.approx(strength(45))
    events = EventAccumulator(str(machine.parent / "out" / "tensorboard")).Reload()
    assert len(events.Scalars("rms/0")) == 51  # at the step it had
    assert max(point.step for point in events.Scalars("rms/0")) == 49
    snapshot(machine, 45)
    fresh = main([str(machine), f"--output={machine.parent / 'fresh'}", *OPTIONS])
    pd.testing.assert_frame_equal(resumed, fresh)


def read(machine):
    """The last row of each snapshot, in order."""
    path = machine.parent / "out" / "trend.csv"
    return TrendTable(path, ["rms/0"], path.with_name("settings.txt").read_text()).read()


def test_rows_of_files_without_a_time_are_as_far_apart_as_their_files(machine):
    row = run(machine, "--every=2", "--interval_seconds=5", "--alarm.baseline=20").loc["rms/0"]
    assert row["alarm"] == "snapshot_42.npy"  # 40 and 42 are the first above
    assert row["alarm_seconds"] == 42 * 5.0


def test_events_of_others_are_left_alone(machine):
    theirs = machine.parent / "out" / "events.out.tfevents.1.theirs"
    theirs.parent.mkdir()
    theirs.write_bytes(b"of a training")
    run(machine)
    run(machine)
    assert theirs.read_bytes() == b"of a training"
    assert len(list((machine.parent / "out" / "tensorboard").iterdir())) == 1


def test_an_output_among_the_snapshots_is_refused(machine, monkeypatch, capsys):
    before = sorted(machine.iterdir())
    monkeypatch.chdir(machine)
    with pytest.raises(SystemExit) as end:
        main([str(machine), "--output=.", *OPTIONS])
    assert end.value.code == 2
    assert "an output apart from the snapshots" in capsys.readouterr().err
    assert sorted(machine.iterdir()) == before


def test_an_output_that_cannot_be_written_is_a_sentence(machine, monkeypatch, capsys):
    (machine.parent / "out").write_text("a file")
    with pytest.raises(SystemExit) as end:
        run(machine)
    assert end.value.code == 2
    assert "expected a folder for the output" in capsys.readouterr().err
    (machine.parent / "out").unlink()

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "out/.lock")

    monkeypatch.setattr("iadtln.files.FileLock", refuse)
    with pytest.raises(SystemExit) as end:
        run(machine)
    assert end.value.code == 2
    assert "'out/.lock' cannot be used: Permission denied" in capsys.readouterr().err


def test_one_look_waits_a_moment_for_what_is_being_written(machine, monkeypatch, capsys):
    young = snapshot(machine, 50)
    os.utime(young)
    waited = []

    def wait(seconds):
        waited.append(seconds)
        settled(young)

    monkeypatch.setattr("iadtln.verbs.monitor.time.sleep", wait)
    run(machine)
    assert waited == [1.0]
    assert len(table(machine)) == 51
    os.utime(young)
    monkeypatch.setattr("iadtln.verbs.monitor.time.sleep", waited.append)
    run(machine)
    assert "still being written and left for the next run: 1" in capsys.readouterr().out
    assert len(table(machine)) == 51


def test_new_snapshots_are_appended(machine):
    run(machine)
    snapshot(machine, 50)
    run(machine)
    assert table(machine)["snapshot"].to_list()[49:] == ["snapshot_49.npy", "snapshot_50.npy"]


def test_late_snapshots_give_what_a_fresh_run_gives(machine):
    late = machine / "snapshot_30.npy"
    hidden = late.rename(machine.parent / "late.npy")
    run(machine)
    hidden.rename(late)
    resumed = run(machine)
    assert table(machine)["snapshot"].to_list()[-1] == "snapshot_30.npy"
    fresh = main([str(machine), f"--output={machine.parent / 'fresh'}", *OPTIONS])
    pd.testing.assert_frame_equal(resumed, fresh)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 17, 49])
def test_a_killed_monitor_loses_and_doubles_nothing(machine, number):
    code = (
        "from tests.test_monitor import KilledAt, monitor\n"
        f"monitor({str(machine)!r}, {str(machine.parent / 'out')!r}, "
        f"[KilledAt({strength(number)})], sampling_rate=8000.0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    path = machine.parent / "out" / "trend.csv"
    if path.exists():
        path.write_bytes(path.read_bytes() + b"snapshot_9")  # what was being written
    run(machine)
    rows = table(machine)
    assert rows["snapshot"].to_list() == [f"snapshot_{number}.npy" for number in range(50)]
    np.testing.assert_allclose(rows["rms/0"], [strength(number) for number in range(50)])


def test_curves_have_a_point_for_each_snapshot_after_a_resume(machine):
    run(machine)
    snapshot(machine, 50)
    run(machine)
    events = EventAccumulator(str(machine.parent / "out" / "tensorboard")).Reload()
    points = events.Scalars("rms/0")
    assert [point.step for point in points] == list(range(51))
    np.testing.assert_allclose([p.value for p in points], [strength(n) for n in range(51)])
    assert events.Tags()["images"] == ["trend"]


def test_other_settings_are_refused_and_other_alarms_are_not(machine, capsys):
    run(machine)
    with pytest.raises(SystemExit) as end:
        run(machine, "--every=2")
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "then: every: 1" in said
    assert "now: every: 2" in said
    assert run(machine, "--alarm.consecutive=3").loc["rms/0", "alarm"] == "snapshot_42.npy"


def test_bad_snapshots_are_noted_and_left_out(machine, capsys):
    fakes.truncate(machine / "snapshot_5.npy")
    fakes.measured(machine / "snapshot_6.npy", {"x": np.zeros(64)})
    fakes.measured(machine / "snapshot_7.npy", {"x": np.ones(64), "y": np.ones(64)})
    for number in (5, 6, 7):
        settled(machine / f"snapshot_{number}.npy")
    run(machine)
    rows = table(machine)
    assert rows[rows["rms/0"].isna()]["snapshot"].to_list() == [
        f"snapshot_{number}.npy" for number in (5, 6, 7)
    ]
    noted = rows["note"].to_list()
    assert "expected a readable .npy file" in noted[5]
    assert "a dead sensor" in noted[6]
    assert noted[8] is np.nan
    assert "3 snapshots" in (machine.parent / "out" / "report.html").read_text()
    assert "skipped snapshot_5.npy" in capsys.readouterr().out


def test_following_takes_what_comes_until_it_is_stopped(machine, monkeypatch):
    arrivals = iter([[50], [], [51, 52], None])

    def arrive(seconds):
        assert seconds == 5.0
        numbers = next(arrivals)
        if numbers is None:
            raise KeyboardInterrupt
        for number in numbers:
            snapshot(machine, number)

    monkeypatch.setattr("iadtln.verbs.monitor.time.sleep", arrive)
    run(machine, "--follow=5")
    assert len(table(machine)) == 53


def test_two_monitors_do_not_write_one_table(machine):
    out = machine.parent / "out"
    out.mkdir()
    with (
        FileLock(out / ".lock"),
        pytest.raises(ValueError, match="another monitor is at work"),
    ):
        monitor(str(machine), str(out), sampling_rate=8000.0)


def test_too_few_snapshots_are_shown_without_an_alarm(machine, capsys):
    summary = run(machine, "--alarm.baseline=100")
    assert summary.loc["rms/0", "alarm"] is None
    assert "the baseline needs 100 usable snapshots, there are 50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "there is none at 'nowhere'"),
        (["{machine}"], "give --sampling_rate"),
        (["{machine}", "--every=0"], "every and smoothing of 1 or more"),
        (["{machine}", "--sampling_rate=8000", "--indicators=[RMS,RMS]"], "different names"),
        (["{machine}", "--alarm=RankAlarm", "--alarm.baseline=10"], "lengthen one of them"),
    ],
)
def test_bad_options_are_a_sentence(machine, arguments, sentence, capsys):
    words = [argument.format(machine=machine) for argument in arguments]
    with pytest.raises(SystemExit) as end:
        main([*words, f"--output={machine.parent / 'out'}"])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_help_explains(capsys):
    with pytest.raises(SystemExit) as end:
        iadtln.main.main(["monitor", "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    for words in ("goes on where it was stopped", "--follow", "acc_00001.csv", "runs/monitor/"):
        assert words in said


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_runs(path, tmp_path, monkeypatch):
    fakes.femto(tmp_path / "femto", ["Bearing1_2", "Bearing3_1"], shares=np.linspace(0, 1, 7))
    fakes.ims(tmp_path / "ims", ["1st_test"], shares=(0.0, 0.5, 1.0))
    monkeypatch.setenv("IADTLN_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    columns = main([f"--config={path}", "--every=3"]).index
    (written,) = tmp_path.glob("runs/monitor/*/trend.csv")
    assert pd.read_csv(written)[columns].notna().all(axis=None)
