import math

import torch

from iadtln.losses import GaussianKernel
from iadtln.losses.kernels import mean_squared_distance, squared_distances


def example(rows=7, width=5):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(3))


def test_distances_are_those_of_cdist():
    torch.testing.assert_close(squared_distances(example()), torch.cdist(example(), example()) ** 2)


def test_distances_far_from_the_origin_keep_their_digits():
    far = squared_distances(example() + 1000)
    exact = torch.cdist((example() + 1000).double(), (example() + 1000).double()) ** 2
    torch.testing.assert_close(far, exact.float(), rtol=1e-4, atol=1e-4)


def test_mean_distance_is_the_mean_over_pairs_of_different_rows():
    rows = example().tolist()
    pairs = [(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
    total = sum((p - q) ** 2 for a, b in pairs for p, q in zip(a, b, strict=True))
    expected = torch.tensor(total / len(pairs))
    torch.testing.assert_close(mean_squared_distance(example()), expected)


def test_mean_distance_is_positive_for_equal_rows_and_has_no_gradient():
    rows = torch.ones(4, 2, requires_grad=True)
    assert mean_squared_distance(rows) > 0
    assert not mean_squared_distance(rows).requires_grad


def test_two_kernels_of_factor_3_lie_at_a_third_of_the_bandwidth_and_at_it():
    kernel = GaussianKernel(num_kernels=2, bandwidth=6.0, factor=3.0)
    expected = math.exp(-4 / 2) + math.exp(-4 / 6)
    value = kernel(torch.tensor(4.0), kernel.centre(example()))
    torch.testing.assert_close(value, torch.tensor(expected))
