"""The envelope of a band, on recordings: what a fault period looks like at any speed."""

from collections.abc import Sequence

from torch import nn

from datamodules.band import KurtosisBand
from datamodules.transforms import AngleResample, BandPass, Envelope, RecordingTransform
from iadtln.front_ends.raw import Raw


def band(low_hz: float | None, high_hz: float | None) -> list[RecordingTransform]:
    """Return the band-pass of two optional edges.

    Raises:
        ValueError: If only one edge is given, or they do not rise.
    """
    if low_hz is None and high_hz is None:
        return []
    if low_hz is None or high_hz is None or not 0 < low_hz < high_hz:
        raise ValueError(
            f"expected 0 < low_hz < high_hz, or null for both, got {low_hz} and {high_hz}"
        )
    return [BandPass(low_hz, high_hz)]


def given_or_chosen_band(low_hz: float | None, high_hz: float | None, levels: int) -> nn.Sequential:
    """Return the band-pass of two edges, or without any one that the recordings choose.

    It is a module, so that the band that was chosen becomes part of the checkpoint.
    """
    return nn.Sequential(*(band(low_hz, high_hz) or [KurtosisBand(levels)]))


class BandedEnvelope(Raw):
    """Band-passed Hilbert envelope in the shaft's angle, then windows as they are.

    Impacts of a bearing make the structure ring at frequencies that do not move with the speed; how
    often they come is fixed per revolution. The envelope drops the first and keeps the second, the
    angle axis lets it stand still across speeds. The envelope is taken first: it is slow, so few
    samples a revolution hold it, while the ringing would not pass the order tracking. Count windows
    in revolutions, a few fault periods each.

    Args:
        low_hz: lower edge of the band in hertz; null (with high_hz: null) lets the recordings of
            both domains choose the band in which they are most impulsive, see KurtosisBand.
        high_hz: upper edge in hertz, below half the sampling rate of every recording.
        levels: halvings of the whole band down to the narrowest that can be chosen.
        samples_per_revolution: samples in one revolution; null keeps the time axis, for machines
            whose speed is not known.
    """

    def __init__(
        self,
        low_hz: float | None = None,
        high_hz: float | None = None,
        samples_per_revolution: float | None = 320.0,
        levels: int = 4,
    ) -> None:
        super().__init__()
        self.band = given_or_chosen_band(low_hz, high_hz, levels)
        self.samples_per_revolution = samples_per_revolution
        self.recording_transforms()  # wrong options fail here, not after the data are read

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return band-pass, envelope and order tracking."""
        steps: list[RecordingTransform] = [*self.band, Envelope()]
        if self.samples_per_revolution is not None:
            steps.append(AngleResample(self.samples_per_revolution))
        return steps
