"""The script ``benchmarks/channel_scores.py`` asks a network about windows of other lengths."""

import json
import subprocess
import sys

import pytest

from iadtln.main import main

COMMAND = [sys.executable, "benchmarks/channel_scores.py"]


@pytest.mark.slow
def test_numbers_and_pictures_of_a_run(tmp_path):
    options = {
        "config": "configs/method/pulse_cnn.yaml",
        "data": "datamodules.SimulatedDataModule",
        "data.source": "A",
        "data.target": "B",
        "data.windowing": "{length: 512, per_recording: 8}",
        "trainer.max_epochs": "1",
        "trainer.limit_train_batches": "2",
        "trainer.logger.init_args.save_dir": str(tmp_path / "runs" / "58"),
        "trainer.logger.init_args.name": "seed_0",
        "trainer.logger.init_args.version": "",
    }
    options["model"] = options.pop("config")
    main(["fit", *(f"--{name}={value}" for name, value in options.items())])
    place = [f"--runs={tmp_path / 'runs'}", f"--folder={tmp_path}", "--networks", "58"]
    kept = tmp_path / "scores.json"
    command = [*COMMAND, *place, "--lengths", "256", "512", f"--output={kept}"]
    subprocess.run(command, check=True, capture_output=True)
    short, long = json.loads(kept.read_text())["rows"]
    assert short["score and that of the first samples alone"]["least"] > 0.999  # it is the same
    # what differs is the window's own scale and the 29 samples before its end
    assert 0.5 < long["score and that of the first samples alone"]["mean"] < 1
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "scores_of_classes.png",
        "scores_of_lengths.png",
    }


def test_a_run_that_is_not_there_is_said(tmp_path):
    said = subprocess.run([*COMMAND, f"--runs={tmp_path}"], capture_output=True, text=True)
    assert said.returncode == 1
    assert "--help says how to make it" in said.stderr
    assert "Traceback" not in said.stderr
