"""Networks: windows in, features out; the task adds the classifier."""

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.se_cnn import SECNN
from iadtln.networks.squeeze_excitation import SqueezeExcitation

__all__ = ["SECNN", "FeatureNetwork", "SqueezeExcitation"]
