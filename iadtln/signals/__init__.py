"""Pure batched functions on signals of shape ``(..., time)``; they know no other room."""

from iadtln.signals.afmd import afmd, afmd_path
from iadtln.signals.average_kurtosis import average_kurtosis
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.ceemdan import ceemdan
from iadtln.signals.coarse_graining import hierarchical_nodes, moving_mean
from iadtln.signals.correlated_kurtosis import correlated_kurtosis, log_correlated_kurtosis
from iadtln.signals.dispersion_entropy import dispersion_entropy, fluctuation_dispersion_entropy
from iadtln.signals.envelope import analytic_signal, band_pass, envelope
from iadtln.signals.envelope_entropy import envelope_entropy, information_entropy
from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis
from iadtln.signals.filter_bank import filter_bank
from iadtln.signals.fmd import fmd, fmd_path
from iadtln.signals.fuzzy_entropy import fuzzy_entropy
from iadtln.signals.imckd import imckd
from iadtln.signals.indices import (
    energy_ratio_db,
    feature_energy_ratio_db,
    kurtosis,
    kurtosis_gain,
    line_to_floor_db,
)
from iadtln.signals.kurtogram import best_band, kurtogram, kurtogram_bands
from iadtln.signals.mckd import mckd
from iadtln.signals.mckd_population import evaluate_filters, mckd_population, prepare_records
from iadtln.signals.mode_choice import choose_modes, reconstruct
from iadtln.signals.multiscale import cmwpe, hfde, hwpe, rcmde, rcmfe
from iadtln.signals.multiscale_slope import cmse, dbcmse, ecmse, ecmse_grid
from iadtln.signals.order_tracking import (
    envelope_order_spectrum,
    rising_edges,
    rpm_from_pulses,
    samples_per_revolution,
    shaft_angle,
)
from iadtln.signals.period import estimate_period
from iadtln.signals.permutation_entropy import permutation_entropy
from iadtln.signals.pulse_width import pulse_width
from iadtln.signals.resampling import decimate, interpolate_at, resample, resample_by_angle
from iadtln.signals.sample_entropy import sample_entropy
from iadtln.signals.slope_entropy import SlopeSetting, slope_entropy
from iadtln.signals.vmd import vmd
from iadtln.signals.weighted_permutation_entropy import weighted_permutation_entropy

__all__ = [
    "BearingGeometry",
    "SlopeSetting",
    "afmd",
    "afmd_path",
    "analytic_signal",
    "average_kurtosis",
    "band_pass",
    "best_band",
    "ceemdan",
    "choose_modes",
    "cmse",
    "cmwpe",
    "correlated_kurtosis",
    "dbcmse",
    "decimate",
    "dispersion_entropy",
    "ecmse",
    "ecmse_grid",
    "energy_ratio_db",
    "envelope",
    "envelope_entropy",
    "envelope_order_spectrum",
    "envelope_spectrum",
    "estimate_period",
    "evaluate_filters",
    "feature_energy_ratio_db",
    "filter_bank",
    "fluctuation_dispersion_entropy",
    "fmd",
    "fmd_path",
    "fuzzy_entropy",
    "hfde",
    "hierarchical_nodes",
    "hwpe",
    "imckd",
    "information_entropy",
    "interpolate_at",
    "kurtogram",
    "kurtogram_bands",
    "kurtosis",
    "kurtosis_gain",
    "line_to_floor_db",
    "log_correlated_kurtosis",
    "mckd",
    "mckd_population",
    "moving_mean",
    "permutation_entropy",
    "prepare_records",
    "pulse_width",
    "rcmde",
    "rcmfe",
    "reconstruct",
    "resample",
    "resample_by_angle",
    "rising_edges",
    "rpm_from_pulses",
    "sample_entropy",
    "samples_per_revolution",
    "shaft_angle",
    "slope_entropy",
    "spectrum_axis",
    "vmd",
    "weighted_permutation_entropy",
]
