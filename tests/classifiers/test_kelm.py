"""KELM against kernel ridge regression, by hand, and by scikit-learn's own checks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from iadtln.classifiers import KELMClassifier
from iadtln.classifiers.kelm import nearest_distribution


def blobs(classes=3, each=12, width=4, seed=0):
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(classes), each)
    return rng.normal(size=(classes, width))[label] * 2 + rng.normal(
        size=(len(label), width)
    ), label


@parametrize_with_checks([KELMClassifier(), KELMClassifier(kernel="linear", standardise=False)])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("kernel", "classes"), [("rbf", 3), ("linear", 3), ("rbf", 2)])
def test_scores_are_those_of_kernel_ridge_regression_on_class_codes(kernel, classes):
    X, label = blobs(classes)
    held, _ = blobs(classes, seed=1)
    scaler = StandardScaler().fit(X)
    codes = np.where(label[:, None] == np.arange(classes), 1.0, -1.0)
    ridge = KernelRidge(alpha=1 / 7.0, kernel=kernel, gamma=0.3)
    expected = ridge.fit(scaler.transform(X), codes).predict(scaler.transform(held))
    model = KELMClassifier(C=7.0, gamma=0.3, kernel=kernel).fit(X, label)
    scores = model.decision_function(held)
    np.testing.assert_allclose(scores, expected if classes > 2 else expected[:, 1], atol=1e-12)
    assert (model.predict(held) == expected.argmax(1)).all()


def test_two_windows_by_hand():
    # Omega = [[1, e], [e, 1]] with e = exp(-gamma 4); one score column, codes -1 and 1
    e, c = np.exp(-0.25 * 4.0), 10.0
    beta = np.linalg.solve(np.array([[1 + 1 / c, e], [e, 1 + 1 / c]]), [-1.0, 1.0])
    model = KELMClassifier(C=c, gamma=0.25, standardise=False).fit([[-1.0], [1.0]], ["no", "yes"])
    (score,) = model.decision_function([[1.0]])
    assert score == pytest.approx(e * beta[0] + beta[1])
    assert model.predict([[1.0], [-1.0]]).tolist() == ["yes", "no"]
    assert model.predict_proba([[1.0]])[0] == pytest.approx([(1 - score) / 2, (1 + score) / 2])


def test_scale_is_one_over_the_number_of_standardised_features():
    X, label = blobs(width=5)
    assert KELMClassifier().fit(X, label).gamma_ == pytest.approx(1 / 5)
    raw = KELMClassifier(standardise=False).fit(X, label)
    assert raw.gamma_ == pytest.approx(1 / (5 * X.var()))


def test_a_constant_feature_does_no_harm():
    X, label = blobs()
    padded = np.column_stack([X, np.full(len(X), 3.0)])
    scores = [KELMClassifier(gamma=0.3).fit(x, label).decision_function(x) for x in (X, padded)]
    np.testing.assert_allclose(*scores)


def test_far_from_everything_all_classes_are_alike():
    X, label = blobs()
    far = KELMClassifier().fit(X, label).predict_proba(np.full((1, 4), 1e6))
    np.testing.assert_allclose(far, 1 / 3)


@given(arrays(np.float64, (3, 5), elements=st.floats(-3, 3)))
def test_the_nearest_distribution_is_one_and_keeps_the_greatest(rows):
    found = nearest_distribution(rows)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), 1.0)
    chosen = np.take_along_axis(found, rows.argmax(1)[:, None], 1)[:, 0]
    assert (chosen == found.max(1)).all()
    # no mixture with another distribution comes nearer: the condition of a projection
    for corner in np.eye(5):
        assert (((rows - found) * (corner - found)).sum(1) <= 1e-9).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"C": 0.0}, "C > 0, got 0.0"),
        ({"gamma": -1.0}, "gamma 'scale' or a number above 0, got -1.0"),
        ({"kernel": "cubic"}, "'rbf' or 'linear', got 'cubic'"),
        ({"C": 1e300, "gamma": 1e-12}, "lower it"),
    ],
)
def test_bad_options_are_a_sentence(options, words):
    X, label = blobs()
    X[1] = X[0]  # a kernel matrix of two equal rows
    with pytest.raises(ValueError, match=words):
        KELMClassifier(**options).fit(X, label)
