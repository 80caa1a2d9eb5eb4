"""Feature mode decomposition in the angle domain, with the average kurtosis of fault periods."""

from collections.abc import Iterator

import torch
from torch import Tensor

from iadtln.signals.average_kurtosis import Segments, weighted_gram
from iadtln.signals.filter_bank import BankWindow, filter_bank
from iadtln.signals.fir import factorise
from iadtln.signals.mode_decomposition import (
    Begin,
    Decomposition,
    Schedule,
    check_request,
    decompose,
    first_iterations,
    sweeps,
)
from iadtln.signals.overlap_save import BlockedSignal


def afmd(
    signal: Tensor,
    period: float,
    taps: int = 30,
    bands: int = 7,
    modes: int = 2,
    iterations: int = 20,
    *,
    cascade: bool = True,
    schedule: Schedule = "published",
    window: BankWindow = "hanning",
    offset: float = 0.0,
) -> Decomposition:
    r"""Angle-domain feature mode decomposition.

    As ``fmd``, but each filter climbs the average kurtosis of its output. Where its gradient is
    zero :math:`A f = b`, hence with the sums :math:`S_{2,m}, S_{4,m}` of segment m

    .. math:: A = \sum_m \frac{P_m S_{4,m}}{S_{2,m}^3} X_m X_m^T, \quad
              b = \sum_m \frac{P_m}{S_{2,m}^2} X_m y_m^3, \quad
              f \leftarrow A^{-1} b / \lVert A^{-1} b \rVert.

    Args:
        signal: sampled at equal steps of the shaft's angle, shape ``(..., time)``; in float32 only
            the matrices are built and factorised in float64.
        period: samples per fault period: samples per revolution over the order of the fault.
        taps: length of the filters, L.
        bands: filters at the start, K.
        modes: modes at the end, n.
        iterations: outputs computed in the first sweep, see ``fmd``.
        cascade: whether later sweeps filter the modes again, as in ``fmd``, or go on with the
            filters of the signal itself.
        schedule: see ``fmd``.
        window: of the bank, see ``filter_bank``.
        offset: where the first fault period starts, in samples.

    Returns:
        The modes, with their filters, average kurtosis and the given period.

    Raises:
        ValueError: If the request does not fit the signal.

    Reference: ED-GAFMD, doi 10.1177/10775463261461759; update derived from its description.
    """
    check_request(signal, taps, bands, modes, iterations)
    first = first_iterations(schedule, iterations, bands, modes)
    begin = _begin(signal, period, offset)
    return decompose(signal, filter_bank(taps, bands, window), modes, first, begin, cascade=cascade)


def afmd_path(
    signal: Tensor,
    period: float,
    taps: int = 30,
    bands: int = 7,
    fewest_modes: int = 1,
    iterations: int = 10,
    *,
    cascade: bool = True,
    window: BankWindow = "hanning",
    offset: float = 0.0,
) -> Iterator[Decomposition]:
    """Decompositions into ever fewer modes, each equal to ``afmd`` with ``schedule="fixed"``.

    Args:
        signal: shape ``(..., time)``; all at once, so split large batches yourself.
        period: samples per fault period.
        taps: as for ``afmd``.
        bands: as for ``afmd``.
        fewest_modes: modes of the last decomposition.
        iterations: outputs computed in the first sweep.
        cascade: as for ``afmd``.
        window: as for ``afmd``.
        offset: as for ``afmd``.

    Returns:
        An iterator over decompositions of ``bands``, ``bands - 1``, ... ``fewest_modes`` modes,
        each computed when it is asked for.

    Raises:
        ValueError: If the request does not fit the signal.
    """
    check_request(signal, taps, bands, fewest_modes, iterations)
    bank = filter_bank(taps, bands, window)
    begin = _begin(signal, period, offset)
    return sweeps(signal, bank, fewest_modes, iterations, begin, cascade=cascade)


class _AverageKurtosisAscent:
    """Climbs the average kurtosis; its matrix changes with every output."""

    def __init__(self, source: Tensor, taps: int, segments: Segments, period: float) -> None:
        self.source = source
        self.blocked = BlockedSignal(source, taps)
        exact = source.dtype == torch.float64
        self.exact = self.blocked if exact else BlockedSignal(source.double(), taps)
        self.segments = segments
        self.period = period

    def filtered(self, filters: Tensor) -> Tensor:
        return self.blocked.filter(filters)

    def direction(self, output: Tensor) -> Tensor:
        second, fourth, sounds = self.segments.moments(output)
        inverse = torch.where(sounds, 1 / second, 0.0)
        slope = self.segments.lengths * inverse.square()  # P / S2^2
        weights = self.segments.spread(slope) * output.pow(3)  # of any scale
        matrix = weighted_gram(self.exact, self.source, slope * fourth * inverse, self.segments)
        factor, _ = factorise(matrix)
        right = self.blocked.correlate(weights).double()
        return torch.cholesky_solve(right[..., None], factor)[..., 0]

    def score(self, output: Tensor) -> tuple[Tensor, Tensor]:
        centred = output - output.mean(-1, keepdim=True)
        kurtosis = self.segments.average_kurtosis(centred)
        return kurtosis, torch.full_like(kurtosis, self.period)


def _begin(signal: Tensor, period: float, offset: float) -> Begin:
    segments = Segments(period, signal.shape[-1], offset, signal.device)
    return lambda source, taps, _: _AverageKurtosisAscent(source, taps, segments, period)
