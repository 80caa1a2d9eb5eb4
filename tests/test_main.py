"""The command line as a person uses it; every YAML in configs/ runs."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import datamodules
import iadtln.front_ends
from iadtln.main import main
from tests import fakes

CONFIGS = Path(__file__).parents[1] / "configs"
OTHER_VERBS = {"benchmarks", "features", "classifier", "monitor"}  # whose tests run them
RUNS = sorted(path for path in CONFIGS.rglob("*.yaml") if not OTHER_VERBS & {*path.parts})
SMALL = [
    "--data.init_args.batch_size=4",
    "--trainer.accelerator=cpu",
]


@pytest.fixture(scope="module")
def provider_files(tmp_path_factory):
    return fakes.everything(tmp_path_factory.mktemp("data"))


@pytest.fixture
def provided(provider_files, tmp_path, monkeypatch):
    """Tiny files of every provider, and an empty folder to run in."""
    monkeypatch.setenv("IADTLN_DATA_DIR", str(provider_files))
    monkeypatch.chdir(tmp_path)


def options(path):
    """How a configuration file of each folder is named on the command line."""
    named = {
        "data": "--data",
        "front_end": "--front_end",
        "method": "--model",
        "network": "--model.network",
    }
    return f"{named.get(path.parent.name, '--config')}={path}"


@pytest.mark.slow
@pytest.mark.parametrize("path", RUNS, ids=lambda p: p.stem)
def test_every_configuration_trains_a_step_of_each_phase(path, provided):
    small = [*SMALL, "--trainer.fast_dev_run=1", "--model.pretrain_epochs=0"]
    if path.parent.name == "front_end":  # not what they search, but that they can be searched
        small += ["--data.init_args.seconds=2", "--data.init_args.bearings_per_class=1"]
        if "search:" in path.read_text():
            small.append("--front_end.init_args.search.generations=0")
        if path.stem == "ecmse":  # sixteen numbers a window
            small.append("--model.network=iadtln.networks.MLP")
        if "trials:" in path.read_text():
            small += ["--front_end.init_args.trials=1", "--front_end.init_args.max_modes=1"]
    main(["fit", options(path), *small])


def test_every_configuration_names_whole_paths():
    for path in RUNS:
        for line in path.read_text().splitlines():
            if "class_path:" in line:
                assert line.split("class_path:")[1].strip(" {}").count(".") >= 1, (path, line)


QUICK = [
    "--data.init_args.seconds=1",
    "--data.init_args.windowing.length=512",
    "--data.init_args.batch_size=8",
    "--trainer.accelerator=cpu",
    "--trainer.max_epochs=2",
    "--trainer.limit_train_batches=2",
    "--model.pretrain_epochs=1",
    "--model.transfer_losses=[iadtln.losses.CORAL,iadtln.losses.CDANE]",
]


@pytest.mark.slow
def test_fit_test_and_predict_from_the_saved_configuration(provided, capsys):
    main(["fit", *QUICK])
    run = Path("runs/version_0")
    assert (run / "config.yaml").exists()
    assert (run / "checkpoints" / "last.ckpt").exists()
    assert list(run.glob("events.out.tfevents.*"))
    said = capsys.readouterr().out
    for part in ("source 'A' -> target 'B'", "guard:", "pretrain", "transfer", "tensorboard"):
        assert part in said

    last = f"--ckpt_path={run / 'checkpoints' / 'last.ckpt'}"
    main(["test", f"--config={run / 'config.yaml'}", last])
    tested = Path("runs/version_1")
    metrics = json.loads((tested / "metrics.json").read_text())
    assert 0.0 <= metrics["accuracy"] <= 1.0
    predictions = pd.read_csv(tested / "predictions.csv")
    assert {"recording", "start", "truth", "prediction"} <= set(predictions.columns)
    assert {path.name for path in tested.glob("*.png")} == {"confusion_matrix.png", "embedding.png"}

    main(["predict", f"--config={run / 'config.yaml'}", last])
    assert "truth" not in pd.read_csv(Path("runs/version_2") / "diagnoses.csv").columns
    main(["validate", f"--config={run / 'config.yaml'}", last])


@pytest.mark.slow
def test_compare_prints_both_arms_and_does_not_repeat_finished_runs(provided, capsys):
    main(["compare", "--output=out", *QUICK])
    first = capsys.readouterr().out
    assert "source only" in first
    assert "adapted" in first
    stamps = {path: path.stat().st_mtime_ns for path in Path("out").rglob("metrics.json")}
    assert len(stamps) == 2
    main(["compare", "--output=out", *QUICK])
    assert stamps == {path: path.stat().st_mtime_ns for path in Path("out").rglob("metrics.json")}
    frame = pd.read_csv("out/comparison.csv", index_col="arm")
    assert list(frame.index) == ["source only", "adapted"]
    with pytest.raises(SystemExit):
        main(["compare", "--output=out", *QUICK, "--trainer.max_epochs=3"])
    assert "holds runs with other options" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data=datamodules.CWRUDataModule", "--data.init_args.root=nowhere"], "97.mat"),
        (["--data.init_args.source=Z"], "there is no domain 'Z'; choose from"),
        (["--data.init_args.windowing.overlap=2"], "overlap < 1, got"),
        (
            ["--model.class_loss=iadtln.losses.ISoftmax", "--model.class_loss.init_args.scale=0"],
            "scale >= 1",
        ),
        (["--ckpt_path=missing.ckpt"], "missing.ckpt"),
    ],
)
def test_bad_input_is_a_sentence_and_not_a_traceback(arguments, sentence, provided, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["fit", *arguments, "--trainer.accelerator=cpu", "--data.init_args.batch_size=8"])
    said = str(stop.value) + capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_two_processes_train_from_the_command_line(provided):
    command = [sys.executable, "-m", "iadtln", "fit", *QUICK, "--trainer.devices=2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert Path("runs/version_0/checkpoints/last.ckpt").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fit", "--help"]])
def test_help_explains_and_leaves(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 0
    assert len(capsys.readouterr().out) > 10


def test_every_data_module_is_exported_and_has_a_configuration():
    text = "".join(path.read_text() for path in CONFIGS.rglob("*.yaml"))
    for data in datamodules.PairedDataModule.__subclasses__():
        if data.__module__.startswith("datamodules"):
            assert data.__name__ in datamodules.__all__
            assert f"datamodules.{data.__name__}" in text


def test_every_front_end_has_a_configuration():
    text = "".join(path.read_text() for path in (CONFIGS / "front_end").glob("*.yaml"))
    for name in set(iadtln.front_ends.__all__) - {"FrontEnd"}:
        assert f"iadtln.front_ends.{name}" in text
