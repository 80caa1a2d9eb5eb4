from itertools import pairwise

import numpy as np
import pytest
import scipy.signal

from iadtln.signals.filter_bank import filter_bank


@pytest.mark.parametrize(("taps", "bands"), [(30, 7), (31, 1), (60, 2), (21, 49)])
def test_hann_bank_equals_scipy_firwin(taps, bands):
    edges = np.arange(bands + 1) / bands
    expected = [
        scipy.signal.firwin(taps, [low + 1e-15, high - 1e-15], window="hann", pass_zero=False)
        for low, high in pairwise(edges)
    ]
    np.testing.assert_allclose(filter_bank(taps, bands, "hann").numpy(), expected, atol=1e-10)


def test_hanning_bank_is_the_windowed_sinc_of_the_paper():
    taps, bands = 9, 3
    expected = np.zeros((bands, taps))
    for k in range(bands):
        low, high = k / bands, (k + 1) / bands
        for i in range(taps):
            t = i - (taps - 1) / 2
            window = 0.5 - 0.5 * np.cos(2 * np.pi * (i + 1) / (taps + 1))
            expected[k, i] = window * (high * np.sinc(high * t) - low * np.sinc(low * t))
        response = np.exp(-1j * np.pi * (low + high) / 2 * np.arange(taps)) @ expected[k]
        expected[k] /= abs(response)
    np.testing.assert_allclose(filter_bank(taps, bands).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("bands", [49, 98])
def test_there_are_as_many_bands_as_asked_for(bands):
    assert len(np.arange(0, 1, 1 / bands)) == bands + 1  # what counting in floats would give
    assert filter_bank(30, bands).shape == (bands, 30)


def test_filters_too_short_or_no_band_are_refused():
    with pytest.raises(ValueError, match="at least 3 taps, got taps=2"):
        filter_bank(2, 4)
    with pytest.raises(ValueError, match="at least one band, got bands=0"):
        filter_bank(30, 0)
