"""A run that dies anywhere goes on to the weights and the curves of the run that did not."""

import contextlib
from pathlib import Path

import pytest
import torch
from apart import Apart, fit_options
from curves import curves, next_second, same, state
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint
from lightning.pytorch.cli import ReduceLROnPlateau
from lightning.pytorch.loggers import TensorBoardLogger

from iadtln.callbacks import Resume
from iadtln.main import main
from tests.test_task import task, weights
from tests.toy import toy

pytestmark = [
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
    pytest.mark.filterwarnings("ignore:The dirpath has changed"),
]


class DeadError(Exception):
    """Instead of a signal."""


class DieAfterTheCheckpoint(Checkpoint):
    """Stand behind ModelCheckpoint; Lightning has not logged the means of the epoch by then."""

    def on_train_epoch_end(self, trainer, pl_module):
        if trainer.current_epoch == 1:
            raise DeadError


class DieInTheNextEpoch(Checkpoint):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.current_epoch == 2 and batch_idx == 2:
            raise DeadError


class LogSteps(Resume):
    """A point for each step too: those after the checkpoint are logged twice."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        trainer.logger.log_metrics({"step": float(outputs["loss"])}, trainer.global_step - 1)


def impatient(optimizer):
    return ReduceLROnPlateau(optimizer, monitor="train/loss", mode="max", patience=0, factor=0.5)


def run(folder, version, *callbacks, ckpt_path=None):
    next_second()
    model = task(lr_scheduler=impatient)
    logger = TensorBoardLogger(folder, name="", version=version, default_hp_metric=False)
    saver = ModelCheckpoint(filename="last", enable_version_counter=False)
    trainer = Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=logger,
        log_every_n_steps=1,
        callbacks=[LogSteps(), saver, *callbacks],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    torch.manual_seed(0)
    with contextlib.suppress(DeadError):
        trainer.fit(model, datamodule=toy(), ckpt_path=ckpt_path)
    return model, folder / f"version_{version}"


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    return run(tmp_path_factory.mktemp("lived"), 0)


@pytest.mark.parametrize("death", [DieAfterTheCheckpoint, DieInTheNextEpoch])
def test_a_run_that_dies_goes_on_to_the_same_curves_weights_and_plateaus(death, lived, tmp_path):
    whole, unbroken = lived
    _, killed = run(tmp_path, 1, death())
    checkpoint = killed / "checkpoints" / "last.ckpt"
    assert torch.load(checkpoint, weights_only=True)["epoch"] == 1
    resumed, _ = run(tmp_path, 1, ckpt_path=checkpoint)
    assert same(weights(whole), weights(resumed))
    assert curves(killed) == curves(unbroken)
    assert len(curves(unbroken)["train/loss"]) == 4
    points = curves(killed)["step"]
    assert len(points) == len({step for step, _ in points})


def test_a_run_that_goes_on_in_a_new_folder_shows_the_rest_from_the_checkpoint_on(lived, tmp_path):
    _, unbroken = lived
    _, killed = run(tmp_path, 1, DieAfterTheCheckpoint())
    _, rest = run(tmp_path, 2, ckpt_path=killed / "checkpoints" / "last.ckpt")
    expected = curves(unbroken)
    assert curves(rest)["train/loss"] == expected["train/loss"][1:]
    assert curves(rest)["step"] == expected["step"][2 * len(expected["step"]) // 4 :]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    main(fit_options(folder))
    return folder / "version_0"


@pytest.mark.slow  # 20 random moments: benchmarks/kills.py
@pytest.mark.parametrize("phase", ["pretrain  2/12", "transfer  8/12"])
def test_a_run_killed_in_either_phase_goes_on_as_if_it_had_not_been(phase, unbroken, tmp_path):
    killed = Apart(fit_options(tmp_path), tmp_path / "log.txt")
    killed.wait_for(phase)
    killed.process.kill()
    assert killed.ended() == -9
    place = tmp_path / "version_0"
    last = place / "checkpoints" / "last.ckpt"
    here = "--trainer.logger.init_args.version=0"
    next_second()
    main(fit_options(tmp_path, f"--ckpt_path={last}", here))
    assert same(state(last), state(unbroken / "checkpoints" / "last.ckpt"))
    assert curves(place) == curves(unbroken)


@pytest.mark.parametrize("workers", [0, 1])
def test_the_batches_of_a_resumed_run_are_those_of_the_unbroken_one(workers, tmp_path):
    """Workers gather batches before Lightning says which epoch it is."""
    more = f"--data.num_workers={workers}", "--model.transfer_losses=[]"
    last = Path("version_0", "checkpoints", "last.ckpt")
    main(fit_options(tmp_path / "unbroken", *more, epochs=3))
    main(fit_options(tmp_path / "begun", *more, epochs=2))
    begun = f"--ckpt_path={tmp_path / 'begun' / last}"
    main(fit_options(tmp_path / "resumed", *more, begun, epochs=3))
    assert same(state(tmp_path / "unbroken" / last), state(tmp_path / "resumed" / last))
