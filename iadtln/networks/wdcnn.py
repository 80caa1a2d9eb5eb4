"""WDCNN, the convolutional network with a wide first kernel."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.conv_block import ConvBlock, MaxOfBins, MaxOfPairs


class WDCNN(FeatureNetwork):
    """A first convolution of 64 samples, four of three, and a dense layer of 100 units.

    The first kernel averages noise away as a band-pass filter would; the small ones deepen the
    network at little cost. Windows need at least 1024 samples. The paper's have 2048; for others
    the last pooling keeps its three values a channel by taking longer or shorter parts.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).

    Reference: Zhang et al., Sensors 2017, 17(2), 425, its table of layers. That the dense layer has
    no batch norm is a reading.
    """

    num_features = 100
    min_time = 1024  # 256 samples make one before the last convolution, which takes two away

    def __init__(self, in_channels: int = 1) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.blocks = nn.Sequential(
            ConvBlock(in_channels, 16, 64, MaxOfPairs(), stride=16, padding=24),
            ConvBlock(16, 32, 3, MaxOfPairs(), padding=1),
            ConvBlock(32, 64, 3, MaxOfPairs(), padding=1),
            ConvBlock(64, 64, 3, MaxOfPairs(), padding=1),
            ConvBlock(64, 64, 3, MaxOfBins(3)),
        )
        self.dense = nn.Sequential(nn.Linear(192, self.num_features), nn.ReLU())

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, 100)``."""
        self.check(signal)
        hidden = self.blocks(signal)  # (batch, 64, 3)
        features: Tensor = self.dense(hidden.flatten(1))
        return features
