"""CNN-LSTM: convolutions describe short pieces of a window, an LSTM reads them in order."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.conv_block import ConvBlock, MaxOfBins, MaxOfPairs


class CNNLSTM(FeatureNetwork):
    """Two convolutions, 25 steps through two LSTM layers in both directions, a dense layer.

    Windows need at least 50 samples.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).
        dropout: share of features dropped after the dense layer in training.

    Reference: the BiLSTM of Zhao et al., Deep learning algorithms for rotating machinery
    intelligent diagnosis: an open source benchmark study, ISA Transactions 2020, as in its public
    code: the LSTM has no biases, and all its outputs pass a second tanh into the dense layer.
    """

    num_features = 256
    min_time = 50  # two samples for each step
    num_steps = 25
    hidden_size = 64  # of one direction

    def __init__(self, in_channels: int = 1, dropout: float = 0.5) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.blocks = nn.Sequential(
            ConvBlock(in_channels, 16, 3, MaxOfPairs(), padding=1),
            ConvBlock(16, 32, 3, MaxOfBins(self.num_steps), padding=1),
        )
        self.lstm = nn.LSTM(
            32, self.hidden_size, num_layers=2, bias=False, batch_first=True, bidirectional=True
        )
        self.dense = nn.Sequential(
            nn.Linear(self.num_steps * 2 * self.hidden_size, self.num_features),
            nn.ReLU(),
            nn.Dropout(dropout),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, 256)``."""
        self.check(signal)
        steps = self.blocks(signal).transpose(1, 2)  # (batch, 25, 32)
        states, _ = self.lstm(steps)  # (batch, 25, 128)
        features: Tensor = self.dense(states.tanh().flatten(1))
        return features
