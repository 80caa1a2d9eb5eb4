"""A checkpoint cut short is a sentence and status 2, whichever verb reads it."""

import numpy as np
import pytest
import torch

from iadtln.main import main
from tests.runs import DATA, trained

RUN = [*DATA, "--trainer.accelerator=cpu", "--trainer.logger=false"]
VERBS = {
    "fit": lambda path, out: ["fit", *RUN, f"--ckpt_path={path}"],
    "fit from weights": lambda path, out: ["fit", *RUN, f"--model.initial_weights={path}"],
    "validate": lambda path, out: ["validate", *RUN, f"--ckpt_path={path}"],
    "test": lambda path, out: ["test", *RUN, f"--ckpt_path={path}"],
    "predict": lambda path, out: ["predict", *RUN, f"--ckpt_path={path}"],
    "diagnose": lambda path, out: ["diagnose", str(out / "a.npy"), f"--ckpt={path}"],
    "export": lambda path, out: ["export", f"--ckpt_path={path}", f"--output={out / 'a.onnx'}"],
    "explain": lambda path, out: ["explain", f"--ckpt_path={path}", f"--output={out}"],
    "adapt": lambda path, out: ["adapt", f"--ckpt={path}", *DATA],
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """A run without a logger writes its options where it begins."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("whole"), "--model.network=iadtln.networks.MLP")


@pytest.mark.parametrize(
    ("verb", "share"), [*((verb, 0.5) for verb in VERBS), ("fit", 0.0), ("fit", 0.999)]
)
def test_a_checkpoint_cut_short_is_a_sentence(verb, share, whole, tmp_path, capsys):
    content = whole.read_bytes()
    path = tmp_path / "checkpoints" / "last.ckpt"
    path.parent.mkdir()
    path.write_bytes(content[: int(share * len(content))])
    (tmp_path / "config.yaml").write_text((whole.parents[1] / "config.yaml").read_text())
    np.save(tmp_path / "a.npy", np.random.default_rng(0).standard_normal(9000))
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(VERBS[verb](path, tmp_path))
    assert end.value.code == 2
    assert "truncated or of another program" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("part", "value"),
    [("optimizer_states", "text"), ("loops", 3), ("pytorch-lightning_version", None)],
)
def test_a_checkpoint_that_was_tampered_with_is_a_sentence(part, value, whole, tmp_path, capsys):
    content = torch.load(whole, weights_only=True)
    torch.save({**content, part: value}, tmp_path / "last.ckpt")
    with pytest.raises(SystemExit) as end:
        main(["fit", *RUN, f"--ckpt_path={tmp_path / 'last.ckpt'}"])
    assert end.value.code == 2
    assert f"another kind of {part}" in capsys.readouterr().err.splitlines()[-1]
