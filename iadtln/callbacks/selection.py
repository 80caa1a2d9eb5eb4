"""What each label-free criterion says of every epoch, and the weights of the one it picks."""

import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pandas as pd
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback

from iadtln.callbacks.contract import data_of, task_of
from iadtln.callbacks.folder import result_dir
from iadtln.callbacks.look import Look, selection_data
from iadtln.callbacks.progress import say
from iadtln.files import written_whole
from iadtln.selection import CRITERIA, ORACLE, CriterionName, chosen_epochs, selected

Row = dict[str, float | int | str]
PREFIX = "selected_"
MAGENTA, PLAIN = "\033[35m", "\033[0m"


class Selection(Callback):
    """Logs what can choose an epoch without target labels, and keeps the weights of the chosen.

    Logged as ``select/...`` at the end of an epoch (the first and the last always):

    - ``source_accuracy``: of held-out windows of the source; more is better;
    - ``target_entropy``: mean entropy of the diagnoses of the target; less is better;
    - ``snd``: soft neighbourhood density of these diagnoses; more is better;
    - ``dev``: loss on the source, weighted to look like the target; less is better.

    At the end of the fit ``selection.csv`` has one row an epoch. ``keep`` picks by the rule of
    :func:`iadtln.selection.chosen_epochs`: epochs of the transfer phase only, of equals the later.
    Lightning's ``ModelCheckpoint(monitor="select/snd", mode="max")`` works too, but picks from
    pretraining as well, and the earlier of equals.

    Windows go through the network as in a test (no dropout, running averages of the batch norm), so
    training is the same with and without this callback. With several processes the first one
    computes and the others wait: parts of the windows would have other values than the whole.
    AdaBN adapts after the look at the last epoch: choose its weights by ``last``, as it defines.

    Args:
        criteria: which ones to compute.
        every_n_epochs: epochs between two looks.
        max_windows: at most so many, evenly spaced, of each of source training, source validation
            and target; costs so many forward passes.
        oracle: also log ``oracle/target_accuracy`` from the labels of the target's test windows.
            It shows what a choice was worth; it chooses nothing, and no weights are kept by it.
        keep: keep the weights of the epoch this criterion picks, in checkpoints/selected_<it>.ckpt.
    """

    def __init__(
        self,
        criteria: tuple[CriterionName, ...] = ("source_accuracy", "target_entropy", "snd", "dev"),
        every_n_epochs: int = 1,
        max_windows: int = 512,
        oracle: bool = False,
        keep: CriterionName | None = None,
    ) -> None:
        unknown = [name for name in criteria if name not in CRITERIA]
        if unknown or (keep is not None and keep not in criteria):
            raise ValueError(
                f"criteria must be of {', '.join(CRITERIA)}, and keep one of the criteria, got "
                f"criteria {', '.join(criteria) or 'none'} and keep {keep}"
            )
        if every_n_epochs < 1 or max_windows < 3:
            raise ValueError(
                "every_n_epochs must be 1 or more and max_windows 3 or more, got "
                f"{every_n_epochs} and {max_windows}"
            )
        self.criteria = tuple(criteria)
        self.every_n_epochs = every_n_epochs
        self.max_windows = max_windows
        self.oracle = oracle
        self.keep = keep
        self.rows: list[Row] = []
        self.kept: str | None = None  # file of the chosen weights

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: ``epoch`` (from 0), ``phase``, each criterion, maybe the oracle."""
        columns = ["epoch", "phase", *self.criteria, *([ORACLE] if self.oracle else [])]
        return pd.DataFrame(self.rows, columns=columns)

    def state_dict(self) -> dict[str, Any]:
        """Save the history, so that a resumed run has it whole."""
        return {"rows": self.rows, "kept": self.kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the history of the interrupted run."""
        self.rows, self.kept = list(state_dict["rows"]), state_dict["kept"]

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Ask for the labels of the oracle now: a target without them is known before training.

        Raises:
            MisconfigurationException: If the only labels to choose by are those of the test.
        """
        if self.keep and data_of(trainer).protocol == "single":
            raise MisconfigurationException(
                "protocol 'single' validates on the windows that it tests: a choice by them would "
                "be the oracle's; keep the last epoch (leave --select out)"
            )
        if self.oracle:
            selection_data(trainer).labelled_windows("target", "known")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compute, log, and keep the weights if this epoch is the one to pick so far."""
        epoch, last = trainer.current_epoch, trainer.max_epochs
        if (epoch + 1) % self.every_n_epochs and epoch + 1 not in (1, last):
            return
        values: dict[str, float] = {}
        if trainer.is_global_zero:
            values = self._look(trainer, pl_module)
        values = trainer.strategy.broadcast(values)
        logged = {f"select/{name}": values[name] for name in self.criteria}
        if self.oracle:
            logged["oracle/target_accuracy"] = values[ORACLE]
        pl_module.log_dict(logged, sync_dist=True)
        earlier = [row for row in self.rows if int(row["epoch"]) < epoch]  # not of a former fit
        phase = task_of(pl_module).phase
        self.rows = [*earlier, {"epoch": epoch, "phase": phase, **values}]
        if self.keep and chosen_epochs(self.history).get(self.keep) == epoch:
            self._keep_weights(trainer, self.keep)

    def _look(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, float]:
        look = Look(trainer, pl_module, self.max_windows)
        values: dict[str, float] = {name: CRITERIA[name].value(look) for name in self.criteria}
        if self.oracle:
            values[ORACLE] = look.oracle_accuracy()
        return values

    def _keep_weights(self, trainer: pl.Trainer, name: CriterionName) -> None:
        folder = trainer.strategy.broadcast(result_dir(trainer))
        if folder is not None:
            self.kept = str(folder / "checkpoints" / f"{PREFIX}{name}.ckpt")
            trainer.save_checkpoint(self.kept, weights_only=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the history and say what each criterion picks."""
        folder = result_dir(trainer)
        if folder is None or not self.rows:
            return
        with written_whole(folder / "selection.csv") as aside:
            self.history.to_csv(aside, index=False)
        say(f"\n{choices(self.history, colour=sys.stdout.isatty())}\n")


def chosen_by(checkpoint: str | Path | None) -> str:
    """What chose the weights in a file, for the headline of a result.

    Args:
        checkpoint: file that :class:`Selection` or the default ``ModelCheckpoint`` wrote; None for
            the weights of a run that just ended.

    Example:
        >>> chosen_by("runs/version_0/checkpoints/selected_snd.ckpt")
        'highest snd'
        >>> chosen_by(None), chosen_by("epoch=3.ckpt")
        ('last epoch', 'unknown (epoch=3.ckpt)')
    """
    name = "last" if checkpoint is None else Path(checkpoint).stem
    if name == "last":
        return "last epoch"
    for criterion, (better, _) in CRITERIA.items():
        if name == f"{PREFIX}{criterion}":
            return f"{'highest' if better == 'max' else 'lowest'} {criterion}"
    return f"unknown ({Path(checkpoint or '').name})"


def choices(history: pd.DataFrame, colour: bool) -> str:
    """The epoch that each criterion picks, as lines for a terminal; the oracle apart in colour.

    Args:
        history: of a run.
        colour: whether to print the oracle in another colour, with ANSI codes.
    """
    start, end = (MAGENTA, PLAIN) if colour else ("", "")
    worth = selected(history) if ORACLE in history else {}
    by_epoch = history.set_index("epoch")
    head = f"{'epoch picked by':<18}{'epoch':>7}{'value':>12}"
    lines = [head + (f"   {start}oracle: accuracy on the target{end}" if worth else "")]
    for name, epoch in chosen_epochs(history).items():
        value = f"{by_epoch[name].loc[epoch]:.4g}" if name in by_epoch else "-"
        accuracy = f"   {start}{100 * worth[name]:.2f} %{end}" if worth else ""
        lines.append(f"{name:<18}{epoch + 1:>7}{value:>12}{accuracy}")
    if worth:
        best = f"{100 * worth['oracle']:.2f} %"
        lines.append(f"{start}{'oracle (not a result)':<37}   {best}{end}")
    return "\n".join(lines)
