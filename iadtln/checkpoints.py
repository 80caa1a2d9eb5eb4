"""Checkpoints, read with care: what is damaged or of another program is a sentence."""

from pathlib import Path

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor


def read_state(checkpoint: Path) -> dict[str, Tensor]:
    """Weights of a checkpoint; nothing in it is run.

    Raises:
        MisconfigurationException: If there is none, or it is truncated or of another program.
    """
    if not checkpoint.is_file():
        raise MisconfigurationException(f"expected a checkpoint, there is none at '{checkpoint}'")
    try:
        state: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)[
            "state_dict"
        ]
        state["classifier.weight"]
    except Exception as error:  # each kind of damage has its own
        raise MisconfigurationException(
            f"'{checkpoint}' ({checkpoint.stat().st_size} bytes): expected a checkpoint that "
            f"'python -m iadtln fit' wrote, got {type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else ''}; it is truncated or of another "
            "program: fetch it again"
        ) from error
    return state
