"""Hard batches: losses and gradients stay finite, or the run stops; never a silent NaN."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from iadtln.callbacks import FiniteGuard
from tests.test_task import fit, task, weights
from tests.toy import CLASSES, tone, toy

sys.path.insert(0, str(Path(__file__).parents[1] / "losses"))
from loss_examples import NUM_CLASSES, NUM_FEATURES, VARIANTS, build, concrete_losses

BEYOND_FLOAT32 = {  # a squared covariance of such rows is 1e48
    ("CORAL", "features of 1e+12"),
    ("CDA", "logits of 1e+12"),
    ("MDA", "logits of 1e+12"),
}


def rows(count, generator):
    return torch.randn(count, NUM_FEATURES, generator=generator), torch.randn(
        count, NUM_CLASSES, generator=generator
    )


def batch(source, target, label):
    (source_features, source_logits), (target_features, target_logits) = source, target
    return [source_features, target_features, source_logits, target_logits, label]


def hard_batches():
    generator = torch.Generator().manual_seed(3)
    eight, six, two = rows(8, generator), rows(6, generator), rows(2, generator)
    label = torch.arange(8) % NUM_CLASSES
    same = tuple(one[:1].repeat(8, 1) for one in eight)
    yield "two rows a domain", batch(two, tuple(-one for one in two), torch.tensor([0, 2]))
    yield "two rows of one class", batch(two, two, torch.tensor([1, 1]))
    yield "a class is missing", batch(eight, six, label.clamp(max=NUM_CLASSES - 2))
    yield "identical rows", batch(same, same, torch.zeros(8, dtype=torch.long))
    yield "zeros", batch(*[tuple(0 * one for one in eight)] * 2, label)
    for scale in (1e-12, 1e12):
        big = (scale * eight[0], eight[1]), (scale * six[0], six[1])
        yield f"features of {scale:g}", batch(*big, label)
    for scale in (1e-12, 1e12):
        big = (eight[0], scale * eight[1]), (six[0], scale * six[1])
        yield f"logits of {scale:g}", batch(*big, label)


HARD = dict(hard_batches())


@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_loss_and_its_gradients_are_finite_on_a_hard_batch(name, hard):
    loss_class, arguments = VARIANTS[name]
    torch.manual_seed(0)
    loss = build(loss_class, **arguments)
    loss.set_progress(0.5)
    *given, label = HARD[hard]
    given = [one.clone().requires_grad_() for one in given]
    value = loss(*given, label)
    assert not value.isnan()
    assert value.isfinite() or (name, hard) in BEYOND_FLOAT32
    if value.requires_grad:  # CDA has none where no class has two rows in both domains
        loss.contribution(value).backward()
    gradients = [one.grad for one in [*given, *loss.parameters()] if one.grad is not None]
    assert all(gradient.isfinite().all() for gradient in gradients)


def repeated(label, domain):
    """A recording of which all windows are equal: their step, 64, is its period."""
    recording = tone(label, domain)
    return replace(recording, signal=recording.signal[:, :64].repeat(1, 60))


def scaled(scale):
    return {
        domain: [
            replace(one, signal=scale * one.signal)
            for one in (tone(label, domain) for label in CLASSES)
        ]
        for domain in "ab"
    }


def trained_on(**data):
    """Weights and the last means of a run with all transfer losses at once."""
    model = task(concrete_losses(), pretrain_epochs=1)
    trainer = fit(
        model, data=toy(**data), epochs=2, limit_train_batches=5, callbacks=[FiniteGuard()]
    )
    return [*weights(model).values(), *trainer.callback_metrics.values()]


@pytest.mark.parametrize("normalisation", ["window", "source", "none"])
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_a_run_is_finite_whatever_unit_the_sensor_has(scale, normalisation):
    found = trained_on(recordings=scaled(scale), normalisation=normalisation)
    assert all(value.isfinite().all() for value in found)


@pytest.mark.parametrize("batch_size", [2, 8])
def test_a_run_on_identical_windows_is_finite(batch_size):
    recordings = {domain: [repeated(label, domain) for label in CLASSES] for domain in "ab"}
    found = trained_on(recordings=recordings, batch_size=batch_size)
    assert all(value.isfinite().all() for value in found)


def test_a_run_with_batches_of_two_windows_which_lack_a_class_each_is_finite():
    assert all(value.isfinite().all() for value in trained_on(batch_size=2))
