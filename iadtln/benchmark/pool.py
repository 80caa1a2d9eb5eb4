"""All runs of a benchmark, side by side, on one machine or on a cluster."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import joblib
import torch
from tqdm.auto import tqdm

from iadtln.benchmark.plan import Run
from iadtln.benchmark.runs import execute, note, state_of

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
    with progress(runs, output):
        while left := [run for run in runs if not is_over(run, output)]:
            suspects = [run for run in left if is_begun(run, output)]
            batch = suspects[:1] or (left[:1] if jobs == 1 else left)
            tries = attempts(batch, output)
            try:
                with workers(backend, address, max(2, jobs), threads):  # 1 would be no worker
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
def workers(backend: Backend, address: str | None, jobs: int, threads: int) -> Iterator[None]:
    """Let joblib use processes here, or a cluster of Ray or Dask."""
    if backend == "ray":
        import ray
        from ray.util.joblib import register_ray

        register_ray()
        # the editable installation is found by every worker; nothing needs to be shipped
        ray.init(address=address, num_cpus=None if address else jobs, include_dashboard=False)
        try:
            with joblib.parallel_config("ray", n_jobs=jobs):
                yield
        finally:
            ray.shutdown()
    elif backend == "dask":
        from distributed import Client

        own = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None}
        client = Client(address, **({} if address else own))  # a cluster takes none of these
        with client, joblib.parallel_config("dask", n_jobs=jobs):
            yield
    else:
        with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=threads):
            yield


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
