"""The verbs of the command line."""

import sys
from pkgutil import resolve_name

from iadtln.cli import run
from iadtln.configurations import refuse_bad_files
from iadtln.distributed import leave
from iadtln.endings import true_status

# verbs that are not Lightning's, each loaded when it is asked for
TOOLS = {
    "adapt": "iadtln.verbs.adapt:adapt",
    "benchmark": "iadtln.verbs.benchmark:main",
    "classify": "iadtln.verbs.classify:classify",
    "compare": "iadtln.verbs.compare:compare",
    "diagnose": "iadtln.verbs.diagnose:main",
    "explain": "iadtln.verbs.explain:explain",
    "export": "iadtln.verbs.export:export",
    "monitor": "iadtln.verbs.monitor:main",
    "preprocess": "iadtln.verbs.preprocess:preprocess",
    "report": "iadtln.verbs.report:report",
}


def main(arguments: list[str] | None = None) -> None:
    """Run one verb; ``arguments`` replace those of the shell in tests and notebooks."""
    arguments = sys.argv[1:] if arguments is None else arguments
    with true_status():
        refuse_bad_files(arguments)
        if arguments and arguments[0] in TOOLS:
            resolve_name(TOOLS[arguments[0]])(arguments[1:])
        else:
            run(arguments)
            leave()
