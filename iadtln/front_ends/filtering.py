"""What happens at the ends when recordings meet the filters that were found for them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
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


def with_end(recording: Recording, signal: Tensor, notes: Sequence[str] = ()) -> Recording:
    """Recording with another signal that ends where it ends, and more notes."""
    rpm = recording.rpm
    if isinstance(rpm, np.ndarray):
        rpm = rpm[len(rpm) - signal.shape[-1] :]
    return replace(recording, signal=signal, rpm=rpm, notes=(*recording.notes, *notes))
