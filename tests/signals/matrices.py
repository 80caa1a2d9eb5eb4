"""The matrices of the papers, written out for tests: what filters do, as a product."""

import numpy as np


def delayed(x: np.ndarray, taps: int, shift: int = 0) -> np.ndarray:
    """The matrix X_shift: X[l, n] = x[n - l - shift], zero before the signal."""
    matrix = np.zeros((taps, len(x)))
    for lag in range(taps):
        if lag + shift < len(x):
            matrix[lag, lag + shift :] = x[: len(x) - lag - shift]
    return matrix
