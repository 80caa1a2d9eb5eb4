"""Runs that share their pretraining are, to the last bit, those that do not."""

from pathlib import Path

import pytest
import torch
from curves import curves, next_second, same, state

from iadtln.callbacks.pretraining import can_share, place_of
from iadtln.losses import DANN
from iadtln.main import main
from iadtln.networks import MLP
from iadtln.task import DomainAdaptation
from tests.losses.loss_examples import concrete_losses
from tests.runs import DATA

AVERAGING = (
    '{"class_path": "lightning.pytorch.callbacks.StochasticWeightAveraging", '
    '"init_args": {"swa_lrs": 0.001}}'
)


def fit(folder, *options, losses="iadtln.losses.CORAL", shared=None):
    """Two epochs on the source and one of transfer; return the folder of the run."""
    named = [f'{{"class_path": "{one}"}}' for one in losses.split()]
    main(
        [
            "fit",
            *DATA,
            "--data.windowing={length: 128, per_recording: 6}",
            "--model.network=iadtln.networks.MLP",
            f"--model.transfer_losses=[{', '.join(named)}]",
            "--model.pretrain_epochs=2",
            "--trainer.max_epochs=3",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            f"--trainer.logger.init_args.save_dir={folder.parent}",
            f"--trainer.logger.init_args.name={folder.name}",
            "--trainer.logger.init_args.version=",
            *([f"--share_pretraining={shared}"] if shared else []),
            *options,
        ]
    )
    return folder


def weights(folder):
    return state(folder / "checkpoints" / "last.ckpt")


def averages(folder):
    """Adam's, of each weight, by names in one level."""
    checkpoint = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    known = checkpoint["optimizer_states"][0]["state"]
    return {f"{weight} {name}": one for weight, of in known.items() for name, one in of.items()}


def has_taken(folder):
    """Whether a run has the events of another one beside its own."""
    return len(list(folder.glob("events.*"))) == 2


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder with the pretraining of a run with CORAL."""
    folder = tmp_path_factory.mktemp("shared")
    fit(folder / "origin", shared=folder / "pretraining")
    return folder / "pretraining"


def places(shared):
    return sorted(path.name for path in shared.iterdir())


@pytest.mark.parametrize("losses", [f"iadtln.losses.{one.__name__}" for one in concrete_losses()])
def test_a_method_that_takes_the_pretraining_of_another_is_its_own(losses, shared, tmp_path):
    before = places(shared)
    alone = fit(tmp_path / "alone", losses=losses)
    next_second()
    taken = fit(tmp_path / "taken", losses=losses, shared=shared)
    assert has_taken(taken)
    assert places(shared) == before
    assert same(weights(alone), weights(taken))
    assert same(averages(alone), averages(taken))
    assert curves(taken) == curves(alone)
    assert len(curves(taken)["train/class_loss"]) == 3


@pytest.mark.parametrize(
    "other",
    [
        "--seed_everything=1",
        "--model.class_loss.scale=2.0",
        "--model.normalise_classifier=true",
        "--data.batch_size=4",
        "--trainer.gradient_clip_val=0.5",
        "--front_end=iadtln.front_ends.Spectrum",
    ],
)
def test_another_pretraining_is_not_taken(other, shared, tmp_path):
    before = places(shared)
    fit(tmp_path / "other", other, shared=shared)
    assert len(places(shared)) == len(before) + 1


def test_other_first_weights_are_another_pretraining_and_losses_to_come_are_not():
    model, twin = (DomainAdaptation(MLP(1, 16), 3, transfer_losses=[DANN()]) for _ in range(2))
    twin.load_state_dict(model.state_dict())
    options = {"model": {}, "trainer": {}}
    place = place_of(Path("shared"), options, model)
    with torch.no_grad():
        twin.transfer_losses[0].discriminator.layers[0].weight.add_(1)
        assert place_of(Path("shared"), options, twin) == place
        twin.classifier.bias.add_(1)
        assert place_of(Path("shared"), options, twin) != place


@pytest.mark.parametrize(
    "options",
    [
        ["--model.domain_forward=apart", "--model.adapt_batch_norm=true"],
        ["--model.progress_unit=step"],
        ["--trainer.callbacks+=iadtln.callbacks.Selection"],
        ["--data.num_workers=1"],
        ["--model.network=iadtln.networks.SECNN", "--data.windowing={length: 256}"],
    ],
    ids=lambda options: options[0],
)
def test_a_taken_run_is_its_own_with_other_options_too(options, tmp_path):
    shared = tmp_path / "shared"
    fit(tmp_path / "origin", *options, shared=shared)
    alone = fit(tmp_path / "alone", *options, losses="iadtln.losses.CDANE")
    taken = fit(tmp_path / "taken", *options, losses="iadtln.losses.CDANE", shared=shared)
    assert has_taken(taken)
    assert same(weights(alone), weights(taken))


@pytest.mark.parametrize(
    "unknown",
    [
        "--select=source_accuracy",
        f"--trainer.callbacks+={AVERAGING}",
        "--model.optimizer=torch.optim.LBFGS",
        "--trainer.logger=lightning.pytorch.loggers.CSVLogger",
        "--trainer.check_val_every_n_epoch=2",
        "--trainer.enable_checkpointing=false",
        "--model.pretrain_epochs=0",
        "--model.pretrain_epochs=3",
    ],
)
@pytest.mark.filterwarnings("default")
def test_a_run_that_keeps_something_unknown_shares_nothing(unknown, tmp_path):
    fit(tmp_path / "run", unknown, shared=tmp_path / "shared")
    assert not (tmp_path / "shared").exists()


def test_a_run_that_begins_with_other_weights_or_without_a_source_shares_nothing():
    logger = {"class_path": "lightning.pytorch.loggers.TensorBoardLogger"}
    trainer = {
        "max_epochs": 3,
        "callbacks": None,
        "logger": logger,
        "enable_checkpointing": None,
        "check_val_every_n_epoch": 1,
        "val_check_interval": None,
    }
    model = {"pretrain_epochs": 2, "initial_weights": None}
    options = {"model": model, "trainer": trainer, "data": {}, "select": "last"}
    assert can_share(options)
    assert not can_share({**options, "model": {**model, "initial_weights": "last.ckpt"}})
    assert not can_share({**options, "data": {"init_args": {"source_free": True}}})


def test_what_a_disk_does_not_take_is_not_shared_and_the_run_goes_on(tmp_path):
    (tmp_path / "shared").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="not shared"):
        run = fit(tmp_path / "run", shared=tmp_path / "shared")
    assert weights(run)


def test_what_is_damaged_is_not_taken(tmp_path):
    shared = tmp_path / "shared"
    origin = fit(tmp_path / "origin", shared=shared)
    (place,) = shared.iterdir()
    (place / "last.ckpt").write_bytes(b"half")
    with pytest.warns(UserWarning, match="is damaged"):
        again = fit(tmp_path / "again", shared=shared)
    assert not has_taken(again)
    assert same(weights(origin), weights(again))
    assert has_taken(fit(tmp_path / "third", shared=shared))  # what was damaged has been made anew


def test_a_run_without_transfer_takes_it_too(shared, tmp_path):
    alone = fit(tmp_path / "alone", losses="")
    taken = fit(tmp_path / "taken", losses="", shared=shared)
    assert has_taken(taken)
    assert same(weights(alone), weights(taken))
