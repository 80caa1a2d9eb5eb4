import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd.gradcheck import GradcheckError, gradcheck

from iadtln.losses import reverse_gradient


@given(st.floats(0, 10))
def test_the_gradient_is_minus_scale_times_upstream(scale):
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    upstream = torch.tensor([3.0, 5.0])
    reverse_gradient(x, scale).backward(upstream)
    torch.testing.assert_close(x.grad, -scale * upstream)


def test_the_values_pass_unchanged():
    x = torch.randn(3, 4)
    assert torch.equal(reverse_gradient(x, 0.3), x)


def test_it_is_not_the_gradient_of_its_values():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    with pytest.raises(GradcheckError):
        gradcheck(reverse_gradient, (x, 1.0))
