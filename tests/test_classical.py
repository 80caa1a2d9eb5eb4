"""Features and a classifier in a pipeline: what goes in, comes out and is written down."""

import json

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.svm import SVC

from datamodules import Windowing
from iadtln.classical import Model, noisy, scores_of
from iadtln.classifiers import KELMClassifier, TunedKELM
from iadtln.classify import classify
from iadtln.features import ECMSE, Statistics
from iadtln.search import HBA
from tests.toy import CLASSES, ToyDataModule, tone, toy


class TwoChannels(ToyDataModule):
    channels = 2


def raw_windows(data):
    """Windows of the target's test as they were measured, channel after channel."""
    recordings = {one.recording_id: one.signal for one in data.pair.target.recordings}
    where = data.describe("test")
    rows = zip(where.recording, where.start, strict=True)
    return np.stack([recordings[r][:, s : s + 128].flatten().numpy() for r, s in rows])


@pytest.mark.parametrize("normalisation", ["window", "source", "none"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_saved_pipeline_diagnoses_raw_windows_as_the_table_does(
    tmp_path, normalisation, channels
):
    recordings = {side: [tone(one, side, channels=channels) for one in CLASSES] for side in "ab"}
    kind = TwoChannels if channels == 2 else ToyDataModule
    windowing = Windowing(128, overlap=0.5)
    data = kind(recordings=recordings, normalisation=normalisation, windowing=windowing)
    classify(data, Statistics(), KELMClassifier(), output=str(tmp_path), max_points=0)
    table = pd.read_csv(tmp_path / "predictions.csv")
    pipeline = joblib.load(tmp_path / "pipeline.joblib")
    rows = raw_windows(data)
    assert [CLASSES[label] for label in pipeline.predict(rows)] == table.prediction.to_list()
    sure = table[[f"p({name})" for name in CLASSES]]
    np.testing.assert_allclose(pipeline.predict_proba(rows), sure, atol=1e-6)


def fitted(classifier, channels):
    """A model of ECMSE and a classifier, fitted to a domain of three tones."""
    recordings = [tone(label, channels=channels) for label in CLASSES]
    data = toy(target="a", protocol="single", recordings={"a": recordings})
    features = ECMSE(scales=2, order=3, gamma=0.5, delta=0.01)
    model = Model(features, classifier, channels, data.pair.source.length)
    model.fit(data.pair.training())
    return model


def test_what_a_search_has_found_is_written_down():
    model = fitted(TunedKELM(HBA(population=3), generations=1, random_state=0), 1)
    numbers = json.loads(json.dumps(model.numbers()))
    best = model.pipeline["classifier"].best_params_
    assert numbers["classifier.best_params_.C"] == best["C"]
    assert numbers["classifier.best_params_.gamma"] == best["gamma"]
    assert numbers["classifier.best_value_"] == model.pipeline["classifier"].best_value_
    assert (numbers["features.order_"], numbers["features.gamma_"]) == (3, 0.5)


def test_what_each_channel_has_chosen_is_written_down():
    numbers = fitted(KELMClassifier(gamma=0.25), 2).numbers()
    assert numbers.keys() - {"features_seconds", "classifier_seconds"} == {
        *(f"features.channel_{i}.{name}_" for i in (0, 1) for name in ("order", "gamma", "delta")),
        "classifier.gamma_",
    }
    assert numbers["features.channel_1.delta_"] == 0.01
    assert not any(isinstance(value, bool) for value in numbers.values())


def test_several_channels_stand_side_by_side():
    recordings = [tone(label, channels=2) for label in CLASSES]
    data = toy(target="a", protocol="single", recordings={"a": recordings})
    model = Model(Statistics(), KELMClassifier(), 2, data.pair.source.length)
    model.fit(data.pair.training())
    dataset = data.labelled_windows("target", "known")
    found = model.test(dataset)["features"]
    signal = dataset.__getitems__(list(range(len(dataset))))["signal"].double()
    expected = [Statistics().fit_transform(signal[:, i].numpy()) for i in range(2)]
    np.testing.assert_array_equal(found, np.concatenate(expected, axis=1))


def test_noise_has_the_power_that_was_asked_for():
    windows = torch.randn(3, 2, 200_000) * torch.tensor([1.0, 10.0])[:, None] + 1.0
    added = noisy(windows, snr_db=6.0, seed=0) - windows
    power = windows.square().mean(-1)
    ratio = 10 * torch.log10(power / added.square().mean(-1))
    torch.testing.assert_close(ratio, torch.full((3, 2), 6.0), atol=0.05, rtol=0.0)
    assert torch.equal(noisy(windows, 6.0, seed=0), noisy(windows, 6.0, seed=0))


@pytest.mark.parametrize(
    "classifier",
    [SVC(), RandomForestClassifier(5, random_state=0), RidgeClassifier(), KELMClassifier()],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_the_greatest_score_is_the_prediction(classifier, classes):
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(classes), 20)
    rows = rng.normal(size=(len(label), 3)) + 3 * label[:, None]
    scores = scores_of(classifier.fit(rows, label), rows)
    assert scores.shape == (len(label), classes)
    np.testing.assert_array_equal(scores.argmax(1), classifier.predict(rows))


def test_scores_that_are_none_are_refused():
    rows, label = np.arange(6.0)[:, None], [0, 0, 1, 1, 2, 3]
    pairs = SVC(decision_function_shape="ovo").fit(rows, label)
    with pytest.raises(ValueError, match="one score for each of 4 classes, got 6"):
        scores_of(pairs, rows)

    class Mute(DummyClassifier):
        predict_proba = property()

    with pytest.raises(ValueError, match="got Mute"):
        scores_of(Mute().fit(rows, label), rows)
