"""What libraries say while a verb runs, without what a user can do nothing about."""

import logging
import warnings


def sentence(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    r"""A warning for the user as its sentence alone, any other with its place in the code.

    Example:
        >>> sentence("the transfer never begins", UserWarning, "task.py", 114)
        'warning: the transfer never begins\n'
    """
    if category is UserWarning:
        return f"warning: {message}\n"
    return f"{filename}:{lineno}: {category.__name__}: {message}\n"


def quieten() -> None:
    """Leave out what a user can do nothing about, and show the rest without source lines."""
    warnings.formatwarning = sentence
    # a test of a checkpoint logs into a folder of its own, a run that goes on finds its own
    warnings.filterwarnings("ignore", message="The dirpath has changed")
    warnings.filterwarnings("ignore", message="Checkpoint directory .* not empty")
    warnings.filterwarnings("ignore", message=".*treespec, LeafSpec")  # Lightning 2.6, torch 2.13
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(
        lambda record: "Tip:" not in record.getMessage()  # advertisements
    )
