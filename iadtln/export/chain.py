"""What is done to recordings before windows are cut: who has to do it once a model is exported."""

import inspect
from collections.abc import Sequence
from typing import TypedDict

from datamodules.band import KurtosisBand
from datamodules.transforms import BandPass, Envelope, RecordingTransform, Resample


class Step(TypedDict):
    """One thing that is done to a recording, as the model card says it.

    Attributes:
        name: class of the transform.
        settings: its options by name.
        what: one sentence.
        fitted_to_each_recording: whether it searches something in the whole recording, which
            nothing but this package repeats.
    """

    name: str
    settings: dict[str, object]
    what: str
    fitted_to_each_recording: bool


def steps_of(
    transforms: Sequence[RecordingTransform], sampling_rate: float
) -> list[RecordingTransform]:
    """The simplest transforms that a chain consists of, in order; a chosen band is a band-pass.

    Args:
        transforms: of recordings.
        sampling_rate: of the recordings as they were measured, in hertz.
    """
    steps: list[RecordingTransform] = []
    for transform in transforms:
        inner = [one for one in transform.modules() if isinstance(one, RecordingTransform)][1:]
        found = steps_of(inner, sampling_rate) if inner else [chosen(transform, sampling_rate)]
        steps += found
        rates = [one.sampling_rate for one in found if isinstance(one, Resample)]
        sampling_rate = [sampling_rate, *rates][-1]
    return steps


def chosen(transform: RecordingTransform, sampling_rate: float) -> RecordingTransform:
    """Same transform, or the band-pass of the band that was chosen."""
    if not isinstance(transform, KurtosisBand):
        return transform
    low_hz, high_hz = transform.band_hz.tolist()
    # the outermost bands begin at zero and end at half the rate, where a band-pass cannot
    low_hz, high_hz = max(low_hz, 1e-3 * sampling_rate), min(high_hz, 0.499 * sampling_rate)
    return BandPass(low_hz, high_hz, transform.order)


def filtering_tail(steps: Sequence[RecordingTransform]) -> int:
    """How many steps at the end can also be done to windows: band-passes and envelopes.

    They need no speed and keep the number of samples; only the ends of a window differ.
    """
    tail = 0
    for step in reversed(steps):
        if not isinstance(step, BandPass | Envelope):
            break
        tail += 1
    return tail


def described(steps: Sequence[RecordingTransform]) -> list[Step]:
    """Steps in words, for the model card."""
    return [
        {
            "name": type(step).__name__,
            "settings": settings_of(step),
            "what": (inspect.getdoc(step) or type(step).__name__).splitlines()[0],
            "fitted_to_each_recording": step.fits_each,
        }
        for step in steps
    ]


def settings_of(step: RecordingTransform) -> dict[str, object]:
    """Options of a transform; what is neither a number nor a word is shown as Python shows it."""
    own = {k: v for k, v in vars(step).items() if not k.startswith("_") and k != "training"}
    plain = (int, float, str, bool, type(None))
    return {name: value if isinstance(value, plain) else repr(value) for name, value in own.items()}
