"""The callback on the toy tones: what it logs, keeps and writes, and that training is untouched."""

import io
import math
import sys
from functools import partial

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pytest
import torch

import datamodules
from iadtln.callbacks import Selection
from iadtln.callbacks.look import Look, spread
from iadtln.callbacks.selection import choices, chosen_by
from iadtln.losses import CORAL
from iadtln.selection import chosen_epochs, selected
from iadtln.task import DomainAdaptation
from tests.callbacks.test_training import Epochs, Network
from tests.toy import tone, toy

ALL = ("source_accuracy", "target_entropy", "snd", "dev")


def fit(*callbacks, folder=None, epochs=3, losses=(CORAL,), data=None, ckpt_path=None, **kwargs):
    torch.manual_seed(0)
    adam = partial(torch.optim.Adam, lr=3e-3)
    transfer = [loss() for loss in losses]
    model = DomainAdaptation(
        Network(), 3, transfer_losses=transfer, pretrain_epochs=1, optimizer=adam
    )
    options = {
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "limit_train_batches": 2,
        "logger": False,
        **kwargs,
    }
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", callbacks=list(callbacks),
        default_root_dir=folder, **options,
    )  # fmt: skip
    trainer.fit(model, datamodule=data or toy(), ckpt_path=ckpt_path)
    return model, trainer


def test_training_is_the_same_with_and_without_a_look(tmp_path):
    watching = Selection(oracle=True, keep="snd")
    (plain, _), (watched, _) = fit(folder=tmp_path), fit(watching, folder=tmp_path)
    for name, value in plain.state_dict().items():  # averages of the batch norm included
        assert torch.equal(value, watched.state_dict()[name]), name


def test_every_epoch_is_logged_under_the_names_that_a_checkpoint_monitors(tmp_path):
    epochs = Epochs()
    fit(Selection(), epochs, folder=tmp_path)
    assert len(epochs.logged) == 3
    for logged in epochs.logged:
        assert {f"select/{name}" for name in ALL} <= set(logged)
        assert not any("oracle" in name for name in logged)


def test_the_values_are_those_of_a_test_of_the_same_windows(tmp_path):
    selection, data = Selection(oracle=True, max_windows=20), toy()
    model, _ = fit(selection, folder=tmp_path, data=data)
    model.eval()

    def forward(windows, number=20):
        places = ((torch.arange(number) + 0.5) * len(windows) / number).long().tolist()
        batch = windows.__getitems__(places)
        with torch.no_grad():
            return model(batch["signal"]), batch.get("label")

    last = selection.history.iloc[-1]
    logits, label = forward(data.labelled_windows("source", "second"))
    assert last["source_accuracy"] == float((logits.argmax(1) == label).double().mean())
    tested = data.labelled_windows("target", "known")
    logits, label = forward(tested, len(tested))  # the oracle is that of the whole test
    assert last["oracle_target_accuracy"] == float((logits.argmax(1) == label).double().mean())
    logits, label = forward(data.windows("target", "first"))
    assert label is None
    chance = logits.double().softmax(1)
    nats = -(chance * chance.log()).sum(1).mean() / math.log(3)
    assert last["target_entropy"] == pytest.approx(float(nats), abs=1e-6)


def test_the_history_is_written_with_a_column_for_each_criterion(tmp_path):
    selection = Selection(oracle=True)
    fit(selection, folder=tmp_path, limit_train_batches=1)
    written = pd.read_csv(tmp_path / "selection.csv")
    assert list(written) == ["epoch", "phase", *ALL, "oracle_target_accuracy"]
    assert list(written["phase"]) == ["pretrain", "transfer", "transfer"]
    assert selected(written) == pytest.approx(selected(selection.history))


def test_labels_of_the_target_are_not_asked_for_without_the_oracle(tmp_path):
    unlabelled = {"a": [tone(label) for label in ("low", "middle", "high")]}
    unlabelled["b"] = [tone(None, "b", name=f"b{number}") for number in range(3)]
    fit(Selection(), folder=tmp_path, epochs=1, losses=(), data=toy(recordings=unlabelled))
    with pytest.raises(datamodules.DataError, match="needs a label on every recording"):
        fit(Selection(oracle=True), folder=tmp_path, data=toy(recordings=unlabelled))


def test_other_labels_of_the_target_choose_the_same_epochs(tmp_path):
    moved = {
        "a": [tone(label) for label in ("low", "middle", "high")],
        "b": [tone(label, "b") for label in ("low", "middle", "high")],
    }
    labels = {"low": "high", "middle": "low", "high": "middle"}
    before, after = Selection(oracle=True), Selection(oracle=True)
    fit(before, folder=tmp_path, epochs=2, data=toy(recordings=moved))
    for recording in moved["b"]:  # the signals stay
        object.__setattr__(recording, "label", labels[recording.label])
    fit(after, folder=tmp_path, epochs=2, data=toy(recordings=moved))
    pd.testing.assert_frame_equal(before.history[list(ALL)], after.history[list(ALL)])
    column = "oracle_target_accuracy"
    assert not np.allclose(before.history[column], after.history[column])


def test_the_kept_weights_are_those_of_the_epoch_picked(tmp_path):
    selection = Selection(("target_entropy",), keep="target_entropy")
    fit(selection, folder=tmp_path, epochs=5)
    kept = tmp_path / "checkpoints" / "selected_target_entropy.ckpt"
    assert selection.kept == str(kept)
    picked = chosen_epochs(selection.history)["target_entropy"]
    assert torch.load(kept)["epoch"] == picked
    again, _ = fit(folder=tmp_path, epochs=picked + 1)  # stopped there
    for name, value in torch.load(kept)["state_dict"].items():
        assert torch.equal(value, again.state_dict()[name]), name


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")  # as it must, to go on
def test_a_resumed_run_has_the_whole_history_and_keeps_the_same_epoch(tmp_path):
    last = partial(pl.callbacks.ModelCheckpoint, filename="last", enable_version_counter=False)
    whole, half, rest = (
        Selection(("snd", "target_entropy"), keep="target_entropy") for _ in range(3)
    )
    fit(whole, folder=tmp_path / "whole", epochs=4)
    _, trainer = fit(half, last(), folder=tmp_path / "parts", epochs=2, enable_checkpointing=True)
    path = trainer.checkpoint_callback.best_model_path
    parts = {"folder": tmp_path / "parts", "ckpt_path": path, "enable_checkpointing": True}
    fit(rest, last(), epochs=4, **parts)
    pd.testing.assert_frame_equal(rest.history, whole.history)
    kept = [torch.load(selection.kept)["epoch"] for selection in (whole, rest)]
    assert kept[0] == kept[1] == chosen_epochs(whole.history)["target_entropy"]


def test_a_checkpoint_of_lightning_can_monitor_a_criterion(tmp_path):
    best = pl.callbacks.ModelCheckpoint(monitor="select/snd", mode="max")
    selection = Selection(("snd",), every_n_epochs=2)
    fit(selection, best, folder=tmp_path, epochs=5, enable_checkpointing=True)
    assert list(selection.history["epoch"]) == [0, 1, 3, 4]  # the first and the last always
    assert float(best.best_model_score) == pytest.approx(selection.history["snd"].max(), abs=1e-5)


def test_a_second_fit_does_not_go_on_with_the_first_ones_history(tmp_path):
    selection = Selection(("snd",))
    fit(selection, folder=tmp_path, epochs=3)
    fit(selection, folder=tmp_path, epochs=2)
    assert list(selection.history["epoch"]) == [0, 1]


def test_each_set_goes_through_the_network_only_if_it_is_read(tmp_path, monkeypatch):
    calls, outputs = [], Look._outputs

    def counted(look, windows, *number):
        calls.append(windows)
        return outputs(look, windows, *number)

    monkeypatch.setattr(Look, "_outputs", counted)
    fit(Selection(("target_entropy", "snd")), folder=tmp_path, epochs=1, losses=())
    assert len(calls) == 1
    fit(Selection(oracle=True), folder=tmp_path, epochs=1, losses=())
    assert len(calls) == 1 + 4


def test_a_trial_run_writes_nothing(tmp_path):
    fit(Selection(keep="snd"), folder=tmp_path, fast_dev_run=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("total", "wanted"), [(10, 3), (7, 7), (5, 9), (100, 1), (6000, 512)])
def test_windows_are_evenly_spaced_and_each_there_once(total, wanted):
    places = spread(total, wanted)
    assert len(places) == len(set(places)) == min(total, wanted)
    assert 0 <= places[0] <= places[-1] < total
    assert len(set(np.diff(places))) <= 2  # steps differ by rounding only


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"criteria": ("oracle",)}, "criteria must be of"),
        ({"criteria": ("snd",), "keep": "dev"}, "keep one of the criteria"),
        ({"every_n_epochs": 0}, "must be 1 or more"),
        ({"max_windows": 2}, "3 or more"),
    ],
)
def test_a_choice_by_nothing_or_by_the_oracle_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Selection(**options)


def test_a_file_says_what_chose_it():
    assert chosen_by("a/selected_dev.ckpt") == "lowest dev"
    assert chosen_by("a/selected_source_accuracy.ckpt").startswith("highest source_accuracy")
    assert chosen_by("a/checkpoints/last.ckpt") == chosen_by(None) == "last epoch"
    assert chosen_by("best.ckpt") == chosen_by("x/best.ckpt") == "unknown (best.ckpt)"


HISTORY = pd.DataFrame(
    {"epoch": [0, 1], "phase": "transfer", "snd": [2.0, 1.0], "oracle_target_accuracy": [0.5, 0.75]}
)


def test_the_oracle_is_apart_in_another_colour_and_no_result():
    said = choices(HISTORY, colour=True).splitlines()
    assert said[1].split() == ["last", "2", "-", "\033[35m75.00", "%\033[0m"]
    assert said[2].split() == ["snd", "1", "2", "\033[35m50.00", "%\033[0m"]
    assert said[3].startswith("\033[35moracle (not a result)")
    assert "\033" not in choices(HISTORY, colour=False)
    assert "oracle" not in choices(HISTORY.drop(columns="oracle_target_accuracy"), colour=True)


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self):
        return True


def test_only_a_terminal_gets_colour(tmp_path, monkeypatch, capsys):
    fit(Selection(("snd",), oracle=True), folder=tmp_path, epochs=1, losses=())
    assert "\033[35m" not in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdout", Terminal())
    fit(Selection(("snd",), oracle=True), folder=tmp_path, epochs=1, losses=())
    assert "\033[35moracle (not a result)" in sys.stdout.getvalue()
