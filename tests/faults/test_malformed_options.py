"""Bad configurations and checkpoints end in a sentence and status 2; nothing in them is run."""

import pytest
import torch

from iadtln.checkpoints import read_state
from iadtln.configurations import read_options, read_yaml
from iadtln.main import main
from tests.faults.malformed import good_checkpoint, mutated
from tests.faults.malformed_claims import PAYLOAD, Touch
from tests.faults.malformed_text import YAML
from tests.faults.reading import ending

NO_YAML = ["tabs", "open bracket", "a tag", "a loop", "laughs", "deep", "binary", "two documents"]


def test_odd_configurations_end_in_a_sentence_or_are_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in YAML.items():
        (tmp_path / "a.yaml").write_bytes(content)
        assert ending(read_options, tmp_path / "a.yaml")[0] != "traceback", name
    assert not (tmp_path / PAYLOAD).exists()


@pytest.mark.parametrize("name", NO_YAML)
def test_every_verb_refuses_what_is_no_yaml(name, tmp_path, capsys):
    path = tmp_path / "a.yaml"
    path.write_bytes(YAML[name])
    for verb in ("fit", "benchmark", "monitor", "diagnose"):
        with pytest.raises(SystemExit) as end:
            main([verb, f"--config={path}"])
        assert end.value.code == 2
        said = capsys.readouterr().err
        assert "expected" in said
        assert "Traceback" not in said


def test_an_alias_counts_as_what_it_stands_for(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": [1, 2], "b": [1, 2]}


def test_a_trainer_may_be_a_file_of_its_own(tmp_path, capsys):
    (tmp_path / "trainer.yaml").write_text("max_epochs: 3\n")
    (tmp_path / "run.yaml").write_text(
        "trainer: trainer.yaml\ndata: datamodules.SimulatedDataModule\n"
    )
    with pytest.raises(SystemExit) as end:
        main(["fit", f"--config={tmp_path / 'run.yaml'}", "--print_config"])
    assert end.value.code == 0
    assert "max_epochs: 3" in capsys.readouterr().out


def test_odd_checkpoints_end_in_a_sentence_or_are_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for bad in mutated(good_checkpoint(tmp_path / "good.ckpt"), 20):
        assert ending(read_state, bad.path)[0] != "traceback", bad
    for number, content in enumerate(([1], 3, {"state_dict": Touch()}, {"state_dict": [1]},
                                      {"state_dict": {"classifier.weight": 3}})):  # fmt: skip
        torch.save(content, tmp_path / f"{number}.ckpt")
        assert ending(read_state, tmp_path / f"{number}.ckpt")[0] == "sentence"
    assert not (tmp_path / PAYLOAD).exists()
