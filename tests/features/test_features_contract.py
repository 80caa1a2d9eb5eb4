"""What every feature promises."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import iadtln.features as rooms
from iadtln.features import (
    CMSE,
    CMWPE,
    DBCMSE,
    ECMSE,
    HFDE,
    HWPE,
    MSC,
    RCMDE,
    RCMFE,
    Statistics,
    WindowFeatures,
)
from iadtln.features.base import in_chunks
from iadtln.signals import multiscale


class RepeatedRCMFE(RCMFE):
    """scikit-learn checks with windows of two samples, and RCMFE needs a few more."""

    def features(self, windows):
        return super().features(windows.repeat(1, 8))


# windows of two samples are too short for any scale
CHECKED = [
    Statistics(),
    CMSE(scales=1, order=2),
    DBCMSE(scales=1, order=2),
    ECMSE(scales=1, order=2, fusion="mean"),
    RepeatedRCMFE(scales=1, order=2),
    RCMDE(scales=1, order=2),
    CMWPE(scales=1, order=2),
    HFDE(levels=0, order=2),
    HWPE(levels=0, order=2),
]
EXAMPLES = [
    Statistics(),
    CMSE(),
    DBCMSE(difference="D6"),
    ECMSE(),
    RCMFE(order=2),
    RCMDE(),
    CMWPE(),
    HFDE(),
    HWPE(),
    ECMSE(search=MSC(deltas=(0.01,), delta_gammas=(0.5,), orders=(3,), gammas=(0.5, 1.0))),
]


def windows(count=12, samples=96):
    rows = np.random.default_rng(0).normal(size=(count, samples))
    rows[count // 2 :] *= np.linspace(0, 3, samples)
    return rows, np.repeat([0, 1], count // 2)


@parametrize_with_checks(CHECKED)
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def test_every_feature_is_an_example():
    ours = {
        value
        for value in vars(rooms).values()
        if isinstance(value, type) and issubclass(value, WindowFeatures)
    }
    concrete = {one for one in ours if not one.__abstractmethods__}
    assert concrete == {type(one) for one in EXAMPLES}
    assert all(any(isinstance(one, kind) for one in CHECKED) for kind in concrete)


@pytest.fixture(params=EXAMPLES, ids=repr)
def feature(request):
    return clone(request.param)


def test_a_batch_equals_its_windows(feature):
    X, y = windows()
    together = feature.fit(X, y).transform(X)
    assert together.dtype == np.float64
    alone = np.concatenate([feature.transform(x[None]) for x in X])
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_every_column_has_a_name(feature):
    X, y = windows()
    width = feature.fit(X, y).transform(X).shape[1]
    assert len(set(feature.get_feature_names_out())) == width


def test_single_precision_gives_nearly_the_same(feature):
    X, y = windows()
    feature.fit(X, y)
    single = X.astype(np.float32)
    expected = feature.transform(single.astype(np.float64))
    np.testing.assert_array_equal(feature.transform(single), expected)


def test_a_silent_window_has_finite_features(feature):
    X, y = windows()
    X[0] = 0.0
    assert np.isfinite(feature.fit(X, y).transform(X)).all()


@pytest.mark.parametrize("name", ["RCMFE", "RCMDE", "CMWPE", "HFDE", "HWPE"])
def test_a_comparison_feature_is_the_entropy_of_its_name(name):
    X, _ = windows()
    feature = getattr(rooms, name)(2, 2)  # scales or levels, then order
    expected = getattr(multiscale, name.lower())(torch.from_numpy(X), 2, order=2)
    np.testing.assert_array_equal(feature.fit_transform(X), expected.numpy())


def test_chunks_lose_nothing(monkeypatch):
    monkeypatch.setattr("iadtln.features.base.CHUNK", 5)
    rows = torch.arange(24.0).reshape(12, 2)
    sizes = []

    def note(chunk):
        sizes.append(len(chunk))
        return chunk + 1

    assert torch.equal(in_chunks(note, rows), rows + 1)
    assert sizes == [5, 5, 2]
