"""The layer that turns a minimum into a min–max in one backward pass."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def reverse_gradient(x: Tensor, scale: float = 1.0) -> Tensor:
    r"""Return ``x``; the gradient comes back times :math:`-s`.

    .. math:: y = x, \qquad \partial l / \partial x := -s \, \partial l / \partial y

    Between features and discriminator it lets the discriminator descend its loss at full rate
    while the feature extractor ascends it ``scale`` times as fast.

    Args:
        x: any shape.
        scale: :math:`s \ge 0`.

    Returns:
        The values of ``x``.

    Example:
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> reverse_gradient(x, 0.5).square().backward()
        >>> x.grad
        tensor(-3.)

    Reference: Ganin et al., Domain-adversarial training of neural networks, JMLR 2016, eq. 15.
    """
    reversed_: Tensor = _Reversal.apply(x, scale)  # type: ignore[no-untyped-call]
    return reversed_


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)  # a new tensor, or autograd would take the layer for a no-op

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * gradient, None
