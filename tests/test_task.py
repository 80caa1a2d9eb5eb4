from dataclasses import replace
from functools import partial

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import ReduceLROnPlateau

from iadtln.losses import CDANE, CORAL, JMMD, ISoftmax
from iadtln.networks import FeatureNetwork
from iadtln.schedules import Constant, Sigmoid
from iadtln.task import DomainAdaptation
from tests.toy import CLASSES, tone, toy


class TinyNetwork(FeatureNetwork):
    """A convolution with batch norm, small enough for many fits."""

    def __init__(self, num_features=8):
        super().__init__()
        self.num_features = num_features
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(1, 4, 15, stride=4),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(),
            torch.nn.AdaptiveMaxPool1d(4),
            torch.nn.Flatten(),
            torch.nn.Linear(16, num_features),
        )

    def forward(self, signal):
        return self.layers(signal)


def task(losses=(CORAL, JMMD, CDANE), **kwargs):
    torch.manual_seed(0)
    adam = partial(torch.optim.Adam, lr=3e-3)
    options = {"pretrain_epochs": 1, "optimizer": adam, **kwargs}
    return DomainAdaptation(
        TinyNetwork(), 3, transfer_losses=[loss() for loss in losses], **options
    )


def fit(model, data=None, epochs=3, **kwargs):
    options = {"logger": False, "enable_checkpointing": False, "accelerator": "cpu", **kwargs}
    trainer = Trainer(
        max_epochs=epochs, enable_progress_bar=False, enable_model_summary=False, **options
    )
    torch.manual_seed(0)  # of dropout in the discriminator
    trainer.fit(model, datamodule=data or toy(), ckpt_path=kwargs.pop("ckpt_path", None))
    return trainer


def weights(model):
    return dict(model.state_dict())


def same(one, two):
    return all(torch.equal(one[name], two[name]) for name in one)


class Watch(ModelCheckpoint):
    """Keeps what the task logged in each epoch."""

    def __init__(self):
        super().__init__(save_top_k=0)
        self.epochs = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.epochs.append({k: float(v) for k, v in trainer.callback_metrics.items()})


def test_epochs_that_end_before_the_transfer_begins_are_warned_of():
    with pytest.warns(UserWarning, match="the transfer never begins: pretrain_epochs is 3"):
        fit(task(pretrain_epochs=3), epochs=1)


def test_pretraining_never_forwards_the_target():
    model, seen = task(pretrain_epochs=1), []
    model.network.register_forward_hook(lambda _, args, __: seen.append(len(args[0])))
    fit(model, epochs=2, limit_train_batches=1, limit_val_batches=0)
    assert seen == [8, 16]  # a source batch, then both domains


def test_transfer_forwards_both_domains_in_one_batch():
    model, seen = task(pretrain_epochs=0), []
    model.network.register_forward_hook(lambda _, args, __: seen.append(len(args[0])))
    fit(model, epochs=1, limit_val_batches=0)
    assert set(seen) == {16}


def test_domains_apart_have_their_own_batch_statistics():
    model, seen = task(pretrain_epochs=0, domain_forward="apart"), []
    model.network.register_forward_hook(lambda _, args, __: seen.append(len(args[0])))
    fit(model, epochs=1, limit_val_batches=0)
    assert set(seen) == {8}


def test_beta_follows_the_equation_by_epoch():
    watch = Watch()
    trainer = fit(task(pretrain_epochs=2), epochs=6, callbacks=[watch], enable_checkpointing=True)
    beta = [epoch.get("train/beta") for epoch in watch.epochs]
    assert beta[:2] == [None, None]
    expected = [2 / (1 + 2.718281828459045 ** (-10 * k / 4)) - 1 for k in range(4)]
    assert beta[2:] == pytest.approx(expected, abs=1e-6)
    assert trainer.global_step > 0


def test_progress_by_step_lies_between_those_of_two_epochs():
    watch = Watch()
    model = task(pretrain_epochs=0, progress_unit="step")
    fit(model, epochs=2, callbacks=[watch], enable_checkpointing=True)
    first, second = (epoch["train/beta"] for epoch in watch.epochs)
    assert Sigmoid()(0.0) < first < Sigmoid()(0.5) < second < Sigmoid()(1.0)


def test_the_total_is_the_sum_of_the_equation():
    watch = Watch()
    fit(task(pretrain_epochs=0), epochs=2, callbacks=[watch], enable_checkpointing=True)
    for epoch in watch.epochs:
        expected = (
            epoch["train/class_loss"]
            + epoch["train/coral"]
            + epoch["train/beta"] * epoch["train/jmmd"]
            + epoch["train/cdane"]  # the reversal, not the sum, carries its coefficient
        )
        assert epoch["train/loss"] == pytest.approx(expected, abs=1e-5)


def test_two_losses_of_one_class_are_logged_apart():
    watch = Watch()
    fit(task(losses=(CORAL, CORAL), pretrain_epochs=0), epochs=1, callbacks=[watch],
        enable_checkpointing=True)  # fmt: skip
    assert {"train/coral", "train/coral_1"} <= set(watch.epochs[0])


def test_a_plateau_scheduler_watches_what_it_names():
    plateau = partial(ReduceLROnPlateau, monitor="val/loss", patience=0, threshold=1e9)
    trainer = fit(task(lr_scheduler=plateau), epochs=3)
    assert trainer.optimizers[0].param_groups[0]["lr"] < 3e-3


def test_a_rate_that_would_rise_again_is_warned_of():
    cosine = partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=2)
    with pytest.warns(UserWarning, match="zero after 2 of 3 epochs"):
        fit(task(lr_scheduler=cosine), epochs=3)


def test_without_transfer_losses_every_epoch_is_source_only():
    model = task(losses=(), pretrain_epochs=1)
    seen = []
    model.network.register_forward_hook(lambda _, args, __: seen.append(len(args[0])))
    fit(model, epochs=3, limit_val_batches=0)
    assert model.phase == "pretrain"
    assert set(seen) == {8}


def test_target_labels_never_touch_the_weights():
    source, target = ([tone(label, domain) for label in CLASSES] for domain in "ab")
    turned = [
        replace(recording, label=label)
        for recording, label in zip(target, CLASSES[::-1], strict=True)
    ]
    data = toy(recordings={"a": source, "b": target})
    permuted = toy(recordings={"a": source, "b": turned})
    one, two = task(), task()
    fit(one, data)
    fit(two, permuted)
    assert same(weights(one), weights(two))


def test_two_runs_of_one_seed_are_equal():
    one, two = task(), task()
    fit(one)
    fit(two)
    assert same(weights(one), weights(two))


@pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`")
@pytest.mark.parametrize("stop", [1, 2])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, stop):
    whole = task()
    fit(whole, epochs=4)
    first = task()
    saver = ModelCheckpoint(tmp_path, filename="last", every_n_epochs=1, save_top_k=-1)

    class Stop(ModelCheckpoint):
        def on_train_epoch_end(self, trainer, pl_module):
            trainer.should_stop = trainer.current_epoch + 1 >= stop

    fit(first, epochs=4, callbacks=[saver, Stop(tmp_path, save_top_k=0)], enable_checkpointing=True)
    resumed = task()
    (checkpoint,) = sorted(tmp_path.glob("*.ckpt"))[-1:]
    trainer = Trainer(
        max_epochs=4,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    trainer.fit(resumed, datamodule=toy(), ckpt_path=checkpoint)
    assert same(weights(whole), weights(resumed))


def test_a_checkpoint_loads_without_running_code(tmp_path):
    trainer = fit(task(), epochs=2)
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    stored = torch.load(tmp_path / "model.ckpt", weights_only=True)
    assert stored["hyper_parameters"] == {"num_classes": 3, "pretrain_epochs": 1}


def test_the_margin_is_for_training_only():
    model = task(losses=(), class_loss=ISoftmax(shift=5.0, scale=3.0))
    model.eval()
    signal = torch.randn(4, 1, 128)
    batch = {"signal": signal, "index": torch.arange(4)}
    torch.testing.assert_close(model.predict_step(batch, 0)["logits"], model(signal))


def test_the_last_layer_is_normalised_where_asked():
    model = task(losses=(), normalise_classifier=True)
    model.on_train_batch_start({}, 1)
    assert float(model.classifier.weight.detach().norm()) == pytest.approx(1.0)


def test_training_learns_the_tones_and_finds_them_in_the_target():
    model = task()
    trainer = fit(model, epochs=12)
    (result, *_) = trainer.test(model, datamodule=toy(), verbose=False)
    assert result["test/accuracy"] > 0.95
    predictions = trainer.predict(model, datamodule=toy())
    assert set(predictions[0]) == {"index", "features", "logits"}


def test_a_constant_schedule_is_not_called_beta():
    watch = Watch()
    model = task(losses=(CORAL,), pretrain_epochs=0)
    assert isinstance(model.transfer_losses[0].schedule, Constant)
    fit(model, epochs=1, callbacks=[watch], enable_checkpointing=True)
    assert "train/beta" not in watch.epochs[0]
    assert isinstance(model, LightningModule)
