"""What verbs that are not Lightning's make of the options of ``fit``."""

import contextlib
import io
import sys
from typing import NoReturn

import yaml
from jsonargparse import ArgumentParser

from datamodules import PairedDataModule
from iadtln.cli import run
from iadtln.front_ends import FrontEnd


def stop(sentence: str) -> NoReturn:
    """Leave with a sentence."""
    print(sentence, file=sys.stderr)
    sys.exit(2)


def resolved(options: list[str]) -> str:
    """The whole configuration that options of ``fit`` come to, with files and defaults."""
    text = io.StringIO()
    try:
        with contextlib.redirect_stdout(text):
            run(["fit", *options, "--print_config"])
    except SystemExit as end:
        if end.code:  # a wrong option, which has been said
            raise
    return text.getvalue()


def data_and_front_end(configuration: str) -> tuple[PairedDataModule, FrontEnd]:
    """The two rooms that recordings walk through before the network, built from a configuration.

    Args:
        configuration: whole, from ``resolved``.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(PairedDataModule, "data")
    parser.add_subclass_arguments(FrontEnd, "front_end")
    content = yaml.safe_load(configuration)
    parsed = parser.parse_object({name: content[name] for name in ("data", "front_end")})
    try:
        built = parser.instantiate(parsed)
    except (ValueError, TypeError, FileNotFoundError) as error:
        stop(str(error))
    return built.data, built.front_end
