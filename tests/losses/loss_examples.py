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

FEATURES = {"source_features", "target_features"}
LOGITS = {"source_logits", "target_logits"}
TEACHES = {  # what each loss sends a gradient to, all of it and nothing else
    "CDA": LOGITS,
    "CDAN": FEATURES,
    "CDANE": FEATURES,
    "CDANE-randomised": FEATURES,
    "CORAL": FEATURES,
    "DANN": FEATURES,
    "DeepJDOT": FEATURES | {"target_logits"},
    "InformationMaximisation": {"target_logits"},
    "JMMD": FEATURES | LOGITS,
    "JMMD-linear": FEATURES | LOGITS,
    "LMMD": FEATURES,
    "MCC": {"target_logits"},
    "MCD": {"target_features"},  # the source teaches only the two classifiers of the loss
    "MDA": LOGITS,
    "MKMMD": FEATURES,
    "PseudoLabel": {"target_logits"},
    "VDR": LOGITS,
}
COMPARES_LOGITS = {"CDA", "MDA", "VDR"}
TARGET_ONLY = {name for name, (loss_class, _) in VARIANTS.items() if not loss_class.uses_source}
STARTS_AT_FULL_STRENGTH = {"CORAL", "CDA", "DeepJDOT", "MDA", "VDR"} | TARGET_ONLY
MEANS_OVER_ROWS = {"CDAN", "CDANE", "CDANE-randomised", "DANN", "MCD", "PseudoLabel"}
