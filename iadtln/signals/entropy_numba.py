"""The sums of permutation and sample entropy on the CPU, compiled; see there for the methods.

Plain comparisons of the samples as they are, so both paths agree to the last count; the weights of
weighted permutation entropy are sums, and agree to rounding.
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

_compiled = njit(cache=True, nogil=True)


def count_patterns(rows: Tensor, order: int, delay: int) -> Tensor:
    """Count the ordinal patterns of each row.

    Args:
        rows: on the CPU, shape ``(rows, time)``.
        order: samples in a pattern.
        delay: step between them.

    Returns:
        Integers, shape ``(rows, order!)``.
    """
    # half precision grows to single, which keeps every order
    values = rows.detach().to(torch.promote_types(rows.dtype, torch.float32)).contiguous()
    counts = torch.zeros(len(rows), math.factorial(order), dtype=torch.int32)
    over_rows(partial(_count_patterns, order, delay), values.numpy(), counts.numpy())
    return counts


@_compiled
def _count_patterns(order: int, delay: int, rows: NDArray[Any], counts: NDArray[np.int32]) -> None:
    patterns = rows.shape[1] - (order - 1) * delay
    codes = np.empty(patterns, np.int32)
    for row in range(rows.shape[0]):
        codes[:] = 0
        weight = np.int32(1)
        for place in range(order - 2, -1, -1):
            weight *= np.int32(order - 1 - place)
            first = rows[row, place * delay : place * delay + patterns]
            for later in range(place + 1, order):
                second = rows[row, later * delay : later * delay + patterns]
                for i in range(patterns):  # the loop that the compiler turns into vectors
                    codes[i] += weight if first[i] > second[i] else np.int32(0)
        for i in range(patterns):
            counts[row, codes[i]] += 1


def weigh_patterns(rows: Tensor, order: int, delay: int, hop: int) -> Tensor:
    """Add up the weights of the ordinal patterns of each row.

    Args:
        rows: on the CPU, single or double precision, shape ``(rows, time)``.
        order: samples in a pattern.
        delay: step between them, within a series.
        hop: number of series, which are ``rows[:, k::hop]``.

    Returns:
        float64, shape ``(rows, hop, order!)``.
    """
    sums = torch.zeros(len(rows), hop, math.factorial(order), dtype=torch.float64)
    kernel = partial(_weigh_patterns, order, delay * hop)
    over_rows(kernel, rows.contiguous().numpy(), sums.numpy())
    return sums


@_compiled
def _weigh_patterns(order: int, step: int, rows: NDArray[Any], sums: NDArray[np.float64]) -> None:
    patterns = rows.shape[1] - (order - 1) * step
    codes, weights = np.empty(patterns, np.int32), np.empty(patterns, rows.dtype)
    hop = sums.shape[1]
    for row in range(len(rows)):
        codes[:], weights[:] = 0, 0
        factor = np.int32(1)
        for place in range(order - 2, -1, -1):
            factor *= np.int32(order - 1 - place)
            first = rows[row, place * step : place * step + patterns]
            for later in range(place + 1, order):
                second = rows[row, later * step : later * step + patterns]
                for i in range(patterns):  # the loop that the compiler turns into vectors
                    fall = first[i] - second[i]
                    codes[i] += factor if fall > 0 else np.int32(0)
                    weights[i] += fall * fall
        for series in range(hop):
            for i in range(series, patterns, hop):
                sums[row, series, codes[i]] += weights[i]


def count_matches(rows: Tensor, radius: Tensor, order: int) -> Tensor:
    """Count the pairs of like stretches.

    Args:
        rows: on the CPU, single or double precision, shape ``(rows, time)``.
        radius: largest difference in a match, shape ``(rows,)``.
        order: samples in a stretch.

    Returns:
        Integers, shape ``(rows, 2)``: pairs alike in ``order`` samples, and in one more.
    """
    counts = torch.zeros(len(rows), 2, dtype=torch.int64)
    values = rows.contiguous().numpy()
    kernel = partial(_count_matches, order)
    steps = values.shape[1] * values.size
    over_rows(kernel, values, radius.numpy(), counts.numpy(), steps=steps)
    return counts


@_compiled
def _count_matches(
    order: int, rows: NDArray[Any], radius: NDArray[Any], counts: NDArray[np.int64]
) -> None:
    time = rows.shape[1]
    close, alike = np.empty(time, np.uint8), np.empty(time, np.uint8)
    for row in range(len(rows)):
        values, limit = rows[row], radius[row]
        for lag in range(1, time - order):
            later = values[lag:]
            pairs = time - lag - order
            # short loops over bytes, each of which the compiler turns into vectors
            for i in range(time - lag):
                close[i] = abs(later[i] - values[i]) <= limit
            for i in range(pairs):  # faster than copying slices, which might overlap
                alike[i] = close[i]
            for place in range(1, order):
                following = close[place:]  # a slice, as close[place + i] might count from the end
                for i in range(pairs):
                    alike[i] &= following[i]
            following = close[order:]
            shorter, longer = np.int32(0), np.int32(0)
            for i in range(pairs):
                shorter += np.int32(alike[i])
                longer += np.int32(alike[i] & following[i])
            counts[row, 0] += shorter
            counts[row, 1] += longer
