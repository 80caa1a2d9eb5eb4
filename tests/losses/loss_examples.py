"""One small instance of every exported transfer loss: a new method is tested at once."""

import inspect

import iadtln.losses
from iadtln.losses import CDANE, JMMD, TransferLoss

NUM_FEATURES, NUM_CLASSES = 6, 3


def concrete_losses():
    found = [getattr(iadtln.losses, name) for name in iadtln.losses.__all__]
    classes = [one for one in found if inspect.isclass(one) and issubclass(one, TransferLoss)]
    return [one for one in classes if not inspect.isabstract(one)]


def build(loss_class, **arguments):
    """Configured, without dropout, so that values can be compared."""
    if "dropout" in inspect.signature(loss_class).parameters:
        arguments = {"dropout": 0.0, "num_hidden": 16, **arguments}
    loss = loss_class(**arguments)
    loss.configure(NUM_FEATURES, NUM_CLASSES)
    return loss


VARIANTS = {
    **{loss_class.__name__: (loss_class, {}) for loss_class in concrete_losses()},
    "JMMD-linear": (JMMD, {"estimate": "linear"}),
    "CDANE-randomised": (CDANE, {"randomised_above": 0, "num_random": 8}),
}
