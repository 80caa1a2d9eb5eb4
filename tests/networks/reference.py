"""The networks in plain PyTorch, written layer by layer from their papers: what ours must equal.

``PlainSECNN`` has the parameter names of ours; the others have their order (see ``copy_state``).
"""

import torch
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


def copy_state(ours, plain):
    """Give a rebuild the weights and statistics of ours, which holds the same in the same order."""
    names, state = list(plain.state_dict()), list(ours.state_dict().values())
    assert len(names) == len(state)
    plain.load_state_dict(dict(zip(names, state, strict=True)))


def number_of_parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


class PlainResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv1 = nn.Conv1d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm1d(out_channels)
        self.conv2 = nn.Conv1d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm1d(out_channels)
        if stride == 2:
            self.conv3 = nn.Conv1d(in_channels, out_channels, 1, 2, bias=False)
            self.norm3 = nn.BatchNorm1d(out_channels)

    def forward(self, signal):
        hidden = torch.relu(self.norm1(self.conv1(signal)))
        hidden = self.norm2(self.conv2(hidden))
        if hasattr(self, "conv3"):
            signal = self.norm3(self.conv3(signal))
        return torch.relu(hidden + signal)


def plain_resnet18(in_channels=1):
    stem = [
        nn.Conv1d(in_channels, 64, 7, 2, 3, bias=False),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.MaxPool1d(3, 2, 1),
    ]
    blocks, width = [], 64
    for out_channels, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [PlainResidual(width, out_channels, stride)]
        blocks += [PlainResidual(out_channels, out_channels, 1)]
        width = out_channels
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool1d(1), nn.Flatten())


def plain_conv(in_channels, out_channels, kernel_size, pool, **options):
    conv = nn.Conv1d(in_channels, out_channels, kernel_size, **options)
    return conv, nn.BatchNorm1d(out_channels), nn.ReLU(), pool


def plain_wdcnn(in_channels=1):
    return nn.Sequential(
        *plain_conv(in_channels, 16, 64, nn.MaxPool1d(2), stride=16, padding=24),
        *plain_conv(16, 32, 3, nn.MaxPool1d(2), padding="same"),
        *plain_conv(32, 64, 3, nn.MaxPool1d(2), padding="same"),
        *plain_conv(64, 64, 3, nn.MaxPool1d(2), padding="same"),
        *plain_conv(64, 64, 3, nn.AdaptiveMaxPool1d(3)),
        *(nn.Flatten(), nn.Linear(192, 100), nn.ReLU()),
    )


class PlainCNNLSTM(nn.Module):
    def __init__(self, in_channels=1):
        super().__init__()
        self.convs = nn.Sequential(
            *plain_conv(in_channels, 16, 3, nn.MaxPool1d(2), padding="same"),
            *plain_conv(16, 32, 3, nn.AdaptiveMaxPool1d(25), padding="same"),
        )
        self.lstm = nn.LSTM(32, 64, num_layers=2, bias=False, bidirectional=True)
        self.dense = nn.Linear(25 * 128, 256)

    def forward(self, signal):
        states, _ = self.lstm(self.convs(signal).permute(2, 0, 1))  # (25, batch, 128)
        return torch.relu(self.dense(torch.tanh(states).permute(1, 0, 2).reshape(-1, 25 * 128)))


def plain_light_cnn(in_channels=1):
    layers, width = [], in_channels
    for kernel_size, out_channels in ((11, 64), (9, 128), (7, 256)):
        layers += [nn.Conv1d(width, out_channels, kernel_size, padding="same"), nn.ReLU()]
        layers += [nn.MaxPool1d(4)]
        width = out_channels
    layers += [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(256, 128), nn.ReLU()]
    return nn.Sequential(*layers)


def plain_pulse_cnn(in_channels=1, pulse_length=122):
    return nn.Sequential(
        *plain_conv(in_channels, 16, pulse_length, nn.MaxPool1d(2), padding="same"),
        *plain_conv(16, 32, 3, nn.MaxPool1d(2), padding="same"),
        *plain_conv(32, 64, 3, nn.MaxPool1d(2), padding="same"),
        *plain_conv(64, 64, 3, nn.MaxPool1d(2), padding="same"),
        *(nn.AdaptiveAvgPool1d(1), nn.Flatten()),
    )
