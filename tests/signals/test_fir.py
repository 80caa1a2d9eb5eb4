"""Products with the matrix of delayed copies, against the matrix itself."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from iadtln.signals.fir import correlate, factorise, fir_filter, gram, padded_spectrum
from tests.signals.matrices import delayed


@pytest.fixture
def signal():
    return torch.randn(2, 3, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_fir_filter_is_lfilter(signal):
    taps = torch.randn(2, 3, 7, dtype=torch.float64)
    filtered = fir_filter(padded_spectrum(signal, 7), taps, 50)
    for row in range(2):
        for column in range(3):
            expected = lfilter(taps[row, column].numpy(), 1, signal[row, column].numpy())
            torch.testing.assert_close(filtered[row, column], torch.from_numpy(expected))


def test_correlate_is_the_product_with_the_matrix(signal):
    weights = torch.randn(2, 3, 50, dtype=torch.float64)
    product = correlate(padded_spectrum(signal, 7), weights, 7)
    expected = torch.from_numpy(delayed(signal[1, 2].numpy(), 7)) @ weights[1, 2]
    torch.testing.assert_close(product[1, 2], expected)


@given(st.integers(1, 40), st.integers(0, 30), st.integers(0, 999))
def test_gram_is_exact_at_any_length(taps, more, seed):
    signal = torch.randn(taps + more, dtype=torch.float64, generator=torch.manual_seed(seed))
    matrix = torch.from_numpy(delayed(signal.numpy(), taps))
    torch.testing.assert_close(gram(signal, taps), matrix @ matrix.T, atol=1e-10, rtol=1e-10)


def test_gram_of_fewer_taps_is_the_leading_block(signal):
    torch.testing.assert_close(gram(signal, 9)[..., :4, :4], gram(signal, 4))


def test_a_filter_longer_than_the_signal_is_refused(signal):
    with pytest.raises(ValueError, match="1 to 50 taps .* got 51"):
        gram(signal, 51)


def test_factors_multiply_to_the_matrix(signal):
    matrix = gram(signal, 5)
    factor, usable = factorise(matrix)
    torch.testing.assert_close(factor @ factor.mT, matrix)
    assert usable.all()


def test_zero_and_nan_are_flagged_and_a_singular_one_gets_the_least_ridge():
    rank_one = torch.ones(4, 4, dtype=torch.float64)
    factor, usable = factorise(torch.stack([0 * rank_one, rank_one, torch.nan * rank_one]))
    assert usable.tolist() == [False, True, False]
    assert torch.equal(factor[0], torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(factor[1] @ factor[1].T, rank_one, atol=1e-9, rtol=0)


@pytest.mark.parametrize("taps", [1, 13, 50])
def test_gram_is_the_same_where_gradients_are_wanted(signal, taps):
    torch.testing.assert_close(gram(signal.clone().requires_grad_(), taps), gram(signal, taps))
