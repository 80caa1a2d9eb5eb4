"""What the task may expect of every transfer loss."""

import pytest
import torch
from jsonargparse import ArgumentParser
from loss_examples import (
    COMPARES_LOGITS,
    NUM_CLASSES,
    NUM_FEATURES,
    STARTS_AT_FULL_STRENGTH,
    TARGET_ONLY,
    TEACHES,
    VARIANTS,
    build,
    concrete_losses,
)
from torch import nn

from iadtln.losses import AdversarialLoss, TransferLoss
from iadtln.losses.base import TransferLoss as Base
from iadtln.schedules import Constant, Sigmoid
from tests.memory import mebibytes, on_linux

INPUTS = ["source_features", "target_features", "source_logits", "target_logits"]


def subclasses(loss_class):
    for child in loss_class.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_transfer_loss_of_the_package_is_exported_and_tested():
    written = {one for one in subclasses(Base) if one.__module__.startswith("iadtln.")}
    assert written - {AdversarialLoss} == set(concrete_losses())
    assert {loss_class for loss_class, _ in VARIANTS.values()} == set(concrete_losses())


def test_the_loss_is_a_finite_float32_scalar(make_loss, batch):
    value = make_loss()(*batch)
    assert value.shape == ()
    assert value.dtype == torch.float32
    assert torch.isfinite(value)


@pytest.mark.parametrize("name", VARIANTS)
def test_gradient_reaches_what_the_loss_teaches_and_nothing_else(name, batch):
    loss_class, arguments = VARIANTS[name]
    loss = build(loss_class, schedule=Constant(), **arguments)
    loss.contribution(loss(*batch)).backward()
    inputs = dict(zip(INPUTS, batch[:4], strict=True))
    taught = {name: rows.grad for name, rows in inputs.items() if rows.grad is not None}
    assert set(taught) == TEACHES[name]
    for gradient in taught.values():
        assert torch.isfinite(gradient).all()
        assert gradient.any()


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - TARGET_ONLY))
def test_different_widths_are_refused_with_both_shapes(name, batch):
    loss_class, arguments = VARIANTS[name]
    shapes = r"\(8, 6\) and \(6, 7\)"
    if name in COMPARES_LOGITS:
        batch[3] = torch.zeros(6, NUM_CLASSES + 1)
        shapes = r"\(8, 3\) and \(6, 4\)"
    else:
        batch[1] = torch.zeros(6, NUM_FEATURES + 1)
    with pytest.raises(ValueError, match=f"same width, got {shapes}"):
        build(loss_class, **arguments)(*batch)


def test_the_losses_that_say_they_need_no_source_are_those_of_the_target_alone():
    assert sorted(TARGET_ONLY) == ["InformationMaximisation", "MCC", "PseudoLabel"]


@pytest.mark.parametrize("name", sorted(TARGET_ONLY))
def test_a_loss_of_the_target_alone_needs_no_source_row(name, batch):
    loss = build(VARIANTS[name][0])
    source, target, source_logits, target_logits, label = batch
    without = source[:0], target, source_logits[:0], target_logits, label[:0]
    assert torch.equal(loss(*without), loss(*batch))


def test_the_coefficient_is_weight_times_schedule(make_loss):
    loss = make_loss(weight=3.0, schedule=Constant())
    loss.set_progress(0.0)
    assert loss.coefficient == 3.0
    loss = make_loss(weight=3.0, schedule=Sigmoid())
    loss.set_progress(0.0)
    assert loss.coefficient == 0.0


@pytest.mark.parametrize("name", VARIANTS)
def test_without_a_schedule_it_starts_at_nothing_or_at_full_strength(name):
    loss = build(VARIANTS[name][0])
    loss.set_progress(0.0)
    assert loss.coefficient == (loss.weight if name in STARTS_AT_FULL_STRENGTH else 0.0)
    loss.set_progress(1.0)
    assert loss.coefficient == pytest.approx(loss.weight, rel=1e-3)


def test_at_coefficient_zero_the_network_gets_no_gradient(make_loss, batch):
    loss = make_loss(schedule=Sigmoid())
    loss.set_progress(0.0)
    loss.contribution(loss(*batch)).backward()
    assert not any(rows.grad.any() for rows in batch[:4] if rows.grad is not None)


def test_under_bf16_autocast_the_loss_is_float32_and_close(make_loss, batch):
    exact = make_loss()(*batch)
    layers = [nn.Linear(width, width) for width in (NUM_FEATURES, NUM_CLASSES)]
    for layer in layers:
        nn.init.eye_(layer.weight)
        nn.init.zeros_(layer.bias)
    source, target, source_logits, target_logits, label = batch
    with torch.autocast("cpu", torch.bfloat16):
        features = layers[0](source), layers[0](target)
        logits = layers[1](source_logits), layers[1](target_logits)
        assert features[0].dtype == logits[0].dtype == torch.bfloat16
        value = make_loss()(*features, *logits, label)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, exact, rtol=0.03, atol=0.01)  # bf16 keeps 8 bits
    value.backward()
    gradients = [layer.weight.grad for layer in layers if layer.weight.grad is not None]
    assert {gradient.dtype for gradient in gradients} == {torch.float32}


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - {"JMMD-linear"}))  # pairs neighbours
def test_rows_of_a_domain_have_no_order(name, batch):
    loss_class, arguments = VARIANTS[name]
    loss = build(loss_class, **arguments)
    *rows, label = batch
    turned = [one.flip(0) for one in rows]
    torch.testing.assert_close(loss(*turned, label.flip(0)), loss(*batch))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_value_and_gradient_on_the_gpu_are_those_on_the_cpu(make_loss, batch):
    on_cpu = make_loss()
    on_gpu = make_loss().cuda()
    on_gpu.load_state_dict(on_cpu.state_dict())
    moved = [rows.detach().cuda().requires_grad_(rows.requires_grad) for rows in batch]
    values = on_cpu(*batch), on_gpu(*moved)
    torch.testing.assert_close(values[1].cpu(), values[0], rtol=1e-4, atol=1e-5)
    for value in values:
        value.backward()
    for here, there in zip(batch[:4], moved[:4], strict=True):
        assert (here.grad is None) == (there.grad is None)
        if here.grad is not None:
            torch.testing.assert_close(there.grad.cpu(), here.grad, rtol=1e-3, atol=1e-5)


def test_a_saved_loss_gives_the_same_value(make_loss, batch):
    loss, other = make_loss(), make_loss()
    for values in other.state_dict().values():
        values.zero_()
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other(*batch), loss(*batch))


@pytest.mark.parametrize("loss_class", concrete_losses())
def test_the_command_line_builds_it_from_its_class_path(loss_class):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--losses", type=list[TransferLoss])
    ramp = {"class_path": "iadtln.schedules.Sigmoid", "init_args": {"steepness": 5.0}}
    name = f"iadtln.losses.{loss_class.__name__}"
    arguments = {"class_path": name, "init_args": {"weight": 0.5, "schedule": ramp}}
    (loss,) = parser.instantiate(parser.parse_object({"losses": [arguments]})).losses
    assert type(loss) is loss_class
    assert (loss.weight, loss.schedule.steepness) == (0.5, 5.0)
    loss.configure(NUM_FEATURES, NUM_CLASSES)


@pytest.mark.slow
@on_linux
def test_a_step_of_1024_windows_takes_less_than_a_gibibyte():
    before = """
import torch
from iadtln.losses import CDANE, CORAL, JMMD
losses = [CORAL(), JMMD(), CDANE()]
features = [torch.randn(1024, 256, requires_grad=True) for _ in range(2)]
logits = [torch.randn(1024, 10, requires_grad=True) for _ in range(2)]
label = torch.randint(10, (1024,))
for loss in losses:
    loss.configure(256, 10)"""
    work = "sum(loss(*features, *logits, label) for loss in losses).backward()"
    assert 0 < mebibytes(before, work) < 1024
