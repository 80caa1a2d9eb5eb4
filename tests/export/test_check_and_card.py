"""A file that disagrees is refused; the card finds the test of its checkpoint."""

import json

import numpy as np
import pytest
import torch

from iadtln.export import ExportError, metrics_of
from iadtln.export.check import compare_logits, time_windows

SIGNAL = torch.randn(130, 1, 4, generator=torch.Generator().manual_seed(0))


def sums(signal):
    logits = np.stack([signal.sum((1, 2)), -signal.sum((1, 2))], 1)
    return logits, logits


def expected():
    return torch.from_numpy(sums(SIGNAL.numpy())[0])


def test_the_difference_and_the_share_of_equal_diagnoses_are_counted():
    shifted = expected()
    shifted[3, 0] += 5e-5
    other = expected()
    other[:13] = -other[:13]  # a tenth of the diagnoses
    found = compare_logits(sums, SIGNAL, shifted, other)
    assert found["windows"] == 130
    assert found["largest_difference"] == pytest.approx(5e-5, rel=0.01)
    assert found["same_diagnosis"] == pytest.approx(0.9)


@pytest.mark.parametrize("change", [2e-4, float("nan")])
def test_a_file_that_disagrees_is_refused(change):
    shifted = expected()
    shifted[3, 0] += change
    with pytest.raises(ExportError, match="disagrees with the checkpoint"):
        compare_logits(sums, SIGNAL, shifted, shifted)


def test_a_file_whose_windows_know_of_each_other_is_refused():
    def centred(signal):
        return sums(signal - signal.mean(0))

    with pytest.raises(ExportError, match="alone"):
        compare_logits(centred, SIGNAL, expected(), expected())


def test_times_are_for_one_window():
    calls = []

    def run(signal):
        calls.append(len(signal))
        return sums(signal)

    latency = time_windows(run, SIGNAL[:1], seconds=0.0)
    assert calls == [1, 1, 64, 64]  # one to set up, one measured
    assert latency["one_by_one"] > 0
    assert latency["in_batches_of_64"] > 0


def test_the_newest_test_of_this_checkpoint_is_found(tmp_path):
    checkpoint = tmp_path / "version_0" / "checkpoints" / "last.ckpt"
    for version, tested, accuracy in ((1, checkpoint, 0.9), (2, tmp_path / "other.ckpt", 0.5)):
        folder = tmp_path / f"version_{version}"
        folder.mkdir()
        content = {"checkpoint": str(tested), "accuracy": accuracy}
        (folder / "metrics.json").write_text(json.dumps(content))
    found = metrics_of(checkpoint, tmp_path / "version_0")
    assert found is not None
    assert found["accuracy"] == 0.9
    assert metrics_of(tmp_path / "never.ckpt", tmp_path / "version_0") is None


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"checkpoint": null}', "\x80"])
def test_a_broken_test_of_another_run_is_passed_over(tmp_path, content):
    checkpoint = tmp_path / "version_0" / "checkpoints" / "last.ckpt"
    for version, text in ((1, content), (2, json.dumps({"checkpoint": str(checkpoint)}))):
        (tmp_path / f"version_{version}").mkdir()
        (tmp_path / f"version_{version}" / "metrics.json").write_text(text, encoding="latin-1")
    assert metrics_of(checkpoint, tmp_path / "version_0") == {"checkpoint": str(checkpoint)}


def test_the_test_of_a_copy_or_of_a_link_is_that_of_the_checkpoint(tmp_path):
    files = {"last": b"weights", "copy": b"weights", "other": b"Weights"}
    for name, content in files.items():
        (tmp_path / f"{name}.ckpt").write_bytes(content)
    (tmp_path / "link.ckpt").symlink_to(tmp_path / "last.ckpt")
    (tmp_path / "version_0").mkdir()
    tested = {"checkpoint": str(tmp_path / "last.ckpt")}
    (tmp_path / "version_0" / "metrics.json").write_text(json.dumps(tested))
    for name, found in (("copy", tested), ("link", tested), ("other", None)):
        assert metrics_of(tmp_path / f"{name}.ckpt", tmp_path / "version_0") == found
