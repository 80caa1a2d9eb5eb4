"""The verb ``preprocess``: what is slow about recordings, done beforehand and side by side."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import pandas as pd
from lightning.fabric.utilities.exceptions import MisconfigurationException
from tqdm.auto import tqdm

from datamodules import DataError, PairedDataModule, Recording
from datamodules.loading import load_recording
from iadtln.benchmark.pool import Backend, cluster, workers
from iadtln.benchmark.runs import jobs_at_once
from iadtln.files import written_whole
from iadtln.front_ends import FrontEnd
from iadtln.front_ends.kept import fit_once
from iadtln.verbs.options import data_and_front_end, resolved, stop

WHAT_IT_DOES = (
    "Do beforehand what a front end does to whole recordings, searches included, and keep it in "
    "the cache that fit reads. What is done is not repeated, so the same command resumes; a "
    "damaged file is made again. All other options are those of fit."
)


@dataclass(frozen=True)
class Outcome:
    """What became of one recording.

    Args:
        domain: it belongs to.
        recording: its name, or what is wrong with it.
        seconds: it took; near nothing where it lay in the cache.
        usable: whether it can be trained on.
    """

    domain: str
    recording: str
    seconds: float
    usable: bool


@dataclass(frozen=True)
class Call:
    """One recording to do, and what is known of it on the disk that all workers see.

    Args:
        note: file that grows by a byte whenever a worker begins; ``.json`` beside it is the
            outcome.
        domain: it belongs to.
        place: in its domain, from 1.
        load: reads, transforms and keeps it.
    """

    note: Path
    domain: str
    place: int
    load: Callable[[], Recording]

    @property
    def attempts(self) -> int:
        """How often a worker has begun."""
        return self.note.stat().st_size if self.note.exists() else 0

    @property
    def outcome(self) -> Outcome | None:
        """What became of it; None if it is not done."""
        path = self.note.with_suffix(".json")
        return Outcome(**json.loads(path.read_text())) if path.exists() else None

    def end(self, outcome: Outcome) -> None:
        """Note what became of it."""
        with written_whole(self.note.with_suffix(".json")) as aside:
            aside.write_text(json.dumps(asdict(outcome)))


def prepare(call: Call) -> None:
    """Do one recording; what is wrong with it is told, not raised."""
    if call.outcome is not None:  # by a worker that died before it could say so
        return
    with call.note.open("ab") as note:
        note.write(b".")
    begin = time.perf_counter()
    try:
        name = call.load().recording_id
    except Exception as error:  # only a dead worker shall look like one
        call.end(Outcome(call.domain, f"{type(error).__name__}: {error}", 0.0, usable=False))
        return
    call.end(Outcome(call.domain, name, time.perf_counter() - begin, usable=True))


def preprocess_all(
    data: PairedDataModule, front_end: FrontEnd, options: argparse.Namespace
) -> list[Outcome]:
    """Do all recordings of both sides, then what the front end searches on all together.

    Args:
        data: whose recordings and cache.
        front_end: whose transforms and search.
        options: of the verb: jobs, threads, backend, address and retries.
    """
    data.transforms += front_end.recording_transforms()
    data.fit_transforms()
    settings = (data.transforms, data.transform_device, data.cache_dir)
    data.cache_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".preprocess-", dir=data.cache_dir) as notes:
        calls = [
            Call(
                Path(notes) / f"{side}-{place}",
                name,
                place,
                partial(load_recording, read, *settings),
            )
            for side, name in enumerate((*data.setting.sources, data.target))
            for place, read in enumerate(data.readers(name), 1)
        ]
        jobs = options.jobs or jobs_at_once(options.threads, 1)
        with cluster(options.backend, options.address, max(2, jobs)):
            outcomes = do_all(calls, jobs, options)
    skip = data.on_bad == "skip"
    if front_end.needs_fit and (skip or all(outcome.usable for outcome in outcomes)):
        fit_once(front_end, data.pair.training_recordings(), data.cache_dir)
    return outcomes


def do_all(calls: Sequence[Call], jobs: int, options: argparse.Namespace) -> list[Outcome]:
    """Do all calls, whichever workers die, and none twice that came to its end.

    A dead worker takes the whole pool along on some backends. So those that were cut off come last
    and alone: then it is known which one kills its worker, and it is given up.
    """
    while left := [call for call in calls if call.outcome is None]:
        fresh = [call for call in left if not call.attempts]
        before = sum(call.attempts for call in left)
        try:
            side_by_side(fresh or left[:1], jobs, options.backend, options.threads)
        except Exception as error:  # each backend has its own name for a dead worker
            if sum(call.attempts for call in left) == before:
                raise  # nothing had begun: it is not a recording that fails
            tqdm.write(f"a worker died ({type(error).__name__}); what is finished stays, going on")
            if not fresh:
                give_up(left[0], options.retries)
    return [call.outcome for call in calls if call.outcome is not None]


def give_up(call: Call, retries: int) -> None:
    """Note a recording as unusable that was alone each time its worker died, if often enough."""
    if call.outcome is None and call.attempts > retries:
        words = f"recording {call.place} of domain '{call.domain}': its worker died "
        words += f"{call.attempts} times: out of memory, or killed?"
        call.end(Outcome(call.domain, words, 0.0, usable=False))


def side_by_side(calls: Sequence[Call], jobs: int, backend: Backend, threads: int) -> None:
    """Do the calls in workers."""
    alone = any(call.attempts for call in calls)  # never in this process: it could be killed
    with workers(backend, max(jobs, 1 + alone), threads):
        # Ray's backend of joblib hands all back at the end, so there the bar moves only then
        return_as = "list" if backend == "ray" else "generator_unordered"
        todo = joblib.Parallel(batch_size=1, return_as=return_as)(
            map(joblib.delayed(prepare), calls)
        )
        for _ in tqdm(todo, "preprocess", total=len(calls), unit="recording", disable=None):
            pass


def parser() -> argparse.ArgumentParser:
    """Own options; all others go to ``fit``."""
    own = argparse.ArgumentParser(prog="python -m iadtln preprocess", description=WHAT_IT_DOES)
    own.add_argument("--jobs", type=int, help="recordings at a time; as many as cores by default")
    own.add_argument("--threads", type=int, default=1, help="of each")
    own.add_argument(
        "--backend",
        choices=("loky", "ray", "dask"),
        default="loky",
        help="loky runs processes here; ray and dask also reach other machines",
    )
    own.add_argument("--address", help="of a running Ray or Dask cluster; else one is started")
    own.add_argument(
        "--retries", type=int, default=2, help="further attempts after a worker has died"
    )
    return own


def preprocess(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln preprocess``; status 1 says that a recording is unusable.

    Args:
        arguments: own options; all others go to ``fit``.

    Returns:
        One row a recording.
    """
    own, fit = parser().parse_known_args(arguments)
    if own.retries < 0 or own.threads < 1 or (own.jobs or 1) < 1:
        stop("expected --retries of 0 or more, --threads and --jobs of 1 or more")
    data, front_end = data_and_front_end(resolved(fit))
    if not [*data.transforms, *front_end.recording_transforms()] and not front_end.needs_fit:
        stop("nothing to do: neither the data's transforms nor the front end change recordings")
    try:
        outcomes = preprocess_all(data, front_end, own)
    except (DataError, MisconfigurationException, FileNotFoundError) as error:
        stop(f"{type(error).__name__}: {error}")
    table = pd.DataFrame([vars(outcome) for outcome in outcomes]).sort_values(
        ["domain", "recording"]
    )
    print(table[table.usable].drop(columns="usable").round(2).to_string(index=False))
    print(f"\nin the cache: {data.cache_dir}")
    if not table.usable.all():
        print("\n".join(table[~table.usable].recording), file=sys.stderr)
        if data.on_bad == "raise":
            sys.exit(1)
    return table
