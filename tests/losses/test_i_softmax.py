import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import ISoftmax, i_softmax

margins = st.tuples(st.floats(0, 20), st.floats(1, 5))


def example(seed, batch=7, classes=4):
    generator = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(batch, classes, generator=generator, dtype=torch.float64)
    return logits, torch.randint(classes, (batch,), generator=generator)


def by_hand(logits, label, x, y):
    """Equation 9, row by row."""
    total = 0.0
    for row, true in zip(logits.tolist(), label.tolist(), strict=True):
        reduced = row[true] / y - x if row[true] > 0 else y * row[true] - x
        others = sum(math.exp(z) for j, z in enumerate(row) if j != true)
        total -= math.log(math.exp(reduced) / (math.exp(reduced) + others))
    return total / len(label)


@given(st.integers(0, 999), margins)
def test_it_is_equation_9(seed, margin):
    logits, label = example(seed)
    expected = torch.tensor(by_hand(logits, label, *margin), dtype=torch.float64)
    torch.testing.assert_close(i_softmax(logits, label, *margin), expected)


@given(st.integers(0, 999))
def test_without_margins_it_is_the_softmax_cross_entropy(seed):
    logits, label = example(seed)
    assert torch.equal(ISoftmax()(logits, label), F.cross_entropy(logits, label))


@given(st.integers(0, 999), margins, margins)
def test_a_wider_margin_never_costs_less(seed, one, other):
    logits, label = example(seed)
    narrow, wide = (map(pick, zip(one, other, strict=True)) for pick in (min, max))
    assert i_softmax(logits, label, *narrow) <= i_softmax(logits, label, *wide) + 1e-12


@given(st.integers(0, 999), margins)
def test_rows_have_no_order(seed, margin):
    logits, label = example(seed)
    turned = i_softmax(logits.flip(0), label.flip(0), *margin)
    torch.testing.assert_close(turned, i_softmax(logits, label, *margin))


def test_a_positive_true_logit_is_divided_and_shifted():
    logits = torch.tensor([[4.0, 1.0]])  # 4 / 2 - 1 = 1, as large as the other: log 2
    value = i_softmax(logits, torch.tensor([0]), shift=1.0, scale=2.0)
    torch.testing.assert_close(value, torch.tensor(math.log(2)))


def test_a_negative_true_logit_is_multiplied_and_shifted():
    logits = torch.tensor([[-1.0, -7.0]])  # 3 · (-1) - 4 = -7: log 2
    value = i_softmax(logits, torch.tensor([0]), shift=4.0, scale=3.0)
    torch.testing.assert_close(value, torch.tensor(math.log(2)))


def test_the_other_logits_get_the_softmax_gradient_and_the_true_one_is_scaled():
    logits = torch.tensor([[4.0, 1.0], [1.0, -2.0]], requires_grad=True)
    # true logits 4 -> 4 / 2 = 2 - 1 = 1 and -2 -> -4 - 1 = -5; eq. 10: (K - Z) / y or · y
    i_softmax(logits, torch.tensor([0, 1]), shift=1.0, scale=2.0).backward()
    low = math.exp(-5) / (math.exp(-5) + math.exp(1))
    expected = [[(0.5 - 1) / 2 / 2, 0.5 / 2], [(1 - low) / 2, (low - 1) * 2 / 2]]
    torch.testing.assert_close(logits.grad, torch.tensor(expected))


@pytest.mark.parametrize(("shift", "scale"), [(-1.0, 1.0), (0.0, 0.5), (math.nan, 1.0)])
def test_margins_out_of_range_are_refused(shift, scale):
    with pytest.raises(ValueError, match="shift >= 0 and scale >= 1, got"):
        ISoftmax(shift, scale)


def test_labels_of_another_batch_are_refused():
    with pytest.raises(ValueError, match=r"label \(batch,\), got \(3, 2\) and \(4,\)"):
        i_softmax(torch.zeros(3, 2), torch.zeros(4, dtype=torch.long))


def test_under_autocast_it_is_float32():
    logits, label = example(0)
    with torch.autocast("cpu", torch.bfloat16):
        value = ISoftmax(16.0, 3.0)(logits.bfloat16(), label)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, ISoftmax(16.0, 3.0)(logits.bfloat16().float(), label))
