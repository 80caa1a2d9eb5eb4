"""A trained model as one file that runs without this package."""

from iadtln.export.card import ModelCard, checkpoint_facts, metrics_of, write_card
from iadtln.export.chain import Step, filtering_tail, steps_of
from iadtln.export.exported import Exported, FilterWindows
from iadtln.export.formats import FORMATS, ExportError
from iadtln.export.run import ExportedRun, card_of, write_and_check

__all__ = [
    "FORMATS",
    "ExportError",
    "Exported",
    "ExportedRun",
    "FilterWindows",
    "ModelCard",
    "Step",
    "card_of",
    "checkpoint_facts",
    "filtering_tail",
    "metrics_of",
    "steps_of",
    "write_and_check",
    "write_card",
]
