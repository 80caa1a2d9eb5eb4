"""Whoever or whatever stops a verb: a sentence, a status that scripts can trust, whole files."""

import errno
import os
import signal
from pathlib import Path

import pytest
import torch
from apart import Apart, fit_options

from iadtln.checkpoints import WholeCheckpoints, read_state
from iadtln.endings import true_status
from iadtln.main import main


def ending(capsys, does):
    with pytest.raises(SystemExit) as end, true_status():
        does()
    return end.value.code, capsys.readouterr().err


def interrupted():
    raise KeyboardInterrupt


def interrupted_in_lightning():
    try:
        interrupted()
    except KeyboardInterrupt:
        raise SystemExit(1)  # noqa: B904 (as Lightning does)


def failing(number, name="runs"):
    def fail():
        raise OSError(number, os.strerror(number), name)

    return fail


@pytest.mark.parametrize("does", [interrupted, interrupted_in_lightning])
def test_ctrl_c_is_status_130(does, capsys):
    assert ending(capsys, does) == (130, "stopped by Ctrl-C; every file is whole\n")


def test_sigterm_is_status_143_and_the_former_handler_is_back(capsys):
    before = signal.getsignal(signal.SIGTERM)
    status, words = ending(capsys, lambda: signal.raise_signal(signal.SIGTERM))
    assert (status, words) == (143, "stopped by SIGTERM; every file is whole\n")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_machine_that_fails_is_status_1(number, capsys):
    status, words = ending(capsys, failing(number))
    assert status == 1
    assert words.count("\n") == 1
    assert f"{os.strerror(number)}: 'runs'" in words


@pytest.mark.parametrize(
    "number", [errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT]
)
def test_a_place_that_cannot_be_written_to_is_status_2(number, capsys):
    status, words = ending(capsys, failing(number))
    assert status == 2
    assert words.count("\n") == 1
    assert "'runs'" in words


def test_a_reader_of_the_output_that_has_gone_is_no_lost_worker(capsys):
    status, words = ending(capsys, failing(errno.EPIPE))
    assert status == 1
    assert words.startswith("nobody reads the output any more")


def test_a_bug_keeps_its_trace():
    with pytest.raises(RuntimeError, match="a bug"), true_status():
        raise RuntimeError("a bug")


@pytest.mark.parametrize("verb", ["fit", "compare"])
def test_a_folder_that_is_a_file_is_a_sentence(verb, tmp_path, capsys):
    (tmp_path / "runs").write_text("")
    _, *options = fit_options(tmp_path / "runs")
    output = [f"--output={tmp_path / 'runs'}"] if verb == "compare" else []
    with pytest.raises(SystemExit) as end:
        main([verb, *options, *output])
    assert end.value.code == 2
    assert "runs" in capsys.readouterr().err.splitlines()[-1]


def half(path, content):
    path.write_text("half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_leaves_the_former_checkpoint_and_names_the_new(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"epoch": 0}, path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        with pytest.raises(OSError, match=r"No space left on device: .*last\.ckpt"):
            WholeCheckpoints().save_checkpoint({"epoch": 1}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 0}
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_takes_its_place_only_when_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"epoch": 0}, path)
    seen = []

    def killed_before_the_end(aside, target):
        seen.append((aside.parent, torch.load(target, weights_only=True)))
        raise SystemExit

    monkeypatch.setattr(Path, "replace", killed_before_the_end)
    with pytest.raises(SystemExit):
        WholeCheckpoints().save_checkpoint({"epoch": 1}, path)
    # on the same file system a rename is one step
    assert seen == [(tmp_path, {"epoch": 0})]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_fit_that_is_stopped_says_where_it_goes_on(number, status, tmp_path):
    run = Apart(fit_options(tmp_path, epochs=40), tmp_path / "log.txt")
    run.wait_for("transfer  8/40")
    os.kill(run.process.pid, number)
    assert run.ended() == status
    last = tmp_path / "version_0" / "checkpoints" / "last.ckpt"
    assert f"the last whole epoch is in {last}" in run.said
    assert "Traceback" not in run.said
    assert "classifier.weight" in read_state(last)
