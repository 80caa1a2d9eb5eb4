"""The verbs of the command line."""

import sys

from lightning.pytorch.cli import ArgsType

from iadtln.cli import run
from iadtln.compare import compare

TOOLS = {"compare": compare}  # verbs that are not Lightning's


def main(args: ArgsType = None) -> None:
    """Run one verb; ``args`` replaces ``sys.argv`` in tests and notebooks."""
    arguments = sys.argv[1:] if args is None else args
    if isinstance(arguments, list) and arguments and arguments[0] in TOOLS:
        TOOLS[arguments[0]](arguments[1:])
        return
    run(args)
