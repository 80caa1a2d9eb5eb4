"""The sums of fuzzy entropy on the CPU, compiled; see there for the method.

Nearly all the time goes to exponentials, and the library's takes one number at a time. Here a
polynomial without branches takes its place, which the compiler turns into vectors.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit, types
from numba.extending import overload
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

BLOCK = 32  # stretches, a multiple of what the compiler takes at once: it leaves no remainder

# sums in any order, or the loops do not become vectors
_compiled = njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz", "nnan"})
# not reassoc, which would undo the rounding
_in_this_order: Any = {"fastmath": {"contract", "nsz", "nnan"}}


def _coefficients(degree: int, real: type[np.floating[Any]]) -> tuple[np.floating[Any], ...]:
    """Polynomial near 2^f for f of -1/2 to 1/2, highest power first."""
    fit = Chebyshev.interpolate(np.exp2, degree, domain=[-0.5, 0.5])
    return tuple(real(c) for c in fit.convert(kind=Polynomial, window=[-1, 1]).coef[::-1])


DOUBLE, SINGLE = _coefficients(9, np.float64), _coefficients(5, np.float32)  # to 2e-14 and 2e-7
# added to a number they round it, and leave its whole part plus the exponent's bias in the low bits
DOUBLE_ROUND, SINGLE_ROUND = np.float64(1.5 * 2**52 + 1023), np.float32(1.5 * 2**23 + 127)
# no smaller powers: the processor is slow at numbers below its normal range; the bits of the next
# whole number are all zero
DOUBLE_LEAST, SINGLE_LEAST = np.float64(-1021), np.float32(-125)
DOUBLE_NONE, SINGLE_NONE = np.float64(-1023), np.float32(-127)


def sum_likeness(rows: Tensor, order: int, power: float, delay: int) -> Tensor:
    """Add up the likeness of all pairs of stretches.

    Args:
        rows: on the CPU, single or double precision, in the unit in which likeness is
            ``2 ** -(distance ** power)``, shape ``(rows, time)``.
        order: samples in the shorter stretches.
        power: of the distance.
        delay: step between the samples of a stretch.

    Returns:
        Of stretches of ``order`` samples and of one more, shape ``(rows, 2)``, float64.
    """
    sums = torch.zeros(len(rows), 2, dtype=torch.float64)
    kernel = partial(_sum_rows, order, power, delay)
    steps = rows.shape[1] * rows.numel()
    over_rows(kernel, rows.contiguous().numpy(), sums.numpy(), steps=steps)
    return sums


@_compiled
def _sum_rows(
    order: int, power: float, delay: int, rows: NDArray[Any], sums: NDArray[np.float64]
) -> None:
    stretches = rows.shape[1] - order * delay
    # infinity after the end is like no sample
    samples = np.full((order + 1, stretches + BLOCK), np.inf, rows.dtype)
    for row in range(len(rows)):
        for place in range(2):
            length = order + place
            _centre(rows[row], length, delay, samples[:, :stretches])
            # two samples about their mean mirror each other
            places = 1 if length == 2 else length
            sums[row, place] = _sum_pairs(samples[:places], stretches, power)


@_compiled
def _centre(values: NDArray[Any], length: int, delay: int, samples: NDArray[Any]) -> None:
    """Fill in the samples of each stretch, less their mean: a column per stretch."""
    stretches = samples.shape[1]
    for i in range(stretches):
        mean = values[i]
        for place in range(1, length):
            mean += values[i + place * delay]
        mean /= values.dtype.type(length)
        for place in range(length):
            samples[place, i] = values[i + place * delay] - mean


@_compiled
def _sum_pairs(samples: NDArray[Any], stretches: int, power: float) -> float:
    distance = np.zeros(stretches + BLOCK, samples.dtype)
    total, last = 0.0, len(samples) - 1
    for i in range(stretches - 1):
        first = i + 1
        past = first + (stretches - first + BLOCK - 1) // BLOCK * BLOCK
        apart = distance[: past - first]
        # short loops, each of which the compiler turns into vectors
        if last > 0:
            _start(apart, samples[0, first:past], samples[0, i])
        for place in range(1, last):
            _widen(apart, samples[place, first:past], samples[place, i])
        if power == 2:
            total += _sum_bell(apart, samples[last, first:past], samples[last, i])
        else:
            total += _sum_power(apart, samples[last, first:past], samples[last, i], power)
    return total


@_compiled
def _start(apart: NDArray[Any], later: NDArray[Any], here: Any) -> None:
    for j in range(len(apart)):
        apart[j] = abs(later[j] - here)


@_compiled
def _widen(apart: NDArray[Any], later: NDArray[Any], here: Any) -> None:
    for j in range(len(apart)):
        apart[j] = max(apart[j], abs(later[j] - here))


@_compiled
def _sum_bell(apart: NDArray[Any], later: NDArray[Any], here: Any) -> float:
    total = apart.dtype.type(0)
    for j in range(len(apart)):
        distance = max(apart[j], abs(later[j] - here))
        total += _power_of_two(-(distance * distance))
    return float(total)


@_compiled
def _sum_power(apart: NDArray[Any], later: NDArray[Any], here: Any, power: float) -> float:
    total = 0.0
    for j in range(len(apart)):
        total += 2.0 ** -(max(apart[j], abs(later[j] - here)) ** power)
    return total


def _power_of_two(exponent: float) -> float:
    """2^exponent of a number up to 0, compiled for the precision of its argument."""
    raise NotImplementedError(f"only compiled code may ask for 2^{exponent}")


@overload(_power_of_two, jit_options=_in_this_order)
def _compile_power_of_two(exponent: Any) -> Callable[[Any], Any]:
    def double(exponent: Any) -> Any:
        within = exponent if exponent > DOUBLE_LEAST else DOUBLE_NONE
        rounded = np.float64(within + DOUBLE_ROUND)
        rest = within - (rounded - DOUBLE_ROUND)
        value = DOUBLE[0]
        for coefficient in DOUBLE[1:]:
            value = value * rest + coefficient
        return value * np.int64(rounded.view(np.int64) << 52).view(np.float64)

    def single(exponent: Any) -> Any:
        within = exponent if exponent > SINGLE_LEAST else SINGLE_NONE
        rounded = np.float32(within + SINGLE_ROUND)
        rest = within - (rounded - SINGLE_ROUND)
        value = SINGLE[0]
        for coefficient in SINGLE[1:]:
            value = value * rest + coefficient
        return value * np.int32(rounded.view(np.int32) << 23).view(np.float32)

    return single if exponent == types.float32 else double
