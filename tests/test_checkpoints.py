"""A checkpoint that is none is a sentence, wherever it is read."""

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from iadtln.checkpoints import read_state
from iadtln.diagnosis import Diagnosis, load_weights
from iadtln.front_ends import Raw
from iadtln.main import main
from iadtln.networks import MLP
from tests.runs import DATA


def whole(path):
    model = Diagnosis(MLP(), 4)
    torch.save({"state_dict": model.state_dict()}, path)


def cut_short(path):
    whole(path)
    path.write_bytes(path.read_bytes()[:500])


def foreign(path):
    torch.save({"weights": torch.zeros(3)}, path)


def of_another_task(path):
    torch.save({"state_dict": {"head.weight": torch.zeros(3)}}, path)


DAMAGE = [cut_short, foreign, of_another_task, lambda path: path.write_text("no checkpoint")]


def test_the_weights_come_back(tmp_path):
    whole(tmp_path / "a.ckpt")
    assert read_state(tmp_path / "a.ckpt")["classifier.weight"].shape[0] == 4
    load_weights(Diagnosis(MLP(), 4), tmp_path / "a.ckpt")


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_a_sentence(damage, tmp_path):
    path = tmp_path / "a.ckpt"
    damage(path)
    front_end = Raw()
    front_end.checkpoint = path
    for reads in (
        lambda: read_state(path),
        lambda: load_weights(Diagnosis(MLP(), 4), path),
        front_end.bring_transforms,
    ):
        with pytest.raises(MisconfigurationException, match="truncated or of another program"):
            reads()


@pytest.mark.parametrize("verb", ["test", "predict"])
@pytest.mark.parametrize("damage", [cut_short, foreign])
def test_the_command_line_ends_with_it(verb, damage, tmp_path, capsys):
    damage(tmp_path / "a.ckpt")
    with pytest.raises(SystemExit) as end:
        main(
            [
                verb,
                *DATA,
                f"--ckpt_path={tmp_path / 'a.ckpt'}",
                "--trainer.accelerator=cpu",
                "--trainer.logger=false",
                f"--trainer.default_root_dir={tmp_path}",
            ]
        )
    assert end.value.code == 2
    assert "truncated or of another program" in capsys.readouterr().err
