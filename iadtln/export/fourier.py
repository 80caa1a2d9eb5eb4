r"""Fourier transforms as products of small matrices, in real numbers.

onnxruntime's own transform is an order slower than this at lengths that are no power of two, and
other runtimes have none. With :math:`N = N_1 N_2` one long transform becomes many short ones twice,

.. math:: X[k_1 + N_1 k_2] = \sum_b W_{N_2}^{b k_2} W_N^{b k_1}
    \sum_a W_{N_1}^{a k_1} x[N_2 a + b], \quad W_N = e^{-2 \pi i / N},

so that the tables hold :math:`N_1^2 + N_2^2 + N` numbers and not :math:`N^2`.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

SHORT = 128  # up to here one table is as fast as two
LARGEST_TABLE = 512  # rows; twice 1 MiB in float32


@dataclass(frozen=True, eq=False)
class Pair:
    """A complex tensor.

    Args:
        real: part.
        imag: part, of the same shape.
    """

    real: Tensor
    imag: Tensor


def pair_of(values: Tensor) -> Pair:
    """A complex tensor in two."""
    return Pair(*torch.view_as_real(values).unbind(-1))


def fourier(values: Pair, *, inverse: bool = False) -> Pair:
    """Discrete Fourier transform over the last axis, not divided by anything.

    Args:
        values: shape ``(..., length)``. Of a length with a large prime factor, whose tables would
            be large, the transform is left to the runtime.
        inverse: turn the other way.

    Returns:
        The same shape.
    """
    length = values.real.shape[-1]
    if length <= SHORT:
        return matmul(values, roots((length, length), length, values.real, inverse=inverse))
    outer = nearest_divisor(length)
    inner = length // outer
    if inner > LARGEST_TABLE:
        whole = torch.complex(values.real, values.imag)
        done: Tensor = torch.fft.ifft(whole, norm="forward") if inverse else torch.fft.fft(whole)
        return pair_of(done)
    rows = Pair(
        *(part.reshape(*part.shape[:-1], outer, inner) for part in (values.real, values.imag))
    )
    first = roots((outer, outer), outer, rows.real, inverse=inverse)
    twist = roots((outer, inner), length, rows.real, inverse=inverse)
    second = roots((inner, inner), inner, rows.real, inverse=inverse)
    turned = matmul(times(matmul(first, rows), twist), second)  # (..., k_1, k_2)
    return Pair(*(part.transpose(-1, -2).flatten(-2) for part in (turned.real, turned.imag)))


def nearest_divisor(length: int) -> int:
    """The divisor next to the square root, from below.

    Example:
        >>> nearest_divisor(2048)
        32
    """
    return next(d for d in range(math.isqrt(length), 0, -1) if length % d == 0)


def roots(shape: tuple[int, int], length: int, like: Tensor, *, inverse: bool) -> Pair:
    """Powers of the root of unity, :math:`W_N^{r c}`.

    Args:
        shape: rows r and columns c.
        length: N.
        like: a tensor of the wanted type and device.
        inverse: the conjugates.
    """
    turns = np.outer(np.arange(shape[0]), np.arange(shape[1])) % length / length
    angle = (2 if inverse else -2) * np.pi * turns
    return Pair(*(torch.from_numpy(part).to(like) for part in (np.cos(angle), np.sin(angle))))


def times(a: Pair, b: Pair) -> Pair:
    """Product of complex numbers."""
    return Pair(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)


def matmul(a: Pair, b: Pair) -> Pair:
    """Product of complex matrices."""
    return Pair(a.real @ b.real - a.imag @ b.imag, a.real @ b.imag + a.imag @ b.real)
