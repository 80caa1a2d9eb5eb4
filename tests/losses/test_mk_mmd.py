import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import MKMMD


def example(seed, source_rows=5, target_rows=4):
    generator = torch.Generator().manual_seed(seed)
    double = {"dtype": torch.float64, "generator": generator}
    return torch.randn(source_rows, 3, **double), torch.randn(target_rows, 3, **double) + 0.5


def loss(source, target):
    return MKMMD()(source, target, *[torch.zeros(1, 2)] * 2, torch.tensor([0]))


def by_hand(source, target):
    """Five kernels around the mean distance of different rows, block by block."""
    source, target = source.tolist(), target.tolist()
    rows = source + target
    n = len(rows)
    mean = sum(math.dist(a, b) ** 2 for a in rows for b in rows) / (n * n - n)

    def block(some, others):
        values = [
            math.exp(-(math.dist(a, b) ** 2) / (mean * factor))
            for a in some
            for b in others
            for factor in (0.25, 0.5, 1, 2, 4)
        ]
        return sum(values) / (len(some) * len(others))

    return block(source, source) + block(target, target) - 2 * block(source, target)


@given(st.integers(0, 999))
def test_it_is_the_difference_of_block_means_of_five_kernels(seed):
    pair = example(seed)
    torch.testing.assert_close(loss(*pair).item(), by_hand(*pair))


@given(st.integers(0, 999))
def test_it_is_symmetric_not_negative_and_zero_for_identical_batches(seed):
    source, target = example(seed)
    assert loss(source, target) >= -1e-12
    torch.testing.assert_close(loss(source, target), loss(target, source))
    assert abs(loss(source, source)) < 1e-12
