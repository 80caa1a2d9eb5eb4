"""The weights of correlated kurtosis on the CPU, compiled; see ``pulse_weights`` for the method.

A row at a time, so that all it needs stays in the innermost cache; what lies a period away is read
in place, from slices that end where the signal does.
"""

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

Array = NDArray[Any]  # of the signal's precision

# sums in any order, or the loops do not become vector code; logarithm of 0 as in NumPy
_compiled = njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"}
)


def pulse_weights(signal: Tensor, period: Tensor, shifts: int) -> tuple[Tensor, Tensor]:
    """Weights and the logarithm of the correlated kurtosis.

    Args:
        signal: on the CPU, single or double precision, shape ``(..., time)``.
        period: whole samples, broadcasts to ``(...)``.
        shifts: periods that a pulse train spans, M.

    Returns:
        Shapes ``(..., time)`` and ``(...)``.
    """
    rows = signal.reshape(-1, signal.shape[-1]).contiguous()
    weights, kurtosis = torch.empty_like(rows), rows.new_empty(len(rows))
    periods = period.expand(signal.shape[:-1]).reshape(-1).contiguous()
    kernel = partial(_weigh_rows, shifts)
    arrays = (rows.numpy(), periods.numpy(), weights.numpy(), kurtosis.numpy())
    over_rows(kernel, *arrays, steps=3 * shifts * rows.numel())
    return weights.reshape(signal.shape), kurtosis.reshape(signal.shape[:-1])


@_compiled
def _weigh_rows(
    shifts: int, rows: Array, periods: NDArray[np.int64], weights: Array, kurtosis: Array
) -> None:
    room = np.empty((2 * shifts + 3, rows.shape[1]), rows.dtype)
    for row in range(len(rows)):
        kurtosis[row] = weigh(rows[row], periods[row], shifts, weights[row], room)


@_compiled
def weigh(signal: Array, period: int, shifts: int, weights: Array, room: Array) -> float:
    """Fill in the weights of one signal; return the logarithm of its correlated kurtosis.

    ``room`` is for ``2 * shifts + 3`` rows as long as the signal.
    """
    energy, after, before = room[0], room[1 : shifts + 2], room[shifts + 2 :]
    _unit_energy(signal, energy)
    after[0], before[0] = 1, 1
    for count in range(1, shifts + 1):
        lag = min(count * period, len(signal))
        _multiply(after[count - 1], energy[lag:], after[count])
        after[count, len(signal) - lag :] = 0
        _multiply(before[count - 1, lag:], energy, before[count, lag:])
        before[count, :lag] = 0
    weights[:] = 0
    for count in range(shifts + 1):
        _add_product(after[count], before[shifts - count], weights)
    train = 0.0
    for i in range(len(signal)):
        weights[i] *= signal[i]
        train += energy[i] * before[shifts, i]
    return float(np.log(train) - (shifts + 1) * math.log(len(signal)))


@_compiled
def _unit_energy(signal: Array, energy: Array) -> None:
    """Fill in the squares over their mean."""
    total = 0.0
    for i in range(len(signal)):
        energy[i] = signal[i] * signal[i]
        total += energy[i]
    mean = max(energy.dtype.type(total / len(signal)), np.finfo(energy.dtype).tiny)
    for i in range(len(signal)):
        energy[i] /= mean


@_compiled
def _multiply(first: Array, second: Array, product: Array) -> None:
    for i in range(min(len(second), len(product))):
        product[i] = first[i] * second[i]


@_compiled
def _add_product(first: Array, second: Array, total: Array) -> None:
    for i in range(len(total)):
        total[i] += first[i] * second[i]
