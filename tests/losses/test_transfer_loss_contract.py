"""What the task may expect of every transfer loss."""

import pytest
import torch
from jsonargparse import ArgumentParser
from loss_examples import NUM_CLASSES, NUM_FEATURES, VARIANTS, build, concrete_losses
from torch import nn

from iadtln.losses import AdversarialLoss, TransferLoss
from iadtln.losses.base import TransferLoss as Base
from iadtln.schedules import Constant, Sigmoid


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


def test_gradient_reaches_the_features_of_both_domains(make_loss, batch):
    loss = make_loss()
    loss.contribution(loss(*batch)).backward()
    for features in batch[:2]:
        assert torch.isfinite(features.grad).all()
        assert features.grad.abs().sum() > 0


def test_different_widths_are_refused_with_both_shapes(make_loss, batch):
    batch[1] = torch.zeros(6, NUM_FEATURES + 1)
    with pytest.raises(ValueError, match=r"same width, got \(8, 6\) and \(6, 7\)"):
        make_loss()(*batch)


def test_the_coefficient_is_weight_times_schedule(make_loss):
    loss = make_loss(weight=3.0, schedule=Constant())
    loss.set_progress(0.0)
    assert loss.coefficient == 3.0
    loss = make_loss(weight=3.0, schedule=Sigmoid())
    loss.set_progress(0.0)
    assert loss.coefficient == 0.0


def test_without_a_schedule_only_coral_starts_at_full_strength(make_loss):
    loss = make_loss()
    loss.set_progress(0.0)
    assert loss.coefficient == (1.0 if type(loss).__name__ == "CORAL" else 0.0)


def test_at_coefficient_zero_the_features_get_no_gradient(make_loss, batch):
    loss = make_loss(schedule=Sigmoid())
    loss.set_progress(0.0)
    loss.contribution(loss(*batch)).backward()
    assert not batch[0].grad.any()
    assert not batch[1].grad.any()


def test_under_bf16_autocast_the_loss_is_float32_and_close(make_loss, batch):
    exact = make_loss()(*batch)
    layer = nn.Linear(NUM_FEATURES, NUM_FEATURES)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    source, target, source_logits, target_logits, label = batch
    with torch.autocast("cpu", torch.bfloat16):
        features = layer(source), layer(target)
        assert features[0].dtype == torch.bfloat16
        logits = source_logits.bfloat16(), target_logits.bfloat16()
        value = make_loss()(*features, *logits, label)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, exact, rtol=0.03, atol=0.01)  # bf16 keeps 8 bits
    value.backward()
    assert layer.weight.grad.dtype == torch.float32


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
    for here, there in zip(batch[:2], moved[:2], strict=True):
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
