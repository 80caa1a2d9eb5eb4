"""AdaBN, beginning from another run, and training without a source."""

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn

from iadtln.adabn import adapt_batch_norm
from iadtln.losses import CORAL, JMMD, MCC, InformationMaximisation
from tests.test_task import fit, same, task, weights
from tests.toy import toy


def test_the_averages_become_those_of_the_windows_and_nothing_else_changes():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Dropout())
    source, target = torch.randn(64, 1, 50), 3 * torch.randn(64, 1, 50) + 5
    for _ in range(20):
        network(source)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    adapt_batch_norm(network.eval(), target.split(16))
    after = network.state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.training
    assert network[1].momentum == 0.1
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    with torch.no_grad():
        hidden = network[0](target)
    torch.testing.assert_close(after["1.running_mean"], hidden.mean((0, 2)))
    each = torch.stack([part.var((0, 2)) for part in hidden.split(16)])
    torch.testing.assert_close(after["1.running_var"], each.mean(0))


def test_adabn_changes_only_the_averages_and_is_in_the_last_checkpoint(tmp_path):
    plain, adapted = task(()), task((), adapt_batch_norm=True)
    last = ModelCheckpoint(tmp_path, filename="last")
    fit(plain)
    fit(adapted, enable_checkpointing=True, callbacks=[last], default_root_dir=tmp_path)
    one, other = weights(plain), weights(adapted)
    changed = {name for name in one if not torch.equal(one[name], other[name])}
    averages = ("running_mean", "running_var", "num_batches_tracked")
    assert changed == {f"network.layers.1.{name}" for name in averages}
    saved = torch.load(last.best_model_path, weights_only=True)["state_dict"]
    assert same(saved, other)


def checkpoint(tmp_path, **options):
    model = task((), **options)
    last = ModelCheckpoint(tmp_path, filename="first")
    fit(model, enable_checkpointing=True, callbacks=[last], default_root_dir=tmp_path)
    return model, last.best_model_path


def test_source_free_training_moves_the_network_and_leaves_the_classifier(tmp_path):
    first, path = checkpoint(tmp_path)
    model = task(
        (InformationMaximisation,),
        initial_weights=path,
        freeze_classifier=True,
        pretrain_epochs=0,
    )
    trainer = fit(model, toy(source_free=True), epochs=1)
    assert torch.equal(model.classifier.weight, first.classifier.weight)
    assert not same(weights(first.network), weights(model.network))
    assert torch.isfinite(trainer.callback_metrics["train/informationmaximisation"])
    assert "train/class_loss" not in trainer.callback_metrics


def test_it_begins_where_the_other_run_ended(tmp_path):
    first, path = checkpoint(tmp_path)
    model = task((CORAL,), initial_weights=path)
    model.setup("fit")
    assert same(weights(first.network), weights(model.network))
    assert same(weights(first.classifier), weights(model.classifier))


def test_weights_of_another_network_or_none_are_refused(tmp_path):
    _, path = checkpoint(tmp_path)
    model = task((), initial_weights=path)
    model.classifier = nn.Linear(8, 5)
    with pytest.raises(MisconfigurationException, match="has another classifier"):
        model.setup("fit")
    with pytest.raises(MisconfigurationException, match="there is none at 'nowhere.ckpt'"):
        task((), initial_weights="nowhere.ckpt").setup("fit")


def test_adabn_is_in_what_is_validated_and_saved_before_the_end_of_the_epoch(tmp_path):
    last = ModelCheckpoint(tmp_path, filename="last", save_on_train_epoch_end=False)
    model = task((), adapt_batch_norm=True)
    fit(model, enable_checkpointing=True, callbacks=[last], default_root_dir=tmp_path)
    assert same(torch.load(last.best_model_path, weights_only=True)["state_dict"], weights(model))


def test_nothing_to_adapt_is_said():
    with pytest.raises(MisconfigurationException, match="without weights there is nothing"):
        fit(task((MCC,), pretrain_epochs=0), toy(source_free=True))


@pytest.mark.parametrize(("losses", "named"), [((JMMD, MCC), "JMMD"), ((), "none")])
def test_losses_that_need_a_source_are_refused_without_one(losses, named):
    with pytest.raises(MisconfigurationException, match=f"got {named}"):
        fit(task(losses, pretrain_epochs=0), toy(source_free=True))
