"""The sweeps that feature mode decomposition and its angle-domain form have in common.

A bank of band-pass filters starts as many modes as there are bands. Each sweep lets every filter
climb an objective on the signal it filters; then, of the two modes most alike, the one with less
of the objective leaves. The two decompositions differ in the objective alone: an ``Ascent``.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor

Schedule = Literal["published", "fixed"]

# Values in one array of modes, of which some fifteen live at a time. On a processor they should
# stay in its cache; a GPU wants many windows.
CHUNK_CPU = 2**19
CHUNK_GPU = 2**24


class Decomposition(NamedTuple):
    """Modes of a signal, in the order of the bands they come from, the lowest first.

    Args:
        modes: shape ``(..., modes, time)``. Filters have unit norm, so amplitudes of two modes
            cannot be compared.
        filters: of the last sweep, shape ``(..., modes, taps)``.
        objective: of each mode less its mean, shape ``(..., modes)``.
        period: of each mode in samples, shape ``(..., modes)``.
    """

    modes: Tensor
    filters: Tensor
    objective: Tensor
    period: Tensor


class Ascent(Protocol):
    """Filters that climb an objective on the signals of one sweep."""

    def filtered(self, filters: Tensor) -> Tensor:
        """Return the outputs, shape ``(batch, modes, time)``."""

    def direction(self, output: Tensor) -> Tensor:
        """Return better filters of any norm, in float64, given the outputs of the present ones."""

    def score(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return objective and period of each output, shape ``(batch, modes)``."""


# signals (batch, 1 or modes, time), taps, periods (batch, modes) if known -> Ascent
Begin = Callable[[Tensor, int, Tensor | None], Ascent]


def first_iterations(schedule: Schedule, iterations: int, bands: int, modes: int) -> int:
    """Iterations of the first sweep; the later ones have 2.

    Args:
        schedule: ``"published"`` takes 2 off for each mode that must go, and leaves 1; ``"fixed"``
            takes ``iterations`` whatever the number of modes.
        iterations: as given by the user.
        bands: modes at the start.
        modes: modes at the end.

    Returns:
        At least 1. The last iteration of a sweep filters without another update, hence 1 leaves
        the bank as it is.
    """
    return max(iterations - 2 * (bands - modes), 1) if schedule == "published" else iterations


def sweeps(
    signal: Tensor, bank: Tensor, fewest: int, iterations: int, begin: Begin, *, cascade: bool
) -> Iterator[Decomposition]:
    """Decompose into ever fewer modes.

    Args:
        signal: shape ``(..., time)``.
        bank: first filters, shape ``(bands, taps)``.
        fewest: modes of the last decomposition.
        iterations: of the first sweep.
        begin: makes the ascent of a sweep.
        cascade: whether a sweep filters the modes of the last one, or always the signal.

    Yields:
        Decompositions of ``bands``, ``bands - 1``, ... down to ``fewest`` modes.
    """
    bands, taps = bank.shape
    source, scale = _unit_peak(signal.unsqueeze(-2))
    filters = bank.to(signal).expand(*signal.shape[:-1], bands, taps)
    period = None
    for left in range(bands, fewest - 1, -1):
        found = _climb(source, filters, period, iterations, begin)
        yield found._replace(modes=found.modes * scale)
        if left == fewest:
            return
        kept = _distinct(found.modes, found.objective)
        filters = _take(found.filters, kept)
        if cascade:
            period = found.period.gather(-1, kept)
            source, peak = _unit_peak(_take(found.modes, kept))
            scale = _take(scale.expand(*found.modes.shape[:-1], 1), kept) * peak
        iterations = 2


def _climb(
    source: Tensor, filters: Tensor, period: Tensor | None, iterations: int, begin: Begin
) -> Decomposition:
    """One sweep, a few modes of a long signal at a time."""
    modes, taps = filters.shape[-2:]
    size = max(1, _budget(source) // max(1, source[..., 0, :].numel()))
    parts = []
    for first in range(0, modes, size):
        part = slice(first, first + size)
        signals = source if source.shape[-2] == 1 else source[..., part, :]
        ascent = begin(signals, taps, None if period is None else period[..., part])
        climbing = filters[..., part, :]
        for _ in range(iterations - 1):
            climbing = _unit_norm(ascent.direction(ascent.filtered(climbing)), climbing)
        output = ascent.filtered(climbing)
        parts.append(Decomposition(output, climbing, *ascent.score(output)))
    mode_axis = source.dim() - 2
    return Decomposition(*(torch.cat(field, mode_axis) for field in zip(*parts, strict=True)))


def _budget(signal: Tensor) -> int:
    return CHUNK_CPU if signal.device.type == "cpu" else CHUNK_GPU


def decompose(
    signal: Tensor, bank: Tensor, modes: int, iterations: int, begin: Begin, *, cascade: bool = True
) -> Decomposition:
    """Run all sweeps, a few signals at a time so that memory does not grow with the batch.

    Args:
        signal: shape ``(..., time)``.
        bank: first filters, shape ``(bands, taps)``.
        modes: how many to keep.
        iterations: of the first sweep.
        begin: makes the ascent of a sweep.
        cascade: as for ``sweeps``.

    Returns:
        The last decomposition.
    """
    bands, taps = bank.shape
    size = max(1, _budget(signal) // (bands * (signal.shape[-1] + 2 * taps**2)))
    parts = []
    for part in torch.split(signal.reshape(-1, signal.shape[-1]), size):
        for found in sweeps(part, bank, modes, iterations, begin, cascade=cascade):
            last = found
        parts.append(last)
    lead = signal.shape[:-1]
    joined = (torch.cat(field) for field in zip(*parts, strict=True))
    return Decomposition(*(field.reshape(*lead, *field.shape[1:]) for field in joined))


def check_request(signal: Tensor, taps: int, bands: int, modes: int, iterations: int) -> None:
    """Refuse a decomposition that cannot be done.

    Raises:
        ValueError: If the filters do not fit into the signal, or more modes than bands, none, or
            no iteration were asked for.
    """
    time = signal.shape[-1]
    if taps > time:
        raise ValueError(f"expected filters of 3 to {time} taps (the signal's length), got {taps}")
    if not 1 <= modes <= bands:
        raise ValueError(f"expected 1 to {bands} modes (the number of bands), got {modes}")
    if iterations < 1:
        raise ValueError(f"expected at least one iteration, got {iterations}")


def solve_each(factor: Tensor, right: Tensor) -> Tensor:
    """Solutions for several right-hand sides, in groups that share a Cholesky factor.

    Args:
        factor: lower, float64, shape ``(..., groups, taps, taps)``.
        right: shape ``(..., modes, taps)``, with ``groups`` equal to 1 or ``modes``.

    Returns:
        Float64, shape ``(..., modes, taps)``.
    """
    grouped = right.double().reshape(*factor.shape[:-2], -1, right.shape[-1])
    return torch.cholesky_solve(grouped.mT, factor).mT.reshape(right.shape)


def _unit_peak(signal: Tensor) -> tuple[Tensor, Tensor]:
    """Signals of peak 1 and their peaks: what a long cascade amplifies may pass float32.

    Signals that are not finite become zero, so that they disturb nobody.
    """
    peak = signal.abs().amax(-1, keepdim=True)
    usable = (peak > 0) & peak.isfinite()
    peak = torch.where(usable, peak, 1.0)
    return torch.where(usable, signal / peak, 0.0), peak


def _unit_norm(filters: Tensor, before: Tensor) -> Tensor:
    """Filters of unit norm; those of a silent signal, which have none, stay as they were."""
    norm = filters.norm(dim=-1, keepdim=True)
    scaled = (filters / norm).to(before.dtype)
    return torch.where((norm > 0) & norm.isfinite(), scaled, before)


def _take(rows: Tensor, kept: Tensor) -> Tensor:
    """Rows of the modes kept, ``(..., modes, values) -> (..., kept, values)``."""
    return rows.gather(-2, kept[..., None].expand(*kept.shape, rows.shape[-1]))


def _distinct(modes: Tensor, objective: Tensor) -> Tensor:
    """Indices of all modes but one: of the most correlated pair, that with less objective."""
    count = modes.shape[-2]
    centred = modes - modes.mean(-1, keepdim=True)
    covariance = centred @ centred.mT
    power = covariance.diagonal(dim1=-2, dim2=-1)
    scale = (power[..., :, None] * power[..., None, :]).sqrt()
    likeness = torch.where(scale > 0, covariance.abs() / scale, 0.0).triu(1)
    # column by column, so that among equals the first column wins, as in the published code
    pair = likeness.mT.flatten(-2).argmax(-1, keepdim=True)
    row, column = pair % count, pair // count
    leaves = torch.where(objective.gather(-1, row) > objective.gather(-1, column), column, row)
    kept = torch.arange(count - 1, device=modes.device)
    return kept + (kept >= leaves)
