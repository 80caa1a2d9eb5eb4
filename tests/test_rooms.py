"""Imports point from a later room to an earlier one, never back."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "iadtln/signals": {"iadtln.signals"},
    "datamodules": {"datamodules", "iadtln.signals", "iadtln.files", "iadtln.memory"},
    "iadtln/search": {"iadtln.search"},
    # what is done to whole recordings is a transform of the data modules
    "iadtln/front_ends": {
        "iadtln.front_ends",
        "iadtln.search",
        "iadtln.signals",
        "datamodules.band",
        "datamodules.cache",
        "datamodules.recording",
        "datamodules.transforms",
        "datamodules.errors",
        "datamodules.loading",
        "iadtln.checkpoints",
        "iadtln.files",
    },
    "iadtln/checkpoints.py": {"iadtln.files"},
    "iadtln/networks": {"iadtln.networks"},
    "iadtln/features": {"iadtln.features", "iadtln.signals"},
    "iadtln/classifiers": {"iadtln.classifiers", "iadtln.search"},
    "iadtln/monitoring": {
        "iadtln.monitoring",
        "iadtln.search",
        "iadtln.signals",
        "iadtln.files",
        "datamodules",
    },
    "iadtln/classical.py": {"datamodules", "iadtln.callbacks"},
    "iadtln/classify.py": {
        "datamodules",
        "iadtln.callbacks",
        "iadtln.classical",
        "iadtln.cli",
        "iadtln.files",
    },
    "iadtln/export": {
        "iadtln.export",
        "iadtln.diagnosis",
        "iadtln.front_ends",
        "iadtln.files",
        "datamodules",
    },
    "iadtln/trust": {"iadtln.trust", "iadtln.selection", "iadtln.front_ends.kept"},
    "iadtln/doctor": {
        "iadtln.doctor",
        "iadtln.trust",
        "iadtln.front_ends",
        "iadtln.networks",
        "iadtln.diagnosis",
        "iadtln.checkpoints",
        "iadtln.configurations",
        "iadtln.files",
        "datamodules",
    },
    "iadtln/explain": {
        "iadtln.explain",
        "iadtln.signals",
        "iadtln.networks",
        "iadtln.diagnosis",
        "iadtln.callbacks",
        "iadtln.files",
        "datamodules",
    },
    "iadtln/losses": {"iadtln.losses", "iadtln.schedules", "iadtln.distributed"},
    "iadtln/selection": {"iadtln.selection", "iadtln.metrics"},
    "iadtln/callbacks": {
        "iadtln.callbacks",
        "iadtln.distributed",
        "iadtln.metrics",
        "iadtln.selection",
        "iadtln.files",
    },
    "iadtln/task.py": {
        "iadtln.networks",
        "iadtln.losses",
        "iadtln.schedules",
        "iadtln.adabn",
        "iadtln.diagnosis",
    },
    "iadtln/benchmark": {
        "iadtln.benchmark",
        "iadtln.memory",
        "iadtln.callbacks",
        "iadtln.selection",
        "iadtln.classify",
        "iadtln.cli",
        "iadtln.files",
        "iadtln.networks",
    },
    "iadtln/reports": {"iadtln.reports", "iadtln.benchmark", "iadtln.callbacks", "iadtln.files"},
    # what a run left and what its data and its network say, for its page
    "iadtln/review": {
        "iadtln.review",
        "iadtln.reports",
        "iadtln.benchmark.words",
        "iadtln.explain",
        "iadtln.doctor",
        "iadtln.callbacks",
        "iadtln.diagnosis",
        "iadtln.front_ends",
        "iadtln.checkpoints",
        "iadtln.configurations",
        "iadtln.signals",
        "datamodules",
    },
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_knows_only_earlier_ones(room):
    place = ROOT / room
    for path in [place] if place.is_file() else place.rglob("*.py"):
        for module in imports(path):
            if module == "iadtln":  # its version
                continue
            ours = module.split(".")[0] in {"iadtln", "datamodules"}
            known = any(module == m or module.startswith(f"{m}.") for m in ALLOWED[room])
            assert not ours or known, f"{path} imports {module}"


def test_every_file_is_short_enough_to_read():
    for package in ("iadtln", "datamodules"):
        for path in (ROOT / package).rglob("*.py"):
            lines = path.read_text().count("\n")
            assert lines < 250, f"{path} has {lines} lines; find the wall to build"
