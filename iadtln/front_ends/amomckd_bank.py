"""A bank of searched filters, one for each fault: a batch of windows costs one convolution."""

from collections.abc import Sequence

import lightning.pytorch as pl
import torch
from torch import Tensor
from tqdm.auto import tqdm

from datamodules.recording import Recording
from iadtln.front_ends.fault_orders import fault_orders, samples_per_revolution
from iadtln.front_ends.filter_search import FilterSearch, weighed
from iadtln.front_ends.searched_bank import SearchedBank
from iadtln.signals.bearing import BallSpin, BearingGeometry


class AMOMCKDBank(SearchedBank):
    """Windows through one filter for each fault order, searched once on the training parts.

    For each order, a filter is searched on every recording of source and target, labels unseen,
    with periods within a few percent of the fault's. Kept is the one whose filtered recording has
    the least sum of both objectives (one over kurtosis, envelope entropy over ln N). The filters
    bring out what rings, so they serve all speeds; they are part of a checkpoint.

    Args:
        geometry: of the bearing; its orders are those of outer race, inner race and balls.
        bsf: ``seed`` for the strikes of a defect on a ball (twice the ball spin frequency),
            ``standard`` for the ball spin frequency itself.
        orders: strikes per revolution to look for instead of those of the geometry.
        slip: how far the period may be from the fault's, as a share: balls slip by 1 to 2 %.
        search: optimiser, ranges and size of the search; filters should be much shorter than
            windows.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.

    Reference: AMOMCKD-CNN, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3, for the
    objectives; the bank is ours.
    """

    found: Tensor

    def __init__(
        self,
        geometry: BearingGeometry = BearingGeometry(),  # noqa: B008 (frozen)
        bsf: BallSpin = "seed",
        orders: list[float] | None = None,
        slip: float = 0.02,
        search: FilterSearch = FilterSearch(  # noqa: B008 (frozen)
            population=20, generations=10, taps_max=128, max_samples=8192
        ),
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if not 0 <= slip < 1:
            raise ValueError(f"expected a slip from 0 to below 1, got {slip}")
        self.orders, self.slip, self.search = fault_orders(geometry, bsf, orders), slip, search
        self.expect(len(self.orders))
        self.register_buffer("found", torch.empty(len(self.orders), 0))

    def fit(self, recordings: Sequence[Recording]) -> None:
        """Search on every channel of every recording and keep the best filter of each order.

        Raises:
            SamplingRateError: If the speed of a recording is not known.
            ValueError: If a recording is too short for a pulse train.
        """
        length = self.search.samples(min(r.num_samples for r in recordings))  # to compare at
        signal = torch.cat([r.signal[:, :length] for r in recordings])
        revolution = [samples_per_revolution(r, "AMOMCKDBank") for r in recordings]
        channels = torch.tensor([len(r.signal) for r in recordings])
        revolutions = torch.tensor(revolution, dtype=torch.float64).repeat_interleave(channels)
        period = revolutions[:, None] / torch.tensor(self.orders, dtype=torch.float64)
        found = self.search(
            signal, period * (1 - self.slip), period * (1 + self.slip), "search of filters"
        )
        # not by correlated kurtosis, which grows with the length and the period of a filter
        score = weighed(found.objectives, length)  # (signals, orders)
        if not score.isfinite().any(0).all():
            raise ValueError("no filter was found for an order: take longer recordings")
        best, order = score.argmin(0), torch.arange(len(self.orders))
        self.filters = found.filters[best, order].to(self.filters.device)
        owner = torch.arange(len(recordings)).repeat_interleave(channels)[best]
        facts = [owner, found.taps[best, order], found.period[best, order]]
        values = found.objectives[best, order]
        self.found = torch.column_stack([*(fact.to(values) for fact in facts), values])

    def describe(self) -> list[str]:
        """Say what the search has found, one line an order."""
        return [
            f"filter for order {order:.3f}: {taps:.0f} taps, period {period:.0f} samples, kurtosis "
            f"{1 / inverse:.2f} and envelope entropy {entropy:.3f} on recording {owner:.0f}"
            for order, (owner, taps, period, inverse, entropy) in zip(
                self.orders, self.found.tolist(), strict=True
            )
        ]

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Plug in, search if need be and say what was found."""
        super().setup(trainer, pl_module, stage)
        if stage == "fit" and trainer.is_global_zero:
            tqdm.write("\n".join(self.describe()))
