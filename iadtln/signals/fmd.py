"""Feature mode decomposition: modes that repeat impulses, found in a bank of band-pass filters."""

from collections.abc import Iterator

from torch import Tensor

from iadtln.signals.correlated_kurtosis import Delays, correlated_kurtosis, pulse_weights
from iadtln.signals.filter_bank import BankWindow, filter_bank
from iadtln.signals.fir import factorise, gram
from iadtln.signals.mode_decomposition import (
    Begin,
    Decomposition,
    Schedule,
    check_request,
    decompose,
    first_iterations,
    solve_each,
    sweeps,
)
from iadtln.signals.overlap_save import BlockedSignal
from iadtln.signals.period import estimate_period


def fmd(
    signal: Tensor,
    taps: int = 30,
    bands: int = 7,
    modes: int = 2,
    iterations: int = 20,
    *,
    schedule: Schedule = "published",
    window: BankWindow = "hanning",
    max_lag: int | None = None,
    period_bias: int = 0,
) -> Decomposition:
    r"""Feature mode decomposition.

    Every filter climbs the correlated kurtosis :math:`CK_1(T)` of its output at a period T that is
    estimated anew from each output,

    .. math:: f \leftarrow (X_0 X_0^T)^{-1} X_0 g, \quad
              g[n] = y[n] (y[n + T]^2 + y[n - T]^2), \quad f \leftarrow f / \lVert f \rVert,

    and sweep after sweep one of the two most correlated modes leaves, while the rest are filtered
    again.

    Args:
        signal: shape ``(..., time)``; in float32 only the factorisation is done in float64, and
            now and then another period or mode is chosen than in float64.
        taps: length of the filters, L.
        bands: filters at the start, K.
        modes: modes at the end, n.
        iterations: outputs computed in the first sweep, each but the last followed by an update of
            the filter; the later sweeps have 2.
        schedule: ``"published"`` takes ``2 (bands - modes)`` off ``iterations`` (and leaves at
            least 1, which is the bare bank); ``"fixed"`` does not, so that all numbers of modes
            come from one run.
        window: of the bank, see ``filter_bank``.
        max_lag: longest period in samples, see ``estimate_period``; the published code takes one
            second.
        period_bias: 0, or 2 for the published code's periods.

    Returns:
        The modes, with their filters, correlated kurtosis and periods.

    Raises:
        ValueError: If the request does not fit the signal.

    Reference: Miao, Zhang, Li, Lin and Zhang, Feature mode decomposition: new decomposition theory
    for rotating machinery fault diagnosis, IEEE TIE 2022, and its published code.
    """
    check_request(signal, taps, bands, modes, iterations)
    first = first_iterations(schedule, iterations, bands, modes)
    begin = _begin(max_lag, period_bias)
    return decompose(signal, filter_bank(taps, bands, window), modes, first, begin)


def fmd_path(
    signal: Tensor,
    taps: int = 30,
    bands: int = 7,
    fewest_modes: int = 1,
    iterations: int = 10,
    *,
    window: BankWindow = "hanning",
    max_lag: int | None = None,
    period_bias: int = 0,
) -> Iterator[Decomposition]:
    """Decompositions into ever fewer modes, each equal to ``fmd`` with ``schedule="fixed"``.

    Args:
        signal: shape ``(..., time)``; all at once, so split large batches yourself.
        taps: as for ``fmd``.
        bands: as for ``fmd``.
        fewest_modes: modes of the last decomposition.
        iterations: outputs computed in the first sweep.
        window: as for ``fmd``.
        max_lag: as for ``fmd``.
        period_bias: as for ``fmd``.

    Returns:
        An iterator over decompositions of ``bands``, ``bands - 1``, ... ``fewest_modes`` modes,
        each computed when it is asked for.

    Raises:
        ValueError: If the request does not fit the signal.
    """
    check_request(signal, taps, bands, fewest_modes, iterations)
    bank = filter_bank(taps, bands, window)
    begin = _begin(max_lag, period_bias)
    return sweeps(signal, bank, fewest_modes, iterations, begin, cascade=True)


class _CorrelatedKurtosisAscent:
    """Climbs :math:`CK_1`; the factor of the Gram matrix serves all periods and iterations."""

    def __init__(
        self, source: Tensor, taps: int, period: Tensor | None, max_lag: int | None, bias: int
    ) -> None:
        self.blocked = BlockedSignal(source, taps)
        self.factor, _ = factorise(gram(source, taps))
        self.max_lag = max_lag
        self.bias = bias
        self.latest: Tensor | None = None
        self.period = self._period(source) if period is None else period

    def _period(self, output: Tensor) -> Tensor:
        return estimate_period(output, self.max_lag, self.bias)

    def filtered(self, filters: Tensor) -> Tensor:
        return self.blocked.filter(filters)

    def direction(self, output: Tensor) -> Tensor:
        # the period of the output before this one, as in the published code; that of the last
        # output is never wanted here
        if self.latest is not None:
            self.period = self._period(self.latest)
        period = self.period.expand(output.shape[:-1])
        weights, _ = pulse_weights(output, Delays(period, 1, output.shape[-1]))
        self.latest = output
        return solve_each(self.factor, self.blocked.correlate(weights))

    def score(self, output: Tensor) -> tuple[Tensor, Tensor]:
        period = self._period(output)
        centred = output - output.mean(-1, keepdim=True)
        return correlated_kurtosis(centred, period), period


def _begin(max_lag: int | None, bias: int) -> Begin:
    return lambda source, taps, period: _CorrelatedKurtosisAscent(
        source, taps, period, max_lag, bias
    )
