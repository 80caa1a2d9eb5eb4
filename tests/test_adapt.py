"""A checkpoint goes on learning at another machine."""

import pytest
import torch
import yaml

from iadtln.main import main
from iadtln.verbs.adapt import options_of
from tests.runs import DATA, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"))


def adapt(folder, run, *options):
    main(
        [
            "adapt",
            f"--ckpt={run}",
            *DATA,
            "--data.init_args.target=C",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            f"--trainer.logger.init_args.save_dir={folder}",
            *options,
        ]
    )
    checkpoint = folder / "version_0" / "checkpoints" / "last.ckpt"
    config = yaml.safe_load((folder / "version_0" / "config.yaml").read_text())
    return torch.load(checkpoint, weights_only=True)["state_dict"], config


def test_source_free_moves_the_network_and_leaves_the_last_layer(run, tmp_path, capsys):
    state, config = adapt(tmp_path, run, "--source_free", "true")
    before = torch.load(run, weights_only=True)["state_dict"]
    torch.testing.assert_close(state["classifier.weight"], before["classifier.weight"])
    assert not torch.equal(state["network.conv1.conv.weight"], before["network.conv1.conv.weight"])
    assert config["data"]["init_args"]["source_free"] is True
    assert config["data"]["init_args"]["target"] == "C"
    (loss,) = config["model"]["transfer_losses"]
    assert loss["class_path"].endswith("InformationMaximisation")
    assert "diagnose FILES --ckpt" in capsys.readouterr().out


def test_with_the_source_a_run_without_transfer_gets_that_of_iadtln(run, tmp_path):
    state, config = adapt(tmp_path, run)
    names = [one["class_path"].split(".")[-1] for one in config["model"]["transfer_losses"]]
    assert names == ["CORAL", "JMMD", "CDANE"]
    assert config["model"]["pretrain_epochs"] == 0
    assert config["trainer"]["max_epochs"] == 1  # as the run
    assert config["model"]["initial_weights"] == str(run)
    before = torch.load(run, weights_only=True)["state_dict"]
    assert not torch.equal(state["classifier.weight"], before["classifier.weight"])


def test_with_the_source_again_all_of_the_network_learns_again(run, tmp_path):
    adapt(tmp_path / "free", run, "--source_free", "true")
    free = tmp_path / "free" / "version_0" / "checkpoints" / "last.ckpt"
    state, config = adapt(tmp_path / "again", free)
    assert config["model"]["freeze_classifier"] is False
    names = [one["class_path"].split(".")[-1] for one in config["model"]["transfer_losses"]]
    assert names == ["CORAL", "JMMD", "CDANE"]
    before = torch.load(free, weights_only=True)["state_dict"]
    assert not torch.equal(state["classifier.weight"], before["classifier.weight"])


def test_transfer_losses_of_the_run_are_kept_if_one_uses_the_source(tmp_path):
    losses = [{"class_path": f"iadtln.losses.{name}"} for name in ("MCC", "CORAL")]
    content = {"model": {"transfer_losses": losses}, "front_end": {}}
    options = options_of(content, tmp_path / "a.ckpt", source_free=False)
    assert options["model"]["transfer_losses"] == losses


def test_a_configuration_without_front_end_is_a_sentence(run, tmp_path, capsys):
    content = yaml.safe_load((run.parent.parent / "config.yaml").read_text())
    del content["front_end"]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(SystemExit) as end:
        main(["adapt", f"--ckpt_path={run}", f"--run_config={tmp_path / 'config.yaml'}", *DATA])
    assert end.value.code == 2
    assert "'front_end'" in capsys.readouterr().err


def test_options_of_fit_have_the_last_word(run, tmp_path):
    _, config = adapt(tmp_path, run, "--trainer.max_epochs=2", "--model.pretrain_epochs=1")
    assert config["trainer"]["max_epochs"] == 2
    assert config["model"]["pretrain_epochs"] == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data.init_args.faults=[NC,OF]"], "expected the classes that the network knows"),
        (["--front_end=iadtln.front_ends.BandedEnvelope"], "was trained with another front end"),
    ],
)
def test_what_the_network_cannot_take_is_a_sentence(run, tmp_path, capsys, options, sentence):
    with pytest.raises(SystemExit) as end:
        adapt(tmp_path, run, *options)
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_band_that_was_chosen_stays_that_of_the_checkpoint(tmp_path):
    first = trained(tmp_path / "first", "--front_end=iadtln.front_ends.BandedEnvelope")
    before = torch.load(first, weights_only=True)["state_dict"]
    (name,) = (name for name in before if name.startswith("front_end.") and "band_hz" in name)
    other = before | {name: torch.tensor([700.0, 1500.0])}  # one that no recording would choose
    torch.save(torch.load(first, weights_only=True) | {"state_dict": other}, first)
    state, _ = adapt(tmp_path / "second", first)
    assert state[name].tolist() == [700.0, 1500.0]


def test_data_and_a_checkpoint_must_be_named(run, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["adapt", f"--ckpt={run}"])
    assert end.value.code == 2
    assert "expected --data" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["adapt", f"--ckpt={tmp_path / 'none.ckpt'}", *DATA])
    assert end.value.code == 2
    assert "there is none at" in capsys.readouterr().err


def test_the_configuration_of_a_run_is_refused_where_it_would_undo_the_verb(run, tmp_path, capsys):
    config = run.parents[1] / "config.yaml"
    with pytest.raises(SystemExit) as end:
        adapt(tmp_path, run, "--config", str(config))
    assert end.value.code == 2
    assert "expected options of your own as --config" in capsys.readouterr().err
