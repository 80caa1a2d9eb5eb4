import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from iadtln.losses import InformationMaximisation, information_maximisation


def example(seed, rows=6, classes=4):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(rows, classes, dtype=torch.float64, generator=generator)


@given(st.integers(0, 999))
def test_it_is_the_mean_entropy_minus_the_entropy_of_the_mean(seed):
    probabilities = example(seed).softmax(1).numpy()
    expected = entropy(probabilities, axis=1).mean() - entropy(probabilities.mean(0))
    assert information_maximisation(example(seed)).item() == pytest.approx(expected)


@given(st.integers(0, 999))
def test_it_lies_between_minus_log_classes_and_zero(seed):
    value = information_maximisation(example(seed))
    assert -math.log(4) - 1e-12 <= value <= 1e-12


def test_sure_rows_of_one_class_are_worth_no_more_than_torn_ones():
    sure, torn = torch.tensor([[50.0, 0.0]]).repeat(4, 1), torch.zeros(4, 2)
    torch.testing.assert_close(information_maximisation(sure), torch.tensor(0.0))
    torch.testing.assert_close(information_maximisation(torn), torch.tensor(0.0))


def test_a_class_of_probability_zero_leaves_the_gradient_finite():
    logits = torch.tensor([[0.0, 1.0, -500.0]] * 3, requires_grad=True)
    information_maximisation(logits).backward()
    assert torch.isfinite(logits.grad).all()


def test_its_gradient_is_that_of_finite_differences():
    logits = example(0).requires_grad_()
    assert torch.autograd.gradcheck(information_maximisation, (logits,))


def test_the_loss_is_that_of_the_target(batch):
    torch.testing.assert_close(
        InformationMaximisation()(*batch), information_maximisation(batch[3])
    )
