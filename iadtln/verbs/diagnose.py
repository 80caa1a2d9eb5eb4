"""The verb ``diagnose``: recordings without labels, a table of what is wrong with each."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import torch
from jsonargparse import ArgumentParser
from lightning.fabric.utilities.exceptions import MisconfigurationException
from tqdm.auto import tqdm

from datamodules import DataError
from datamodules.formats import READERS
from iadtln.checkpoints import read_state
from iadtln.doctor.blocks import BLOCK_SECONDS
from iadtln.doctor.doctor import Doctor
from iadtln.doctor.tally import add_sets
from iadtln.doctor.trained import load_trained
from iadtln.doctor.verdict import summary, write
from iadtln.files import written_whole
from iadtln.trust import Judge
from iadtln.verbs.options import stop
from iadtln.verbs.run_config import config_of

LEAST_SECONDS = 0.1  # of a block
RESULTS = {"diagnosis.csv", "diagnosis.parquet", "windows.csv"}  # that a reader could read
SPELLINGS = {"--ckpt_path": "--ckpt", "--run_config": "--config"}  # as other verbs call them


def diagnose(
    recordings: list[str],
    ckpt: str,
    config: str | None = None,
    sampling_rate: float | None = None,
    rpm: float | None = None,
    channel: str = "",
    output: str = "diagnosis",
    risk: float = 0.05,
    miss_rate: float = 0.1,
    sets: Literal["plain", "weighted"] = "plain",
    block_seconds: float = BLOCK_SECONDS,
    device: Literal["cpu", "cuda"] | None = None,
) -> pd.DataFrame:
    """Diagnose recordings with a trained network, and say how far to believe it.

    Each recording is read a block at a time (.mat and .npz files whole), brought to the sampling
    rate of the training, taken through the run's transforms and front end, cut in windows, and
    diagnosed by their vote. At first use the network looks once more at its training data, to learn
    what its confidence is worth; what it learns is kept beside the checkpoint.

    Writes diagnosis.csv, .json, .parquet (if pyarrow is there) and windows.csv. Exit status 1 says
    that some recordings could not be diagnosed.

    Args:
        recordings: files, or folders of files, in any format that ManifestDataModule reads; of a
            folder, names that begin with a dot and what lies in --output are left out.
        ckpt: checkpoint of a fit, such as runs/version_0/checkpoints/last.ckpt; --ckpt_path too.
        config: options of that fit; by default config.yaml above the checkpoint's folder or in it;
            --run_config too.
        sampling_rate: in hertz, of recordings that do not tell it themselves (.wav and .tdms do);
            without it they are taken to have that of the training data, which a warning says.
        rpm: speed of the shaft in revolutions per minute, where the run counts in revolutions.
        channel: name of a variable or column, or its number from 0; a+b for several; empty for
            the only one of a file.
        output: folder of the tables.
        risk: share of wrong diagnoses among the windows that are not rejected, on data like the
            training's; above 0 and below 1.
        miss_rate: share of prediction sets (column possible) that may miss the truth.
        sets: plain, or weighted for recordings of another load or machine that hold every class as
            often as the training data did.
        block_seconds: read at a time, 0.1 or more; with more of it, filters see more and more
            memory is needed.
        device: cpu or cuda; by default cuda if there is one.

    Returns:
        One row a recording.

    Raises:
        MisconfigurationException: If the checkpoint or an option cannot be used.
        FileNotFoundError: If no recording is there.
    """
    paths = files_of(recordings, Path(output))
    if Path(output).is_file():
        raise MisconfigurationException(f"expected a folder as --output, '{output}' is a file")
    for name, value in (("sampling_rate", sampling_rate), ("rpm", rpm)):
        if value is not None and not value > 0:
            raise MisconfigurationException(f"expected --{name} above 0, got {value}")
    if not block_seconds >= LEAST_SECONDS:
        raise MisconfigurationException(
            f"expected --block_seconds of {LEAST_SECONDS} or more, got {block_seconds}"
        )
    if device == "cuda" and not torch.cuda.is_available():
        raise MisconfigurationException("expected --device cpu, as there is no GPU here, got cuda")
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    checkpoint, named = Path(ckpt), Path(config) if config else None
    read_state(checkpoint)  # what is no checkpoint is found before its configuration is missed
    trained = load_trained(checkpoint, config_of(checkpoint, named), chosen)
    try:
        judge = Judge(trained.evidence, risk, miss_rate) if trained.evidence else None
    except ValueError as error:
        raise MisconfigurationException(str(error)) from error
    doctor = Doctor(trained, judge, sampling_rate, rpm, channel, risk, block_seconds)
    with written_whole(Path(output) / "windows.csv") as aside, aside.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("recording", "start_seconds", "diagnosis", "confidence"))
        for path in tqdm(paths, "diagnose", unit="recording", disable=None, leave=False):
            doctor.see(path, rows)
    add_sets(doctor.findings, doctor.tallies, judge, sets)
    table = pd.DataFrame([vars(found) for found in doctor.findings])
    write(table, Path(output), summary(trained, doctor.tallies, judge, ckpt))
    return table


def files_of(recordings: Sequence[str], output: Path) -> list[Path]:
    """Files as named, and those of known formats in folders, sorted.

    Args:
        recordings: names of files and folders.
        output: folder of own results, which are no recordings.

    Raises:
        FileNotFoundError: If there is none.
    """
    paths: list[Path] = []
    for name in recordings:
        path = Path(name)
        if path.is_dir():
            inside = sorted(path.rglob("*"))
            paths += [one for one in inside if is_recording(one, path, output)]
        else:
            paths.append(path)
    if not paths:
        raise FileNotFoundError(
            f"expected recordings ({' '.join(READERS)}) in {', '.join(recordings)}, found none"
        )
    return paths


def is_recording(path: Path, folder: Path, output: Path) -> bool:
    """Whether a path found in a folder is a visible file to read, and no result of ours.

    Args:
        path: within the folder.
        folder: that is searched. Where it is the output itself, or lies there, only the tables
            are results.
        output: folder of results.
    """
    if not path.is_file() or path.suffix.lower() not in READERS:
        return False
    results, searched = output.resolve(), folder.resolve()
    is_inside = results != searched and results.is_relative_to(searched)
    is_result = is_inside and path.resolve().is_relative_to(results)
    is_table = path.name in RESULTS and path.resolve().parent == results
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not (is_result or is_table or is_hidden)


def main(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln diagnose``; bad input ends with a sentence and status 2.

    Status 1 says that some recordings could not be diagnosed.
    """
    what_it_does = str(diagnose.__doc__).split("Args:")[0]
    parser = ArgumentParser(prog="python -m iadtln diagnose", description=what_it_does)
    parser.add_argument("recordings", nargs="+", help="files, or folders of files")
    parser.add_function_arguments(diagnose, skip={"recordings"})
    options = parser.parse_args([respelled(one) for one in arguments])
    try:
        table = diagnose(**vars(options))
    except (MisconfigurationException, DataError, OSError) as error:
        stop(str(error))
    if table["failed"].any():
        sys.exit(1)
    return table


def respelled(argument: str) -> str:
    """An argument with the option's name as this verb spells it."""
    name, equals, value = argument.partition("=")
    return SPELLINGS.get(name, name) + equals + value
