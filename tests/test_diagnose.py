"""From recordings without labels to a table that says how far to believe it."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from scipy.io import wavfile

from iadtln.main import main
from iadtln.trust.evidence import beside, kept
from tests import fakes
from tests.runs import diagnose, recordings, trained, trained_on_files

RATE = 12000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"), "--data.windowing.overlap=0.75", epochs=6)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    recordings(folder)
    return folder


def test_windows_are_diagnosed_as_predict_does(run, files, tmp_path):
    config = run.parent.parent / "config.yaml"
    logger = f"--trainer.logger.init_args.save_dir={tmp_path}"
    end_to_end = "--data.init_args.windowing.overlap=0"
    main(["predict", f"--config={config}", f"--ckpt_path={run}", logger, end_to_end])
    (predicted,) = tmp_path.glob("**/diagnoses.csv")
    want = pd.read_csv(predicted)
    table, _, windows = diagnose(tmp_path / "out", files, f"--ckpt={run}", "--block_seconds=0.7")
    assert len(windows) == len(want)
    label = windows["recording"].str.extract(r"(\w+)\.npy")[0]
    windows["key"] = label + (windows["start_seconds"] * RATE).round().astype(int).astype(str)
    label = want["recording"].str.extract(r"(NC|IF|BF|OF)")[0]
    want["key"] = label + want["start"].astype(str)
    both = windows.merge(want, on="key", validate="one_to_one")
    assert len(both) == len(want)
    assert (both["diagnosis"] == both["prediction"]).all()
    votes = want.groupby(label)["prediction"].agg(lambda one: one.mode()[0])
    by_file = table.set_index(table["recording"].str.extract(r"(\w+)\.npy")[0])["diagnosis"]
    assert (by_file == votes[by_file.index]).all()


def test_tables_are_written_in_three_formats_and_agree(run, files, tmp_path):
    table, said, _ = diagnose(tmp_path, files, f"--ckpt={run}")
    assert list(table["recording"]) == sorted(str(path) for path in files.iterdir())
    assert pd.read_parquet(tmp_path / "diagnosis.parquet")["diagnosis"].tolist() == [
        row["diagnosis"] for row in said["recordings"]
    ]
    assert said["classes"] == ["NC", "IF", "BF", "OF"]
    assert ((table["agreement"] > 0.25) & (table["agreement"] <= 1)).all()


def test_the_estimate_for_recordings_of_the_source_is_near_their_accuracy(run, tmp_path):
    recordings(tmp_path / "source", "A")
    _, said, windows = diagnose(tmp_path / "out", tmp_path / "source", f"--ckpt={run}")
    truth = windows["recording"].str.extract(r"(\w+)\.npy")[0]
    real = (windows["diagnosis"] == truth).mean()
    assert said["estimated_accuracy"] == pytest.approx(real, abs=0.15)


def test_what_is_learned_of_confidence_is_kept_and_not_taken_for_other_weights(
    run, files, tmp_path
):
    shutil.copytree(run.parent.parent, tmp_path / "run")
    own = tmp_path / "run" / "checkpoints" / run.name
    beside(own).unlink(missing_ok=True)
    diagnose(tmp_path / "out", files / "NC.npy", f"--ckpt={own}")
    time = beside(own).stat().st_mtime_ns
    assert kept(own).expected.sampling_rate == RATE
    diagnose(tmp_path / "out", files / "NC.npy", f"--ckpt={own}")
    assert beside(own).stat().st_mtime_ns == time
    content = torch.load(own, weights_only=True)
    content["state_dict"]["classifier.bias"] += 0.5
    torch.save(content, own)
    assert kept(own) is None
    diagnose(tmp_path / "out", files / "NC.npy", f"--ckpt={own}")
    assert beside(own).stat().st_mtime_ns > time
    beside(own).write_bytes(beside(own).read_bytes()[:-7])
    assert kept(own) is None


def test_noise_is_unlike_anything_trained_on(run, files, tmp_path):
    noise = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32)
    np.save(tmp_path / "noise.npy", noise)
    table, said, _ = diagnose(tmp_path / "out", tmp_path / "noise.npy", f"--ckpt={run}")
    assert "unlike anything trained on" in table["warnings"][0]
    assert said["estimated_accuracy"] is None


def test_a_bad_recording_is_a_row_and_the_others_go_on(run, files, tmp_path, capsys):
    good = files / "OF.npy"
    signal = np.load(good)
    np.save(tmp_path / "short.npy", signal[:2000])
    np.save(tmp_path / "two.npy", np.stack([signal, signal]))
    np.save(tmp_path / "nan.npy", np.full_like(signal, np.nan))
    np.save(tmp_path / "dead.npy", np.zeros_like(signal))
    np.save(tmp_path / "pickled.npy", np.array([print], dtype=object), allow_pickle=True)
    fakes.truncate(fakes.measured(tmp_path / "cut.wav", {"x": signal}, RATE))
    bad = ["short", "two", "nan", "dead", "pickled", "cut"]
    names = [tmp_path / f"{name}.{'wav' if name == 'cut' else 'npy'}" for name in bad]
    table, _, _ = diagnose(
        tmp_path / "out", *names, tmp_path / "none.csv", good, f"--ckpt={run}", status=1
    )
    assert table["failed"].astype(bool).tolist() == [True] * 7 + [False]
    words = [
        "one window", "choose by --channel", "NaN", "never changes", "readable", "truncated", "file"
    ]  # fmt: skip
    for sentence, word in zip(table["warnings"], words, strict=False):
        assert word in sentence
    printed = capsys.readouterr().out
    assert "failed" in printed
    assert "OF.npy" in printed


def test_another_rate_is_brought_to_that_of_the_training(run, files, tmp_path):
    from scipy.signal import resample_poly

    signal = np.load(files / "IF.npy")
    wavfile.write(tmp_path / "a.wav", 4 * RATE, resample_poly(signal, 4, 1).astype(np.float32))
    table, _, _ = diagnose(tmp_path / "out", tmp_path / "a.wav", f"--ckpt={run}")
    want, _, _ = diagnose(tmp_path / "out", files / "IF.npy", f"--ckpt={run}")
    assert table["windows"][0] == want["windows"][0]
    assert table["diagnosis"][0] == want["diagnosis"][0]
    assert table["confidence"][0] == pytest.approx(want["confidence"][0], abs=0.05)
    assert "sampling rate not told" in want["warnings"][0]
    assert "sampling rate not told" not in table["warnings"][0]


def test_channels_are_chosen_by_number(run, files, tmp_path):
    signal = np.load(files / "IF.npy")
    np.save(tmp_path / "two.npy", np.stack([0 * signal, signal]))
    table, _, _ = diagnose(tmp_path / "o", tmp_path / "two.npy", f"--ckpt={run}", "--channel=1")
    want, _, _ = diagnose(tmp_path / "o", files / "IF.npy", f"--ckpt={run}")
    assert table["confidence"][0] == want["confidence"][0]


def without_front_end(config):
    content = yaml.safe_load(config.read_text())
    del content["front_end"]
    config.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "truncated or of another"),
        (lambda path: path.write_text("not a checkpoint"), "truncated or of another"),
        (lambda path: torch.save({"weights": 1}, path), "truncated or of another"),
        (lambda path: torch.save({"state_dict": print}, path), "truncated or of another"),
        (lambda path: path.unlink(), "there is none at"),
        (lambda path: (path.parent.parent / "config.yaml").unlink(), "name it with --config"),
        (lambda path: (path.parent.parent / "config.yaml").write_text("a: 1"), "that fit wrote"),
        (lambda path: without_front_end(path.parent.parent / "config.yaml"), "'front_end'"),
    ],
)
def test_a_foreign_or_broken_run_is_a_sentence(run, files, tmp_path, capsys, damage, sentence):
    shutil.copytree(run.parent.parent, tmp_path / "run")
    own = tmp_path / "run" / "checkpoints" / run.name
    damage(own)
    diagnose(tmp_path / "out", files, f"--ckpt={own}", status=2)
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--risk=0", "--miss_rate=1", "--rpm=-5", "--sampling_rate=0"])
def test_a_wrong_option_is_a_sentence(run, files, tmp_path, capsys, option):
    diagnose(tmp_path / "out", files, f"--ckpt={run}", option, status=2)
    assert "expected" in capsys.readouterr().err


def test_an_empty_folder_is_a_sentence(run, tmp_path, capsys):
    diagnose(tmp_path / "out", tmp_path, f"--ckpt={run}", status=2)
    assert "found none" in capsys.readouterr().err


def test_revolutions_need_the_speed(files, tmp_path_factory, tmp_path):
    transform = '[{"class_path": "datamodules.AngleResample"}]'
    own = trained(
        tmp_path_factory.mktemp("runs"),
        f"--data.transforms={transform}",
        epochs=1,
    )
    one = files / "NC.npy"
    table, _, _ = diagnose(tmp_path, one, f"--ckpt={own}", status=1)
    assert "say --rpm" in table["warnings"][0]
    table, _, windows = diagnose(tmp_path, one, f"--ckpt={own}", "--rpm=1500")
    # 3 s at 25 turns a second and 640 samples a turn: 48000 samples, 23 windows
    assert len(windows) == 23
    np.testing.assert_allclose(windows["start_seconds"].diff()[1:], 2048 / 640 / 25, atol=2e-4)


@pytest.fixture
def measured(files, tmp_path):
    """A run that learned from files, which can be taken away."""
    return trained_on_files(tmp_path, files), tmp_path


def test_without_the_training_data_confidence_is_the_networks_own(
    measured, files, tmp_path, capsys
):
    run, folder = measured
    for path in folder.glob("*.npy"):
        path.unlink()
    table, said, _ = diagnose(tmp_path / "out", files, f"--ckpt={run}", "--sampling_rate=12000")
    assert "without the training data there is no calibration" in capsys.readouterr().out
    assert "temperature" not in said
    assert table["foreign"].tolist() == [""] * 4
    assert len(table) == 4


def test_what_was_learned_once_serves_without_the_training_data(measured, files, tmp_path):
    run, folder = measured
    want, *_ = diagnose(tmp_path / "out", files, f"--ckpt={run}")
    for path in [*folder.glob("*.npy"), folder / "manifest.csv"]:
        path.unlink()
    table, *_ = diagnose(tmp_path / "out", files, f"--ckpt={run}")
    pd.testing.assert_frame_equal(table, want)
    beside(run).unlink()
    diagnose(tmp_path / "out", files, f"--ckpt={run}", status=2)


MEMORY = """
import resource, sys
from pathlib import Path
from datamodules import BandPass
from datamodules.streams import stream_signal
from iadtln.doctor.blocks import Cutter
for name in sys.argv[1:]:
    stream = stream_signal(Path(name))
    cutter = Cutter(12000.0, 2048, [BandPass(100.0, 5000.0)])
    number = sum(len(one.signal) for one in cutter.windows(stream.blocks))
    print(number, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.parametrize("suffix", [".npy", ".wav"])
def test_a_long_recording_needs_no_more_memory_than_a_minute(tmp_path, suffix):
    minute = np.random.default_rng(0).standard_normal(60 * RATE).astype(np.float32)
    for name, minutes in (("short", 1), ("long", 30)):
        signal = np.tile(minute, minutes)
        path = tmp_path / f"{name}{suffix}"
        np.save(path, signal) if suffix == ".npy" else wavfile.write(path, RATE, signal)
    names = [str(tmp_path / f"{name}{suffix}") for name in ("short", "long")]
    command = [sys.executable, "-c", MEMORY, *names]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (few, short), (many, long) = (map(float, line.split()) for line in text.splitlines())
    assert (few, many) == (60 * RATE // 2048, 1800 * RATE // 2048)
    assert long - short < 40  # MiB, of a file of 82
