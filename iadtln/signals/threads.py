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


def over_rows(kernel: Callable[..., None], *arrays: NDArray[Any]) -> None:
    """Call a compiled function on equal shares of the rows, side by side.

    Args:
        kernel: takes the arrays' rows and writes its result into one of them; it must release the
            interpreter (``nogil=True``) to gain from more than one thread.
        arrays: all with the same number of rows.
    """
    shares = min(torch.get_num_threads(), len(arrays[0]))
    if shares <= 1:
        kernel(*arrays)
        return
    parts = [np.array_split(array, shares) for array in arrays]  # views, not copies
    with ThreadPoolExecutor(shares) as pool:
        for finished in [pool.submit(kernel, *part) for part in zip(*parts, strict=True)]:
            finished.result()
