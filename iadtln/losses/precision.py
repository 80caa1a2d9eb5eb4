"""Losses in float32 whatever the precision of training."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, cast

import torch
from torch import Tensor

P = ParamSpec("P")


def full_precision(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Run ``function`` outside of autocast, with half-precision arguments raised to float32.

    Covariances, exponentials of distances and differences of means lose their digits in bf16.

    Args:
        function: returns a tensor; at least one of its direct arguments is a tensor.

    Returns:
        The same function; float32, float64 and integer tensors reach it unchanged.

    Example:
        >>> full_precision(torch.square)(torch.tensor(3.0, dtype=torch.bfloat16))
        tensor(9.)
    """

    @functools.wraps(function)
    def in_float32(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        everything = (*args, *kwargs.values())
        device = next(value.device for value in everything if isinstance(value, Tensor))
        raised = {name: _raised(value) for name, value in kwargs.items()}
        with torch.autocast(device.type, enabled=False):
            return cast("Callable[..., Tensor]", function)(*map(_raised, args), **raised)

    return in_float32


def _raised(value: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.to(torch.promote_types(value.dtype, torch.float32))
    return value
