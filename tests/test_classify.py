"""The verb ``classify``: features and a classifier from options to results on disk."""

import json
import shutil
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml

from datamodules import Windowing, WindowSplit
from iadtln.benchmark import runs
from iadtln.benchmark.plan import Run
from iadtln.classical import Model, noisy
from iadtln.classifiers import KELMClassifier
from iadtln.classify import classify, parser
from iadtln.features import Statistics
from iadtln.main import main
from tests.toy import CLASSES, tone, toy

CONFIGS = Path(__file__).parents[1] / "configs"
DATA = [
    "--data=datamodules.SimulatedDataModule",
    "--data.seconds=0.5",
    "--data.bearings_per_class=1",
    "--data.windowing.length=512",
]
FEATURES = ["--features=iadtln.features.Statistics"]
KELM = ["--classifier=iadtln.classifiers.KELMClassifier"]


def tones(**options):
    return toy(**{"normalisation": "none", "protocol": "inductive", **options})


def known(data, **options):
    return classify(data, Statistics(), KELMClassifier(), max_points=0, **options)


def test_a_run_leaves_what_a_test_leaves_and_its_pipeline(tmp_path, capsys):
    main(["classify", *DATA, *FEATURES, *KELM, f"--output={tmp_path}"])
    said = capsys.readouterr().out
    for part in ("guard:", "nothing adapts", "accuracy on the target", "features", str(tmp_path)):
        assert part in said
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert metrics["accuracy"] == pytest.approx((table.truth == table.prediction).mean())
    assert len(table) == metrics["windows"]
    np.testing.assert_allclose(table.filter(like="p(").sum(axis=1), 1.0, atol=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.yaml", "metrics.json", "predictions.csv", "pipeline.joblib",
        "confusion_matrix.png", "embedding.png",
    }  # fmt: skip


def test_the_saved_configuration_and_pipeline_repeat_the_run(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    seeded = ["--seed_everything=3", "--max_points=0", f"--output={first}"]
    main(["classify", *DATA, *FEATURES, *KELM, *seeded])
    main(["classify", f"--config={first / 'config.yaml'}", f"--output={second}"])
    tables = [pd.read_csv(folder / "predictions.csv") for folder in (first, second)]
    pd.testing.assert_frame_equal(*tables)
    assert joblib.load(first / "pipeline.joblib").predict(np.ones((1, 512))) in range(4)


@pytest.mark.parametrize(
    "named", [[], ["--data={}"]], ids=["no data", "a file that names a class only"]
)
def test_data_need_no_options(tmp_path, named):
    rig = tmp_path / "rig.yaml"
    rig.write_text("class_path: datamodules.SimulatedDataModule\n")
    options = [one.format(rig) for one in named] + ["--seed_everything=7", "--max_points=0"]
    main(["classify", *options, *FEATURES, *KELM, f"--output={tmp_path}"])
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())["data"]
    assert written["class_path"] == "datamodules.SimulatedDataModule"
    assert written["init_args"]["split_seed"] == 7
    assert (tmp_path / "metrics.json").exists()


def test_help_says_what_the_data_are_where_none_are_named(capsys):
    with pytest.raises(SystemExit):
        main(["classify", "--help"])
    assert "the simulated rig where none is named" in " ".join(capsys.readouterr().out.split())


def test_a_rerun_that_fails_leaves_no_result_beside_its_configuration(tmp_path):
    arguments = ["classify", *DATA, *FEATURES, *KELM, "--max_points=0", f"--output={tmp_path}"]
    main(arguments)
    assert (tmp_path / "metrics.json").exists()
    with pytest.raises(SystemExit):
        main([*arguments, "--data.source=Z"])
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert written["data"]["init_args"]["source"] == "Z"
    assert not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize("inside", ["", "/folder"])
def test_an_output_that_is_a_file_ends_with_a_sentence(tmp_path, capsys, inside):
    file = tmp_path / "file"
    file.write_text("kept")
    with pytest.raises(SystemExit) as end:
        main(["classify", *DATA, *FEATURES, *KELM, f"--output={file}{inside}"])
    assert end.value.code == 2
    assert f"Not a directory: '{file}{inside}" in capsys.readouterr().err
    assert file.read_text() == "kept"


@pytest.mark.parametrize(("given", "expected"), [([], 7), (["--data.split_seed=2"], 2)])
def test_the_split_follows_the_seed_unless_it_is_named(tmp_path, given, expected):
    arguments = [*DATA, *FEATURES, *KELM, *given, "--seed_everything=7", "--max_points=0"]
    main(["classify", *arguments, f"--output={tmp_path}"])
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert written["data"]["init_args"]["split_seed"] == expected


def test_accuracy_is_that_of_scikit_learn_by_hand(tmp_path):
    data = tones(windowing=Windowing(128), split=WindowSplit(0.5))
    results = known(data, output=str(tmp_path))
    parts = []
    for side, part in (("source", "first"), ("target", "second"), ("source", "second")):
        recordings = data.pair.side(side).recordings
        index = data.pair.side(side).windows[part]
        rows = [
            recordings[r].signal[0, s : s + 128].double().numpy()
            for r, s in zip(index.recording, index.start, strict=True)
        ]
        parts.append(
            (np.array(rows), [CLASSES.index(recordings[r].label) for r in index.recording])
        )
    (X, y), *held = parts
    model = KELMClassifier().fit(Statistics().fit_transform(X), y)
    accuracy = [
        (model.predict(Statistics().fit_transform(rows)) == label).mean() for rows, label in held
    ]
    assert [results["accuracy"], results["source_accuracy"]] == pytest.approx(accuracy)


def test_in_one_domain_there_is_no_validation_apart_from_the_test(tmp_path):
    data = tones(target="a", protocol="single")
    assert known(data, output=str(tmp_path))["source_accuracy"] is None


def test_unknown_classes_are_told(tmp_path):
    data = tones(source_classes=["low", "high"])
    assert "open_set" in known(data, output=str(tmp_path))


def test_labels_of_the_target_never_touch_the_fit(tmp_path):
    shuffled = [
        tone(other, "b", name=f"b-{label}")
        for label, other in zip(CLASSES, CLASSES[1:] + CLASSES[:1], strict=True)
    ]
    fitted = []
    for target in ([tone(label, "b") for label in CLASSES], shuffled):
        data = tones(recordings={"a": [tone(label) for label in CLASSES], "b": target})
        known(data, output=str(tmp_path))
        fitted.append(joblib.load(tmp_path / "pipeline.joblib")["classifier"].dual_coef_)
    np.testing.assert_array_equal(*fitted)


@pytest.mark.parametrize("normalisation", ["none", "window"])
def test_noise_is_added_to_test_windows_before_they_are_normalised(tmp_path, normalisation):
    found = []
    for snr_db in (None, 0.0):
        data = tones(normalisation=normalisation)
        known(data, output=str(tmp_path), test_snr_db=snr_db)
        pipeline = joblib.load(tmp_path / "pipeline.joblib")
        dataset = data.labelled_windows("target", "known")
        noise = None if snr_db is None else partial(noisy, snr_db=snr_db, seed=0)
        model = Model(Statistics(), KELMClassifier(), 1, 128)
        model.pipeline = pipeline
        rms = model.test(dataset, noise)["features"][:, 0]
        found.append((pipeline["classifier"].dual_coef_, rms))
    (clean, before), (fitted, after) = found
    np.testing.assert_array_equal(fitted, clean)  # training windows stay as they are
    ratio = (after / before).mean()
    assert ratio == pytest.approx(2**0.5 if normalisation == "none" else 1.0, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*DATA, *FEATURES], "classifier"),
        ([*DATA, "--features=iadtln.features.Statistiks", *KELM], "Statistiks"),
        ([*DATA, *FEATURES, *KELM, "--classifier.C=-1"], "expected C > 0, got -1.0"),
        ([*DATA, *FEATURES, *KELM, "--data.source=Z"], "no domain 'Z'"),
        ([*DATA, *FEATURES, *KELM, "--data.source_free=true"], "set source_free: false"),
        ([*DATA, *FEATURES, *KELM, "--trainer.max_epochs=3"], "trainer.max_epochs"),
    ],
)
def test_bad_input_ends_with_a_sentence(tmp_path, arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        main(["classify", *arguments, f"--output={tmp_path}"])
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_a_run_of_a_benchmark_that_names_features_is_classified(tmp_path):
    arguments = (*DATA, *FEATURES, *KELM, "--max_points=0")
    run = Run("t", "m", "", 4, arguments, "mark")
    runs.execute(run, tmp_path, 1)
    folder = tmp_path / run.folder
    assert runs.state_of(folder)["status"] == "finished"
    assert yaml.safe_load((folder / "config.yaml").read_text())["seed_everything"] == 4
    before = (folder / "metrics.json").stat().st_mtime_ns
    runs.note(folder, status="open")
    runs.execute(run, tmp_path, 1)  # finished before it was cut off
    assert (folder / "metrics.json").stat().st_mtime_ns == before
    shutil.rmtree(folder)
    runs.execute(Run("t", "m", "", 4, (*arguments, "--classifier.C=0"), "mark"), tmp_path, 1)
    assert "expected C > 0" in runs.state_of(folder)["error"]


ESTIMATORS = sorted([*CONFIGS.glob("features/*.yaml"), *CONFIGS.glob("classifier/*.yaml")])


@pytest.mark.parametrize("path", ESTIMATORS, ids=lambda path: path.stem)
def test_every_configuration_builds(path):
    named = {"features": FEATURES, "classifier": KELM}
    named[path.parent.name] = [f"--{path.parent.name}={path}"]
    options = parser().parse_args([*DATA, *named["features"], *named["classifier"]])
    built = parser().instantiate(options)[path.parent.name]
    assert type(built).__name__ in path.read_text()
