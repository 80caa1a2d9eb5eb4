"""Source-only beside adapted, for one task and several seeds: is the transfer worth it?"""

import argparse
import json
from pathlib import Path

import pandas as pd
import yaml

from iadtln.benchmark.runs import train_and_test
from iadtln.cli import several
from iadtln.files import FolderError, alone_in, written_whole
from iadtln.verbs.options import resolved, stop

ARMS = {"source only": ["--model.transfer_losses=[]"], "adapted": []}


def require_same_options(output: Path, configuration: str) -> None:
    """Note the configuration, or leave if the folder holds runs of another one.

    A finished run would otherwise be taken for one of the new options.
    """
    path = output / "options.yaml"
    known = path.read_text() if path.exists() else None
    if known is None and not any(output.glob("*/seed_*")):
        with written_whole(path) as aside:
            aside.write_text(configuration)
    elif known != configuration:
        stop(
            f"{output} holds runs with other options than now (see {path.name} there); "
            "choose another --output, or remove that folder"
        )


def collect(output: Path) -> pd.DataFrame:
    """Accuracy of every finished run in a folder: mean and deviation of each arm, in percent."""
    rows = []
    for path in sorted(output.glob("*/seed_*/metrics.json")):
        arm, seed = path.parts[-3].replace("_", " "), path.parts[-2].replace("_", " ")
        accuracy = 100 * float(json.loads(path.read_text())["accuracy"])
        rows.append({"arm": arm, "seed": seed, "accuracy": accuracy})
    runs = pd.DataFrame(rows).pivot(index="arm", columns="seed", values="accuracy")
    summary = runs.round(2).loc[[arm for arm in ARMS if arm in runs.index]]
    summary["mean"] = runs.mean(axis=1).round(2)
    summary["std"] = runs.std(axis=1, ddof=0).round(2)
    return summary


def parser() -> argparse.ArgumentParser:
    """Own options; all others go to ``fit``."""
    own = argparse.ArgumentParser(
        prog="python -m iadtln compare",
        description="Train source-only and adapted for each seed, test both on the target, and "
        "print a table of all finished runs. What is finished is not repeated, what was "
        "interrupted goes on. All other options are those of fit.",
    )
    own.add_argument("--seeds", type=int, nargs="+", default=[0], help="training seeds")
    own.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="what to train")
    own.add_argument("--output", type=Path, default=Path("runs/compare"), help="folder of runs")
    return own


def compare(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln compare``.

    Args:
        arguments: own options; all others go to ``fit``.

    Returns:
        One row an arm, also written to ``comparison.csv`` in the output folder.
    """
    own, fit = parser().parse_known_args(arguments)
    configuration = resolved(fit)
    devices = yaml.safe_load(configuration)["trainer"]["devices"]
    if devices == "auto":
        fit.append("--trainer.devices=1")
    elif several(devices):
        stop(f"compare trains on one device, got trainer.devices={devices}; use fit, then test")
    try:
        with alone_in(own.output, "compare"):
            require_same_options(own.output, configuration)
            for seed in own.seeds:
                for arm in own.arms:
                    folder = own.output / arm.replace(" ", "_") / f"seed_{seed}"
                    train_and_test([*fit, *ARMS[arm]], folder, seed)
    except FolderError as error:
        stop(str(error))
    summary = collect(own.output)
    with written_whole(own.output / "comparison.csv") as aside:
        summary.to_csv(aside)
    print(f"\naccuracy on the target in percent, last epoch\n{summary.to_string()}")
    print(f"\nruns, pictures and checkpoints: {own.output}")
    return summary
