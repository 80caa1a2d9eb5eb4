"""Slope entropy on the CPU, compiled; see ``slope_entropy`` for the method.

The same differences and comparisons in double precision, so both paths count the same words.
"""

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.slope_entropy import Norm, SlopeSetting
from iadtln.signals.threads import over_rows

Values = NDArray[np.float64]
Codes = NDArray[np.uint32]

_compiled = njit(cache=True, nogil=True)


def slope_entropies(
    values: Tensor, table: Tensor, hop: int, setting: SlopeSetting, delay: int, norm: Norm
) -> Tensor:
    """Mean slope entropy of the series that take every so-manieth value.

    Args:
        values: float64, on the CPU, shape ``(rows, time)``.
        table: c ln c of all counts c, up to that of all words of a series, shape ``(counts,)``.
        hop: number of the series.
        setting: of the words.
        delay: step between the samples of a word, within a series.
        norm: as in ``slope_entropy``.

    Returns:
        float64, shape ``(rows,)``.
    """
    thresholds = float(setting.gamma), float(setting.delta)  # integers would be compiled for, too
    entropies = torch.empty(len(values), dtype=torch.float64)
    options = hop, setting.order, *thresholds, delay, norm == "pattern"
    kernel = partial(_slope_entropies, table.numpy(), *options)
    over_rows(kernel, values.contiguous().numpy(), entropies.numpy())
    return entropies


@_compiled
def _slope_entropies(
    table: Values,
    hop: int,
    order: int,
    gamma: float,
    delta: float,
    delay: int,
    by_pattern: bool,
    values: Values,
    entropies: Values,
) -> None:
    step = hop * delay
    letters = np.empty(values.shape[1] - step, np.uint32)
    codes = np.empty(values.shape[1] - (order - 1) * step, np.uint32)
    counts = np.zeros(5 ** (order - 1), np.int32)
    for row in range(len(values)):
        _spell(values[row], step, gamma, delta, letters, codes)
        entropies[row] = 0.0
        for shift in range(hop):
            entropies[row] += _entropy(codes[shift::hop], counts, table, by_pattern) / hop


@_compiled
def _spell(
    values: Values, step: int, gamma: float, delta: float, letters: Codes, codes: Codes
) -> None:
    """Fill in the letter of each slope and the number of each word, read in base 5."""
    later = values[step:]
    for i in range(len(letters)):  # loops that the compiler turns into vectors
        slope = later[i] - values[i]
        flat_or_above = np.uint32(slope >= -gamma) + np.uint32(slope >= -delta)
        letters[i] = flat_or_above + np.uint32(slope > delta) + np.uint32(slope > gamma)
    codes[:] = 0
    for first in range(0, len(letters) - len(codes) + 1, step):
        following = letters[first:]
        for i in range(len(codes)):
            codes[i] = np.uint32(5) * codes[i] + following[i]


@_compiled
def _entropy(codes: Codes, counts: NDArray[Any], table: Values, by_pattern: bool) -> float:
    """Entropy of the words of one series; the counts come and go as zeros."""
    words = len(codes)
    for i in range(words):
        counts[codes[i]] += 1
    known, different = 0.0, 0
    # over the words, as there may be far more bins: the first of its kind takes the count away
    for i in range(words):
        count = counts[codes[i]]
        counts[codes[i]] = 0
        known += table[count]
        different += count > 0
    if by_pattern:
        return float((words * math.log(different) - known) / different)
    return float((table[words] - known) / words)
