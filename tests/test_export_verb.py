"""The verb ``export``: from a checkpoint to a file that somebody else runs."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import wavfile

import iadtln.export.check as check
from datamodules import BandPass, SimulatedDataModule
from iadtln.cli import run
from iadtln.export import FORMATS
from iadtln.main import main

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
SERVE = Path(__file__).parents[1] / "notebooks" / "serve_onnx.py"
BAND = ["--front_end=EnvelopeSpectrum", "--front_end.low_hz=1000", "--front_end.high_hz=4000"]
SCALE = ["--data.normalisation=source"]


def fitted(folder, *options):
    """A run of one epoch on the simulated rig; return its checkpoint."""
    main(
        [
            "fit",
            "--data=datamodules.SimulatedDataModule",
            "--data.seconds=2.0",
            "--data.bearings_per_class=1",
            "--data.batch_size=8",
            "--model.transfer_losses=[]",
            "--model.network=LightCNN",
            "--trainer.max_epochs=1",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            f"--trainer.logger.init_args.save_dir={folder}",
            *options,
        ]
    )
    return folder / "version_0" / "checkpoints" / "last.ckpt"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return fitted(tmp_path_factory.mktemp("run"), *BAND, *SCALE)


def exported(checkpoint, *options):
    main(["export", f"--ckpt_path={checkpoint}", *options])


@pytest.mark.parametrize("form", FORMATS)
def test_file_and_card_lie_in_the_run(checkpoint, form, capsys):
    exported(checkpoint, f"--format={form}")
    folder = checkpoint.parents[1] / "export" / form
    card = json.loads((folder / "model_card.json").read_text())
    assert {path.name for path in folder.iterdir()} == {card["file"], "model_card.json"}
    assert card["size_bytes"] == (folder / card["file"]).stat().st_size
    assert card["input"]["shape"] == ["batch", 1, 2048]
    assert len(card["input"]["mean"]) == len(card["input"]["deviation"]) == 1
    assert card["agreement"]["largest_difference"] <= 1e-4
    assert card["agreement"]["same_diagnosis"] == 1.0
    assert not card["alone_is_enough"]
    assert [step["name"] for step in card["before"]] == ["BandPass"]
    assert card["before"][0]["settings"] == {"low_hz": 1000.0, "high_hz": 4000.0, "order": 4}
    said = capsys.readouterr().out
    assert "the file alone is not enough" in said
    assert "BandPass(low_hz=1000.0, high_hz=4000.0, order=4)" in said
    assert "with --filter_windows the last 1 of these are done inside" in said


def test_with_filtered_windows_the_file_alone_is_enough(checkpoint, tmp_path, capsys):
    exported(checkpoint, "--filter_windows", f"--output={tmp_path}")
    card = json.loads((tmp_path / "model_card.json").read_text())
    assert card["alone_is_enough"]
    assert card["before"] == []
    assert [step["name"] for step in card["inside_windows"]] == ["BandPass"]
    assert 0 <= card["agreement"]["same_diagnosis"] <= 1
    said = capsys.readouterr().out
    assert "of the diagnoses are the checkpoint's" in said
    assert "the file alone is enough" in said


@pytest.fixture(scope="module")
def prepared(checkpoint, tmp_path_factory):
    """A model that is not enough alone, and a recording that has what it needs."""
    folder = tmp_path_factory.mktemp("onnx")
    exported(checkpoint, f"--output={folder}")
    np.save(folder / "one.npy", np.random.default_rng(0).standard_normal(3000))
    return folder


def test_the_file_says_of_raw_windows_what_predict_says_of_its_own(checkpoint, prepared, tmp_path):
    config = checkpoint.parents[1] / "config.yaml"
    folder = f"--trainer.default_root_dir={tmp_path}"
    arguments = [f"--config={config}", f"--ckpt_path={checkpoint}", "--trainer.logger=false"]
    cli = run(["predict", *arguments, folder])
    said = cli.trainer.predict(cli.model, datamodule=cli.datamodule)
    expected = torch.cat([batch["logits"] for batch in said])
    index = torch.cat([batch["index"] for batch in said]).tolist()
    windows = cli.datamodule.describe("predict").loc[index]
    data = SimulatedDataModule(seconds=2.0, bearings_per_class=1)
    band = BandPass(1000.0, 4000.0)  # which the card leaves to the caller
    recordings = [band(read()) for read in data.readers(cli.datamodule.target)]
    signal = {one.recording_id: one.signal.numpy() for one in recordings}
    raw = [signal[w.recording][:, w.start : w.start + 2048] for w in windows.itertuples()]
    logits, _ = FORMATS["onnx"].load(prepared / "model.onnx")(np.stack(raw))
    assert len(expected) >= 8
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_a_broken_metrics_file_costs_neither_model_nor_card(checkpoint, tmp_path):
    broken = checkpoint.parents[1] / "metrics.json"
    broken.write_text("{")
    try:
        main(["export", f"--ckpt={checkpoint}", f"--output={tmp_path}", "--format=torch_export"])
    finally:
        broken.unlink()
    assert json.loads((tmp_path / "model_card.json").read_text())["metrics"] is None


def served(model, recording, *options):
    command = [sys.executable, str(SERVE), str(model), str(recording), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_serves_it_with_numpy_and_onnxruntime_alone(tmp_path):
    checkpoint = fitted(tmp_path / "run")
    exported(checkpoint, f"--output={tmp_path}")
    card = json.loads((tmp_path / "model_card.json").read_text())
    rate = round(card["input"]["sampling_rate"])
    signal = (1e4 * np.random.default_rng(0).standard_normal(3 * 2048 + 5)).clip(-3e4, 3e4)
    np.save(tmp_path / "one.npy", signal.astype("<i2"))
    np.savetxt(tmp_path / "one.csv", signal.astype("<i2"), delimiter=",")
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(signal.astype("<i2").tobytes())
    results = [
        served(tmp_path / "model.onnx", tmp_path / f"one.{s}") for s in ("npy", "csv", "wav")
    ]
    assert all(result.returncode == 0 for result in results), results
    tables = [[line for line in r.stdout.splitlines() if "of the windows" in line] for r in results]
    assert tables[0] == tables[1] == tables[2]  # each window is standardised: no unit counts
    windows = torch.from_numpy(signal.astype("<i2")[: 3 * 2048].astype(np.float32))
    model = FORMATS["onnx"].load(tmp_path / "model.onnx")
    mean = model(windows.reshape(3, 1, 2048).numpy())[1].mean(0)
    for line, name, value in zip(tables[0], card["classes"], mean, strict=True):
        assert name in line
        assert float(line.split()[-1]) == pytest.approx(value, abs=1e-3)
    wrong = served(tmp_path / "model.onnx", tmp_path / "one.npy", "--rate=1")
    assert wrong.returncode == 2
    assert "resample" in wrong.stderr


def test_the_example_asks_for_what_the_model_does_not_do(prepared):
    refused = served(prepared / "model.onnx", prepared / "one.npy")
    assert refused.returncode == 2
    assert "BandPass" in refused.stdout
    assert "--prepared" in refused.stderr
    assert served(prepared / "model.onnx", prepared / "one.npy", "--prepared").returncode == 0


def test_the_example_counts_in_revolutions_where_the_model_does(prepared, tmp_path):
    card = json.loads((prepared / "model_card.json").read_text())
    card["input"] |= {"axis": "angle", "sampling_rate": 256.0}
    (tmp_path / "model_card.json").write_text(json.dumps(card))
    (tmp_path / "model.onnx").write_bytes((prepared / "model.onnx").read_bytes())
    options = (tmp_path / "model.onnx", prepared / "one.npy", "--prepared", "--rate=12000")
    assert "knows 256 samples per revolution, got 12000" in served(*options).stderr


def write_foreign(path):
    """A file that the example does not read."""
    if path.suffix == ".wav":
        wavfile.write(path, 12000, np.zeros(3000, np.float32))
    elif path.suffix == ".npy":
        np.save(path, np.full(3000, np.nan))
    else:
        path.write_text("time,acceleration\n0.0,1.0\n0.1,2.0\n")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("float.wav", "unknown format: 3"),
        ("header.csv", "could not convert string"),
        ("one.mat", "a '.mat' file"),
        ("nan.npy", "not finite"),
    ],
)
def test_the_example_says_what_it_reads(prepared, tmp_path, name, what):
    write_foreign(tmp_path / name)
    refused = served(prepared / "model.onnx", tmp_path / name, "--prepared")
    assert refused.returncode == 2
    assert "expected a .wav of 8, 16 or 32-bit integers" in refused.stderr
    assert what in refused.stderr
    assert "Traceback" not in refused.stderr


def sentence(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["export", *arguments])
    assert end.value.code == 2
    return capsys.readouterr().err


def test_a_file_that_disagrees_is_not_left(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(check.compare_logits, "__defaults__", (-1.0,))
    arguments = [f"--ckpt_path={checkpoint}", f"--output={tmp_path / 'out'}"]
    said = sentence([*arguments, "--format=torch_export"], capsys)
    assert "disagrees with the checkpoint" in said
    assert not list((tmp_path / "out").iterdir())


def test_a_truncated_or_foreign_checkpoint_is_a_sentence(checkpoint, tmp_path, capsys):
    truncated = tmp_path / "half.ckpt"
    truncated.write_bytes(checkpoint.read_bytes()[:1000])
    foreign = tmp_path / "foreign.ckpt"
    torch.save({"weights": torch.zeros(2)}, foreign)
    for path in (truncated, foreign, tmp_path / "missing.ckpt"):
        assert path.name in sentence([f"--ckpt_path={path}"], capsys)


def test_a_checkpoint_without_its_configuration_is_a_sentence(checkpoint, tmp_path, capsys):
    alone = tmp_path / "deep" / "alone.ckpt"
    alone.parent.mkdir()
    alone.write_bytes(checkpoint.read_bytes())
    assert "name it with --config" in sentence([f"--ckpt_path={alone}"], capsys)


def test_another_network_is_a_sentence(checkpoint, capsys):
    said = sentence([f"--ckpt_path={checkpoint}", "--model.network=WDCNN"], capsys)
    assert "another network" in said


def test_a_front_end_that_cannot_be_exported_is_a_sentence(tmp_path, capsys):
    vmd = ["--front_end=VMD", "--front_end.max_iterations=3", "--front_end.modes=2"]
    checkpoint = fitted(tmp_path, *vmd, "--trainer.limit_train_batches=1")
    assert "VMD with LightCNN cannot be exported" in sentence([f"--ckpt_path={checkpoint}"], capsys)
