"""What is exported: from windows as they were measured to logits and probabilities."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from datamodules.datasets import standardise
from datamodules.pairing import Pair
from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.diagnosis import Diagnosis
from iadtln.front_ends import FrontEnd


class EachWindow(nn.Module):
    """Mean 0 and deviation 1 of each channel in each window."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return the standardised windows."""
        return standardise(signal)


class FixedScale(nn.Module):
    """Mean and deviation of each channel, as the source's training part had them.

    Args:
        statistics: means and deviations, shape ``(2, channels)``.
    """

    statistics: Tensor

    def __init__(self, statistics: Tensor) -> None:
        super().__init__()
        self.register_buffer("statistics", statistics)

    def forward(self, signal: Tensor) -> Tensor:
        """Return the scaled windows."""
        mean, deviation = self.statistics[:, :, None]
        scaled: Tensor = (signal - mean) / deviation
        return scaled


def normaliser(pair: Pair) -> nn.Module:
    """What the data module does to each batch of windows, as a module that can be exported."""
    if pair.normalisation == "window":
        return EachWindow()
    if pair.normalisation == "source":
        return FixedScale(pair.source.statistics())
    return nn.Identity()


class FilterWindows(nn.Module):
    """Band-passes and envelopes of whole recordings, done to each window instead.

    Args:
        steps: transforms that need no speed and keep the number of samples.
        sampling_rate: of the windows in hertz.
    """

    def __init__(self, steps: Sequence[RecordingTransform], sampling_rate: float) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.sampling_rate = sampling_rate

    def forward(self, signal: Tensor) -> Tensor:
        """Return filtered windows, ``(batch, channels, time)`` like ``signal``."""
        # transforms know channels but no batch: every window becomes a channel
        rows = Recording(signal.flatten(0, 1), self.sampling_rate, None, None, "", "window")
        for step in self.steps:
            rows = replace(step(rows), recording_id="window")
        return rows.signal.reshape(signal.shape)


class Exported(nn.Module):
    """Windows in, logits and probabilities out: everything between is inside.

    Args:
        model: network and classifier of a checkpoint.
        front_end: of the same checkpoint.
        normalise: what the data module does to windows, see :func:`normaliser`.
        filters: what is done to windows before that.
    """

    def __init__(
        self,
        model: Diagnosis,
        front_end: FrontEnd,
        normalise: nn.Module,
        filters: FilterWindows | None = None,
    ) -> None:
        super().__init__()
        self.filters = filters or nn.Identity()
        self.normalise = normalise
        self.front_end = front_end
        self.network, self.classifier = model.network, model.classifier
        self.eval().requires_grad_(False)

    def forward(self, signal: Tensor) -> dict[str, Tensor]:
        """Diagnose windows.

        Args:
            signal: raw windows, float32, shape ``(batch, channels, time)``.

        Returns:
            ``logits`` and ``probabilities``, each ``(batch, classes)``.
        """
        seen = self.normalise(self.filters(signal))
        logits = self.classifier(self.network(self.front_end(seen)))
        return {"logits": logits, "probabilities": torch.softmax(logits, dim=-1)}
