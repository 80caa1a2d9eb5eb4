"""A network that treats each window by itself, so that a batch in parts is the batch."""

from torch import Tensor, nn

from iadtln.networks import FeatureNetwork


class Plain(FeatureNetwork):
    """One convolution and its largest values: no batch norm, no dropout."""

    def __init__(self, in_channels: int = 1) -> None:
        super().__init__()
        self.num_features, self.in_channels, self.min_time = 8, in_channels, 32
        self.convolution = nn.Conv1d(in_channels, self.num_features, self.min_time, stride=4)

    def forward(self, signal: Tensor) -> Tensor:
        features: Tensor = self.convolution(signal).relu().amax(-1)
        return features
