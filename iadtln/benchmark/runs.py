"""One run from its options to its results on disk, and what is known of it there."""

import contextlib
import gc
import json
import logging
import os
import platform
import re
import time
import traceback
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import torch

from iadtln.benchmark.plan import Run
from iadtln.classify import run as classify
from iadtln.cli import chosen_checkpoint
from iadtln.cli import run as run_verb
from iadtln.files import written_whole
from iadtln.memory import give_back_freed_memory

STATE = "run.json"
PRETRAINING = "pretraining"  # what runs share that learn the same from the source
WRONG_OPTION = 2  # exit status
NO_METRICS = "it left no metrics.json: a run of fast_dev_run or without a log folder is no result"


class State(TypedDict, total=False):
    """What ``run.json`` says."""

    status: Literal["open", "running", "finished", "failed"]
    config_hash: str
    attempts: int
    error: str
    seconds: float
    device: str
    threads: int
    iadtln: str
    torch: str
    lightning: str
    python: str


def state_of(folder: Path) -> State:
    """What is known of a run; empty before its first attempt."""
    try:
        return cast(State, json.loads((folder / STATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def note(folder: Path, **changes: Any) -> None:
    """Change what is known of a run."""
    state = {**state_of(folder), **changes}
    with written_whole(folder / STATE) as aside:
        aside.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")


def train_and_test(options: list[str], folder: Path, seed: int) -> None:
    """Fit, then test the chosen epoch; a finished run is not repeated, a half one goes on.

    Args:
        options: of ``fit``.
        folder: of this run.
        seed: of the training.
    """
    if (folder / "metrics.json").exists():
        return
    logger = "--trainer.logger.init_args"
    place = [f"{logger}.save_dir={folder.parent}", f"{logger}.name={folder.name}"]
    last = folder / "checkpoints" / "last.ckpt"
    resume = [f"--ckpt_path={last}"] if last.exists() else []
    more = [*place, f"{logger}.version=", f"--seed_everything={seed}", *resume]
    cli = run_verb(["fit", *options, *more])
    is_last = cli.config.fit.select == "last"  # the weights are there already
    chosen = None if is_last else chosen_checkpoint(cli.trainer)
    cli.trainer.test(cli.model, datamodule=cli.datamodule, ckpt_path=chosen, verbose=False)


def is_classified(run: Run) -> bool:
    """Whether a run fits features and a classifier instead of a network."""
    return any(option.startswith("--features") for option in run.arguments)


def carry_out(run: Run, folder: Path, quiet: list[str]) -> None:
    """Do the work of a run: ``classify`` if it names features, else training and test.

    Args:
        run: what to do.
        folder: of its results; a finished run is not repeated.
        quiet: further options of ``fit``.
    """
    if not is_classified(run):
        train_and_test([*run.arguments, *quiet], folder, run.seed)
    elif not (folder / "metrics.json").exists():
        classify([*run.arguments, f"--seed_everything={run.seed}", f"--output={folder}"])


def execute(run: Run, output: Path, threads: int, gpu: int | None = None) -> None:
    """Do one run in this process; whatever goes wrong in it is written down, not raised.

    Args:
        run: what to do; finished before, it is left alone.
        output: folder of the benchmark.
        threads: for arithmetic.
        gpu: number of the GPU to run on; none for the CPU.
    """
    folder = output / run.folder
    if state_of(folder).get("status") == "finished":
        return
    torch.set_num_threads(threads)
    for name in ("lightning.pytorch", "lightning.fabric"):  # all workers share one terminal
        logging.getLogger(name).setLevel(logging.WARNING)
    note_start(run, folder, threads, gpu)
    spent, begin = state_of(folder).get("seconds", 0.0), time.perf_counter()
    place = "--trainer.accelerator=cpu" if gpu is None else f"--trainer.devices=[{gpu}]"
    shared = f"--share_pretraining={output / PRETRAINING}"
    quiet = [place, "--trainer.enable_progress_bar=false", shared]
    ended = ("open", "")  # a stopped run goes on another time
    with logged(folder / "log.txt") as log:
        try:
            carry_out(run, folder, quiet)
            finished = (folder / "metrics.json").exists()
            ended = ("finished", "") if finished else ("failed", NO_METRICS)
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and error.code != WRONG_OPTION:
                raise KeyboardInterrupt from error  # that is how Lightning passes it on
            ended = ("failed", sentence(error, log))
            traceback.print_exc()
        finally:
            seconds = round(spent + time.perf_counter() - begin, 1)
            note(folder, status=ended[0], error=ended[1], seconds=seconds)
            gc.collect()
            give_back_freed_memory()


def note_start(run: Run, folder: Path, threads: int, gpu: int | None) -> None:
    """Write down one more attempt, and what it runs on."""
    note(
        folder,
        status="running",
        config_hash=run.fingerprint,
        attempts=state_of(folder).get("attempts", 0) + 1,
        device=platform.machine() if gpu is None else torch.cuda.get_device_name(gpu),
        threads=threads,
        python=platform.python_version(),
        **{name: version(name) for name in ("iadtln", "torch", "lightning")},
    )


@contextlib.contextmanager
def logged(path: Path) -> Iterator[Path]:
    """Send what is printed to the end of a file."""
    with (
        path.open("a", buffering=1, encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield path


def sentence(error: BaseException, log: Path) -> str:
    """Why a run failed; a verb that stops has said it as its last words."""
    if not isinstance(error, SystemExit):
        return f"{type(error).__name__}: {error}"
    said = log.read_text(encoding="utf-8")
    words = re.split("(?:[Ee]rror|[Ee]xception): ", said)[-1].splitlines() or [""]
    if words[0].endswith(":"):  # what follows says what is wrong with it
        words[0] += f" {words[1].strip()}" if len(words) > 1 else ""
    reasons = [line.removeprefix("  - ") for line in words if line.startswith("  - ")]
    return (reasons or words)[0] or f"it stopped with status {error.code}"


def jobs_at_once(threads: int, runs_per_gpu: int) -> int:
    """How many runs fit on this machine side by side."""
    if torch.cuda.is_available():
        return torch.cuda.device_count() * runs_per_gpu
    return max(1, len(os.sched_getaffinity(0)) // threads)
