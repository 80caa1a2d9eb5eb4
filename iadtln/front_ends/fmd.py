"""Feature mode decomposition of recordings with given parameters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from datamodules.recording import Recording
from datamodules.transforms import RecordingTransform
from iadtln.front_ends.mode_search import filling
from iadtln.front_ends.raw import Raw
from iadtln.signals.fmd import fmd
from iadtln.signals.indices import kurtosis

Keep = Literal["greatest", "all"]


class FeatureModes(RecordingTransform):
    """Feature modes of a recording, block by block.

    Args:
        modes: see :class:`FMD`.
        bands: see :class:`FMD`.
        taps: see :class:`FMD`.
        iterations: see :class:`FMD`.
        block_samples: see :class:`FMD`.
        keep: see :class:`FMD`.
    """

    fits_each = True

    def __init__(
        self, modes: int, bands: int, taps: int, iterations: int, block_samples: int, keep: Keep
    ) -> None:
        super().__init__()
        if not 1 <= modes <= bands or taps < 3 or iterations < 1 or block_samples < 4 * taps:
            raise ValueError(
                "expected 1 <= modes <= bands, taps >= 3, iterations >= 1 and block_samples of 4 "
                f"taps or more, got {modes}, {bands}, {taps}, {iterations} and {block_samples}"
            )
        self.modes, self.bands, self.taps, self.iterations = modes, bands, taps, iterations
        self.block_samples = block_samples
        self.keep = keep

    def lead(self, before: Recording, after: Recording) -> int:
        """Samples in which the filters fill up; blocks of equal length leave some at the end."""
        passes = 1 + self.bands - self.modes
        return filling(self.taps, passes, min(before.num_samples, self.block_samples))

    def forward(self, recording: Recording) -> Recording:
        """Return the modes; the first samples, in which the filters fill up, are left out."""
        time = recording.num_samples
        lead = self.lead(recording, recording)
        count = max(1, round((time - lead) / self.block_samples))
        step = (time - lead) // count
        used = slice(lead, lead + count * step)
        # each block starts early, so that its filters are full when its turn comes
        blocks = recording.signal[:, : used.stop].unfold(-1, lead + step, step)
        signal = self._of_blocks(blocks, lead, round(recording.sampling_rate))
        rpm = recording.rpm
        if rpm is not None and not isinstance(rpm, float):
            rpm = rpm[used]
        return replace(recording, signal=signal, rpm=rpm)

    def _of_blocks(self, blocks: Tensor, lead: int, max_lag: int) -> Tensor:
        """Modes of ``(channels, blocks, samples)`` in one row a channel, or a channel and mode."""
        found = fmd(blocks, self.taps, self.bands, self.modes, self.iterations, max_lag=max_lag)
        modes = found.modes[..., lead:]
        # a filter's gain is arbitrary, and another in each block
        power = modes.square().mean(-1, keepdim=True)
        modes = torch.where(power > 0, modes * power.rsqrt(), 0.0)
        if self.keep == "greatest":
            best = kurtosis(modes).argmax(-1)[..., None, None]
            modes = modes.take_along_dim(best, dim=-2)
        return modes.transpose(1, 2).flatten(-2).flatten(0, 1)  # (channels * modes, time)


class FMD(Raw):
    """Feature mode decomposition of whole recordings, then windows as they are.

    Each mode is what a filter lets through that was fitted to make impulses repeat at a period
    which the mode itself shows: no speed and no geometry is needed. The filters are fitted anew in
    each block, whose modes have deviation 1 each.

    Args:
        modes: of the decomposition, n.
        bands: filters that the decomposition starts with, K.
        taps: length of the filters, L; the published code takes 30.
        iterations: outputs computed in the first sweep, of which each band that must go takes 2.
        block_samples: length of a block, about. Long enough for many fault periods; periods up to
            one second, or one revolution on an angle axis, are looked for.
        keep: ``greatest`` takes the mode of greatest kurtosis in each block, ``all`` makes each
            mode a channel, low frequencies first.

    Reference: Miao et al., Feature mode decomposition, IEEE TIE 2022.
    """

    def __init__(
        self,
        modes: int = 2,
        bands: int = 7,
        taps: int = 30,
        iterations: int = 20,
        block_samples: int = 32768,
        keep: Keep = "greatest",
    ) -> None:
        super().__init__()
        self.options = modes, bands, taps, iterations, block_samples
        self.keep: Keep = keep
        self.recording_transforms()  # wrong options fail here, not after the data are read

    @property
    def channel_factor(self) -> int:
        """Number of modes where all are kept."""
        return self.options[0] if self.keep == "all" else 1

    @property
    def recording_factor(self) -> int:
        """The same."""
        return self.channel_factor

    def recording_transforms(self) -> Sequence[RecordingTransform]:
        """Return the decomposition."""
        return [FeatureModes(*self.options, self.keep)]
