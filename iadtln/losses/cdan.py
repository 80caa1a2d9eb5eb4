"""CDAN and CDAN+E: adversarial losses conditioned on the predicted class."""

import math

import torch
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.adversarial import AdversarialLoss
from iadtln.schedules import Schedule


def multilinear(features: Tensor, probabilities: Tensor) -> Tensor:
    r"""Each feature times each class probability, :math:`\mathrm{vec}(f \otimes p)`.

    Args:
        features: shape ``(batch, features)``.
        probabilities: shape ``(batch, classes)``.

    Returns:
        Shape ``(batch, features * classes)``.

    Example:
        >>> multilinear(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.25, 0.75]]))
        tensor([[0.2500, 0.7500, 0.5000, 1.5000]])

    Reference: Long et al., Conditional adversarial domain adaptation, NeurIPS 2018, eq. 3.
    """
    return (features[:, :, None] * probabilities[:, None, :]).flatten(1)


def randomised_multilinear(
    features: Tensor, probabilities: Tensor, feature_matrix: Tensor, class_matrix: Tensor
) -> Tensor:
    r"""A random projection whose inner products are those of :func:`multilinear` on average.

    .. math:: \frac{1}{\sqrt{d}} (f R_f) \odot (p R_p)

    Args:
        features: shape ``(batch, features)``.
        probabilities: shape ``(batch, classes)``.
        feature_matrix: :math:`R_f`, independent entries of variance 1, ``(features, d)``.
        class_matrix: :math:`R_p`, likewise, ``(classes, d)``.

    Returns:
        Shape ``(batch, d)``.

    Reference: Long et al., Conditional adversarial domain adaptation, NeurIPS 2018, eq. 6.
    """
    scale = math.sqrt(feature_matrix.shape[1])
    return (features @ feature_matrix) * (probabilities @ class_matrix) / scale


def entropy_weights(probabilities: Tensor) -> Tensor:
    r"""Weights :math:`1 + e^{-H(p)}`, divided by their mean over the batch of all ranks.

    Args:
        probabilities: shape ``(batch, classes)``, of one domain.

    Returns:
        Shape ``(batch,)``, without gradient; they sum to the batch size.

    Example:
        >>> entropy_weights(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))  # 2 and 1.5 over 1.75
        tensor([1.1429, 0.8571])

    Reference: Yang et al., Scientific Reports 2025, eq. 15; Long et al., NeurIPS 2018, eq. 8.
    """
    entropy = torch.special.entr(probabilities.detach()).sum(1)
    weights = 1 + torch.exp(-entropy)
    return weights / gather(weights).mean()


class CDAN(AdversarialLoss):
    """Adversarial loss on features times class probabilities.

    No gradient passes through the probabilities: the classifier does not learn to fool the
    discriminator.

    Args:
        randomised_above: number of products (features times classes) above which they are
            replaced by a random projection.
        num_random: width of that projection.
        num_hidden: width of the two hidden layers of the discriminator.
        dropout: share of hidden units of the discriminator dropped in training.
        weight: how strongly the features are pushed to fool the discriminator.
        schedule: how that strength follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of the paper from 0 to 1.

    Reference: Long et al., Conditional adversarial domain adaptation, NeurIPS 2018.
    """

    feature_matrix: Tensor | None
    class_matrix: Tensor | None

    def __init__(
        self,
        randomised_above: int = 4096,
        num_random: int = 1024,
        num_hidden: int = 1024,
        dropout: float = 0.5,
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(num_hidden, dropout, weight, schedule)
        self.randomised_above = randomised_above
        self.num_random = num_random

    def discriminator_width(self, num_features: int, num_classes: int) -> int:
        """Return the number of products, or of their random projections where they are many."""
        products = num_features * num_classes
        return products if products <= self.randomised_above else self.num_random

    def configure(self, num_features: int, num_classes: int) -> None:
        """Build the discriminator and, where there are many products, draw the projection."""
        super().configure(num_features, num_classes)
        randomised = num_features * num_classes > self.randomised_above
        sizes = {"feature_matrix": num_features, "class_matrix": num_classes}
        for name, size in sizes.items():  # buffers: the discriminator is useless without its own
            matrix = torch.randn(size, self.num_random) if randomised else None
            self.register_buffer(name, matrix)

    def discriminator_input(self, features: Tensor, logits: Tensor) -> Tensor:
        """Return the products of features and class probabilities, or their projections."""
        probabilities = logits.detach().float().softmax(1)
        if self.feature_matrix is None or self.class_matrix is None:
            return multilinear(features, probabilities)
        matrices = self.feature_matrix, self.class_matrix
        return randomised_multilinear(features, probabilities, *matrices)


class CDANE(CDAN):
    """CDAN+E: CDAN in which rows count more the surer the classifier is of them.

    Args:
        randomised_above: number of products (features times classes) above which they are
            replaced by a random projection.
        num_random: width of that projection.
        num_hidden: width of the two hidden layers of the discriminator.
        dropout: share of hidden units of the discriminator dropped in training.
        weight: how strongly the features are pushed to fool the discriminator.
        schedule: how that strength follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of the paper from 0 to 1.

    Reference: Yang et al., Scientific Reports 2025, eq. 14–16; Long et al., NeurIPS 2018.
    """

    def row_weights(self, logits: Tensor) -> Tensor:
        """Return the entropy weights of one domain."""
        return entropy_weights(logits.detach().float().softmax(1))
