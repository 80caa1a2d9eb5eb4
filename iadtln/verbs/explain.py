"""The verb ``explain``: why recordings are diagnosed as they are, by physics and by the network."""

import argparse
import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import cast

import pandas as pd
from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter

from datamodules import PairedDataModule
from iadtln.callbacks.figures import pixels
from iadtln.cli import WHAT_TO_EXPECT, run
from iadtln.diagnosis import Diagnosis
from iadtln.explain.attribution import captum_method
from iadtln.explain.bearings import find_bearing, listed_names, parse_geometry
from iadtln.explain.demodulation import Band
from iadtln.explain.lines import Search
from iadtln.explain.recordings import (
    Explained,
    Question,
    channel_pictures,
    explained,
    recording_pictures,
    recordings_of,
    require_answerable,
)
from iadtln.explain.verdict import parse_classes
from iadtln.files import written_whole
from iadtln.signals.bearing import BearingGeometry
from iadtln.verbs.options import data_and_front_end, resolved, stop
from iadtln.verbs.run_config import config_of

WHAT_IT_DOES = (
    "Say why the recordings of a run's target are diagnosed as they are. The fault lines of the "
    "bearing are looked for in the envelope spectrum of each recording, beside what the network "
    "says; pictures show where it looked. Writes explanation.csv, a picture for each of the most "
    "telling recordings, and both for TensorBoard. All other options are those of predict."
)


def parser() -> argparse.ArgumentParser:
    """Own options; all others go to ``predict``."""
    own = argparse.ArgumentParser(prog="python -m iadtln explain", description=WHAT_IT_DOES)
    own.add_argument(
        "--ckpt_path", "--ckpt", type=Path, required=True, help="checkpoint of the run"
    )
    own.add_argument(
        "--config",
        type=Path,
        help="of the run; default: config.yaml above the checkpoint's folder or in it",
    )
    own.add_argument("--output", type=Path, help="folder; default: explanation beside config.yaml")
    own.add_argument("--pictures", type=int, default=12, help="of recordings, at most (12)")
    own.add_argument(
        "--windows", type=int, default=64, help="of each diagnosis in the channels' picture (64)"
    )
    add_physics(own)
    return own


def add_physics(own: argparse.ArgumentParser) -> None:
    """Add what the search for fault lines needs."""
    own.add_argument("--bearing", help=f"name in the catalogue: {listed_names()}")
    own.add_argument(
        "--geometry",
        help="of any other bearing: number of balls, ball and pitch diameter in one unit, and the "
        "contact angle in degrees if there is one, as 9,7.94,39.04",
    )
    own.add_argument("--rpm", type=float, help="speed of recordings that do not tell theirs")
    own.add_argument("--band", help="to demodulate, as 2000,4000 in Hz; default: the kurtogram's")
    own.add_argument("--channel", type=int, default=0, help="whose spectrum is looked at (0)")
    own.add_argument(
        "--false_alarms",
        type=float,
        default=Search.false_alarms,
        help="share of harmonics that stand out in pure noise, which sets the level (0.01)",
    )
    own.add_argument(
        "--slip",
        type=float,
        default=Search.slip,
        help="how far a rate may lie from the geometry's, as a share of it (0.02)",
    )
    own.add_argument(
        "--classes",
        nargs="+",
        default=[],
        metavar="CLASS=FAULT",
        help="what classes mean whose names do not tell, as K3=outer K0=healthy",
    )


def parse_band(text: str | None) -> Band | None:
    """Edges of a band, from two numbers with a comma between.

    Raises:
        ValueError: If these are no two numbers.
    """
    if text is None:
        return None
    edges = re.fullmatch(r"\s*(\d+\.?\d*)\s*,\s*(\d+\.?\d*)\s*", text)
    if edges is None or float(edges[1]) >= float(edges[2]):
        raise ValueError(f"expected --band as two edges in Hz, 2000,4000, got '{text}'")
    return float(edges[1]), float(edges[2])


def named_geometry(options: argparse.Namespace) -> BearingGeometry | None:
    """The bearing that the options name, if any."""
    if options.geometry:
        return parse_geometry(options.geometry)
    return find_bearing(options.bearing).geometry if options.bearing else None


def question_of(options: argparse.Namespace, data: PairedDataModule | None = None) -> Question:
    """What is asked of each recording; wrong options are refused.

    Args:
        options: own ones.
        data: which may know the bearing; None only checks the options.

    Raises:
        ValueError: Naming the option.
    """
    geometry = named_geometry(options) or getattr(data, "geometry", None)
    if geometry is None and data is not None:
        raise ValueError(f"name the bearing with --bearing ({listed_names()}), or give --geometry")
    if options.windows < 1 or options.pictures < 0:
        raise ValueError(
            "expected --windows of 1 or more and --pictures of 0 or more, got "
            f"{options.windows} and {options.pictures}"
        )
    return Question(
        geometry or BearingGeometry(),
        Search(slip=options.slip, false_alarms=options.false_alarms),
        options.rpm,
        parse_band(options.band),
        options.channel,
        parse_classes(options.classes),
    )


def asked(options: argparse.Namespace, rest: list[str]) -> Question:
    """What is asked; all that can be refused is refused here, before the network runs.

    Args:
        options: own ones.
        rest: those of ``predict``.

    Raises:
        ModuleNotFoundError: If captum is missing.
        ValueError: If an option is wrong, or the first recording lacks the channel or the band.
    """
    captum_method()
    question_of(options)
    data, _ = data_and_front_end(resolved([f"--config={options.config}", *rest]))
    question = question_of(options, data)
    data.setting.require_domains(data.domains())
    first = next(recordings_of(data), None)
    if first is not None:
        require_answerable(question, first)
    return question


def predicted(options: argparse.Namespace, rest: list[str]) -> tuple[Diagnosis, PairedDataModule]:
    """Diagnose the target by ``predict``, which leaves ``diagnoses.csv`` in the output folder.

    Args:
        options: own ones.
        rest: those of ``predict``.
    """
    cli = run(
        [
            "predict",
            f"--config={options.config}",
            f"--ckpt_path={options.ckpt_path}",
            "--trainer.logger=false",
            f"--trainer.default_root_dir={options.output}",
            *rest,
        ]
    )
    return cast(Diagnosis, cli.model.cpu().eval()), cast(PairedDataModule, cli.datamodule)


def publish(
    pictures: Iterable[tuple[str, Figure]], found: list[Explained], folder: Path
) -> pd.DataFrame:
    """Write table and pictures, and show them in TensorBoard; return the table."""
    table = pd.DataFrame([one.row() for one in found])
    with written_whole(folder / "explanation.csv") as aside:
        table.to_csv(aside, index=False)
    with SummaryWriter(str(folder)) as board:
        lines = [f"- **{one.name}**: {one.verdict.sentence}" for one in found]
        board.add_text("explanation", "\n".join(lines))
        for name, figure in pictures:
            path = folder / f"{re.sub(r'[^A-Za-z0-9_.+-]+', '_', name).strip('-._')}.png"
            with written_whole(path) as aside:
                figure.savefig(aside)
            board.add_image(f"explanation/{name}", pixels(figure), dataformats="HWC")
    return table


def explain(arguments: list[str]) -> pd.DataFrame:
    """Run ``python -m iadtln explain``; bad input ends with a sentence and status 2.

    Args:
        arguments: own options; all others go to ``predict``.

    Returns:
        One row a recording, also written to ``explanation.csv`` in the output folder.
    """
    options, rest = parser().parse_known_args(arguments)
    try:
        options.config = config_of(options.ckpt_path, options.config)
        options.output = options.output or options.config.parent / "explanation"
        question = asked(options, rest)
        model, data = predicted(options, rest)
        # names of recordings may look like numbers
        diagnoses = pd.read_csv(options.output / "diagnoses.csv", dtype={"recording": str})
        found = explained(data, diagnoses, question)
    except (*WHAT_TO_EXPECT, ValueError, ModuleNotFoundError) as error:
        stop(str(error))
    pictures = recording_pictures(model, data, found, options.pictures)
    channels = channel_pictures(model, data, diagnoses, options.windows)
    table = publish(chain(pictures, channels.items()), found, options.output)
    print("\n" + "\n".join(f"{one.name}: {one.verdict.sentence}" for one in found))
    print(f"\n{pd.crosstab(table.diagnosis, table.verdict).to_string()}\n\nin {options.output}")
    return table
