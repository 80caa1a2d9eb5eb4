"""One configuration for data, features and a classifier."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import joblib
import lightning.pytorch as pl
import pandas as pd
from jsonargparse import ArgumentParser
from matplotlib.figure import Figure
from matplotlib.image import imsave
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.pipeline import Pipeline

from datamodules import PairedDataModule
from iadtln.callbacks.contract import DomainData
from iadtln.callbacks.embedding import sample
from iadtln.callbacks.figures import pixels
from iadtln.callbacks.report import draw, shown_of, write_files
from iadtln.callbacks.results import Results, results_of, table_of
from iadtln.classical import Model, noisy
from iadtln.cli import with_data
from iadtln.files import written_whole

NO_ADAPTATION = "guard: nothing adapts: features and classifier learn from labelled windows alone"


def classify(
    data: PairedDataModule,
    features: TransformerMixin,
    classifier: ClassifierMixin,
    seed_everything: int = 0,
    test_snr_db: float | None = None,
    output: str = "runs/classify",
    max_points: int = 1000,
) -> Results:
    """Fit features and a classifier to the labelled source, and test them on the target.

    Leaves what a test of fit leaves (metrics, predictions, pictures), and the fitted pipeline.
    Unless the data's split_seed is given, seed_everything is that of the split too: 30 seeds are 30
    splits, which all methods of a benchmark share.

    Args:
        data: windows of both domains, as for fit; the simulated rig where none is named.
            normalisation says whether they stay raw.
        features: what turns a window into numbers, such as iadtln.features.ECMSE; of several
            channels each for itself, side by side.
        classifier: of these numbers, such as iadtln.classifiers.KELMClassifier or sklearn.svm.SVC.
        seed_everything: of whatever is drawn: noise, searches, and the split.
        test_snr_db: decibels by which each test window's power stands above white noise that is
            added before normalisation; null for none.
        output: folder of the results; what is there is replaced.
        max_points: windows in the picture of the features; 0 leaves it out, which is faster.

    Returns:
        What metrics.json says.

    Raises:
        ValueError: If the data have no labelled training windows, or an option makes no sense.
    """
    if data.setting.source_free:
        raise ValueError(
            "classify learns from labelled source windows, and source_free leaves them out; set "
            "source_free: false"
        )
    pl.seed_everything(seed_everything, verbose=False)
    print(data.summary(), NO_ADAPTATION, sep="\n")
    normalise = data.windows("source", "first").normalise
    model = Model(features, classifier, data.channels, data.length, normalise)
    model.fit(data.pair.training())
    noise = (
        None if test_snr_db is None else partial(noisy, snr_db=test_snr_db, seed=seed_everything)
    )
    target = model.test(data.labelled_windows("target", "known"), noise)
    source = unknown = None
    if data.protocol != "single":  # there what would validate is what is tested
        source = model.test(data.labelled_windows("source", "second"))
    if data.open_set:
        unknown = model.test(data.labelled_windows("target", "unknown"), noise)
    names = cast(DomainData, data)
    results = results_of(target, source, names, "training windows", None, unknown)
    print(f"\n{table_of(results)}\n\n{model.spent()}")
    shown = shown_of(results, target, source, unknown, names)
    if not data.open_set:  # there they are the scores that are told unknown by
        model.show_probabilities(shown.table, target["features"])
    drawn = sample(shown.target, shown.source, max_points, seed_everything)
    pictures = draw(results, drawn, shown.names, names, seed_everything)
    leave(Path(output), {**results, **model.numbers()}, model.pipeline, pictures, shown.table)
    return results


def leave(
    folder: Path,
    metrics: Mapping[str, Any],
    pipeline: Pipeline,
    pictures: Mapping[str, Figure],
    table: pd.DataFrame,
) -> None:
    """Write all files; ``metrics.json``, the mark of a finished run, is the last."""
    with written_whole(folder / "pipeline.joblib") as aside:
        joblib.dump(pipeline, aside)
    for name, figure in pictures.items():
        with written_whole(folder / f"{name}.png") as aside:
            imsave(aside, pixels(figure))
    write_files(folder, cast(Results, metrics), table)
    print(f"results, pictures and pipeline: {folder}")


def parser() -> ArgumentParser:
    """Options of :func:`classify`, and files of them."""
    own = ArgumentParser(
        prog="python -m iadtln classify", description=str(classify.__doc__).split("Args:")[0]
    )
    own.add_argument("--config", action="config", help="file of all options, as a run leaves one")
    own.add_function_arguments(classify, sub_configs=True, fail_untyped=False)
    return own


def run(arguments: list[str]) -> Results:
    """Do what ``arguments`` ask for, and write them down as ``config.yaml``.

    A wrong option ends with a sentence and status 2.

    Args:
        arguments: as typed after ``classify``.

    Raises:
        OSError: If the output is no folder, or cannot be written to.
    """
    own, arguments = parser(), with_data(["classify", *arguments])[1:]
    given = own.parse_args(arguments, defaults=False)
    if "data.init_args.split_seed" not in given:
        arguments.append(f"--data.init_args.split_seed={given.get('seed_everything', 0)}")
    options = own.parse_args(arguments)
    try:
        built = own.instantiate(options)
    except (ValueError, TypeError) as error:
        own.error(str(error))
    folder = Path(options.output)
    (folder / "metrics.json").unlink(missing_ok=True)  # the mark of the former run
    with written_whole(folder / "config.yaml") as aside:
        aside.write_text(own.dump(options), encoding="utf-8")
    del built["config"]
    return classify(**built)
