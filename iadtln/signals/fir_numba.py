r"""The products of ``fir`` on the CPU, compiled, for short filters.

With the samples turned round the correlation :math:`X_0 g` is a filter too, of as many taps as
there are weights and with L outputs. So one loop serves both: it goes along the outputs, which is
vector code, and takes twelve taps at a time, so that outputs are seldom read and written.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

Array = NDArray[Any]

BLOCK = 1024  # samples worked on at once; with few terms to a sum its rounding stays small too

_compiled = njit(cache=True, nogil=True, fastmath={"contract", "nsz"})


def gram(signal: Tensor, taps: int) -> Tensor:
    """Gram matrices of delayed signals, see ``fir.gram``.

    Args:
        signal: on the CPU, float64, shape ``(..., time)``.
        taps: length of the filter.

    Returns:
        Shape ``(..., taps, taps)``.
    """
    rows = signal.reshape(-1, signal.shape[-1]).contiguous()
    matrices = rows.new_zeros(len(rows), taps, taps)
    over_rows(_gram_rows, rows.numpy(), matrices.numpy(), steps=rows.numel() * taps)
    return matrices.reshape(*signal.shape[:-1], taps, taps)


@_compiled
def _gram_rows(rows: Array, matrices: Array) -> None:
    taps = matrices.shape[1]
    for row in range(len(rows)):
        turned, matrix = reverse(rows[row], taps), matrices[row]
        correlate(turned, rows[row], matrix[0])
        for i in range(taps - 1):
            _step_down(matrix[i, i:], turned[i:], matrix[i + 1, i + 1 :])
            matrix[i + 1 :, i] = matrix[i, i + 1 :]


@_compiled
def _step_down(above: Array, last: Array, below: Array) -> None:
    """One step down the diagonals, which sum one product less: the signal's end leaves."""
    for j in range(len(below)):
        below[j] = above[j] - last[0] * last[j]


@_compiled
def reverse(signal: Array, taps: int) -> Array:
    """Samples from last to first, and ``taps - 1`` zeros: what ``correlate`` reads."""
    turned = np.zeros(len(signal) + taps - 1, signal.dtype)
    turned[: len(signal)] = signal[::-1]
    return turned


@_compiled
def correlate(turned: Array, weights: Array, product: Array) -> None:
    """Fill in X_0 g, given the signal as from ``reverse``."""
    product[:] = 0
    part = np.empty_like(product)
    for first in range(0, len(weights), BLOCK):
        some = weights[first : first + BLOCK]
        begin = len(weights) - first - len(some)
        part[:] = 0
        _slide(some, turned[begin:], part)
        product += part


@_compiled
def filter_signal(padded: Array, taps: Array, output: Array) -> None:
    """Fill in X_0^T f, given the signal with ``len(taps) - 1`` zeros before it."""
    output[:] = 0
    for first in range(0, len(output), BLOCK):
        _slide(taps, padded[first:], output[first : first + BLOCK])


@_compiled
def _slide(taps: Array, samples: Array, output: Array) -> None:
    """Add sum_k taps[k] samples[i + K - 1 - k] to each output i, for K taps."""
    count, length = len(taps), len(output)
    whole = count - count % 12
    for k in range(0, whole, 12):
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 = taps[k : k + 12]
        x = samples[count - 12 - k :]
        for i in range(length):
            output[i] += (
                (a11 * x[i] + a10 * x[i + 1] + a9 * x[i + 2] + a8 * x[i + 3])
                + (a7 * x[i + 4] + a6 * x[i + 5] + a5 * x[i + 6] + a4 * x[i + 7])
                + (a3 * x[i + 8] + a2 * x[i + 9] + a1 * x[i + 10] + a0 * x[i + 11])
            )
    for k in range(whole, count):
        x, tap = samples[count - 1 - k :], taps[k]
        for i in range(length):
            output[i] += tap * x[i]
