"""The contract of every network: windows in, features out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class FeatureNetwork(nn.Module, ABC):
    """Maps windows to feature vectors; the task adds the classifier.

    Attributes:
        num_features: width of the feature vectors.
        in_channels: channels of the windows.
        min_time: the shortest window in samples.
    """

    num_features: int
    in_channels: int
    min_time: int

    @abstractmethod
    def forward(self, signal: Tensor) -> Tensor:
        """Return features.

        Args:
            signal: windows of shape ``(batch, channels, time)``.

        Returns:
            Features of shape ``(batch, num_features)``.
        """

    def check(self, signal: Tensor) -> None:
        """Refuse windows that this network cannot read.

        Raises:
            ValueError: If the number of channels is another or the windows are too short.
        """
        name = type(self).__name__
        if signal.dim() != 3 or signal.shape[1] != self.in_channels:
            raise ValueError(
                f"{name} expects windows of shape (batch, {self.in_channels}, time), got "
                f"{tuple(signal.shape)}; set in_channels to the data's number of channels"
            )
        if signal.shape[2] < self.min_time:
            raise ValueError(
                f"{name} expects windows of at least {self.min_time} samples, got "
                f"{signal.shape[2]}; choose longer windows"
            )
