"""Where diagnose reads and writes, and what it does where a file is missing or in the way."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from iadtln.trust.evidence import beside
from tests.runs import diagnose, recordings, trained, trained_on_files

RATE = 12000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "recordings"
    recordings(folder)
    return folder


@pytest.fixture
def bare(files, tmp_path):
    """A run whose training data are gone but for the manifest, and where they were."""
    checkpoint = trained_on_files(tmp_path, files)
    for path in tmp_path.glob("*.npy"):
        path.unlink()
    return checkpoint


@pytest.mark.parametrize("seconds", ["0.00001", "0", "0.09"])
def test_blocks_have_a_least_length(run, files, tmp_path, capsys, seconds):
    diagnose(tmp_path / "out", files, f"--ckpt={run}", f"--block_seconds={seconds}", status=2)
    assert "expected --block_seconds of 0.1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["taken", "taken/below"])
def test_a_file_in_the_place_of_the_output_is_a_sentence(run, files, tmp_path, capsys, place):
    (tmp_path / "taken").write_text("mine")
    diagnose(tmp_path / place, files, f"--ckpt={run}", status=2)
    assert "taken" in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"


def test_what_cannot_be_kept_is_made_again_and_told(files, tmp_path):
    own = trained(tmp_path / "runs")
    beside(own).mkdir()
    with pytest.warns(UserWarning, match="looks at the training data again"):
        table, said, _ = diagnose(tmp_path / "out", files, f"--ckpt={own}")
    assert len(table) == 4
    assert "temperature" in said


@pytest.mark.parametrize("output", ["diagnosis", "."])
def test_own_results_and_hidden_files_are_no_recordings(run, files, output):
    (files / ".hidden").mkdir()
    for name in (".OF.npy", ".hidden/OF.npy"):
        (files / name).write_bytes((files / "OF.npy").read_bytes())
    for _ in range(2):
        table, _, _ = diagnose(files / output, files, f"--ckpt={run}")
        names = [path.rpartition("/")[2] for path in table["recording"]]
        assert names == ["BF.npy", "IF.npy", "NC.npy", "OF.npy"]


def test_recordings_that_lie_below_the_output_are_read(run, files, tmp_path):
    table, _, _ = diagnose(tmp_path, files, f"--ckpt={run}")
    assert len(table) == 4


def test_options_may_be_spelled_as_in_other_verbs(run, files, tmp_path):
    config = run.parent.parent / "config.yaml"
    table, _, _ = diagnose(tmp_path / "out", files, "--ckpt_path", run, "--run_config", config)
    assert len(table) == 4


def test_the_configuration_may_lie_beside_the_checkpoint(files, tmp_path):
    own = trained(tmp_path / "runs")
    (own.parent.parent / "config.yaml").rename(own.parent / "config.yaml")
    table, _, _ = diagnose(tmp_path / "out", files, f"--ckpt={own}")
    assert len(table) == 4


def test_without_the_training_data_the_manifest_tells_their_rate(bare, files, tmp_path):
    signal = np.load(files / "IF.npy").astype(np.float32)
    wavfile.write(tmp_path / "fast.wav", 4 * RATE, np.repeat(signal, 4))
    table, _, _ = diagnose(tmp_path / "out", tmp_path / "fast.wav", f"--ckpt={bare}")
    assert table["windows"][0] == len(signal) // 2048  # not of four times as many samples
    assert "not known" not in table["warnings"][0]


def test_without_any_rate_of_the_training_each_row_says_so(bare, files, tmp_path):
    manifest = tmp_path / "manifest.csv"
    pd.read_csv(manifest).drop(columns="sampling_rate").to_csv(manifest, index=False)
    table, _, _ = diagnose(tmp_path / "out", files, f"--ckpt={bare}", f"--sampling_rate={RATE}")
    said = "the sampling rate of the training is not known; recordings are taken as they are"
    assert [said in one for one in table["warnings"]] == [True] * 4


def test_windows_of_a_standing_machine_do_not_vote(run, files, tmp_path):
    signal = np.load(files / "IF.npy")
    np.save(tmp_path / "a.npy", np.concatenate([signal[:4096], np.zeros(20480), signal[:4096]]))
    table, _, windows = diagnose(tmp_path / "out", tmp_path / "a.npy", f"--ckpt={run}")
    assert table["windows"][0] == len(windows) == 4
    assert "left out 1.71 s in which a channel never changes" in table["warnings"][0]  # 20480
