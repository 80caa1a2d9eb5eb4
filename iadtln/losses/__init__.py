"""Class losses and transfer losses, one method per file."""

from iadtln.losses.adversarial import AdversarialLoss, DomainDiscriminator
from iadtln.losses.base import TransferLoss
from iadtln.losses.cdan import CDAN, CDANE, entropy_weights, multilinear, randomised_multilinear
from iadtln.losses.coral import CORAL, coral
from iadtln.losses.dann import DANN
from iadtln.losses.ddtln import CDA, MDA, PseudoLabel, cda, mda
from iadtln.losses.deep_jdot import DeepJDOT, joint_cost, transport_cost
from iadtln.losses.gradient_reversal import reverse_gradient
from iadtln.losses.i_softmax import ISoftmax, i_softmax
from iadtln.losses.information_maximisation import (
    InformationMaximisation,
    information_maximisation,
)
from iadtln.losses.jmmd import JMMD, jmmd, linear_jmmd
from iadtln.losses.kernels import GaussianKernel
from iadtln.losses.lmmd import LMMD, lmmd
from iadtln.losses.mcc import MCC, class_confusion
from iadtln.losses.mcd import MCD, classifier_discrepancy
from iadtln.losses.mk_mmd import MKMMD
from iadtln.losses.precision import full_precision
from iadtln.losses.vdr import VDR, student_kernel, vdr

__all__ = [
    "CDA",
    "CDAN",
    "CDANE",
    "CORAL",
    "DANN",
    "JMMD",
    "LMMD",
    "MCC",
    "MCD",
    "MDA",
    "MKMMD",
    "VDR",
    "AdversarialLoss",
    "DeepJDOT",
    "DomainDiscriminator",
    "GaussianKernel",
    "ISoftmax",
    "InformationMaximisation",
    "PseudoLabel",
    "TransferLoss",
    "cda",
    "class_confusion",
    "classifier_discrepancy",
    "coral",
    "entropy_weights",
    "full_precision",
    "i_softmax",
    "information_maximisation",
    "jmmd",
    "joint_cost",
    "linear_jmmd",
    "lmmd",
    "mda",
    "multilinear",
    "randomised_multilinear",
    "reverse_gradient",
    "student_kernel",
    "transport_cost",
    "vdr",
]
