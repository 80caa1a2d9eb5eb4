"""Slope entropies as features: what is computed, and what the mean silhouette chooses."""

import numpy as np
import pytest
import torch
from sklearn.metrics import silhouette_samples

from iadtln.features import CMSE, DBCMSE, ECMSE, MSC
from iadtln.features.msc import mean_silhouette
from iadtln.signals.multiscale_slope import cmse, dbcmse
from iadtln.signals.slope_entropy import SlopeSetting
from tests.features.test_features_contract import windows


def test_features_are_those_of_the_signals():
    X, _ = windows()
    signal = torch.from_numpy(X)
    smooth = cmse(signal, 4, 3, 0.5, 0.01).numpy()
    sharp = dbcmse(signal, 4, 3, 0.5, 0.01, difference="D6").numpy()
    numbers = {"scales": 4, "order": 3, "gamma": 0.5, "delta": 0.01}
    np.testing.assert_array_equal(CMSE(**numbers).fit_transform(X), smooth)
    np.testing.assert_array_equal(DBCMSE(**numbers, difference="D6").fit_transform(X), sharp)
    both = ECMSE(**numbers, difference="D6")
    np.testing.assert_array_equal(both.fit_transform(X), np.hstack([smooth, sharp]))
    both.set_params(fusion="mean")
    np.testing.assert_allclose(both.fit_transform(X), (smooth + sharp) / 2)


@pytest.mark.parametrize("kind", [CMSE, DBCMSE, ECMSE])
def test_a_standardised_amplitude_does_not_count(kind):
    X, _ = windows()
    feature = kind(scales=3, order=3, amplitude="zscore")
    np.testing.assert_allclose(feature.fit_transform(X), feature.fit_transform(4 * X + 1))


def chosen_by_hand(rate, msc):
    """The two steps as written in the paper, for a function that rates a setting."""
    means = {
        d: np.mean([rate(msc.delta_order, g, d) for g in msc.delta_gammas]) for d in msc.deltas
    }
    delta = max(d for d in means if means[d] >= max(means.values()) - msc.tolerance)
    grid = [(m, g) for m in msc.orders for g in msc.gammas if g > delta]
    best = max(rate(m, g, delta) for m, g in grid)
    return (*min(one for one in grid if rate(*one, delta) == best), delta)


@pytest.mark.parametrize("kind", [CMSE, DBCMSE, ECMSE])
def test_the_search_is_that_of_the_paper(kind):
    X, y = windows(count=20)
    msc = MSC(
        deltas=(0.2, 0.05, 0.001), delta_gammas=(0.3, 1.0), orders=(2, 3, 4), gammas=(0.1, 0.5, 1.0)
    )

    def rate(order, gamma, delta):
        rows = kind(3, order, gamma, delta).fit_transform(X)
        return silhouette_samples(rows, y).mean()

    found = kind(scales=3, search=msc).fit(X, y)
    order, gamma, delta = chosen_by_hand(rate, msc)
    assert (found.order_, found.gamma_, found.delta_) == (order, gamma, delta)


def in_table(values):
    """Features of one number a window whose classes lie so far apart as the table says."""

    def features_of(settings):
        noise = np.array([0.0, 1.0, 0.0, 1.0])
        side = np.array([0.0, 0.0, 1.0, 1.0])
        return np.stack([(noise + values(one) * side)[:, None] for one in settings])

    return features_of


def test_the_largest_delta_that_is_as_good_is_taken():
    label = [0, 0, 1, 1]
    equal = in_table(lambda one: 10.0 if one.delta <= 0.05 else 3.0)
    assert MSC().best_delta(equal, label) == 0.05
    strict = in_table(lambda one: 10.0 if one.delta == 0.001 else 9.0)
    assert MSC().best_delta(strict, label) == 0.001
    assert MSC(tolerance=1.0).best_delta(strict, label) == 0.1


def test_equals_go_to_the_smaller_order_and_then_gamma():
    found = MSC(orders=(5, 4, 3), gammas=(0.6, 0.4)).choose(in_table(lambda one: 9.0), [0, 0, 1, 1])
    assert found == SlopeSetting(3, 0.4, 0.1)


def test_gammas_below_delta_are_not_tried():
    msc = MSC(deltas=(0.3,), delta_gammas=(0.2, 0.5), gammas=(0.1, 0.2, 0.4))
    assert msc.choose(in_table(lambda one: 9.0), [0, 0, 1, 1]).gamma == 0.4


def test_a_feature_that_is_not_finite_is_the_worst():
    assert mean_silhouette(np.array([[0.0], [np.nan], [1.0], [2.0]]), [0, 0, 1, 1]) == -1.0


def test_a_search_needs_labels_and_possible_grids():
    X, _ = windows()
    with pytest.raises(ValueError, match="target y is None; set search: null"):
        ECMSE(search=MSC()).fit(X)
    with pytest.raises(ValueError, match="a gamma above every delta"):
        MSC(deltas=(0.5,), gammas=(0.1,))
    with pytest.raises(ValueError, match="at least one value each"):
        MSC(orders=())


def test_the_search_sees_training_windows_only():
    X, y = windows(count=20)
    small = MSC(orders=(3, 4), gammas=(0.4, 1.0))
    rows = X[:12]
    alone = ECMSE(scales=3, search=small).fit(rows, y[:12])
    again = ECMSE(scales=3, search=small).fit(rows, y[:12])
    again.transform(100 * X)  # whatever is transformed afterwards changes nothing
    assert (alone.order_, alone.gamma_, alone.delta_) == (again.order_, again.gamma_, again.delta_)
