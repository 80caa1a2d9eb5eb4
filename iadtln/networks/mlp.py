"""A small network for windows that a front end has turned into a few numbers."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork


class MLP(FeatureNetwork):
    """Batch norm, then two dense layers on the numbers of a window.

    Args:
        in_channels: channels of the windows.
        num_points: numbers in each channel, such as 16 of the front end ECMSE; more are averaged
            down to so many.
        hidden: units of the first dense layer.
        num_features: units of the second.
    """

    def __init__(
        self, in_channels: int = 1, num_points: int = 16, hidden: int = 128, num_features: int = 64
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.num_features = num_features
        self.min_time = num_points
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool1d(num_points),
            nn.BatchNorm1d(in_channels),
            nn.Flatten(),
            nn.Linear(in_channels * num_points, hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_features),
            nn.ReLU(),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, num_features)``."""
        self.check(signal)
        features: Tensor = self.layers(signal)
        return features
