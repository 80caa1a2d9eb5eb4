"""Networks: windows in, features out; the task adds the classifier."""

from iadtln.networks.base import FeatureNetwork
from iadtln.networks.cnn_lstm import CNNLSTM
from iadtln.networks.conv_block import ConvBlock
from iadtln.networks.convolution import BatchNorm1d, Conv1d
from iadtln.networks.light_cnn import LightCNN
from iadtln.networks.mlp import MLP
from iadtln.networks.pulse_cnn import PulseCNN
from iadtln.networks.resnet import ResNet1d
from iadtln.networks.se_cnn import SECNN
from iadtln.networks.squeeze_excitation import SqueezeExcitation
from iadtln.networks.wdcnn import WDCNN

__all__ = [
    "CNNLSTM",
    "MLP",
    "SECNN",
    "WDCNN",
    "BatchNorm1d",
    "Conv1d",
    "ConvBlock",
    "FeatureNetwork",
    "LightCNN",
    "PulseCNN",
    "ResNet1d",
    "SqueezeExcitation",
]
