"""Whether an exported file says what the checkpoint says, and how fast."""

import statistics
import time
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

from iadtln.export.formats import ExportError, Runner

LIMIT = 1e-4  # of logits, in float32
BATCH = 64


class Agreement(TypedDict):
    """What came of the comparison, as the model card says it.

    Attributes:
        windows: that were compared, of the target's test windows.
        largest_difference: of any logit of the file from the same arithmetic in PyTorch.
        limit: above which the file is refused.
        same_diagnosis: share of the windows to which file and checkpoint give the same class.
    """

    windows: int
    largest_difference: float
    limit: float
    same_diagnosis: float


class Latency(TypedDict):
    """Milliseconds a window, medians, on the machine that exported.

    Attributes:
        one_by_one: in batches of one.
        in_batches_of_64: in batches of 64.
        threads: that were used.
    """

    one_by_one: float
    in_batches_of_64: float
    threads: int


def compare_logits(
    run: Runner, signal: Tensor, expected: Tensor, checkpoint: Tensor, limit: float = LIMIT
) -> Agreement:
    """Run a file on windows and compare.

    Args:
        run: the file.
        signal: raw windows, shape ``(windows, channels, time)``.
        expected: logits that the file should give, shape ``(windows, classes)``.
        checkpoint: logits of the checkpoint after whole recordings were transformed. The same as
            ``expected``, unless what was done to recordings is now done to windows.
        limit: largest difference that is let pass.

    Raises:
        ExportError: If the difference is larger, or not a number.
    """
    found = torch.from_numpy(logits_of(run, signal))
    difference = float((found - expected).abs().max())
    if not difference <= limit:
        raise ExportError(
            f"the exported file disagrees with the checkpoint: logits differ by up to "
            f"{difference:.2g} on {len(signal)} windows, {limit:g} is allowed; nothing was written"
        )
    same = (found.argmax(1) == checkpoint.argmax(1)).float().mean()
    return {
        "windows": len(signal),
        "largest_difference": difference,
        "limit": limit,
        "same_diagnosis": float(same),
    }


def logits_of(run: Runner, signal: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Logits of windows, in batches of 64 and the first one by itself again.

    Raises:
        ExportError: If a window in a batch of one is diagnosed otherwise than among others.
    """
    logits = np.concatenate([run(part.numpy())[0] for part in torch.split(signal, BATCH)])
    alone = run(signal[:1].numpy())[0]
    if not np.allclose(alone, logits[:1], atol=LIMIT):
        raise ExportError("the exported file says one thing of a window alone, another in a batch")
    return logits


def time_windows(run: Runner, window: Tensor, seconds: float = 1.0) -> Latency:
    """Measure.

    Args:
        run: the file.
        window: raw, shape ``(1, channels, time)``.
        seconds: to spend on each size of batch, about.
    """
    return {
        "one_by_one": median_milliseconds(run, window, seconds),
        "in_batches_of_64": median_milliseconds(run, window.expand(BATCH, -1, -1), seconds) / BATCH,
        "threads": torch.get_num_threads(),
    }


def median_milliseconds(run: Runner, signal: Tensor, seconds: float) -> float:
    """Of one call; the first one, which sets things up, does not count."""
    batch, taken = signal.numpy().copy(), list[float]()
    run(batch)
    end = time.perf_counter() + seconds
    while not taken or time.perf_counter() < end:
        begin = time.perf_counter()
        run(batch)
        taken.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(taken)
