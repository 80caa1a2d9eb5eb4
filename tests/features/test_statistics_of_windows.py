"""The time-domain statistics against scipy and by hand."""

import numpy as np
import pytest
import scipy.stats

from iadtln.features import Statistics


def test_moments_are_those_of_scipy():
    X = np.random.default_rng(0).gamma(2.0, size=(5, 200))
    found = Statistics().fit_transform(X)
    np.testing.assert_allclose(found[:, 2], scipy.stats.skew(X, axis=1))
    np.testing.assert_allclose(found[:, 3], scipy.stats.kurtosis(X, axis=1, fisher=False))


def test_one_pulse_by_hand():
    # one sample of 4 among 16: rms 1, mean 1/4, squared mean root (2/16)^2 = 1/64
    pulse = np.zeros((1, 16))
    pulse[0, 3] = -4.0
    rms, peak, skewness, _, crest, shape, impulse, clearance = Statistics().fit_transform(pulse)[0]
    assert (rms, peak, crest, shape, impulse, clearance) == pytest.approx((1, 4, 4, 4, 16, 256))
    assert skewness < 0


def test_ratios_forget_the_amplitude():
    X = np.random.default_rng(0).normal(size=(3, 50))
    weak, strong = Statistics().fit_transform(X), Statistics().fit_transform(10 * X)
    np.testing.assert_allclose(strong[:, 2:], weak[:, 2:])
    np.testing.assert_allclose(strong[:, :2], 10 * weak[:, :2])
