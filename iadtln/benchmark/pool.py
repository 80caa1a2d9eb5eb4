"""All runs of a benchmark, side by side, on one machine or on a cluster."""

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal

import joblib
import torch
from tqdm.auto import tqdm

from iadtln.benchmark.plan import Run
from iadtln.benchmark.runs import PRETRAINING, execute, note, state_of

Backend = Literal["loky", "ray", "dask"]


def run_all(
    runs: Sequence[Run],
    output: Path,
    backend: Backend,
    address: str | None,
    jobs: int,
    threads: int,
    retries: int,
) -> None:
    """Do what is not finished; a worker that dies is reported and its run tried again.

    The folder alone knows what is done, so any number of interruptions does no harm.

    Args:
        runs: of the benchmark.
        output: its folder; on a cluster one that all workers see.
        backend: of joblib.
        address: of a running Ray or Dask cluster; none starts one here.
        jobs: runs at a time.
        threads: of each run.
        retries: further attempts of a run whose worker died.
    """
    for run in runs:
        if state_of(output / run.folder).get("status") in ("running", "failed"):
            note(output / run.folder, status="open", attempts=0)
    if all(is_over(run, output) for run in runs):
        return  # without a cluster
    jobs_here = max(2, jobs)  # 1 would be no worker
    shared = only_meanwhile(output / PRETRAINING)
    with progress(runs, output), shared, cluster(backend, address, jobs_here):
        while left := [run for run in runs if not is_over(run, output)]:
            suspects = [run for run in left if is_begun(run, output)]
            batch = suspects[:1] or (left[:1] if jobs == 1 else left)
            tries = attempts(batch, output)
            try:
                with workers(backend, jobs_here, threads):
                    joblib.Parallel(batch_size=1)(calls(batch, output, threads))
            except Exception as error:  # each backend has its own name for a dead worker
                if attempts(batch, output) == tries:
                    raise  # no run had begun: it is not a run that fails
                report(batch, output, error, retries)


def calls(runs: Sequence[Run], output: Path, threads: int) -> list[Any]:
    """What the workers are to do, spread over the GPUs."""
    gpus = torch.cuda.device_count()
    return [
        joblib.delayed(execute)(run, output, threads, number % gpus if gpus else None)
        for number, run in enumerate(runs)
    ]


def attempts(runs: Sequence[Run], output: Path) -> int:
    """How often any of the runs was begun."""
    return sum(state_of(output / run.folder).get("attempts", 0) for run in runs)


def is_over(run: Run, output: Path) -> bool:
    """Whether a run needs no further attempt."""
    return state_of(output / run.folder).get("status") in ("finished", "failed")


def is_begun(run: Run, output: Path) -> bool:
    """Whether a run was cut off; it goes on alone, so that who dies then is known."""
    return state_of(output / run.folder).get("status") == "running"


def report(runs: Sequence[Run], output: Path, error: Exception, retries: int) -> None:
    """Say which runs were cut off by a dead worker, and give one up that kills its own."""
    for run in runs:
        state = state_of(output / run.folder)
        if state.get("status") == "running":
            tqdm.write(f"a worker died ({type(error).__name__}) during {run}")
            if len(runs) == 1 and state["attempts"] > retries:
                words = f"its worker died {state['attempts']} times: out of memory, or killed?"
                note(output / run.folder, status="failed", error=words)


@contextmanager
def cluster(backend: Backend, address: str | None, jobs: int) -> Iterator[None]:
    """Join a cluster of Ray or Dask, or have one here; loky needs none."""
    if backend == "ray":
        import ray
        from ray.util.joblib import register_ray

        register_ray()
        # the editable installation is found by every worker; nothing needs to be shipped
        ray.init(address=address, num_cpus=None if address else jobs, include_dashboard=False)
        try:
            yield
        finally:
            ray.shutdown()
    elif backend == "dask":
        from distributed import Client

        own = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None}
        with Client(address, **({} if address else own)):  # a cluster takes none of these
            yield
    else:
        yield


def workers(backend: Backend, jobs: int, threads: int) -> AbstractContextManager[Any]:
    """Let joblib use the processes of the cluster, or loky's; anew after one has died."""
    limit = {"inner_max_num_threads": threads} if backend == "loky" else {}
    config: AbstractContextManager[Any] = joblib.parallel_config(backend, n_jobs=jobs, **limit)
    return config


@contextmanager
def only_meanwhile(folder: Path) -> Iterator[None]:
    """Empty a folder before and after: what it holds is of the data and the code of one call."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def progress(runs: Sequence[Run], output: Path) -> Iterator[None]:
    """A bar with the time left, from what lies in the folder: so it works with any backend."""

    def over() -> int:
        return sum(is_over(run, output) for run in runs)

    stop = threading.Event()
    with tqdm(total=len(runs), initial=over(), unit="run", smoothing=0.05) as bar:

        def watch() -> None:
            while not stop.wait(0.5):
                if new := over() - bar.n:
                    bar.update(new)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            bar.update(over() - bar.n)
