import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.front_ends.base import standardised


def test_each_channel_gets_mean_0_and_deviation_1():
    signal = torch.tensor([[[1.0, 3.0], [10.0, 30.0]]])  # deviations 1 and 10
    expected = torch.tensor([[[-1.0, 1.0], [-1.0, 1.0]]])
    torch.testing.assert_close(standardised(signal), expected)


def test_rows_of_an_image_keep_their_levels():
    signal = torch.tensor([[[1.0, 1.0], [3.0, 3.0], [0.0, 20.0], [0.0, 20.0]]])  # two channels
    expected = torch.tensor([[[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]]])
    torch.testing.assert_close(standardised(signal, rows=2), expected)


@given(st.floats(-1e8, 1e8, width=32), st.integers(2, 50))
def test_a_constant_becomes_zeros_in_spite_of_round_off(value, points):
    signal = torch.full((1, 1, points), value)
    assert standardised(signal).abs().max() <= 1e-3


def test_the_gradient_of_a_constant_is_finite():
    signal = torch.full((2, 1, 7), 0.1, requires_grad=True)
    standardised(signal).sum().backward()
    assert signal.grad.isfinite().all()
