"""How long it is between two strikes of a defect, which every deconvolution here starts from."""

from collections.abc import Sequence

from datamodules.errors import SamplingRateError, where
from datamodules.recording import Recording
from iadtln.signals.bearing import BallSpin, BearingGeometry


def fault_orders(
    geometry: BearingGeometry, bsf: BallSpin, orders: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Strikes per revolution of a defect on the outer race, the inner race and a ball.

    Args:
        geometry: of the bearing.
        bsf: ``seed`` for the strikes of a defect on a ball, ``standard`` for the ball's turns.
        orders: these instead; None takes those of the geometry.

    Raises:
        ValueError: If there is no order, or one that is not positive.

    Example:
        >>> [round(order, 2) for order in fault_orders(BearingGeometry(), "seed")]
        [3.58, 5.42, 4.71]
    """
    if orders is None:
        rates = geometry.orders(bsf)
        return rates.bpfo, rates.bpfi, rates.bsf
    if not orders or min(orders) <= 0:
        raise ValueError(f"expected one fault order or more, all above 0, got {list(orders)}")
    return tuple(orders)


def samples_per_revolution(recording: Recording, who: str) -> float:
    """Samples in one (mean) revolution of the shaft.

    Args:
        recording: on a time axis of known speed, or on an angle axis.
        who: needs it, for the message.

    Raises:
        SamplingRateError: If the speed is not known.
    """
    samples = recording.samples_per_revolution
    if samples is None:
        raise SamplingRateError(
            f"{where(recording.source, recording.recording_id)}: {who} needs the shaft speed, got "
            "rpm None; give rpm in the manifest, or take another front end"
        )
    return samples
