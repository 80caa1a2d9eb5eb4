"""Compiled loops over the rows of a batch, on as many threads as torch may use.

Numba's own parallel loops are left alone: their OpenMP layer aborts a process that was forked, as
the workers of a data loader are, and their other layer aborts when two threads call it at once.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

COMPILED = (torch.float32, torch.float64)
LITTLE = 2**22  # steps, a few milliseconds


def compiled_suits(values: Tensor) -> bool:
    """Whether compiled code may work on values.

    On the CPU, in single or double precision (numba knows no half), and no gradient is wanted.
    """
    wanted = values.requires_grad and torch.is_grad_enabled()
    return values.device.type == "cpu" and values.dtype in COMPILED and not wanted


def over_rows(kernel: Callable[..., None], *arrays: NDArray[Any], steps: int | None = None) -> None:
    """Call a compiled function on equal shares of the rows, side by side if that is worth it.

    PyTorch's own threads go on spinning for a while after each of its operations, so that short
    calls side by side wait for them: with two threads 64 windows took twenty times as long.

    Args:
        kernel: takes the arrays' rows and writes its result into one of them; it must release the
            interpreter (``nogil=True``) to gain from more than one thread.
        arrays: all with the same number of rows.
        steps: about how many the innermost loop takes in all; the size of the first array if not
            given.
    """
    few = (arrays[0].size if steps is None else steps) < LITTLE
    shares = 1 if few else min(torch.get_num_threads(), len(arrays[0]))
    if shares <= 1:
        kernel(*arrays)
        return
    parts = [np.array_split(array, shares) for array in arrays]  # views, not copies
    with ThreadPoolExecutor(shares) as pool:
        for finished in [pool.submit(kernel, *part) for part in zip(*parts, strict=True)]:
            finished.result()
