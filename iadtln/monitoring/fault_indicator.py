"""Composite fault feature index (CFFI): how impulsive and how regular a mode is."""

from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor

from iadtln.signals.fuzzy_entropy import fuzzy_entropy
from iadtln.signals.indices import kurtosis

Norm = Literal["min_max", "fixed", "surrogate"]
NOISE_KURTOSIS = 3.0


def cffi(
    modes: Tensor,
    norm: Norm = "min_max",
    weight_kurtosis: float = 0.5,
    weight_entropy: float = 0.5,
    order: int = 2,
    tolerance: float = 0.15,
    power: float = 2.0,
    segment: int = 1024,
    segments: int | None = None,
    noise_entropy: float = 2.43,
    margin: float = 0.0,
    seed: int = 0,
) -> Tensor:
    r"""Impulsiveness plus regularity of each mode, both on a common scale.

    .. math:: \mathrm{CFFI} = w_k \, KI' + w_e \, (1 - FE')

    with the kurtosis KI (3 for noise) and the fuzzy entropy FE. How the paper brings them to a
    scale it does not say; ``norm`` holds three readings.

    ``min_max``: from 0 for the least of the modes to 1 for the greatest, each by itself.

    ``fixed``: :math:`KI / (KI + 3)` and :math:`\min(FE / FE_{noise}, 1)`; does not depend on the
    other modes, so it can be compared from window to window.

    ``surrogate`` (ours): :math:`1 - 3 / KI`, at least -1, and FE over that of a surrogate with the
    same spectrum and random phases. The entropy of any narrow mode is low, the more the lower its
    frequency; against its surrogate only the structure counts that a spectrum cannot explain.

    The printed fuzzy entropy has the wrong sign; here it is positive, as usual.

    Args:
        modes: shape ``(..., modes, time)``.
        norm: the reading.
        weight_kurtosis: :math:`w_k`.
        weight_entropy: :math:`w_e`.
        order: of the fuzzy entropy, as are the next two.
        tolerance: in standard deviations.
        power: of the membership function.
        segment: samples over which an entropy is taken; longer modes are averaged over segments.
        segments: so many of them, evenly spread; None for all.
        noise_entropy: of white noise at that order and tolerance, for ``fixed``.
        margin: for ``surrogate``, standard errors that are taken off the kurtosis first: see
            ``kurtosis_error``. A narrow mode of noise has a high kurtosis by chance, and of many
            modes one surely has.
        seed: of the random phases; all modes are turned alike, so that they compare fairly.

    Returns:
        Shape ``(..., modes)``. A constant mode gets the least on both scales.

    Raises:
        ValueError: If the norm is another, or segments hold too little or are none.

    Reference: Sensors 2026, 26(4) 1394, section 2.1.1.
    """
    _check(norm, segment, segments)

    def entropy(signal: Tensor) -> Tensor:
        part = _segments(signal, segment, segments)
        return fuzzy_entropy(part, order, tolerance, power, segment=segment)

    peaks, disorder = kurtosis(modes), entropy(modes)
    dead = (peaks == 0) | disorder.isnan()
    if norm == "surrogate":
        likeness = disorder / entropy(phase_surrogate(modes, seed))
        sure = (peaks - margin * kurtosis_error(modes)).clamp(min=1) if margin else peaks
        impulses = (1 - NOISE_KURTOSIS / sure).clamp(-1, 1)
    elif norm == "fixed":
        impulses, likeness = peaks / (peaks + NOISE_KURTOSIS), disorder / noise_entropy
        likeness = likeness.clamp(max=1)
    else:
        worst = disorder.masked_fill(dead, -torch.inf).amax(-1, keepdim=True)
        impulses = _min_max(peaks)
        likeness = _min_max(torch.where(dead, worst.clamp(min=0), disorder))
    likeness = likeness.masked_fill(dead, 1.0)
    return weight_kurtosis * impulses + weight_entropy * (1 - likeness)


@dataclass(frozen=True)
class FaultIndicator:
    """Settings of ``cffi``, ready to rate modes.

    Args:
        norm: how kurtosis and entropy come to a common scale. ``min_max`` over the modes of one
            decomposition (the paper, as we read it), ``fixed`` limits, or against a ``surrogate``
            with random phases (ours).
        weight_kurtosis: weight of the impulses.
        weight_entropy: weight of the regularity.
        order: samples in a stretch of the fuzzy entropy.
        tolerance: of the fuzzy entropy, in standard deviations.
        power: of its membership function.
        segment: samples over which an entropy is taken.
        segments: so many of them, evenly spread over a mode; null for all. Its time grows with
            them.
        noise_entropy: entropy of white noise, for ``fixed``.
        margin: standard errors taken off the kurtosis, for ``surrogate``.
        seed: of the surrogate's phases.
    """

    norm: Norm = "min_max"
    weight_kurtosis: float = 0.5
    weight_entropy: float = 0.5
    order: int = 2
    tolerance: float = 0.15
    power: float = 2.0
    segment: int = 1024
    segments: int | None = None
    noise_entropy: float = 2.43
    margin: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self.norm, self.segment, self.segments)

    def __call__(self, modes: Tensor) -> Tensor:
        """Return the index of modes ``(..., modes, time)``, shape ``(..., modes)``."""
        return cffi(modes, **asdict(self))


def phase_surrogate(signal: Tensor, seed: int = 0) -> Tensor:
    """Signal of the same amplitude spectrum and mean, each phase turned by a random angle.

    Args:
        signal: shape ``(..., time)``; all rows are turned by the same angles.
        seed: of the angles, the same on every device.

    Returns:
        The same shape.

    Reference: Theiler et al., Testing for nonlinearity in time series: the method of surrogate
    data, Physica D 1992.
    """
    time = signal.shape[-1]
    spectrum = torch.fft.rfft(signal)
    draws = torch.Generator().manual_seed(seed)
    angle = 2 * torch.pi * torch.rand(spectrum.shape[-1], generator=draws, dtype=torch.float64)
    turn = torch.polar(torch.ones_like(angle), angle)
    turn[0] = 1.0
    if time % 2 == 0:
        turn[-1] = 1.0  # half the sampling rate is real too
    surrogate: Tensor = torch.fft.irfft(spectrum * turn.to(spectrum), n=time)
    return surrogate


def kurtosis_error(signal: Tensor) -> Tensor:
    r"""Standard error of the kurtosis of Gaussian noise that has the signal's spectrum.

    .. math:: \sqrt{\frac{24}{N} \sum_\tau \rho(\tau)^4}

    with the autocorrelation :math:`\rho`: of white noise the well-known :math:`\sqrt{24 / N}`,
    and more the narrower the band. The autocorrelation is the signal's own, with its chance values
    at long lags: they make the error of a very narrow band a little too great, to the safe side.

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Shape ``(...)``; zero for zeros.

    Reference: Lomnicki, Tests for departure from normality in the case of linear stochastic
    processes, Metrika 1961.
    """
    time = signal.shape[-1]
    spectrum = torch.fft.rfft(signal - signal.mean(-1, keepdim=True), n=2 * time)
    power = spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)
    correlation = torch.fft.irfft(power)  # of both signs of the lag
    energy = correlation[..., :1]
    unit = torch.where(energy > 0, correlation / energy, 0.0)
    error: Tensor = (24 / time * unit.square().square().sum(-1)).sqrt()
    return error


def _check(norm: str, segment: int, segments: int | None) -> None:
    if norm not in ("min_max", "fixed", "surrogate"):
        raise ValueError(f"expected norm 'min_max', 'fixed' or 'surrogate', got {norm!r}")
    if segment < 1 or (segments is not None and segments < 1):
        raise ValueError(
            "expected a segment of one sample or more, and one of segments or more (None for all), "
            f"got {segment} and {segments}"
        )


def _segments(signal: Tensor, segment: int, segments: int | None) -> Tensor:
    """The chosen segments end to end, or the signal as it is if all are wanted."""
    whole = signal.shape[-1] // segment
    if segments is None or whole <= segments:
        return signal
    # one in the middle of each equal share
    chosen = ((torch.arange(segments, device=signal.device) + 0.5) * whole / segments).long()
    blocks = signal.unfold(-1, segment, segment)  # (..., whole, segment)
    part: Tensor = blocks[..., chosen, :].flatten(-2)
    return part


def _min_max(values: Tensor) -> Tensor:
    """Values over the last dimension from 0 to 1; zeros where all are equal."""
    low, high = values.amin(-1, keepdim=True), values.amax(-1, keepdim=True)
    return torch.where(high == low, 0.0, (values - low) / (high - low))
