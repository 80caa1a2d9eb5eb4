"""The contract of every network: windows in, features out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class FeatureNetwork(nn.Module, ABC):
    """Maps windows to feature vectors; the task adds the classifier.

    Attributes:
        num_features: width of the feature vectors.
    """

    num_features: int

    @abstractmethod
    def forward(self, signal: Tensor) -> Tensor:
        """Return features.

        Args:
            signal: windows of shape ``(batch, channels, time)``.

        Returns:
            Features of shape ``(batch, num_features)``.
        """
