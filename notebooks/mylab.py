"""Your own loss, front end and data set: a file beside you, no fork of iadtln.

    cd notebooks
    python -m iadtln fit --config mylab.yaml --config ../configs/recipe/short.yaml

`mylab.yaml` names them; the help of each (`fit --data.help mylab.MyRig`) is its docstring.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from datamodules import PairedDataModule, Recording
from iadtln.distributed import gather
from iadtln.front_ends import FrontEnd
from iadtln.losses import TransferLoss

SPEEDS = {"slow": 1200.0, "fast": 1800.0}  # domain -> revolutions per minute


class MeanGap(TransferLoss):
    """Mean squared difference between the mean features of both domains.

    Args:
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase.
    """

    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return a scalar; ``gather`` joins the batches of all processes, with gradient."""
        gap = gather(source_features).mean(0) - gather(target_features).mean(0)
        return gap.square().mean()


class Square(FrontEnd):
    """Each sample beside its square, as a second channel."""

    @property
    def channel_factor(self) -> int:
        """Channels that come out for each that goes in."""
        return 2

    def transform(self, signal: Tensor) -> Tensor:
        """Return ``(batch, 2 * channels, time)`` from ``(batch, channels, time)``."""
        return torch.cat([signal, signal.square()], dim=1)


class MyRig(PairedDataModule):
    """Two speeds of a rig, healthy or knocking four times a turn; read your files instead.

    Args:
        source: labelled domain, ``slow`` or ``fast``.
        target: unlabelled domain.
        seconds: length of each recording.
        kwargs: windows, splits and loaders, as for every data module.
    """

    def __init__(
        self, source: str = "slow", target: str = "fast", seconds: float = 60.0, **kwargs: Any
    ) -> None:
        self.seconds = seconds
        super().__init__(source, target, **kwargs)

    def all_classes(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return ["healthy", "knocking"]

    def domains(self) -> list[str]:
        """Speeds."""
        return list(SPEEDS)

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each recording of a domain, which reads it when called."""
        return [partial(measure, domain, label, self.seconds) for label in self.all_classes()]


def measure(domain: str, label: str, seconds: float, rate: float = 8192.0) -> Recording:
    """Stand-in for a measurement: noise, and knocks that ring at 2 kHz."""
    generator = torch.Generator().manual_seed(sum(map(ord, domain + label)))
    time = torch.arange(round(seconds * rate)) / rate
    since_knock = time % (60.0 / SPEEDS[domain] / 4)
    ring = torch.exp(-800 * since_knock) * torch.sin(2 * torch.pi * 2000 * since_knock)
    noise = torch.randn(len(time), generator=generator)
    return Recording(
        signal=(noise + 5 * ring * (label == "knocking"))[None],
        sampling_rate=rate,
        rpm=SPEEDS[domain],
        label=label,
        domain=domain,
        recording_id=f"{domain} {label}",
        bearing_id=label,
    )
