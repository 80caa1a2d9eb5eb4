import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import LMMD, GaussianKernel, jmmd, lmmd

KERNEL = GaussianKernel(3, bandwidth=2.0)  # bandwidths 1, 2 and 4


def example(seed, classes=3):
    generator = torch.Generator().manual_seed(seed)
    double = {"dtype": torch.float64, "generator": generator}
    source, target = torch.randn(6, 2, **double), torch.randn(5, 2, **double)
    label = torch.randint(classes, (6,), generator=generator)
    return source, target, label, torch.randn(5, classes, **double).softmax(1)


def by_hand(source, target, label, probabilities):
    """Equation 8, class by class and pair by pair."""
    source, target, label = source.tolist(), target.tolist(), label.tolist()
    probabilities = probabilities.tolist()

    def kernel(a, b):
        return sum(math.exp(-(math.dist(a, b) ** 2) / h) for h in (1, 2, 4))

    def block(some, w, others, v):
        return sum(
            p * q * kernel(a, b)
            for a, p in zip(some, w, strict=True)
            for b, q in zip(others, v, strict=True)
        )

    classes = sorted(set(label))
    total = 0.0
    for c in classes:
        w = [(one == c) / label.count(c) for one in label]
        v = [row[c] / sum(other[c] for other in probabilities) for row in probabilities]
        total += block(source, w, source, w) + block(target, v, target, v)
        total -= 2 * block(source, w, target, v)
    return total / len(classes)


@given(st.integers(0, 999))
def test_it_is_equation_8(seed):
    batch = example(seed)
    torch.testing.assert_close(lmmd(*batch, KERNEL).item(), by_hand(*batch))


@given(st.integers(0, 999))
def test_of_one_class_it_is_the_discrepancy_of_all_rows(seed):
    source, target, *_ = example(seed)
    local = lmmd(source, target, torch.zeros(6, dtype=torch.long), torch.ones(5, 1), KERNEL)
    torch.testing.assert_close(local, jmmd([source], [target], [KERNEL]))


@given(st.integers(0, 999))
def test_it_is_zero_where_the_target_is_the_source_and_sure(seed):
    source, _, label, _ = example(seed)
    sure = torch.nn.functional.one_hot(label, 3).double()
    assert abs(lmmd(source, source, label, sure, KERNEL)) < 1e-12


def test_it_sees_classes_that_are_swapped_where_the_whole_distribution_is_the_same():
    rows, label = torch.tensor([[0.0], [3.0]]), torch.tensor([0, 1])
    swapped = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    kernel = GaussianKernel(bandwidth=1.0)
    assert abs(jmmd([rows], [rows], [kernel])) < 1e-6
    # each class: 1 + 1 - 2 k(9)
    expected = torch.tensor(2 - 2 * math.exp(-9))
    torch.testing.assert_close(lmmd(rows, rows, label, swapped, kernel), expected)


def test_a_class_the_target_never_predicts_gives_a_finite_value():
    source, target = torch.tensor([[0.0], [1.0]], requires_grad=True), torch.tensor([[0.0]])
    value = lmmd(source, target, torch.tensor([0, 1]), torch.tensor([[1.0, 0.0]]), KERNEL)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(source.grad).all()


def test_the_loss_takes_softmax_probabilities_of_the_logits(batch):
    source, target, source_logits, target_logits, label = batch
    expected = lmmd(source, target, label, target_logits.softmax(1), GaussianKernel(5))
    value = LMMD()(source, target, source_logits, target_logits, label)
    torch.testing.assert_close(value, expected)


def test_its_gradient_is_that_of_finite_differences():
    source, target, label, probabilities = example(0)
    pair = source.requires_grad_(), target.requires_grad_()
    assert torch.autograd.gradcheck(lambda s, t: lmmd(s, t, label, probabilities, KERNEL), pair)


def test_different_widths_are_refused():
    label, sure = torch.zeros(2, dtype=torch.long), torch.ones(2, 1)
    with pytest.raises(ValueError, match=r"same width, got \(2, 3\) and \(2, 4\)"):
        lmmd(torch.zeros(2, 3), torch.zeros(2, 4), label, sure, KERNEL)
