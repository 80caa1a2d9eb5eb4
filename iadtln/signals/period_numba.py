"""The search for the period on the CPU, compiled; see ``estimate_period`` for the method."""

from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

_compiled = njit(cache=True, nogil=True)


def highest_after_crossing(likeness: Tensor, last: int) -> Tensor:
    """Lag of the highest autocorrelation after it has first reached zero.

    Args:
        likeness: on the CPU, lags from 0, shape ``(..., lags)``.
        last: longest lag looked at.

    Returns:
        From 1 to ``last``, int64, shape ``(...)``.
    """
    rows = likeness.reshape(-1, likeness.shape[-1]).contiguous()
    found = torch.empty(len(rows), dtype=torch.int64)
    over_rows(partial(_search_rows, last), rows.numpy(), found.numpy())
    return found.reshape(likeness.shape[:-1])


@_compiled
def _search_rows(last: int, rows: NDArray[Any], found: NDArray[np.int64]) -> None:
    for row in range(len(rows)):
        likeness = rows[row]
        first = 1
        while first < last and likeness[first] > 0:
            first += 1
        if not likeness[first] <= 0:
            first = 1  # no crossing: all lags
        best = first
        for lag in range(first + 1, last + 1):
            if likeness[lag] > likeness[best]:
                best = lag
        found[row] = best
