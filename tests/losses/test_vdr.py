import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import VDR, student_kernel, vdr


def example(seed, source_rows=5, target_rows=4):
    generator = torch.Generator().manual_seed(seed)
    double = {"dtype": torch.float64, "generator": generator}
    return torch.randn(source_rows, 3, **double), 2 * torch.randn(target_rows, 3, **double)


def kernel(a, b, v=0.6):
    height = math.gamma((v + 1) / 2) / (math.gamma(v / 2) * math.sqrt(v))
    return height * (1 + math.dist(a, b) ** 2 / 2) ** (-(v + 1) / 2)


def by_definition(source, target):
    """With the matrices H, as the paper writes it."""
    pair = source.tolist(), target.tolist()

    def block(some, others):
        values = torch.tensor([[kernel(a, b) for b in others] for a in some], dtype=torch.float64)
        left, right = (torch.eye(n) - torch.ones(n, n) / n for n in values.shape)
        return ((left.double() @ values @ right.double()) ** 2).sum() / values.numel()

    (s, t) = pair
    return block(s, s) + block(t, t) - 2 * block(s, t)


@given(st.integers(0, 999))
def test_it_is_the_definition(seed):
    pair = example(seed)
    torch.testing.assert_close(vdr(*pair), by_definition(*pair))


@given(st.integers(0, 999))
def test_it_is_symmetric_not_negative_and_zero_for_identical_batches(seed):
    source, target = example(seed)
    assert vdr(source, target) >= -1e-12
    torch.testing.assert_close(vdr(source, target), vdr(target, source))
    assert abs(vdr(source, source)) < 1e-12


def test_two_rows_against_a_point_by_hand():
    source, target = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [1.0]])
    half = (kernel([0.0], [0.0]) - kernel([0.0], [2.0])) / 2  # HKH = half * [[1, -1], [-1, 1]]
    torch.testing.assert_close(vdr(source, target), torch.tensor(half**2))


def test_with_one_degree_of_freedom_the_kernel_is_cauchys():
    distance = torch.tensor([0.0, 1.0, 6.0])
    expected = (1 / math.sqrt(math.pi)) / (1 + distance / 2)
    torch.testing.assert_close(student_kernel(distance, freedom=1.0), expected)


def test_its_gradient_is_that_of_finite_differences():
    source, target = (rows.requires_grad_() for rows in example(0))
    assert torch.autograd.gradcheck(vdr, (source, target))


def test_the_loss_is_100_times_that_of_the_logits(batch):
    loss = VDR()
    expected = 100 * by_definition(batch[2], batch[3]).float()
    torch.testing.assert_close(loss.contribution(loss(*batch)), expected)


def test_it_refuses_a_freedom_of_zero():
    with pytest.raises(ValueError, match="freedom above 0, got 0"):
        VDR(freedom=0)
