import pytest
import torch

from iadtln.losses import full_precision


@full_precision
def product(x, y):
    return x @ y


def test_half_precision_is_raised_by_position_and_by_name():
    x = torch.eye(2, dtype=torch.bfloat16)
    assert product(x, y=x).dtype == torch.float32


def test_float64_stays():
    x = torch.eye(2, dtype=torch.float64)
    assert product(x, x).dtype == torch.float64


def test_autocast_is_off_inside_and_on_again_outside():
    x = torch.eye(2)
    with torch.autocast("cpu", torch.bfloat16):
        assert product(x, x).dtype == torch.float32
        assert (x @ x).dtype == torch.bfloat16


def test_integers_stay():
    index = torch.arange(3)
    assert full_precision(torch.clone)(index).dtype == torch.int64


def test_the_gradient_comes_back_in_the_precision_of_the_argument():
    x = torch.eye(2, dtype=torch.bfloat16, requires_grad=True)
    product(x, x).sum().backward()
    assert x.grad.dtype == torch.bfloat16


def test_the_name_is_kept():
    assert product.__name__ == "product"


def test_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"):
        product(torch.zeros(2, 3), torch.zeros(2, 3))
