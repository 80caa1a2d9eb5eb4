"""The training loop of the field's best-known comparison, rebuilt from its description.

UDTL (Zhao et al., IEEE Transactions on Instrumentation and Measurement 70, 2021) keeps windows in a
table, transforms and collates them one by one, and writes its losses out in broadcasts and loops.
Here the same network and the same kinds of losses as ours are trained that way, for `epoch.py` to
time. Its scales differ from the papers' (CORAL is a mean, without 1/(n - 1)), as in the original.
"""

import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class TableOfWindows(Dataset[tuple[Tensor, int]]):
    """One row a window; each is standardised when it is asked for."""

    def __init__(self, windows: list[NDArray], labels: list[int]) -> None:  # type: ignore[type-arg]
        self.table = pd.DataFrame({"data": windows, "label": labels})

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        window = self.table.iloc[index]["data"]
        window = (window - window.mean()) / window.std()
        return torch.from_numpy(window.astype("float32")), int(self.table.iloc[index]["label"])


def gaussian_kernels(source: Tensor, target: Tensor) -> Tensor:
    """Five kernels around the mean distance, from all differences at once."""
    rows = torch.cat([source, target])
    number, width = rows.shape
    left = rows.unsqueeze(0).expand(number, number, width)
    right = rows.unsqueeze(1).expand(number, number, width)
    distance = ((left - right) ** 2).sum(2)
    centre = distance.detach().sum() / (number**2 - number) / 2.0**2
    return torch.stack([torch.exp(-distance / (centre * 2.0**i)) for i in range(5)]).sum(0)


def joint_mmd(source: list[Tensor], target: list[Tensor]) -> Tensor:
    """The linear estimate, pair after pair."""
    joint = torch.ones(())
    for one, other in zip(source, target, strict=True):
        joint = joint * gaussian_kernels(one, other)
    size, loss = len(source[0]), torch.zeros(())
    for i in range(size):
        j = (i + 1) % size
        loss = loss + joint[i, j] + joint[i + size, j + size]
        loss = loss - joint[i, j + size] - joint[j, i + size]
    return loss / size


def mean_coral(source: Tensor, target: Tensor) -> Tensor:
    """Squared difference of the scatter matrices, its mean over 4 d squared."""
    scatter = [(rows - rows.mean(0)).T @ (rows - rows.mean(0)) for rows in (source, target)]
    return (scatter[0] - scatter[1]).square().mean() / (4 * source.shape[1] ** 2)


class Reversed(torch.autograd.Function):
    """The identity, whose gradient has the other sign."""

    @staticmethod
    def forward(ctx: object, rows: Tensor) -> Tensor:
        return rows.view_as(rows)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return -gradient


class Recipe(nn.Module):
    """Network, classifier and discriminator, and one epoch of steps.

    Args:
        network: from windows to features.
        num_features: that come out of it.
        num_classes: to tell apart.
        bfloat16: mixed precision.
    """

    def __init__(
        self, network: nn.Module, num_features: int, num_classes: int, bfloat16: bool
    ) -> None:
        super().__init__()
        self.network, self.bfloat16 = network, bfloat16
        self.classifier = nn.Linear(num_features, num_classes)
        self.discriminator = nn.Sequential(
            *(nn.Linear(num_features * num_classes, 1024), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(1024, 1024), nn.ReLU(), nn.Dropout(), nn.Linear(1024, 1), nn.Sigmoid()),
        )
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3, weight_decay=1e-5)

    def loss(self, signal: Tensor, label: Tensor) -> Tensor:
        """Cross entropy, CORAL, joint MMD and CDAN+E of a batch whose first half is the source."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            features = self.network(signal)
            logits = self.classifier(features)
        features, logits, size = features.float(), logits.float(), len(label)
        probability = logits.softmax(1)
        halves = [rows.split(size) for rows in (features, probability)]
        joint = joint_mmd([one[0] for one in halves], [one[1] for one in halves])
        product = torch.bmm(probability.detach().unsqueeze(2), features.unsqueeze(1))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            guess = self.discriminator(Reversed.apply(product.flatten(1)))  # type: ignore[no-untyped-call]
        domain = torch.cat([torch.ones(size, 1), torch.zeros(size, 1)])
        entropy = -(probability * torch.log(probability + 1e-5)).sum(1)
        weight = (1 + torch.exp(-entropy)).detach().unsqueeze(1)
        critic = nn.functional.binary_cross_entropy(guess.float(), domain, weight)
        ours = nn.functional.cross_entropy(logits[:size], label)
        return ours + mean_coral(*halves[0]) + joint + critic

    def epoch(self, source: DataLoader[Tensor], target: DataLoader[Tensor]) -> float:
        """Train one pass over the source; the mean loss."""
        total, others = 0.0, iter(target)
        for signal, label in source:
            loss = self.loss(torch.cat([signal, next(others)[0]]), label)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            total += loss.item()  # it logs each step
        return total / len(source)
