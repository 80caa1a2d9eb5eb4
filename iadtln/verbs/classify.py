"""The verb ``classify``: features and a classifier in the place of a network."""

import os

from lightning.fabric.utilities.exceptions import MisconfigurationException

from iadtln.callbacks.results import Results
from iadtln.classify import run
from iadtln.verbs.options import stop


def classify(arguments: list[str]) -> Results:
    """Run ``python -m iadtln classify``; bad input ends with a sentence and status 2.

    ``JSONARGPARSE_DEBUG=1`` shows the trace.
    """
    try:
        return run(arguments)
    except (ValueError, OSError, MisconfigurationException) as error:
        if os.environ.get("JSONARGPARSE_DEBUG"):
            raise
        stop(f"{type(error).__name__}: {error}")
