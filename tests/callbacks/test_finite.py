from itertools import pairwise

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor

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
