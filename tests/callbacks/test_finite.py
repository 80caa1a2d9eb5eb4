from itertools import pairwise

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor
from torch.amp import GradScaler

from iadtln.callbacks import FiniteGuard
from iadtln.losses import CORAL
from tests.test_task import fit, same, task, weights


class Broken(CORAL):
    """Coral whose value is NaN, or its gradient infinite, at some calls."""

    def __init__(self, at: tuple[int, ...], factor: float) -> None:
        super().__init__()
        self.at, self.factor, self.calls = at, factor, 0

    def forward(self, *rows: Tensor) -> Tensor:
        self.calls += 1
        value = super().forward(*rows)
        return value * self.factor if self.calls in self.at else value


def broken(at, factor=torch.nan):
    model = task((CORAL,))
    model.transfer_losses[0] = Broken(at, factor)
    return model


@pytest.mark.parametrize("factor", [torch.nan, torch.inf])
def test_a_run_stops_and_names_the_recordings_of_the_batch(factor):
    model = broken((3,), factor)
    with pytest.raises(MisconfigurationException, match=r"source a-.*; target b-.* learning rate"):
        fit(model, callbacks=[FiniteGuard()])
    assert model.transfer_losses[0].calls == 3
    assert all(value.isfinite().all() for value in weights(model).values())


def test_a_skipped_step_changes_nothing():
    skipping = FiniteGuard(on_bad="skip")
    seen = []

    class Watch(FiniteGuard):
        def on_train_batch_end(self, trainer, pl_module, *rest):
            seen.append({name: value.clone() for name, value in weights(pl_module).items()})

    model = broken((2,))
    with pytest.warns(UserWarning, match="this step is skipped"):
        fit(model, callbacks=[skipping, Watch("skip")])
    still = [same(one, two) for one, two in pairwise(seen)]
    assert still.count(True) == skipping.skipped == 1
    assert all(value.isfinite().all() for value in seen[-1].values())


def test_a_run_that_only_skips_is_stopped():
    guard = FiniteGuard(on_bad="skip", patience=2)
    with (
        pytest.warns(UserWarning, match="skipped"),
        pytest.raises(MisconfigurationException, match="not finite"),
    ):
        fit(broken(range(1, 100)), callbacks=[guard])
    assert guard.skipped == 2


def test_running_statistics_go_back_to_before_the_first_batch_of_a_step():
    guard = FiniteGuard(on_bad="skip")
    model, calls = task((), pretrain_epochs=0), []

    def poison(network, inputs):
        calls.append(network.training)  # the first are a trial of the validation
        return (inputs[0] * torch.nan,) if network.training and sum(calls) == 1 else inputs

    model.network.register_forward_pre_hook(poison)
    with pytest.warns(UserWarning, match="skipped"):
        fit(model, callbacks=[guard], accumulate_grad_batches=2)
    assert guard.skipped == 1
    assert all(value.isfinite().all() for value in weights(model).values())


def test_a_gradient_scaler_is_left_to_do_its_work():
    precision = MixedPrecision("16-mixed", "cpu", scaler=GradScaler("cpu", init_scale=2.0**100))
    guard = FiniteGuard()
    model = task((), pretrain_epochs=0)
    fit(model, epochs=1, callbacks=[guard], plugins=[precision])
    assert guard.skipped == 0
