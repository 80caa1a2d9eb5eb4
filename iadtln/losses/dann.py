"""DANN: features that do not tell their domain."""

from torch import Tensor

from iadtln.losses.adversarial import AdversarialLoss


class DANN(AdversarialLoss):
    """Adversarial loss on the features alone.

    Args:
        num_hidden: width of the two hidden layers of the discriminator.
        dropout: share of hidden units of the discriminator dropped in training.
        weight: how strongly the features are pushed to fool the discriminator.
        schedule: how that strength follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of the paper from 0 to 1.

    Reference: Ganin et al., Domain-adversarial training of neural networks, JMLR 2016.
    """

    def discriminator_width(self, num_features: int, num_classes: int) -> int:
        """Return the number of features."""
        return num_features

    def discriminator_input(self, features: Tensor, logits: Tensor) -> Tensor:
        """Return the features."""
        return features
