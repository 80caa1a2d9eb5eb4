"""Processes that gather batches: any number trains the same weights; a death is a sentence."""

import os
import signal

import pytest
import torch
from lightning.pytorch import Callback

from iadtln.endings import true_status
from tests.test_task import fit, same, task, weights
from tests.toy import toy


class KillAWorker(Callback):
    """As the system does when memory is out."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.current_epoch == 1 and batch_idx == 1:
            loader = trainer.train_dataloader["source"]
            os.kill(loader._iterator._workers[0].pid, signal.SIGKILL)


def trained(num_workers, **options):
    model = task()
    fit(model, data=toy(num_workers=num_workers, batch_size=4), **options)
    return {name: value.clone() for name, value in weights(model).items()}


@pytest.mark.parametrize("num_workers", [1, 2])
def test_any_number_of_workers_trains_the_same_weights(num_workers):
    assert same(trained(0), trained(num_workers))


def test_workers_stay_from_epoch_to_epoch():
    data = toy(num_workers=1)
    assert data.train_dataloader().flattened[0].persistent_workers


def test_a_worker_that_dies_is_a_sentence_and_status_1(capsys):
    with pytest.raises(SystemExit) as end, true_status():
        trained(2, callbacks=[KillAWorker()], epochs=50)
    assert end.value.code == 1
    words = capsys.readouterr().err.splitlines()[-1]
    assert "DataLoader worker" in words
    assert "Lower num_workers" in words
    assert torch.utils.data.get_worker_info() is None
