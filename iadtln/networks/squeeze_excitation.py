"""Channel attention: which channels matter is read from their mean over time."""

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    r"""Scales each channel by a factor between 0 and 1 learned from all channels' means.

    .. math:: \tilde x_c = x_c \cdot \sigma(W_2\, \mathrm{ReLU}(W_1\, \bar x))_c

    Args:
        channels: number of channels.
        reduction: the bottleneck has ``channels / reduction`` units, at least one.

    With 16 channels and the paper's reduction of 16 the bottleneck is a single ReLU unit. For about
    half of all seeds it starts dead, and the factors are then constants, whatever the window.

    Reference: Hu et al., CVPR 2018; eq. 6-8 of Yang et al., Scientific Reports 2025.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return the scaled signal; both of shape ``(batch, channels, time)``."""
        rows = signal.transpose(1, 2)  # gradients of both uses then share one memory order
        gate: Tensor = self.gate(rows.mean(1))
        return (rows * gate.unsqueeze(1)).transpose(1, 2)
