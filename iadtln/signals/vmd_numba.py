"""The gains of variational mode decomposition on the CPU, compiled; see ``vmd`` for the method.

In one iteration the modes of a bin need only that bin: all frequencies they use are the last
iteration's. So one pass over the bins, in blocks that stay in the innermost cache, updates every
mode and gathers the sums for the new frequencies and for the change.
"""

from functools import partial
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from iadtln.signals.threads import over_rows

BLOCK = 1024  # bins: 4 rows of them in float64 fill 32 KiB
EPSILON = float(np.finfo(np.float64).eps)

Array = NDArray[Any]  # of the signal's precision

# sums in any order and no check for division by zero, or the loops do not become vector code
_compiled = njit(
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"reassoc", "contract", "arcp", "nsz"},
)


def wiener_gains(
    power: Tensor,
    alpha: Tensor,
    modes: int,
    tau: float,
    tolerance: float,
    max_iterations: int,
    stop: str,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gains that make modes of a spectrum, windows side by side in PyTorch's number of threads.

    Args:
        power: of the mirrored signals' spectra, on the CPU, shape ``(rows, bins)``.
        alpha: penalty of each, shape ``(rows,)``.
        modes: how many.
        tau: step of the multipliers.
        tolerance: change at which to stop.
        max_iterations: iterates at most, the start among them.
        stop: ``absolute`` or ``relative``, as in ``vmd``.

    Returns:
        Gains ``(rows, modes, bins)``, centre frequencies ``(rows, modes)`` and iterations
        ``(rows,)``.
    """
    rows, bins = power.shape
    density = power.detach().contiguous().numpy()
    gains = np.zeros((rows, modes, bins), dtype=density.dtype)
    centres = np.tile(0.5 / modes * np.arange(modes), (rows, 1))
    iterations = np.zeros(rows, dtype=np.int64)
    # float: an integer would be compiled anew
    options = (float(tau), float(tolerance), max_iterations, stop == "relative")
    penalty = alpha.detach().double().numpy()
    steps = gains.size * max_iterations
    kernel = partial(_solve_rows, options)
    over_rows(kernel, density, penalty, gains, centres, iterations, steps=steps)
    return (
        torch.from_numpy(gains),
        torch.from_numpy(centres).to(power.dtype),
        torch.from_numpy(iterations),
    )


@_compiled
def _solve_rows(
    options: tuple[float, float, int, bool],
    power: Array,
    alpha: NDArray[np.float64],
    gains: Array,
    centres: NDArray[np.float64],
    iterations: NDArray[np.int64],
) -> None:
    for row in range(len(power)):
        iterations[row] = _solve(power[row], alpha[row], gains[row], centres[row], options)


@_compiled
def _solve(
    power: Array,
    alpha: float,
    gains: Array,
    centres: NDArray[np.float64],
    options: tuple[float, float, int, bool],
) -> int:
    """Fill ``gains`` and ``centres`` with the iterate before the last; return the updates made."""
    tau, tolerance, max_iterations, relative = options
    old, new = gains, np.zeros_like(gains)
    residual, dual = np.ones_like(power), np.zeros_like(power)
    sums, before = np.zeros((3, len(gains))), np.zeros((3, len(gains)))
    updates = max_iterations - 1
    for update in range(1, max_iterations - 1):
        _advance(old, new, residual, power, alpha, centres, sums)
        change = _total(sums[2], before[0], len(power), relative)
        if update > 1 and not change > tolerance:
            updates = update
            break
        for mode in range(len(gains)):
            if sums[0, mode] > 0:
                centres[mode] = sums[1, mode] / sums[0, mode]
        if tau != 0:
            _ascend(residual, dual, tau)
        old, new = new, old
        sums, before = before, sums
    gains[:] = old
    return updates


@_compiled
def _advance(
    old: Array,
    new: Array,
    residual: Array,
    power: Array,
    alpha: float,
    centres: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """One update of every mode; energy, moment and power of the change go to ``sums``."""
    real = power.dtype.type
    one, penalty, step = real(1), real(alpha), real(0.5 / len(power))
    sums[:] = 0
    for first in range(0, len(power), BLOCK):
        left, weight = residual[first : first + BLOCK], power[first : first + BLOCK]
        for mode in range(len(old)):
            was, gain = old[mode, first : first + BLOCK], new[mode, first : first + BLOCK]
            centre = real(centres[mode])
            energy, moment, change = real(0), real(0), real(0)
            for i in range(len(weight)):
                frequency = real(first + i) * step
                detune = frequency - centre
                gain[i] = (left[i] + was[i]) / (one + penalty * detune * detune)
                moved = gain[i] - was[i]
                left[i] -= moved
                density = weight[i] * gain[i] * gain[i]
                energy += density
                moment += density * frequency
                change += weight[i] * moved * moved
            sums[0, mode] += energy
            sums[1, mode] += moment
            sums[2, mode] += change


@_compiled
def _ascend(residual: Array, dual: Array, tau: float) -> None:
    """Step of the multipliers; the residual is 1 less all gains less half of them."""
    for i in range(len(dual)):
        step = -tau * (residual[i] + dual[i] / 2)
        dual[i] += step
        residual[i] -= step / 2


@_compiled
def _total(
    change: NDArray[np.float64], energy: NDArray[np.float64], bins: int, relative: bool
) -> float:
    """Change of all modes together, as ``stop`` measures it."""
    if not relative:
        # eps as in the public codes: a tolerance of zero is never reached
        return float(change.sum()) / (2 * bins) + EPSILON
    total = 0.0
    for mode in range(len(change)):
        if change[mode] > 0:
            total += change[mode] / energy[mode]
    return total
