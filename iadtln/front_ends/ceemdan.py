"""CEEMDAN of recordings, block by block: the impulsive modes, added up again. A slow baseline."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.front_ends.raw import Raw
from iadtln.signals.ceemdan import ceemdan
from iadtln.signals.mode_choice import Rule, reconstruct


class EmpiricalModes(RecordingTransform):
    """Impulsive empirical modes of a recording, block by block.

    Args:
        trials: see :class:`CEEMDAN`.
        noise: see :class:`CEEMDAN`.
        max_modes: see :class:`CEEMDAN`.
        block_samples: see :class:`CEEMDAN`.
        keep: see :class:`CEEMDAN`.
    """

    def __init__(
        self, trials: int, noise: float, max_modes: int | None, block_samples: int, keep: Rule
    ) -> None:
        super().__init__()
        if (
            trials < 1
            or noise < 0
            or block_samples < 16
            or (max_modes is not None and max_modes < 1)
        ):
            raise ValueError(
                "expected trials and max_modes of 1 or more, noise of 0 or more and block_samples "
                f"of 16 or more, got {trials}, {max_modes}, {noise} and {block_samples}"
            )
        self.trials, self.noise, self.max_modes = trials, noise, max_modes
        self.block_samples, self.keep = block_samples, keep

    def forward(self, recording: Recording) -> Recording:
        """Return the recording made of its impulsive modes, cut to whole blocks."""
        size = min(self.block_samples, recording.num_samples)
        time = recording.num_samples // size * size
        blocks = recording.signal[:, :time].reshape(len(recording.signal), -1, size)
        modes = ceemdan(blocks, self.trials, self.noise, self.max_modes)
        rpm = recording.rpm[:time] if isinstance(recording.rpm, np.ndarray) else recording.rpm
        return replace(recording, signal=reconstruct(modes, self.keep).flatten(1), rpm=rpm)


class CEEMDAN(Raw):
    """Complete ensemble empirical mode decomposition of recordings, then windows as they are.

    The baseline CEEMDAN-CNN: each block is decomposed by itself, and its impulsive modes are added
    up. With 100 trials some ten seconds a block of 2048 samples, done once and cached: prepare it
    with ``python -m iadtln preprocess``.

    Args:
        trials: copies of the signal with noise that are averaged.
        noise: its standard deviation, over that of what is left to decompose.
        max_modes: of a block, at most; null until nothing oscillates.
        block_samples: length of a block.
        keep: ``above_mean`` adds up the modes whose kurtosis is above the mean over the modes,
            ``greatest`` takes the one of greatest kurtosis.

    Reference: Torres et al., ICASSP 2011; which modes the papers feed to a network is not said.
    """

    def __init__(
        self,
        trials: int = 100,
        noise: float = 0.005,
        max_modes: int | None = None,
        block_samples: int = 2048,
        keep: Rule = "above_mean",
    ) -> None:
        super().__init__()
        self.options = trials, noise, max_modes, block_samples, keep
        self.recording_transforms()  # wrong options fail here, not after the data are read

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return the decomposition."""
        return [EmpiricalModes(*self.options)]
