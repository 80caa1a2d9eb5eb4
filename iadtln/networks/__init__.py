"""Networks: windows in, features out; the task adds the classifier."""

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.conv_block import ConvBlock
from iadtln.networks.convolution import BatchNorm1d, Conv1d
from iadtln.networks.memory import keep_freed_memory
from iadtln.networks.se_cnn import SECNN
from iadtln.networks.squeeze_excitation import SqueezeExcitation

__all__ = [
    "SECNN",
    "BatchNorm1d",
    "Conv1d",
    "ConvBlock",
    "FeatureNetwork",
    "SqueezeExcitation",
    "keep_freed_memory",
]
