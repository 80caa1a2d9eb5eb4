"""ResNet-18 with one-dimensional convolutions."""

from torch import Tensor, nn

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.convolution import BatchNorm1d, Conv1d


class BasicBlock(nn.Module):
    r"""Two convolutions whose result is added to the signal they were given.

    .. math:: y = \mathrm{ReLU}(F(x) + x)

    Where :math:`F` changes the shape, a convolution of one sample brings :math:`x` to it (option B
    of the paper).

    Args:
        in_channels: channels of the signal.
        out_channels: channels of the result.
        stride: samples of the signal for one of the result.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            Conv1d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            BatchNorm1d(out_channels),
            nn.ReLU(),
            Conv1d(out_channels, out_channels, 3, padding=1, bias=False),
            BatchNorm1d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                Conv1d(in_channels, out_channels, 1, stride, bias=False),
                BatchNorm1d(out_channels),
            )

    def forward(self, signal: Tensor) -> Tensor:
        """Return shape ``(batch, out_channels, time / stride)``, the time rounded up."""
        result: Tensor = self.residual(signal) + self.shortcut(signal)
        return result.relu()


class ResNet1d(FeatureNetwork):
    """ResNet-18 in one dimension: a stem, eight residual blocks and the mean over time.

    Windows need at least 64 samples.

    Args:
        in_channels: channels of the windows (sensors, or bands of a front end).

    Reference: He et al., CVPR 2016, Table 1 (18-layer), each 3x3 filter replaced by one of three
    samples and 7x7 by seven; weights start as in He et al., ICCV 2015, eq. 14.
    """

    num_features = 512
    min_time = 64  # 32 samples make one of the last stage; batch norm needs two

    def __init__(self, in_channels: int = 1) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.stem = nn.Sequential(
            Conv1d(in_channels, 64, 7, stride=2, padding=3, bias=False),
            BatchNorm1d(64),
            nn.ReLU(),
            nn.MaxPool1d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            *(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1)),
            *(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1)),
            *(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1)),
            *(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1)),
        )
        for module in self.modules():
            if isinstance(module, Conv1d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, signal: Tensor) -> Tensor:
        """Return features of shape ``(batch, 512)``."""
        self.check(signal)
        hidden: Tensor = self.stages(self.stem(signal))  # (batch, 512, time / 32)
        return hidden.mean(2)
