"""MCKD as its formula reads, one window at a time: what the batched form is measured against."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dense_mckd(signal: Array, taps: int, period: int, shifts: int, iterations: int) -> Array:
    """MCKD as its formula reads: matrices of delayed copies, and the inverse of the Gram matrix."""
    time = len(signal)

    def delayed(lag: int) -> Array:
        padded = np.concatenate([np.zeros(taps - 1 + lag), signal])[: time + taps - 1]
        return np.lib.stride_tricks.sliding_window_view(padded, time)[::-1]

    def shifted(output: Array, places: int) -> Array:
        return np.concatenate([np.zeros(places), output])[:time]

    matrices = [np.ascontiguousarray(delayed(m * period)) for m in range(shifts + 1)]
    inverse = np.linalg.inv(matrices[0] @ matrices[0].T)
    weights = np.zeros(taps)
    weights[(taps + 1) // 2 - 1 : (taps + 1) // 2 + 1] = 1.0, -1.0
    for _ in range(iterations):
        output = weights @ matrices[0]
        copies = [shifted(output, m * period) for m in range(shifts + 1)]
        product = np.prod(copies, axis=0)
        # alpha_m = y[n - mT] prod_{k != m} y[n - kT]^2 = prod_k y[n - kT]^2 / y[n - mT]
        alphas = [
            copies[m] * np.prod([c**2 for k, c in enumerate(copies) if k != m], axis=0)
            for m in range(shifts + 1)
        ]
        right = sum(matrix @ alpha for matrix, alpha in zip(matrices, alphas, strict=True))
        weights = inverse @ right * (output @ output) / (2 * product @ product)
        weights /= np.linalg.norm(weights)
    return weights
