"""The light 1-D CNN that diagnoses what ED-GAFMD has filtered."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.convolution import Conv1d


class LightCNN(FeatureNetwork):
    """Three convolutions, each with max pooling by four, the mean over time, and a dense layer.

    Windows need at least 64 samples. The second dense layer of the paper is the task's classifier.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).
        num_features: units of the dense layer. The paper does not say; 128 is a reading.

    Reference: the 1D-CNN of ED-GAFMD, doi 10.1177/10775463261461759, section 2: kernels 11, 9, 7,
    channels 64, 128, 256. Readings: no batch norm, since none is named; ReLU; a global pooling that
    averages.
    """

    min_time = 64  # 4 * 4 * 4

    def __init__(self, in_channels: int = 1, num_features: int = 128) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.num_features = num_features
        # Pooled before ReLU: the same result, ReLU on a quarter of the samples.
        self.blocks = nn.Sequential(
            *(Conv1d(in_channels, 64, 11, padding=5), nn.MaxPool1d(4), nn.ReLU()),
            *(Conv1d(64, 128, 9, padding=4), nn.MaxPool1d(4), nn.ReLU()),
            *(Conv1d(128, 256, 7, padding=3), nn.MaxPool1d(4), nn.ReLU()),
        )
        self.dense = nn.Sequential(nn.Linear(256, num_features), nn.ReLU())

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, num_features)``."""
        self.check(signal)
        hidden = self.blocks(signal)  # (batch, 256, time / 64)
        features: Tensor = self.dense(hidden.mean(2))
        return features
