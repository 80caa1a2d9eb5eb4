import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import JMMD, GaussianKernel, jmmd, linear_jmmd

KERNELS = (GaussianKernel(5), GaussianKernel(1, bandwidth=2.8224))


@st.composite
def layers(draw, smallest=1):
    """Two layers, 4 features and 3 probabilities wide, of two domains."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 999)))
    sizes = draw(st.tuples(st.integers(smallest, 9), st.integers(smallest, 9)))
    scale = draw(st.floats(0.1, 10))
    double = {"dtype": torch.float64, "generator": generator}  # laws hold beyond float32's rounding
    return [
        (scale * torch.randn(size, 4, **double), torch.randn(size, 3, **double).softmax(1))
        for size in sizes
    ]


def distance(a, b):
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True))


def joint_kernel(source, target):
    """The kernel of the default reading as a function of two rows, from its words."""
    pooled = [*source[0].tolist(), *target[0].tolist()]
    n = len(pooled)
    mean = sum(distance(a, b) for a in pooled for b in pooled) / (n * n - n)  # of different rows

    def kernel(a, b):
        d = distance(a[0], b[0])
        features = sum(math.exp(-d / (mean * f)) for f in (0.25, 0.5, 1, 2, 4))
        return features * math.exp(-distance(a[1], b[1]) / 1.68**2)

    return kernel


def rows_of(domain):
    return list(zip(*(layer.tolist() for layer in domain), strict=True))


@given(layers())
def test_it_is_the_mean_kernel_within_minus_across(pair):
    kernel = joint_kernel(*pair)
    s, t = map(rows_of, pair)
    expected = sum(kernel(a, b) for a in s for b in s) / len(s) ** 2
    expected += sum(kernel(a, b) for a in t for b in t) / len(t) ** 2
    expected -= 2 * sum(kernel(a, b) for a in s for b in t) / (len(s) * len(t))
    torch.testing.assert_close(jmmd(*pair, KERNELS), torch.tensor(expected, dtype=torch.float64))


@given(layers(smallest=2))
def test_the_linear_estimate_is_the_mean_over_pairs_of_neighbours(pair):
    kernel = joint_kernel(*pair)
    s, t = map(rows_of, pair)
    num_pairs = min(len(s), len(t)) // 2
    expected = 0.0
    for i in range(0, 2 * num_pairs, 2):
        expected += kernel(s[i], s[i + 1]) + kernel(t[i], t[i + 1])
        expected -= kernel(s[i], t[i + 1]) + kernel(s[i + 1], t[i])
    torch.testing.assert_close(
        linear_jmmd(*pair, KERNELS), torch.tensor(expected / num_pairs, dtype=torch.float64)
    )


def test_the_loss_of_one_row_each_by_hand():
    source, target = torch.tensor([[0.0]]), torch.tensor([[1.0]])
    source_logits = torch.tensor([[math.log(3), 0.0]])  # p = ¾, ¼
    target_logits = torch.tensor([[0.0, 0.0]])  # p = ½, ½: squared distance ⅛
    features = sum(math.exp(-1 / h) for h in (0.25, 0.5, 1, 2, 4))  # the only distance is 1
    expected = 2 * 5 - 2 * features * math.exp(-0.125 / 1.68**2)
    value = JMMD()(source, target, source_logits, target_logits, torch.tensor([0]))
    torch.testing.assert_close(value, torch.tensor(expected))


@given(layers())
def test_it_is_symmetric_and_not_negative(pair):
    source, target = pair
    value = jmmd(source, target, KERNELS)
    assert value >= -1e-12
    torch.testing.assert_close(value, jmmd(target, source, KERNELS))


@given(layers(smallest=2), st.sampled_from([jmmd, linear_jmmd]))
def test_it_is_zero_for_identical_batches(pair, estimator):
    assert abs(estimator(pair[0], pair[0], KERNELS)) < 1e-12


@given(layers())
def test_it_ignores_the_order_of_rows(pair):
    source, target = pair
    turned = [layer.flip(0) for layer in source]
    torch.testing.assert_close(jmmd(turned, target, KERNELS), jmmd(source, target, KERNELS))


def test_predictions_alone_can_tell_the_domains_apart():
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    sure, other = torch.tensor([[5.0, 0.0]]).repeat(6, 1), torch.tensor([[0.0, 5.0]]).repeat(6, 1)
    assert JMMD()(features, features, sure, other, torch.zeros(6)) > 0.1
    assert abs(JMMD()(features, features, sure, sure, torch.zeros(6))) < 1e-5


@pytest.mark.parametrize("estimator", [jmmd, linear_jmmd])
def test_equal_rows_everywhere_give_zero_and_a_finite_gradient(estimator):
    source = torch.ones(4, 3, requires_grad=True)  # dead features: every distance is zero
    value = estimator([source], [torch.ones(4, 3)], [GaussianKernel(5)])
    value.backward()
    assert value == 0
    assert torch.isfinite(source.grad).all()


@pytest.mark.parametrize("estimator", [jmmd, linear_jmmd])
def test_its_gradient_is_that_of_finite_differences(estimator):
    generator = torch.Generator().manual_seed(0)
    kernels = [GaussianKernel(3, bandwidth=2.0)]  # a bandwidth from the batch is held constant
    source = torch.randn(4, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    target = torch.randn(5, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, t: estimator([s], [t], kernels), (source, target))


def test_the_linear_estimate_refuses_a_batch_of_one():
    with pytest.raises(ValueError, match="needs at least 2 rows per domain, got 1 source"):
        linear_jmmd([torch.zeros(1, 3)], [torch.zeros(4, 3)], [GaussianKernel()])


def test_a_layer_without_a_kernel_is_refused():
    layer = torch.zeros(2, 3)
    with pytest.raises(ValueError, match="at least one of each, got 2, 2 and 1"):
        jmmd([layer, layer], [layer, layer], [GaussianKernel()])
