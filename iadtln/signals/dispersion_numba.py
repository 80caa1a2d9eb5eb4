"""The counts of dispersion entropy on the CPU, compiled; see there for the method."""

from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

_compiled = njit(cache=True, nogil=True)


def count_words(rows: Tensor, order: int, base: int, delay: int, hop: int) -> Tensor:
    """Count the words of each row.

    Args:
        rows: symbols from 0 to ``base - 1``, on the CPU, shape ``(rows, time)``.
        order: symbols in a word.
        base: number of different symbols.
        delay: step between the symbols of a word, within a series.
        hop: number of series, which are ``rows[:, k::hop]``.

    Returns:
        Integers, shape ``(rows, hop, base ** order)``; words are numbers of that base.
    """
    counts = torch.zeros(len(rows), hop, base**order, dtype=torch.int32)
    kernel = partial(_count_words, order, base, delay * hop)
    over_rows(kernel, rows.to(torch.int16).contiguous().numpy(), counts.numpy())
    return counts


@_compiled
def _count_words(
    order: int, base: int, step: int, rows: NDArray[np.int16], counts: NDArray[np.int32]
) -> None:
    codes = np.empty(rows.shape[1] - (order - 1) * step, np.int32)
    hop = counts.shape[1]
    for row in range(len(rows)):
        codes[:] = 0
        for place in range(order):
            _append(codes, rows[row, place * step :], base)
        for series in range(hop):
            for i in range(series, len(codes), hop):
                counts[row, series, codes[i]] += 1


@_compiled
def _append(codes: NDArray[Any], letters: NDArray[Any], base: int) -> None:
    for i in range(len(codes)):  # a loop that the compiler turns into vectors
        codes[i] = np.int32(base) * codes[i] + np.int32(letters[i])
