"""What happens at the ends when recordings meet the filters that were found for them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from datamodules.recording import Recording
from iadtln.signals.overlap_save import BlockedSignal


def faded(signal: Tensor, samples: int) -> Tensor:
    """Signals without mean that rise smoothly from zero, as half a cosine, at their beginning.

    A sudden start holds frequencies that the rest does not. A filter that passes only these makes
    one great pulse of it, more impulsive than any fault (kurtosis 750 to 950 instead of 40 on CWRU
    recordings), and the search would take that.

    Args:
        signal: shape ``(..., time)``.
        samples: length of the rise.
    """
    step = torch.arange(signal.shape[-1], dtype=signal.dtype, device=signal.device) + 0.5
    share = (step / max(samples, 1)).clamp(max=1)
    rise = 0.5 - 0.5 * torch.cos(math.pi * share) if samples else torch.ones_like(share)
    return (signal - signal.mean(-1, keepdim=True)) * rise


def filtered_by(signal: Tensor, filters: Tensor) -> Tensor:
    """Signals through causal filters, without the beginning that would need samples before it.

    Args:
        signal: shape ``(..., time)``.
        filters: shape ``(..., taps)``, at most ``time``; leading dimensions broadcast.

    Returns:
        Without mean, shape ``(..., time - taps + 1)``.
    """
    taps = filters.shape[-1]
    centred = signal - signal.mean(-1, keepdim=True)
    return BlockedSignal(centred, taps).filter(filters)[..., taps - 1 :]


def filtered_windows(signal: Tensor, filters: Tensor) -> Tensor:
    """Windows through a bank of causal filters, where the filters are full.

    Args:
        signal: shape ``(batch, channels, time)``.
        filters: shape ``(orders, taps)``.

    Returns:
        Without mean, shape ``(batch, channels * orders, time - taps + 1)``; the orders of a channel
        stand side by side.

    Raises:
        ValueError: If windows are shorter than the filters.
    """
    batch, channels, time = signal.shape
    orders, taps = filters.shape
    if time < taps:
        raise ValueError(
            f"expected windows of {taps} samples or more, as long as the filters that were "
            f"searched, got {time}; take longer windows, or lower taps_max of the search"
        )
    rows = (signal - signal.mean(-1, keepdim=True)).reshape(batch * channels, 1, time)
    # conv1d correlates: turned round, the filters are causal as in lfilter
    filtered = F.conv1d(rows, filters.flip(-1)[:, None])
    return filtered.reshape(batch, channels * orders, time - taps + 1)


def with_end(recording: Recording, signal: Tensor, notes: Sequence[str] = ()) -> Recording:
    """Recording with another signal that ends where it ends, and more notes."""
    rpm = recording.rpm
    if isinstance(rpm, np.ndarray):
        rpm = rpm[len(rpm) - signal.shape[-1] :]
    return replace(recording, signal=signal, rpm=rpm, notes=(*recording.notes, *notes))
