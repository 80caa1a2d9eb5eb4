"""What is shown while a model trains: start-up text, bar or lines, domain gap."""

import io
import sys
from functools import partial

import lightning.pytorch as pl
import pytest
import torch

from iadtln.callbacks import DomainGap, PhaseProgressBar, StartupSummary
from iadtln.callbacks.domain_gap import evaluating, look
from iadtln.losses import CORAL
from iadtln.metrics import domain_gap
from iadtln.networks import FeatureNetwork
from iadtln.schedules import Sigmoid
from iadtln.task import DomainAdaptation
from tests.toy import toy


class Network(FeatureNetwork):
    """Batch norm and dropout: what a look must not disturb. 4*15+4 + 8 + 16*6+6 = 174 weights."""

    num_features = 6

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(1, 4, 15, stride=4),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(),
            torch.nn.AdaptiveMaxPool1d(4),
            torch.nn.Flatten(),
            torch.nn.Linear(16, 6),
            torch.nn.Dropout(0.5),
        )

    def forward(self, signal):
        return self.layers(signal)


def fit(*callbacks, epochs=3, losses=(CORAL,), **kwargs):
    torch.manual_seed(0)
    adam = partial(torch.optim.Adam, lr=3e-3)
    transfer = [loss(schedule=Sigmoid()) for loss in losses]
    model = DomainAdaptation(
        Network(), 3, transfer_losses=transfer, pretrain_epochs=1, optimizer=adam
    )
    options = {"limit_train_batches": 3, "limit_val_batches": 1, "logger": False, **kwargs}
    trainer = pl.Trainer(
        max_epochs=epochs, enable_checkpointing=False, enable_model_summary=False,
        accelerator="cpu", callbacks=list(callbacks),
        enable_progress_bar=any(isinstance(c, PhaseProgressBar) for c in callbacks), **options,
    )  # fmt: skip
    trainer.fit(model, datamodule=toy())
    return model, trainer


class Epochs(pl.Callback):
    """Keeps what was logged in each epoch."""

    def __init__(self):
        self.logged = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.logged.append({k: float(v) for k, v in trainer.callback_metrics.items()})


def test_training_is_the_same_with_and_without_a_look_at_the_gap():
    (plain, _), (watched, _) = fit(), fit(DomainGap())
    for name, value in plain.state_dict().items():  # averages of the batch norm included
        assert torch.equal(value, watched.state_dict()[name]), name


def test_the_gap_is_logged_in_both_phases_without_labels_of_the_target():
    epochs = Epochs()
    fit(DomainGap(), epochs)
    assert len(epochs.logged) == 3
    for logged in epochs.logged:
        assert -0.5 < logged["domain/gap"] < 2
        assert 0 <= logged["domain/target_entropy"] <= 1
        assert 0 <= logged["domain/target_balance"] <= 1 + 1e-6


class Batches(pl.Callback):
    """Keeps the windows of an epoch."""

    def __init__(self):
        self.pairs = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.pairs.append((batch["source"]["signal"], batch["target"]["signal"]))


def test_the_gap_is_that_of_test_features_of_the_last_batches():
    batches = Batches()
    model, trainer = fit(batches, DomainGap(num_batches=2), epochs=1, losses=())
    model.eval()
    source, target = (torch.cat(parts) for parts in zip(*batches.pairs[1:], strict=True))
    with torch.no_grad():
        features = model.network(source), model.network(target)
        chance = model.classifier(features[1]).softmax(1)
    logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
    assert logged["domain/gap"] == pytest.approx(domain_gap(*features), abs=1e-6)
    nats = -(chance * chance.log()).sum(1).mean() / torch.tensor(3.0).log()
    assert logged["domain/target_entropy"] == pytest.approx(float(nats), abs=1e-6)
    mean = chance.mean(0)
    nats = -(mean * mean.log()).sum() / torch.tensor(3.0).log()
    assert logged["domain/target_balance"] == pytest.approx(float(nats), abs=1e-6)


def test_the_gap_is_looked_at_first_last_and_every_n_epochs(monkeypatch):
    seen = []

    def looking(module, signals):
        seen.append((module.current_epoch + 1, len(signals)))
        return look(module, signals)

    monkeypatch.setattr("iadtln.callbacks.domain_gap.look", looking)
    fit(DomainGap(num_batches=9, every_n_epochs=3), epochs=7)
    assert seen == [(1, 3), (3, 3), (6, 3), (7, 3)]


def test_parts_that_were_frozen_stay_frozen_after_a_look():
    module = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.BatchNorm1d(2))
    module[1].eval()
    with evaluating(module):
        assert not any(part.training for part in module.modules())
    assert [part.training for part in module.modules()] == [True, True, False]


@pytest.mark.parametrize("options", [{"num_batches": 0}, {"every_n_epochs": 0}])
def test_a_look_at_nothing_is_refused(options):
    with pytest.raises(ValueError, match="must be 1 or more"):
        DomainGap(**options)


def test_the_start_says_once_what_will_be_run(capsys):
    summary = StartupSummary()
    model, trainer = fit(summary)
    trainer.test(model, datamodule=toy(), verbose=False)
    said = capsys.readouterr().out
    assert said.count("source 'a' -> target 'b'") == 1
    assert "network: Network, 174 weights + 21 classifier" in said
    assert "epochs:  1 pretrain (source only) + 2 transfer by CORAL" in said


def test_the_start_of_a_baseline_does_not_promise_a_transfer(capsys):
    fit(StartupSummary(), losses=())
    assert "3, on the source only (no transfer losses)" in capsys.readouterr().out


def lines_of(said):
    return [line for line in said.splitlines() if line.startswith(("pretrain", "transfer"))]


def test_a_log_file_gets_one_line_an_epoch_with_phase_losses_and_beta(capsys):
    fit(DomainGap(), PhaseProgressBar())
    first, second, third = lines_of(capsys.readouterr().out)
    assert first.startswith("pretrain 1/3  loss ")
    assert second.startswith("transfer 2/3  loss ")
    for name in ("class", "coral", "beta 0.", "val", "gap"):
        assert f"  {name}" in third
    assert "coefficient" not in third


@pytest.mark.parametrize(("wanted", "expected"), [(0, 0), (3, 5), (40, 12)])
def test_a_log_file_of_many_epochs_stays_short(wanted, expected, capsys):
    # 12 epochs in 3 lines: every fourth, and the first of each phase (1, 2, 4, 8, 12: five)
    fit(PhaseProgressBar(log_lines=wanted), epochs=12, limit_train_batches=1)
    assert len(lines_of(capsys.readouterr().out)) == expected


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_with_the_phase(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    fit(PhaseProgressBar(refresh_rate=1))
    said = terminal.getvalue()
    assert "pretrain 1/3" in said
    assert "transfer 3/3" in said
    assert "coral=" in said
    assert not lines_of(said.replace("\r", "\r."))
