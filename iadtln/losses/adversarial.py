"""What adversarial transfer losses share: a discriminator behind a gradient reversal."""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_same_width
from iadtln.losses.gradient_reversal import reverse_gradient
from iadtln.schedules import Schedule, Sigmoid


class DomainDiscriminator(nn.Module):
    """Tells source from target: three linear layers, ReLU and dropout between them.

    Args:
        num_inputs: width of the input.
        num_hidden: width of both hidden layers.
        dropout: share of hidden units dropped in training. Under DDP each rank draws its own
            mask for its own rows, as one process would for the rows of a larger batch.
    """

    def __init__(self, num_inputs: int, num_hidden: int = 1024, dropout: float = 0.5) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(num_inputs, num_hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(num_hidden, num_hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(num_hidden, 1),
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Return one logit per row of ``rows (batch, num_inputs)``, positive for source."""
        logit: Tensor = self.layers(rows).squeeze(1)
        return logit


class AdversarialLoss(TransferLoss):
    r"""A discriminator :math:`D` learns to tell the domains apart, the features to fool it.

    .. math:: -\tfrac12 E_s[w \log D(h)] - \tfrac12 E_t[w \log(1 - D(h))]

    The reversal carries the coefficient, and only it: the discriminator always learns at full
    rate and the features receive the gradient times ``-coefficient``. :meth:`contribution` is
    therefore the value itself. Subclasses say what :math:`h` and :math:`w` are.

    Args:
        num_hidden: width of the two hidden layers of the discriminator.
        dropout: share of hidden units of the discriminator dropped in training.
        weight: how strongly the features are pushed to fool the discriminator.
        schedule: how that strength follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of DANN from 0 to 1.

    Attributes:
        domain_accuracy: share of rows the discriminator got right in the last call, mean of both
            domains (0.5: it cannot tell them apart); for logging, without gradient.
    """

    def __init__(
        self,
        num_hidden: int = 1024,
        dropout: float = 0.5,
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule or Sigmoid())
        self.num_hidden = num_hidden
        self.dropout = dropout
        self.domain_accuracy = torch.tensor(float("nan"))

    @abstractmethod
    def discriminator_width(self, num_features: int, num_classes: int) -> int:
        """Return the width of what :meth:`discriminator_input` returns."""

    @abstractmethod
    def discriminator_input(self, features: Tensor, logits: Tensor) -> Tensor:
        """Return what the discriminator sees of one domain, ``(batch, discriminator_width)``."""

    def row_weights(self, logits: Tensor) -> Tensor:
        """Return a weight per row of one domain's ``logits (batch, classes)``, of mean 1."""
        return logits.new_ones(len(logits), dtype=torch.float32)

    def configure(self, num_features: int, num_classes: int) -> None:
        """Build the discriminator for the sizes of the network."""
        width = self.discriminator_width(num_features, num_classes)
        self.discriminator = DomainDiscriminator(width, self.num_hidden, self.dropout)

    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the loss of the discriminator, log 2 where it cannot tell the domains apart.

        The discriminator runs in the precision of training, like the network; what follows its
        logits is float32. Under DDP the value is that of the rank's own rows, and its mean over
        ranks is the loss of the whole batch.
        """
        if not hasattr(self, "discriminator"):
            raise RuntimeError(
                f"{type(self).__name__} has no discriminator yet: call "
                "configure(num_features, num_classes) once before the first batch"
            )
        require_same_width(source_features, target_features)
        source = self.discriminator_input(source_features, source_logits)
        target = self.discriminator_input(target_features, target_logits)
        rows = reverse_gradient(torch.cat([source, target]), self.coefficient)
        logit = self.discriminator(rows).float()
        source_logit, target_logit = logit.split([len(source), len(target)])
        right = (source_logit > 0).float().mean() + (target_logit <= 0).float().mean()
        self.domain_accuracy = right.detach() / 2
        source_loss = self.row_weights(source_logits) * F.softplus(-source_logit)  # -log D
        target_loss = self.row_weights(target_logits) * F.softplus(target_logit)  # -log(1 - D)
        return (source_loss.mean() + target_loss.mean()) / 2

    def contribution(self, value: Tensor) -> Tensor:
        """Return ``value``: the reversal has already taken the coefficient."""
        return value
