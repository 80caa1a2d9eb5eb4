"""Class losses and transfer losses, one method per file."""

from iadtln.losses.adversarial import AdversarialLoss, DomainDiscriminator
from iadtln.losses.base import TransferLoss
from iadtln.losses.cdan import CDAN, CDANE, entropy_weights, multilinear, randomised_multilinear
from iadtln.losses.coral import CORAL, coral
from iadtln.losses.dann import DANN
from iadtln.losses.gradient_reversal import reverse_gradient
from iadtln.losses.i_softmax import ISoftmax, i_softmax
from iadtln.losses.jmmd import JMMD, jmmd, linear_jmmd
from iadtln.losses.kernels import GaussianKernel
from iadtln.losses.precision import full_precision

__all__ = [
    "CDAN",
    "CDANE",
    "CORAL",
    "DANN",
    "JMMD",
    "AdversarialLoss",
    "DomainDiscriminator",
    "GaussianKernel",
    "ISoftmax",
    "TransferLoss",
    "coral",
    "entropy_weights",
    "full_precision",
    "i_softmax",
    "jmmd",
    "linear_jmmd",
    "multilinear",
    "randomised_multilinear",
    "reverse_gradient",
]
