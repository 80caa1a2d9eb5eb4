"""Decompositions that find their own parameters: ED-GAFMD, and what it is compared with."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from iadtln.front_ends.mode_search import (
    MODES,
    Candidate,
    Known,
    ModeSearch,
    Rating,
    SearchedModes,
    search_filters,
)
from iadtln.search import Space
from iadtln.signals.afmd import afmd_path
from iadtln.signals.average_kurtosis import average_kurtosis
from iadtln.signals.fmd import fmd_path
from iadtln.signals.indices import feature_energy_ratio_db, kurtosis
from iadtln.signals.mode_decomposition import Decomposition
from iadtln.signals.order_tracking import envelope_order_spectrum
from iadtln.signals.period import estimate_period
from iadtln.signals.vmd import vmd

Choice = Literal["kurtosis", "average_kurtosis", "feature_energy"]
Orders = float | Sequence[float] | Literal["auto"]
VARIATIONAL_MODES, ALPHA = (2, 10), (100, 5000)  # K and alpha of GWO-VMD; our reading


def search_afmd(
    signal: Tensor,
    samples_per_revolution: float,
    fco: Orders = "auto",
    search: ModeSearch | None = None,
    choose: Choice = "kurtosis",
    iterations: int = 10,
    *,
    cascade: bool = False,
) -> SearchedModes:
    """Search the parameters of ``afmd`` for one record and choose one of its modes: ED-GAFMD.

    Args:
        signal: at equal steps of the shaft's angle, shape ``(time,)``.
        samples_per_revolution: of the signal.
        fco: fault order, impacts per revolution. Whoever classifies does not know which fault is
            there: give the orders of all faults, of which the one whose mode rates highest is
            kept, or ``auto`` to read one from the envelope's autocorrelation.
        search: how to search.
        choose: the mode of greatest ``kurtosis`` (the paper), which a single shock can have; of
            greatest ``average_kurtosis`` of its fault periods; or of greatest ``feature_energy``,
            the share of the order and its harmonics in the envelope order spectrum.
        iterations: of the first sweep, see ``afmd`` with ``schedule="fixed"``.
        cascade: see ``afmd``. Long filters of modes that are filtered already wander off to bands
            without a fault, hence False here.

    Returns:
        What was found.

    Raises:
        ValueError: If the signal is too short.

    Reference: ED-GAFMD, doi 10.1177/10775463261461759, section 2.2.
    """
    search = search or ModeSearch()
    results = []
    for order in orders_to_try(signal, samples_per_revolution, fco):
        path = _afmd_path(samples_per_revolution / order, iterations, cascade=cascade)
        rating = rating_of(choose, samples_per_revolution, order)
        results.append(search_filters(signal, path, rating, search, order, cascade=cascade))
    return max(results, key=lambda found: float(found.rating.max()))


def orders_to_try(signal: Tensor, samples_per_revolution: float, fco: Orders) -> list[float]:
    """Return the orders to try.

    Args:
        signal: on an angle axis, shape ``(time,)``.
        samples_per_revolution: of the signal.
        fco: as for ``search_afmd``; ``auto`` reads one order, of 1 or more, from the signal.
    """
    if fco == "auto":
        period = estimate_period(signal, max_lag=int(samples_per_revolution))
        return [samples_per_revolution / max(float(period), 2.0)]
    return [float(fco)] if isinstance(fco, int | float) else [float(one) for one in fco]


def require_orders(fco: Orders) -> None:
    """Raise unless the orders can be fault orders.

    Raises:
        ValueError: If there is none, or one that is not positive.
    """
    if fco == "auto":
        return
    orders = [fco] if isinstance(fco, int | float) else list(fco)
    if not orders or min(float(one) for one in orders) <= 0:
        raise ValueError(f"expected fco: auto, or fault orders above 0, got {fco}")


def rating_of(choose: Choice, samples_per_revolution: float, order: float) -> Rating:
    """Return what rates the modes, as ``search_afmd`` explains it."""
    if choose == "average_kurtosis":
        return lambda modes: average_kurtosis(modes, samples_per_revolution / order)
    if choose == "kurtosis":
        return kurtosis

    def feature_energy(modes: Tensor) -> Tensor:
        orders, spectrum = envelope_order_spectrum(modes, samples_per_revolution)
        return feature_energy_ratio_db(spectrum, orders, order)

    return feature_energy


def _afmd_path(
    period: float, iterations: int, *, cascade: bool
) -> Callable[[Tensor, int, int], Iterator[Decomposition]]:
    def path(signal: Tensor, taps: int, bands: int) -> Iterator[Decomposition]:
        return afmd_path(signal, period, taps, bands, MODES[0], iterations, cascade=cascade)

    return path


def search_fmd(
    signal: Tensor,
    max_lag: int | None = None,
    search: ModeSearch | None = None,
    iterations: int = 10,
) -> SearchedModes:
    """Search the parameters of ``fmd`` for one record: GWO-FMD.

    Args:
        signal: in time, shape ``(time,)``.
        max_lag: longest period in samples; the published code takes one second.
        search: how to search.
        iterations: of the first sweep, see ``fmd`` with ``schedule="fixed"``.

    Returns:
        What was found; the mode of greatest kurtosis is chosen.

    Raises:
        ValueError: If the signal is too short.
    """

    def path(part: Tensor, taps: int, bands: int) -> Iterator[Decomposition]:
        return fmd_path(part, taps, bands, MODES[0], iterations, max_lag=max_lag)

    search = search or ModeSearch()
    return search_filters(signal, path, kurtosis, search, None, cascade=True)


def search_vmd(
    signal: Tensor,
    search: ModeSearch | None = None,
    alpha_step: int = 100,
    max_iterations: int = 500,
) -> SearchedModes:
    """Search the number of modes and the penalty of ``vmd`` for one record: GWO-VMD.

    Args:
        signal: shape ``(time,)``.
        search: how to search.
        alpha_step: penalties are rounded to it, so that fewer are computed.
        max_iterations: see ``vmd``.

    Returns:
        What was found; the mode of greatest kurtosis is chosen.
    """
    search = search or ModeSearch()
    part = search.part(signal)

    def learn(candidate: Candidate) -> dict[Candidate, float]:
        number, alpha = candidate
        found = vmd(part, number, alpha, max_iterations=max_iterations)
        return {candidate: search.value(found.modes)}

    def rounded(candidates: Tensor) -> Tensor:
        modes, alpha = candidates.unbind(-1)
        return torch.stack([modes, (alpha / alpha_step).round() * alpha_step], -1)

    lower, upper = zip(VARIATIONAL_MODES, ALPHA, strict=True)
    space = Space(lower, upper, integer=True, repair=rounded)
    known = Known(learn)
    parameters, history = search.minimise(known, space)
    number, alpha = parameters
    modes = vmd(signal, number, alpha, max_iterations=max_iterations).modes
    filters = modes.new_zeros(len(modes), 0)
    return SearchedModes(parameters, modes, filters, kurtosis(modes), history, None, known.learnt)
