"""CEEMDAN, the slow baseline: a thin cover over the library EMD-signal."""

from typing import Any

import joblib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm.auto import tqdm


def ceemdan(
    signal: Tensor,
    trials: int = 100,
    noise: float = 0.005,
    max_modes: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
) -> Tensor:
    """Complete ensemble empirical mode decomposition with adaptive noise, by EMD-signal.

    Some ten seconds for a window of 2048 samples and 100 trials: a baseline, not a front end to
    train through. All windows meet the same noise, so that a window's modes do not depend on its
    place in the batch or on the number of processes.

    Args:
        signal: shape ``(..., time)``.
        trials: copies of the signal with noise that are averaged.
        noise: its standard deviation, over that of what is left to decompose.
        max_modes: at most this many, and what remains; if not given, until nothing oscillates.
        seed: of the noise.
        jobs: windows side by side, as joblib's ``n_jobs``; if not given, as a surrounding
            ``joblib.parallel_config`` says, or one.

    Returns:
        Modes from high to low frequencies and the remainder as the last, which add up to the
        signal, shape ``(..., modes, time)``; a window with fewer modes than others ends in zeros.

    Raises:
        ImportError: If EMD-signal is not installed.

    Reference: Torres et al., A complete ensemble empirical mode decomposition with adaptive noise,
    ICASSP 2011; Colominas et al., BSPC 2014.
    """
    _library()  # a missing library is reported here, not from another process
    rows = signal.detach().cpu().double().reshape(-1, signal.shape[-1]).numpy()
    calls = (joblib.delayed(_decompose)(row, trials, noise, max_modes, seed) for row in rows)
    # disable=None: silent where no one is watching
    progress = tqdm(total=len(rows), desc="CEEMDAN", unit="window", disable=None)
    found = []
    with progress:
        for modes in joblib.Parallel(n_jobs=jobs, return_as="generator")(calls):
            found.append(modes)
            progress.update()
    padded = np.zeros((len(rows), max(map(len, found), default=1), rows.shape[1]))
    for whole, modes in zip(padded, found, strict=True):
        whole[: len(modes)] = modes
    return torch.from_numpy(padded).to(signal).reshape(*signal.shape[:-1], *padded.shape[1:])


def _library() -> Any:
    try:
        from PyEMD import CEEMDAN  # type: ignore[import-untyped]  # optional, and slow to load
    except ImportError as error:
        raise ImportError(
            "CEEMDAN needs the library EMD-signal; install it with pip install 'iadtln[ceemdan]'"
        ) from error
    return CEEMDAN


def _decompose(
    window: NDArray[np.float64], trials: int, noise: float, max_modes: int | None, seed: int
) -> NDArray[np.float64]:
    """Modes of one window; a constant one, which the library divides by zero, is its own mode."""
    if np.ptp(window) == 0:
        return window[None]
    method = _library()(trials=trials, epsilon=noise, seed=seed, parallel=False)
    modes: NDArray[np.float64] = method(window, max_imf=-1 if max_modes is None else max_modes)
    return modes
