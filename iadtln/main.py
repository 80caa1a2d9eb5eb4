"""The verbs of the command line."""

import sys

from iadtln.cli import run
from iadtln.verbs.benchmark import main as benchmark
from iadtln.verbs.compare import compare
from iadtln.verbs.preprocess import preprocess

# verbs that are not Lightning's
TOOLS = {
    "compare": compare,
    "benchmark": benchmark,
    "preprocess": preprocess,
}


def main(arguments: list[str] | None = None) -> None:
    """Run one verb; ``arguments`` replace those of the shell in tests and notebooks."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in TOOLS:
        TOOLS[arguments[0]](arguments[1:])
    else:
        run(arguments)
