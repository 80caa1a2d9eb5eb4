"""SE-CNN of Table 1 in plain PyTorch, with the parameter names of ours: what ours must equal."""

from torch import nn


def plain_block(in_channels, out_channels, kernel_size, pool):
    return nn.ModuleDict(
        {
            "conv": nn.Conv1d(in_channels, out_channels, kernel_size),
            "norm": nn.BatchNorm1d(out_channels),
            "pool": pool,
        }
    )


class PlainSECNN(nn.Module):
    def __init__(self, in_channels=1, se=True, dropout=0.5):
        super().__init__()
        self.conv1 = plain_block(in_channels, 16, 15, nn.Identity())
        self.conv2 = plain_block(16, 32, 3, nn.MaxPool1d(2, 2))
        self.conv3 = plain_block(32, 64, 3, nn.Identity())
        self.conv4 = plain_block(64, 128, 3, nn.AdaptiveMaxPool1d(4))
        gate = nn.Sequential(nn.Linear(16, 1), nn.ReLU(), nn.Linear(1, 16), nn.Sigmoid())
        self.se = nn.ModuleDict({"gate": gate}) if se else None
        self.dense = nn.Sequential(
            *(nn.Linear(512, 512), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(dropout)),
        )

    def forward(self, signal):
        for block in (self.conv1, self.conv2, self.conv3, self.conv4):
            signal = block["pool"](block["norm"](block["conv"](signal)).relu())
            if block is self.conv1 and self.se is not None:
                signal = signal * self.se["gate"](signal.mean(dim=2)).unsqueeze(2)
        return self.dense(signal.flatten(1))
