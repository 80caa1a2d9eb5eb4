"""One filter for each fault of a bearing: pulses that return at its period, brought out."""

from collections.abc import Sequence

import torch
from torch import Tensor

from datamodules.errors import TooShortError, where
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.front_ends.fault_orders import fault_orders, samples_per_revolution
from iadtln.front_ends.filtering import faded, filtered_by, with_end
from iadtln.front_ends.raw import Raw
from iadtln.signals.bearing import BallSpin, BearingGeometry
from iadtln.signals.mckd import mckd


class FaultFilters(RecordingTransform):
    """Each channel filtered once for each fault order, so that its pulses stand out.

    Args:
        orders: strikes per revolution of each fault.
        taps: length of the filters.
        shifts: periods that a pulse train spans.
        iterations: updates of each filter.
    """

    fits_each = True

    def __init__(self, orders: Sequence[float], taps: int, shifts: int, iterations: int) -> None:
        super().__init__()
        self.orders, self.taps = tuple(orders), taps
        self.shifts, self.iterations = shifts, iterations

    def filters(self, recording: Recording) -> Tensor:
        """Find the filters, ``(channels, orders, taps)``.

        Raises:
            SamplingRateError: If the speed is not known.
            TooShortError: If filter or pulse train do not fit into the recording.
        """
        revolution = samples_per_revolution(recording, "MCKD")
        period = revolution / torch.tensor(self.orders, dtype=torch.float64)
        longest = max(self.taps - 1, self.shifts * round(float(period.max())))
        if longest >= recording.num_samples:
            raise TooShortError(
                f"{where(recording.source, recording.recording_id)}: MCKD needs more than "
                f"{longest} samples, got {recording.num_samples}; lower taps or shifts"
            )
        each = recording.signal[:, None].expand(-1, len(self.orders), -1)
        return mckd(
            faded(each, self.taps), period.to(each.device), self.taps, self.shifts, self.iterations
        ).filters

    def lead(self, before: Recording, after: Recording) -> int:
        """Samples left out: all at the beginning."""
        return before.num_samples - after.num_samples

    def forward(self, recording: Recording) -> Recording:
        """Return the filtered channels, ``(channels * orders, time - taps + 1)``.

        The orders of a channel stand side by side.
        """
        filters = self.filters(recording)
        return with_end(recording, filtered_by(recording.signal[:, None], filters).flatten(0, 1))


class MCKD(Raw):
    """Recordings filtered for each fault order by MCKD, one channel each; windows as they are.

    The period between two pulses is taken from the speed and the geometry, so no label is needed,
    and every recording is filtered for every fault. Where the speed varies within a recording, put
    AngleResample among the data module's transforms: the periods are then the same throughout.

    Args:
        geometry: of the bearing; its orders are those of outer race, inner race and balls.
        bsf: ``seed`` for the strikes of a defect on a ball (twice the ball spin frequency),
            ``standard`` for the ball spin frequency itself.
        orders: strikes per revolution to look for instead of those of the geometry.
        taps: length of the filters; with much more of it, they find pulses in noise too.
        shifts: periods that a pulse train spans; more of them ask for a steadier speed.
        iterations: updates of each filter.

    Reference: McDonald, Zhao and Zuo, Maximum correlated kurtosis deconvolution, MSSP 2012.
    """

    def __init__(
        self,
        geometry: BearingGeometry = BearingGeometry(),  # noqa: B008 (frozen)
        bsf: BallSpin = "seed",
        orders: list[float] | None = None,
        taps: int = 100,
        shifts: int = 1,
        iterations: int = 30,
    ) -> None:
        super().__init__()
        if taps < 2 or shifts < 1 or iterations < 1:
            raise ValueError(
                "expected taps of 2 or more, shifts and iterations of 1 or more, "
                f"got {taps}, {shifts} and {iterations}"
            )
        self.orders = fault_orders(geometry, bsf, orders)
        self.taps, self.shifts, self.iterations = taps, shifts, iterations

    @property
    def channel_factor(self) -> int:
        """Number of fault orders; all these channels are made before windows are cut."""
        return len(self.orders)

    @property
    def recording_factor(self) -> int:
        """Number of fault orders."""
        return len(self.orders)

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return the filters of all orders."""
        return [FaultFilters(self.orders, self.taps, self.shifts, self.iterations)]
