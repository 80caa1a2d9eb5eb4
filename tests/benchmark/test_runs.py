"""One run in this process: what is written down of it, however it ends."""

import pytest

from iadtln.benchmark import runs
from iadtln.benchmark.plan import Run
from iadtln.benchmark.runs import execute, sentence, state_of

RUN = Run("t", "m", "", 0, (), "mark")


def ends(monkeypatch, how):
    monkeypatch.setattr(runs, "train_and_test", how)


def raises(error):
    def how(options, folder, seed):
        raise error

    return how


def test_a_run_without_metrics_is_no_result(tmp_path, monkeypatch):
    ends(monkeypatch, lambda options, folder, seed: None)
    execute(RUN, tmp_path, 1)
    assert state_of(tmp_path / RUN.folder)["status"] == "failed"
    assert "no metrics.json" in state_of(tmp_path / RUN.folder)["error"]


def test_a_stopped_run_stays_open_and_its_time_counts(tmp_path, monkeypatch):
    folder = tmp_path / RUN.folder
    ends(monkeypatch, raises(SystemExit(1)))  # what Lightning makes of Ctrl-C
    runs.note(folder, seconds=100.0)
    with pytest.raises(KeyboardInterrupt):
        execute(RUN, tmp_path, 1)
    assert state_of(folder)["status"] == "open"
    assert state_of(folder)["seconds"] >= 100.0


def test_what_is_raised_is_written_down(tmp_path, monkeypatch):
    ends(monkeypatch, raises(RuntimeError("out of cheese")))
    execute(RUN, tmp_path, 1)
    assert state_of(tmp_path / RUN.folder)["error"] == "RuntimeError: out of cheese"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "usage: x\nerror: Unrecognized arguments: --no.option=1\n",
            "Unrecognized arguments: --no.o",
        ),
        ("MisconfigurationException: there is none at 'a.ckpt'\n", "there is none at 'a.ckpt'"),
        ('error: Parser key "data":\n  No such class\n', 'Parser key "data": No such class'),
        (
            "error: Does not validate\nErrors:\n  - no domain 'x'\n  - Expected None\n",
            "no domain 'x'",
        ),
        ("", "it stopped with status 2"),
    ],
)
def test_the_last_error_in_the_log_is_the_reason(tmp_path, said, expected):
    log = tmp_path / "log.txt"
    log.write_text(said)
    assert sentence(SystemExit(2), log).startswith(expected)
