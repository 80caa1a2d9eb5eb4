"""MCKD of one record with a whole population of settings, for a search over them.

The Gram matrix of a short filter is the leading block of that of a long one, and so are its
Cholesky factor and the inverse of that: one factorisation a record serves every candidate, and the
updates of all filters are two matrix products.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.signals.correlated_kurtosis import Delays, whole_periods
from iadtln.signals.fir import factorise, gram
from iadtln.signals.mckd import Keep, impulse, refine, rows_at_once, standardise
from iadtln.signals.overlap_save import BlockedSignal

# Of the power, added to the Gram matrices: what lies 100 dB below is rounding, and the search would
# find the pulses in it where a recording was low-passed.
RIDGE = 1e-10


class PreparedRecords(NamedTuple):
    """Records with all that does not depend on the candidates, from ``prepare_records``.

    Args:
        signal: centred, of peak 1, zero if constant, shape ``(..., time)``.
        scale: the peaks, shape ``(..., 1)``.
        inverse_factor: inverse of the lower Cholesky factor of the Gram matrix, shape
            ``(..., taps, taps)`` for the longest filter.
        usable: False for records that are constant or not finite, shape ``(...)``.
    """

    signal: Tensor
    scale: Tensor
    inverse_factor: Tensor
    usable: Tensor


class PopulationResult(NamedTuple):
    """What MCKD found for each candidate.

    Args:
        filters: the best filters, zero behind their own length, shape
            ``(..., candidates, taps)``; a unit impulse for a candidate that is not feasible.
        log_kurtosis: natural logarithm of the correlated kurtosis before each update, shape
            ``(..., candidates, iterations)``; minus infinity for one that is not feasible.
        feasible: False where ``shifts * period`` does not fit into the record or the record is
            not usable, shape ``(..., candidates)``: a search puts infinity in its place.
    """

    filters: Tensor
    log_kurtosis: Tensor
    feasible: Tensor


def prepare_records(signal: Tensor, taps_max: int = 700) -> PreparedRecords:
    """Centre records and factorise their Gram matrices, once before a search.

    Args:
        signal: shape ``(..., time)``; in float32 only the factorisation is done in float64.
        taps_max: length of the longest filter of the search; 700 in the AMOMCKD paper.

    Returns:
        The records, ready for ``mckd_population``.

    Raises:
        ValueError: If the filter is longer than the signal or has fewer than two taps.
    """
    time = signal.shape[-1]
    if not 2 <= taps_max <= time:
        raise ValueError(
            f"expected taps_max from 2 to {time} (the record's length), got {taps_max}"
        )
    centred, scale, usable = standardise(signal)
    eye = torch.eye(taps_max, dtype=torch.float64, device=signal.device)
    inverse = torch.empty(*signal.shape[:-1], taps_max, taps_max).to(signal)
    flat, target = centred.reshape(-1, time), inverse.view(-1, taps_max, taps_max)
    size = rows_at_once(flat, taps_max)
    for i in range(0, len(flat), size):
        matrix = gram(flat[i : i + size], taps_max)
        matrix.diagonal(dim1=-2, dim2=-1).mul_(1 + RIDGE)
        factor, _ = factorise(matrix)
        target[i : i + size] = torch.linalg.solve_triangular(factor, eye, upper=False)
    return PreparedRecords(centred, scale, inverse, usable)


def mckd_population(
    records: PreparedRecords,
    taps: Tensor,
    period: Tensor,
    shifts: int | Tensor = 1,
    iterations: int = 30,
    *,
    keep: Keep = "matlab",
) -> PopulationResult:
    """Run MCKD on each record with each of its candidates.

    Each candidate gives what ``mckd`` gives with its settings; periods are rounded to whole
    samples. Candidates are worked on in chunks of one record and similar length, so that memory
    does not grow with the population.

    Args:
        records: from ``prepare_records``.
        taps: whole lengths of the filters, shape ``(..., candidates)``.
        period: samples between two pulses, likewise.
        shifts: periods that a pulse train spans, one number or likewise.
        iterations: updates of each filter.
        keep: which filter is the best, see ``mckd``.

    Returns:
        The filters, to be used with ``evaluate_filters``, and which candidates are feasible.

    Raises:
        ValueError: If a filter is longer than the records were prepared for, or a setting too low.

    Example:
        >>> from iadtln.signals.mckd_population import evaluate_filters, prepare_records
        >>> record = torch.randn(2000, generator=torch.Generator().manual_seed(0))
        >>> records = prepare_records(record, taps_max=60)
        >>> found = mckd_population(records, torch.tensor([20, 60]), torch.tensor([80.0, 2000.0]))
        >>> spread = evaluate_filters(records, found.filters, lambda y: y.std(-1))
        >>> spread.masked_fill(~found.feasible, torch.inf).isinf()
        tensor([False,  True])

    Reference: the factor shared by all filter lengths is ours; settings searched as in AMOMCKD,
    Scientific Reports 2025, doi 10.1038/s41598-025-96106-3.
    """
    taps = taps.to(records.signal.device)
    counts = torch.as_tensor(shifts, device=taps.device).expand(taps.shape)
    periods = whole_periods(period, taps[..., None])  # one for each candidate
    _require_candidates(records, taps, counts, iterations)
    time, longest = records.signal.shape[-1], records.inverse_factor.shape[-1]
    feasible = (counts * periods < time) & records.usable[..., None]
    filters = impulse(0, longest, records.signal).repeat(*taps.shape, 1)
    history = records.signal.new_full((*taps.shape, iterations), -torch.inf)
    flat = (taps.flatten(), periods.flatten(), counts.flatten())
    for rows in _chunks(flat[0], flat[2], feasible, rows_at_once(records.signal, 1)):
        delays = Delays(flat[1][rows], int(flat[2][rows[0]]), time)
        record = int(rows[0]) // taps.shape[-1]
        best, course = _refine_chunk(records, record, flat[0][rows], delays, iterations, keep)
        filters.view(-1, longest)[rows] = F.pad(best, (0, longest - best.shape[-1]))
        history.view(-1, iterations)[rows] = course
    return PopulationResult(filters, history, feasible)


def _refine_chunk(
    records: PreparedRecords,
    record: int,
    taps: Tensor,
    delays: Delays,
    iterations: int,
    keep: Keep,
) -> tuple[Tensor, Tensor]:
    """Best filters, as wide as the longest of them, and log kurtosis of some candidates."""
    widest = int(taps.max())
    longest = records.inverse_factor.shape[-1]
    factor = records.inverse_factor.view(-1, longest, longest)[record, :widest, :widest]
    within = torch.arange(widest, device=taps.device) < taps[:, None]

    def solve(correlation: Tensor) -> Tensor:
        # C^-1 g up to the own length, then C^-T: the rows of a longer filter do not enter
        return ((correlation @ factor.T) * within) @ factor

    middle = ((taps + 1) // 2 - 1)[:, None]
    first = records.signal.new_zeros(within.shape).scatter(1, middle, 1.0)
    first = first.scatter(1, middle + 1, -1.0)
    blocked = BlockedSignal(records.signal.view(-1, delays.time)[record], widest)
    return refine(blocked, solve, first, delays, iterations, keep)


def evaluate_filters(
    records: PreparedRecords, filters: Tensor, objective: Callable[[Tensor], Tensor]
) -> Tensor:
    """Filter the records and keep only what an objective says about the results.

    Args:
        records: from ``prepare_records``.
        filters: shape ``(..., candidates, taps)``, as from ``mckd_population``.
        objective: maps filtered signals of shape ``(rows, time)`` to ``(rows, ...)``.

    Returns:
        Shape ``(..., candidates, ...)``. The filtered signals of a large population are never in
        memory at once.
    """
    flat = records.signal.reshape(-1, records.signal.shape[-1])
    scale, groups = records.scale.reshape(-1), filters.reshape(len(flat), *filters.shape[-2:])
    size = rows_at_once(flat, 1)
    scores = []
    for signal, peak, group in zip(flat, scale, groups, strict=True):
        blocked = BlockedSignal(signal, filters.shape[-1])
        scores += [objective(blocked.filter(part) * peak) for part in torch.split(group, size)]
    joined = torch.cat(scores)
    return joined.reshape(filters.shape[:-1] + joined.shape[1:])


def _require_candidates(
    records: PreparedRecords, taps: Tensor, shifts: Tensor, iterations: int
) -> None:
    leading, longest = records.signal.shape[:-1], records.inverse_factor.shape[-1]
    if taps.shape[:-1] != leading:
        raise ValueError(
            f"expected candidates of shape {(*leading, 'candidates')}, got {tuple(taps.shape)}"
        )
    if taps.is_floating_point() or int(taps.min()) < 2 or int(taps.max()) > longest:
        raise ValueError(
            f"expected whole numbers of taps from 2 to {longest} (taps_max of prepare_records), "
            f"got {taps.min()} to {taps.max()} as {taps.dtype}"
        )
    if int(shifts.min()) < 1 or iterations < 1:
        raise ValueError(
            f"expected shifts and iterations from 1, got {int(shifts.min())} and {iterations}"
        )


def _chunks(taps: Tensor, shifts: Tensor, feasible: Tensor, size: int) -> Iterator[Tensor]:
    """Rows of one record and equal shifts, by rising length, at most ``size`` at once."""
    candidates = feasible.shape[-1]
    settings = zip(shifts.tolist(), taps.tolist(), feasible.flatten().tolist(), strict=True)
    order = sorted(
        (row // candidates, count, length, row)
        for row, (count, length, fits) in enumerate(settings)
        if fits
    )
    for _, members in groupby(order, key=lambda entry: entry[:2]):
        rows = torch.tensor([entry[3] for entry in members], device=taps.device)
        yield from torch.split(rows, size)
