"""The iterations of MCKD on the CPU, compiled, for short filters; see ``mckd`` for the method.

All iterations of one signal run before the next signal begins, so that its samples, its factor and
what an iteration computes stay in the processor's cache.
"""

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.correlated_kurtosis_numba import weigh
from iadtln.signals.fir_numba import correlate, filter_signal, reverse
from iadtln.signals.mckd import Keep
from iadtln.signals.threads import over_rows

Array = NDArray[Any]

_compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


def refine(
    signal: Tensor,
    inverse: Tensor,
    filters: Tensor,
    periods: Tensor,
    shifts: int,
    iterations: int,
    keep: Keep,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run the iterations of MCKD.

    Args:
        signal: on the CPU, shape ``(rows, time)``.
        inverse: of the Gram matrices, shape ``(rows, taps, taps)``.
        filters: first filters, shape ``(rows, taps)``.
        periods: whole samples, shape ``(rows,)``.
        shifts: periods that a pulse train spans.
        iterations: updates of the filters.
        keep: which filter is the best, see ``mckd``.

    Returns:
        The signals through the best filters, shape ``(rows, time)``, these filters, shape
        ``(rows, taps)``, and the natural logarithm of the correlated kurtosis, shape
        ``(rows, iterations)``.
    """
    best, history = filters.clone(), signal.new_empty(len(signal), iterations)
    filtered = torch.empty_like(signal, memory_format=torch.contiguous_format)
    given = [part.contiguous().numpy() for part in (signal, inverse, periods)]
    steps = iterations * signal.numel() * filters.shape[-1]
    found = (filtered.numpy(), best.numpy(), history.numpy())
    over_rows(partial(_refine_rows, shifts, keep == "exact"), *given, *found, steps=steps)
    return filtered, best, history


@_compiled
def _refine_rows(
    shifts: int,
    exact: bool,
    signals: Array,
    inverses: Array,
    periods: NDArray[np.int64],
    filtered: Array,
    best: Array,
    history: Array,
) -> None:
    time, taps = signals.shape[1], best.shape[1]
    room = np.empty((2 * shifts + 3, time), signals.dtype)
    output, weights = np.empty(time, signals.dtype), np.empty(time, signals.dtype)
    padded = np.zeros(taps - 1 + time, signals.dtype)
    correlation, update = np.empty(taps, signals.dtype), np.empty(taps, signals.dtype)
    for row in range(len(signals)):
        padded[taps - 1 :] = signals[row]
        turned, highest = reverse(signals[row], taps), -math.inf
        present = best[row].copy()
        for i in range(history.shape[1]):
            filter_signal(padded, present, output)
            kurtosis = weigh(output, periods[row], shifts, weights, room)
            correlate(turned, weights, correlation)
            _new_filter(inverses[row], correlation, update)
            if kurtosis > highest:
                best[row], highest = present if exact else update, kurtosis
            history[row, i] = kurtosis
            present[:] = update
        filter_signal(padded, best[row], filtered[row])


@_compiled
def _new_filter(inverse: Array, correlation: Array, update: Array) -> None:
    """Fill in the filter of norm 1, four rows of the symmetric inverse at a time."""
    update[:] = 0
    whole = len(update) - len(update) % 4
    for i in range(0, whole, 4):
        a, b, c, d = correlation[i : i + 4]
        rows = inverse[i : i + 4]
        for j in range(len(update)):
            update[j] += (a * rows[0, j] + b * rows[1, j]) + (c * rows[2, j] + d * rows[3, j])
    for i in range(whole, len(update)):
        update += correlation[i] * inverse[i]
    power = 0.0  # in float64: the squares may pass float32
    for value in update:
        power += float(value) * float(value)
    update /= update.dtype.type(max(math.sqrt(power), np.finfo(update.dtype).tiny))
