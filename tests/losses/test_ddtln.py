import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import CDA, MDA, PseudoLabel, cda, mda


def example(seed, source_rows=7, target_rows=6):
    generator = torch.Generator().manual_seed(seed)
    double = {"dtype": torch.float64, "generator": generator}
    source, target = (
        torch.randn(source_rows, 3, **double),
        2 * torch.randn(target_rows, 3, **double),
    )
    label = torch.randint(3, (source_rows,), generator=generator)
    return source, target, label


def by_hand(source, target):
    """100 MMD² with a Gaussian of σ = 1, and 10 / 4d² of the covariances' Frobenius norm."""
    source, target = source.tolist(), target.tolist()

    def block(some, others):
        values = [math.exp(-(math.dist(a, b) ** 2) / 2) for a in some for b in others]
        return sum(values) / len(values)

    discrepancy = block(source, source) + block(target, target) - 2 * block(source, target)
    difference = np.cov(np.array(source).T) - np.cov(np.array(target).T)
    return 100 * discrepancy + 10 * math.sqrt((difference**2).sum()) / (4 * len(source[0]) ** 2)


@given(st.integers(0, 999))
def test_mda_is_the_definition(seed):
    source, target, _ = example(seed)
    torch.testing.assert_close(mda(source, target).item(), by_hand(source, target))


def test_mda_of_two_rows_each_by_hand():
    source, target = torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [4.0]])
    # means of kernels (1 + e⁻²)/2, (1 + e⁻⁸)/2 and (1 + e⁻⁸ + 2e⁻²)/4; variances 2 and 8
    expected = 100 * (1 - math.exp(-2)) / 2 + 10 * 6 / 4
    torch.testing.assert_close(mda(source, target), torch.tensor(expected))


@given(st.integers(0, 999))
def test_mda_is_symmetric_not_negative_and_zero_for_identical_batches(seed):
    source, target, _ = example(seed)
    assert mda(source, target) >= 0
    torch.testing.assert_close(mda(source, target), mda(target, source))
    assert abs(mda(source, source)) < 1e-10


def test_equal_rows_everywhere_give_zero_and_a_finite_gradient():
    source = torch.ones(4, 3, requires_grad=True)
    value = mda(source, torch.ones(4, 3))
    value.backward()
    assert value == 0
    assert torch.isfinite(source.grad).all()


def test_mda_refuses_a_batch_of_one():
    with pytest.raises(ValueError, match="covariance needs at least 2 rows"):
        mda(torch.zeros(1, 3), torch.zeros(4, 3))


@given(st.integers(0, 999))
def test_cda_is_the_mean_of_mda_over_classes_with_two_rows_in_both_domains(seed):
    source, target, label = example(seed)
    pseudo = target.argmax(1)
    of_class = []
    for c in range(3):
        s = [row for row, one in zip(source, label, strict=True) if one == c]
        t = [row for row, one in zip(target, pseudo, strict=True) if one == c]
        if len(s) > 1 and len(t) > 1:
            of_class.append(by_hand(torch.stack(s), torch.stack(t)))
    expected = sum(of_class) / len(of_class) if of_class else 0.0
    torch.testing.assert_close(cda(source, target, label, pseudo).item(), expected)


def test_cda_without_a_common_class_is_zero():
    rows = torch.randn(4, 3)
    value = cda(rows, rows, torch.zeros(4), torch.ones(4))
    assert value == 0


def test_the_losses_are_those_of_the_logits_and_the_predicted_classes(batch):
    _, _, source, target, label = batch
    torch.testing.assert_close(MDA()(*batch), mda(source, target))
    torch.testing.assert_close(CDA()(*batch), cda(source, target, label, target.argmax(1)))


def test_a_pseudo_label_pays_the_margins_of_the_predicted_class():
    target = torch.tensor([[6.0, 1.0], [-4.0, -2.0]])
    # 6 / 3 - 1 = 1 against 1: log 2; 3 · (-2) - 1 = -7 against -4: log(1 + e³)
    expected = (math.log(2) + math.log(1 + math.exp(3))) / 2
    loss = PseudoLabel(shift=1.0, scale=3.0)
    value = loss(torch.zeros(1, 1), torch.zeros(2, 1), torch.zeros(1, 2), target, torch.zeros(1))
    torch.testing.assert_close(value, torch.tensor(expected))
    torch.testing.assert_close(loss.contribution(value), torch.tensor(0.1 * expected))


def test_impossible_margins_are_refused():
    with pytest.raises(ValueError, match="I-Softmax needs shift >= 0 and scale >= 1"):
        PseudoLabel(shift=-1.0)
