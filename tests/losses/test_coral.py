import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import coral


@st.composite
def pairs(draw):
    generator = torch.Generator().manual_seed(draw(st.integers(0, 999)))
    width, scale = draw(st.integers(1, 6)), draw(st.floats(0.1, 10))
    sizes = draw(st.tuples(st.integers(2, 9), st.integers(2, 9)))
    double = {"dtype": torch.float64, "generator": generator}  # laws hold beyond float32's rounding
    return [scale * torch.randn(size, width, **double) for size in sizes]


def covariance(rows):
    """The definition, entry by entry."""
    n, d = len(rows), len(rows[0])
    mean = [sum(row[i] for row in rows) / n for i in range(d)]
    return [
        [sum((r[i] - mean[i]) * (r[j] - mean[j]) for r in rows) / (n - 1) for j in range(d)]
        for i in range(d)
    ]


@given(pairs())
def test_it_is_the_squared_difference_of_covariances_over_4_d_squared(pair):
    first, second = (covariance(rows.tolist()) for rows in pair)
    d = len(first)
    total = sum((first[i][j] - second[i][j]) ** 2 for i in range(d) for j in range(d))
    expected = torch.tensor(total / (4 * d * d), dtype=torch.float64)
    torch.testing.assert_close(coral(*pair), expected)


def test_of_variances_2_and_8_it_is_9():
    source, target = torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [4.0]])
    torch.testing.assert_close(coral(source, target), torch.tensor(9.0))  # (8 - 2)² / 4


@given(pairs())
def test_it_is_symmetric_and_not_negative(pair):
    source, target = pair
    assert coral(source, target) >= 0
    torch.testing.assert_close(coral(source, target), coral(target, source))


@given(pairs())
def test_it_is_zero_for_equal_batches(pair):
    assert coral(pair[0], pair[0]) == 0


@given(pairs())
def test_it_ignores_the_means(pair):
    source, target = pair
    moved = coral(source + 3, target - 2)
    torch.testing.assert_close(moved, coral(source, target))


@given(pairs())
def test_it_ignores_the_order_of_rows(pair):
    source, target = pair
    torch.testing.assert_close(coral(source.flip(0), target), coral(source, target))


def test_its_gradient_is_that_of_finite_differences():
    source = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    target = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(coral, (source, target))


def test_it_refuses_a_batch_of_one():
    with pytest.raises(ValueError, match=r"covariance needs at least 2 rows .* got 8 source and 1"):
        coral(torch.zeros(8, 3), torch.zeros(1, 3))


def test_it_refuses_different_widths():
    with pytest.raises(ValueError, match=r"same width, got \(64, 256\) and \(64, 128\)"):
        coral(torch.zeros(64, 256), torch.zeros(64, 128))
