"""Pure batched functions on signals of shape ``(..., time)``; they know no other room."""

from iadtln.signals.envelope import analytic_signal, band_pass, envelope
from iadtln.signals.resampling import interpolate_at, resample, resample_by_angle

__all__ = [
    "analytic_signal",
    "band_pass",
    "envelope",
    "interpolate_at",
    "resample",
    "resample_by_angle",
]
