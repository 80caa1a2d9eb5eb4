"""Watching one machine without labels: fault index, tuned decomposition, indicators, alarm."""

from iadtln.monitoring.band_choice import spectral_kurtosis, spectral_kurtosis_band
from iadtln.monitoring.clustering import Clusters, dwcc
from iadtln.monitoring.denoising import IMPROVED, SURROGATE, Denoised, Denoiser, reconstruct
from iadtln.monitoring.fault_indicator import (
    FaultIndicator,
    cffi,
    kurtosis_error,
    phase_surrogate,
)
from iadtln.monitoring.mode_tuning import TunedVMD, VMDSearch, tune_vmd
from iadtln.monitoring.scores import (
    energy_retention,
    feature_retention,
    monotonicity,
    saif,
    trendability,
)

__all__ = [
    "IMPROVED",
    "SURROGATE",
    "Clusters",
    "Denoised",
    "Denoiser",
    "FaultIndicator",
    "TunedVMD",
    "VMDSearch",
    "cffi",
    "dwcc",
    "energy_retention",
    "feature_retention",
    "kurtosis_error",
    "monotonicity",
    "phase_surrogate",
    "reconstruct",
    "saif",
    "spectral_kurtosis",
    "spectral_kurtosis_band",
    "trendability",
    "tune_vmd",
]
