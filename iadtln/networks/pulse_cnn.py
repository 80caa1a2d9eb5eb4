"""The CNN of AMOMCKD, whose first kernel is as long as a fault pulse."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.conv_block import ConvBlock, MaxOfPairs


class PulseCNN(FeatureNetwork):
    """A first convolution as long as a fault pulse, three of three samples, the mean over time.

    Windows need at least 16 samples.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).
        pulse_length: length of the first kernel in samples, which should be that of a fault pulse
            in the training data: the paper measured 122 on Paderborn (64 kHz, 900 rpm) and 58 on
            CWRU (12 kHz).

    Raises:
        ValueError: If the pulse is shorter than one sample.

    Reference: AMOMCKD-CNN, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3. Only the first
    kernel is published; the other layers are a reading: 16, 32, 64 and 64 channels, each with
    batch norm, ReLU and max pooling by two, then the mean, which takes windows of any length as
    its Figure 13 does.
    """

    num_features = 64
    min_time = 16  # 2 * 2 * 2 * 2

    def __init__(self, in_channels: int = 1, pulse_length: int = 122) -> None:
        super().__init__()
        if pulse_length < 1:
            raise ValueError(f"PulseCNN expects pulse_length >= 1, got {pulse_length}")
        self.in_channels = in_channels
        # An even kernel keeps the length only if one side gets one zero more than the other.
        self.pad = nn.ZeroPad1d(((pulse_length - 1) // 2, pulse_length // 2))
        self.blocks = nn.Sequential(
            ConvBlock(in_channels, 16, pulse_length, MaxOfPairs()),
            ConvBlock(16, 32, 3, MaxOfPairs(), padding=1),
            ConvBlock(32, 64, 3, MaxOfPairs(), padding=1),
            ConvBlock(64, 64, 3, MaxOfPairs(), padding=1),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, 64)``."""
        self.check(signal)
        hidden: Tensor = self.blocks(self.pad(signal))  # (batch, 64, time / 16)
        return hidden.mean(2)


def channel_score(activations: Tensor, length: int) -> Tensor:
    r"""Which samples of a window a layer answers to, over all its channels.

    .. math:: s[n] = \sum_c |A_c[n]|

    scaled to lie between 0 and 1 in each window, then stretched to its length.

    Args:
        activations: of the first convolution, after its activation, shape
            ``(..., channels, points)``.
        length: samples of the windows.

    Returns:
        Linear between the points, shape ``(..., length)``; zeros where all points are equal.

    Reference: AMOMCKD-CNN, Scientific Reports 2025, doi 10.1038/s41598-025-96106-3; the sum of
    absolute values is a reading.
    """
    score = activations.abs().sum(-2)
    low, high = score.amin(-1, keepdim=True), score.amax(-1, keepdim=True)
    share = torch.where(high > low, (score - low) / (high - low), 0.0)
    rows = share.reshape(-1, 1, share.shape[-1])
    stretched = F.interpolate(rows, size=length, mode="linear", align_corners=False)
    return stretched.reshape(*share.shape[:-1], length)
