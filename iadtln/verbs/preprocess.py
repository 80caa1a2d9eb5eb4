"""The verb ``preprocess``: what is slow about recordings, done beforehand and side by side."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from tqdm.auto import tqdm

from datamodules import DataError, PairedDataModule, Recording, RecordingTransform
from datamodules.loading import load_recording
from iadtln.benchmark.pool import workers
from iadtln.benchmark.runs import jobs_at_once
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


def prepare(
    domain: str,
    read: Callable[[], Recording],
    transforms: Sequence[RecordingTransform],
    device: torch.device,
    cache_dir: Path,
) -> Outcome:
    """Do one recording; what is wrong with it is told, not raised."""
    begin = time.perf_counter()
    try:
        name = load_recording(read, transforms, device, cache_dir).recording_id
    except Exception as error:  # only a dead worker shall look like one
        return Outcome(domain, f"{type(error).__name__}: {error}", 0.0, usable=False)
    return Outcome(domain, name, time.perf_counter() - begin, usable=True)


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
    calls = [
        joblib.delayed(prepare)(
            domain, read, data.transforms, data.transform_device, data.cache_dir
        )
        for domain in (*data.setting.sources, data.target)
        for read in data.readers(domain)
    ]
    outcomes: list[Outcome] = []
    for attempt in range(options.retries + 1):
        try:
            outcomes = side_by_side(calls, options)
            break
        except Exception as error:  # each backend has its own name for a dead worker
            if attempt == options.retries:
                raise
            tqdm.write(f"a worker died ({type(error).__name__}); what is finished stays, going on")
    skip = data.on_bad == "skip"
    if front_end.needs_fit and (skip or all(outcome.usable for outcome in outcomes)):
        fit_once(front_end, data.pair.training_recordings(), data.cache_dir)
    return outcomes


def side_by_side(calls: Sequence[tuple[object, ...]], options: argparse.Namespace) -> list[Outcome]:
    """The outcomes of all calls, in the order in which they come to an end."""
    jobs = options.jobs or jobs_at_once(options.threads, 1)
    with workers(options.backend, options.address, jobs, options.threads):
        # Ray's backend of joblib hands all back at the end, so there the bar moves only then
        return_as = "list" if options.backend == "ray" else "generator_unordered"
        ended = joblib.Parallel(batch_size=1, return_as=return_as)(calls)
        return list(tqdm(ended, "preprocess", total=len(calls), unit="recording", disable=None))


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
