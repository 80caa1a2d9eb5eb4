"""CFFI-VMD: band, envelope, tuned decomposition, clustering of the modes and reconstruction."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from iadtln.monitoring.band_choice import spectral_kurtosis_band
from iadtln.monitoring.clustering import Density, dwcc
from iadtln.monitoring.fault_indicator import FaultIndicator
from iadtln.monitoring.mode_tuning import TunedVMD, VMDSearch, gated, tune_vmd
from iadtln.signals.envelope import band_pass, envelope
from iadtln.signals.kurtogram import best_band

BandRule = Literal["spectral_kurtosis", "kurtogram", "whole"]


class Denoised(NamedTuple):
    """What is left of a window.

    Args:
        signal: sum of the chosen modes, shape ``(time,)``.
        prepared: what was decomposed, in standard deviations, shape ``(time,)``.
        modes: shape ``(modes, time)``.
        chosen: whether each mode is in the sum, shape ``(modes,)``.
        cffi: index of each mode, shape ``(modes,)``.
        parameters: number of modes, penalty and the search for them.
        band_hz: lower and upper edge of the band; None if the whole was taken.
    """

    signal: Tensor
    prepared: Tensor
    modes: Tensor
    chosen: Tensor
    cffi: Tensor
    parameters: TunedVMD
    band_hz: tuple[float, float] | None


@dataclass(frozen=True)
class Denoiser:
    """Keeps the modes of a window that look like a fault: impulsive and regular.

    The defaults are the paper, as we read it; ``SURROGATE`` and ``IMPROVED`` are what we make of
    it.

    Args:
        band: what is looked at: the band of greatest ``spectral_kurtosis`` of short spectra (the
            paper), that of the fast ``kurtogram``, or the ``whole``.
        domain: what is decomposed: the ``envelope`` (the paper) or the ``signal`` itself.
        indicator: rates modes in the search and in the choice.
        search: for the number of modes and the penalty.
        clusters: of modes, at most; the one of highest mean index is kept.
        density: how the clustering reads the density of modes; as printed it changes nothing.
        seed: of the clustering's first centres.

    Reference: Sensors 2026, 26(4) 1394.
    """

    band: BandRule = "spectral_kurtosis"
    domain: Literal["envelope", "signal"] = "envelope"
    indicator: FaultIndicator = field(default_factory=FaultIndicator)
    search: VMDSearch = field(default_factory=VMDSearch)
    clusters: int = 6
    density: Density = "point"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.band not in ("spectral_kurtosis", "kurtogram", "whole"):
            raise ValueError(
                f"expected band 'spectral_kurtosis', 'kurtogram' or 'whole', got {self.band!r}"
            )
        if self.domain not in ("envelope", "signal"):
            raise ValueError(f"expected domain 'envelope' or 'signal', got {self.domain!r}")

    def __call__(self, signal: Tensor, sampling_rate: float) -> Denoised:
        """Denoise one window.

        Args:
            signal: shape ``(time,)``.
            sampling_rate: samples per second.

        Returns:
            The sum of the chosen modes, and how it came about.

        Raises:
            ValueError: If it is not one window of finite samples.
        """
        if signal.ndim != 1 or not bool(signal.isfinite().all()):
            raise ValueError(
                "expected one window of shape (time,) without NaN or infinity, got shape "
                f"{tuple(signal.shape)}; leave damaged windows out"
            )
        prepared, band = self.prepare(signal, sampling_rate)
        tuned = tune_vmd(prepared, self.search, self.indicator)
        modes = self.search.decompose(prepared, tuned.modes, tuned.alpha)
        cffi = self.indicator(modes)
        chosen = self.choose(modes, cffi)
        return Denoised(reconstruct(modes, chosen), prepared, modes, chosen, cffi, tuned, band)

    def prepare(
        self, signal: Tensor, sampling_rate: float
    ) -> tuple[Tensor, tuple[float, float] | None]:
        """Return what is decomposed, and the band it was taken from."""
        band = None
        if self.band != "whole":
            choose = best_band if self.band == "kurtogram" else spectral_kurtosis_band
            low, high, _ = choose(signal, sampling_rate)
            # a kurtogram's outermost bands end where no filter can
            band = max(float(low), 0.01 * sampling_rate), min(float(high), 0.49 * sampling_rate)
            signal = band_pass(signal, sampling_rate, *band)
        if self.domain == "envelope":
            signal = envelope(signal)
        return standardise(detrend(signal)), band

    def choose(self, modes: Tensor, cffi: Tensor) -> Tensor:
        """Return whether each mode is kept, shape ``(modes,)``."""
        counted = gated(cffi, modes, self.search.gate) > -torch.inf
        labels = dwcc(cffi[counted], self.clusters, density=self.density, seed=self.seed).labels
        chosen = torch.zeros_like(counted)
        chosen[counted] = best_cluster(cffi[counted], modes[counted], labels.to(modes.device))
        return chosen


# as the paper, but on the signal itself and against surrogates
SURROGATE = Denoiser(
    band="whole",
    domain="signal",
    indicator=FaultIndicator("surrogate", segments=8),
    search=VMDSearch(gate=0.02),
)
# and 4 standard errors off the kurtosis, which no mode of noise among all that are tried exceeds;
# the fitness is that of the best mode, for a machine need not have three resonances
IMPROVED = Denoiser(
    band="whole",
    domain="signal",
    indicator=FaultIndicator("surrogate", segments=8, margin=4.0),
    search=VMDSearch(gate=0.02, aggregate="max"),
)


def best_cluster(cffi: Tensor, modes: Tensor, labels: Tensor) -> Tensor:
    """Members of the cluster of highest mean index; of equals the one of more energy.

    Args:
        cffi: shape ``(modes,)``.
        modes: shape ``(modes, time)``.
        labels: cluster of each mode, shape ``(modes,)``.

    Returns:
        Whether each mode belongs to it, shape ``(modes,)``.
    """
    energy = modes.square().sum(-1)

    def merit(label: int) -> tuple[float, float]:
        members = labels == label
        return float(cffi[members].mean()), float(energy[members].sum())

    best: Tensor = labels == max(torch.unique(labels).tolist(), key=merit)
    return best


def reconstruct(modes: Tensor, chosen: Tensor) -> Tensor:
    """Sum of the chosen modes.

    Args:
        modes: shape ``(..., modes, time)``.
        chosen: shape ``(..., modes)``.

    Returns:
        Shape ``(..., time)``.
    """
    return torch.where(chosen[..., None], modes, 0.0).sum(-2)


def detrend(signal: Tensor) -> Tensor:
    """Signal less its straight line of least squares, shape ``(..., time)``."""
    place = torch.arange(signal.shape[-1], dtype=signal.dtype, device=signal.device)
    place = place - place.mean()
    centred = signal - signal.mean(-1, keepdim=True)
    slope = (centred * place).sum(-1, keepdim=True) / place.square().sum()
    return centred - slope * place


def standardise(signal: Tensor) -> Tensor:
    """Signal of mean 0 and deviation 1, shape ``(..., time)``; zeros for a constant."""
    centred = signal - signal.mean(-1, keepdim=True)
    deviation = centred.std(-1, correction=0, keepdim=True)
    return torch.where(deviation == 0, 0.0, centred / deviation)
