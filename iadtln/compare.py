"""Source-only beside adapted, for one task and several seeds: is the transfer worth it?"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd
from lightning.pytorch.cli import LightningCLI

from iadtln.callbacks.files import written_whole
from iadtln.cli import run

ARMS = {"source only": ["--model.transfer_losses=[]"], "adapted": []}


def train_and_test(arguments: list[str], folder: Path, seed: int) -> float:
    """Fit, then test the last epoch; a run that is already there is not repeated.

    Args:
        arguments: of ``fit``.
        folder: of this run.
        seed: of the training.

    Returns:
        Accuracy on the target's test windows, 0 to 1.
    """
    finished = folder / "metrics.json"
    if not finished.exists():
        logger = f"--trainer.logger.init_args.save_dir={folder.parent}"
        place = [logger, f"--trainer.logger.init_args.name={folder.name}"]
        version = ["--trainer.logger.init_args.version="]
        last = folder / "checkpoints" / "last.ckpt"
        resume = [f"--ckpt_path={last}"] if last.exists() else []
        cli = run(["fit", *arguments, *place, *version, f"--seed_everything={seed}", *resume])
        _test(cli)
    return float(json.loads(finished.read_text())["accuracy"])


def _test(cli: LightningCLI) -> None:
    cli.trainer.test(cli.model, datamodule=cli.datamodule, verbose=False)


def table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Mean and standard deviation over seeds of each arm, in percent."""
    accuracy = 100 * pd.DataFrame(rows).pivot(index="arm", columns="seed", values="accuracy")
    summary = accuracy.round(2).loc[[arm for arm in ARMS if arm in accuracy.index]]
    summary.columns = pd.Index([f"seed {seed}" for seed in summary.columns])
    summary["mean"] = accuracy.mean(axis=1).round(2)
    summary["std"] = accuracy.std(axis=1, ddof=0).round(2)
    return summary


def require_same_options(path: Path, options: list[str]) -> None:
    """Note the options of ``fit``, or leave if the folder holds runs of other options."""
    if not path.exists():
        with written_whole(path) as aside:
            aside.write_text(json.dumps(options) + "\n")
    elif (before := json.loads(path.read_text())) != options:
        print(  # a finished run would be taken for one of the new options
            f"{path.parent} holds runs with other options: expected {before}, got {options}; "
            "choose another --output, or remove that folder",
            file=sys.stderr,
        )
        sys.exit(2)


def compare(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln compare``.

    Args:
        arguments: own options; all others go to ``fit``.

    Returns:
        One row an arm, also written to ``comparison.csv`` in the output folder.
    """
    parser = argparse.ArgumentParser(
        prog="iadtln compare",
        description="Train source-only and adapted for each seed, test both on the target, and "
        "print a table. Finished runs are not repeated. All other options are those of fit.",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="training seeds")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="what to train")
    parser.add_argument("--output", type=Path, default=Path("runs/compare"), help="folder of runs")
    own, fit = parser.parse_known_args(arguments)
    require_same_options(own.output / "options.json", fit)
    rows: list[dict[str, object]] = []
    for seed in own.seeds:
        for arm in own.arms:
            folder = own.output / arm.replace(" ", "_") / f"seed_{seed}"
            accuracy = train_and_test([*fit, *ARMS[arm]], folder, seed)
            rows.append({"arm": arm, "seed": seed, "accuracy": accuracy})
    summary = table(rows)
    with written_whole(own.output / "comparison.csv") as aside:
        summary.to_csv(aside)
    print(f"\naccuracy on the target in percent, last epoch\n{summary.to_string()}")
    print(f"\nruns, pictures and checkpoints: {own.output}")
    return summary
