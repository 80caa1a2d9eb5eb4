"""The verb ``benchmark``: all methods, these tasks, so many seeds, from one file."""

import sys
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from jsonargparse import ArgumentParser

from iadtln.benchmark import pool, results, tables
from iadtln.benchmark.plan import Plan, Run, existing, is_file_name, runs_of
from iadtln.benchmark.runs import jobs_at_once, state_of
from iadtln.configurations import read_yaml
from iadtln.files import alone_in
from iadtln.reports import write_report
from iadtln.verbs.options import stop


def benchmark(
    config: str,
    output: str | None = None,
    seeds: list[int] | None = None,
    only: list[str] | None = None,
    join: list[str] | None = None,
    jobs: int | None = None,
    threads: int = 1,
    runs_per_gpu: int = 4,
    backend: Literal["loky", "ray", "dask"] = "loky",
    address: str | None = None,
    retries: int = 2,
) -> pd.DataFrame:
    """Run every method on every task with every seed, and write the tables and the report.

    A finished run is never repeated and a half one goes on from its checkpoint, so the same command
    resumes whatever stopped it. One bad run does not sink the rest.

    Args:
        config: file that names tasks, methods and seeds, such as configs/benchmarks/smoke.yaml.
        output: folder of the runs; runs/ and the name of the file by default.
        seeds: to run now, instead of those of the file; the tables show all that are finished.
        only: only runs whose method, task and setting (as in "IADTLN, 0hp→3hp (paper)") contain
            one of these texts.
        join: results.csv of the same plan from other folders or machines: what is finished there,
            with the same options, is not repeated, and stands in the tables of this call.
        jobs: runs side by side; by default as many as the cores or GPUs allow.
        threads: of each run.
        runs_per_gpu: runs that share a GPU.
        backend: loky runs processes here; ray and dask also reach other machines.
        address: of a running Ray or Dask cluster; by default one is started here.
        retries: further attempts of a run whose worker died.

    Returns:
        One row a run, as in results.csv.

    Raises:
        ValueError: If the file is not a plan, or runs here or in what is joined had other options.
        FileNotFoundError: If a file is not there.
    """
    path = Path(config)
    plan = read_plan(path)
    folder = Path(output or Path("runs") / path.stem)
    asked = seeds or plan.seeds
    known = results.read([Path(one) for one in join or []])
    # what is finished stays shown
    plan.seeds = sorted({*plan.seeds, *asked, *seeds_in(folder), *known["seed"]})
    planned = runs_of(plan, path.parent)
    require_same_options(planned, folder)
    elsewhere = results.rows_of(planned, known)
    chosen = [
        run
        for run in planned
        if run.seed in asked and (not only or any(text in str(run) for text in only))
    ]
    if not chosen:
        raise ValueError(f"no run's name contains one of {only}; the first is '{planned[0]}'")
    chosen = [run for run in chosen if run.folder not in elsewhere]
    at_once = jobs or jobs_at_once(threads, runs_per_gpu)
    with alone_in(folder, "benchmark"):
        try:
            pool.run_all(chosen, folder, backend, address, at_once, threads, retries)
        finally:  # an interrupted table is a table of what is finished
            found = results.collect(planned, folder, elsewhere)
            if len(found):
                publish(found, plan, folder)
    return found


def read_plan(path: Path) -> Plan:
    """The plan of a file.

    Raises:
        ValueError: If it is not one.
        FileNotFoundError: If it is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected a benchmark file, there is none at '{path}'")

    def read(file: Path) -> Any:
        return read_yaml(existing(file))

    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Plan, "plan")
    try:
        content = {
            name: read(path.parent / value) if is_file_name(value) else value
            for name, value in read(path).items()
        }
        # only checked: options that name classes are for the runs to build
        plan = Plan(**parser.parse_object({"plan": content}).plan.as_dict())
    except Exception as error:
        raise ValueError(f"'{path}' is not a benchmark: {error}") from error
    return plan


def seeds_in(folder: Path) -> set[int]:
    """Seeds that an earlier call has run, here with settings and without."""
    found = [*folder.glob("*/*/seed_*"), *folder.glob("*/*/*/seed_*")]
    return {int(path.name.removeprefix("seed_")) for path in found}


def require_same_options(runs: list[Run], folder: Path) -> None:
    """Refuse a folder whose runs had other options under the same names."""
    for run in runs:
        known = state_of(folder / run.folder).get("config_hash", run.fingerprint)
        if known != run.fingerprint:
            raise ValueError(
                f"'{folder / run.folder}' was run with other options than now; choose another "
                "--output, or remove that folder"
            )


def publish(found: pd.DataFrame, plan: Plan, folder: Path) -> None:
    """Write and print what was found."""
    results.write(found, folder)
    table = tables.write_table(folder, found, plan.title, plan.published, plan.published_from)
    page = write_report(folder, found, plan.title, plan.published, plan.published_from)
    print(f"\n{table.read_text(encoding='utf-8')}\nreport: {page}")


def main(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln benchmark``; bad input ends with a sentence and status 2.

    Status 1 says that a run has failed, 130 that somebody stopped it.
    """
    what_it_does = str(benchmark.__doc__).split("Args:")[0]
    parser = ArgumentParser(prog="python -m iadtln benchmark", description=what_it_does)
    parser.add_function_arguments(benchmark, skip={"seeds", "only", "join"})
    # as they are typed: --seeds 0 1 2
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="to run now, instead of those of the file"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        help='only runs whose name, as "IADTLN, 0hp→3hp (paper), seed 0", holds one of these',
    )
    parser.add_argument(
        "--join",
        nargs="+",
        metavar="RESULTS_CSV",
        help="of the same plan from other folders or machines: what is finished there, with the "
        "same options, is not repeated, and stands in the tables of this call",
    )
    options = parser.parse_args(arguments)
    try:
        found = benchmark(**vars(options))
    except (ValueError, FileNotFoundError) as error:
        stop(str(error))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it was", file=sys.stderr)
        sys.exit(130)
    if (found["status"] == "failed").any():
        sys.exit(1)
    return found
