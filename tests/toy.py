"""A data module of a few short tones, for tests that need any data at all."""

from functools import partial
from typing import Any

import numpy as np
import torch

from datamodules import PairedDataModule, Recording

CLASSES = ("low", "middle", "high")


def tone(
    label: str | None,
    domain: str = "a",
    *,
    name: str = "",
    samples: int = 4000,
    rate: float = 1000.0,
    channels: int = 1,
    rpm: float | None = 600.0,
    bearing: str = "",
) -> Recording:
    """A noisy tone whose pitch is its class and whose noise is its name."""
    recording_id = name or f"{domain}-{label}"
    rng = np.random.default_rng(sum(map(ord, recording_id)))
    pitch = 50.0 * (1 + (CLASSES.index(label) if label in CLASSES else 0))
    time = np.arange(samples) / rate
    signal = np.sin(2 * np.pi * pitch * time) + 0.3 * rng.standard_normal((channels, samples))
    return Recording(
        torch.from_numpy(signal.astype(np.float32)),
        rate,
        rpm,
        label,
        domain,
        recording_id,
        bearing or f"bearing of {recording_id}",
    )


class ToyDataModule(PairedDataModule):
    """Three tones in two domains.

    Args:
        source: domain a.
        target: domain b.
        recordings: by domain, instead of the three tones.
    """

    def __init__(
        self,
        source: str = "a",
        target: str = "b",
        recordings: dict[str, list[Recording]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.given = recordings

    def all_classes(self) -> list[str]:
        return list(CLASSES)

    def domains(self) -> list[str]:
        return list(self.given) if self.given else ["a", "b"]

    def readers(self, domain: str):
        if self.given:
            return [partial(lambda r: r, recording) for recording in self.given[domain]]
        return [partial(tone, label, domain) for label in CLASSES]


def toy(**kwargs: Any) -> ToyDataModule:
    """The three tones in windows of 128 and batches of 8."""
    from datamodules import Windowing

    return ToyDataModule(**{"windowing": Windowing(128, overlap=0.5), "batch_size": 8, **kwargs})
