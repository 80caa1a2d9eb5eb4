"""SE-CNN, the feature extractor of IADTLN."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.conv_block import ConvBlock, MaxOfBins, MaxOfPairs
from iadtln.networks.squeeze_excitation import SqueezeExcitation


class SECNN(FeatureNetwork):
    """Four convolutions with squeeze-excitation after the first, then two dense layers.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).
        se: squeeze-excitation after the first convolution; false gives the plain CNN that the
            paper's comparison methods use.
        reduction: the squeeze-excitation's bottleneck has 16 / reduction units, at least one.
        dropout: share of features dropped after each dense layer in training. The paper does not
            say; 0.5 is a reading (UDTL's bottleneck).

    Reference: Yang et al., Scientific Reports 2025, Table 1 and eq. 6-8.
    """

    num_features = 256
    min_time = 32  # the shortest window that leaves four samples to the adaptive pool

    def __init__(
        self, in_channels: int = 1, se: bool = True, reduction: int = 16, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.conv1 = ConvBlock(in_channels, 16, 15)
        self.se = SqueezeExcitation(16, reduction) if se else nn.Identity()
        self.conv2 = ConvBlock(16, 32, 3, MaxOfPairs())
        self.conv3 = ConvBlock(32, 64, 3)
        self.conv4 = ConvBlock(64, 128, 3, MaxOfBins(4))
        self.dense = nn.Sequential(
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(512, self.num_features),
            nn.ReLU(),
            nn.Dropout(dropout),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, 256)``."""
        self.check(signal)
        hidden = self.se(self.conv1(signal))
        hidden = self.conv4(self.conv3(self.conv2(hidden)))  # (batch, 128, 4)
        features: Tensor = self.dense(hidden.flatten(1))
        return features
