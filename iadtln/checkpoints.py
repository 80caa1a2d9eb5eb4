"""Checkpoints, written whole and read with care: what is damaged is a sentence."""

import io
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.types import _PATH
from lightning.pytorch import Trainer
from torch import Tensor

from iadtln.files import written_whole

KINDS = {  # of what a run needs to go on
    "pytorch-lightning_version": str,
    "state_dict": dict,
    "loops": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "callbacks": dict,
    "epoch": int,
    "global_step": int,
}


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside its place and renames it; reads none that was tampered with.

    Lightning writes to the system's temporary folder and moves: from another file system that is a
    copy, and a process killed meanwhile leaves neither the new checkpoint nor the former one.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any = None
    ) -> None:
        """Write a local file whole or not at all; what is elsewhere is Lightning's."""
        if "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        content = io.BytesIO()  # torch.save itself makes a RuntimeError of a full disk
        torch.save(checkpoint, content)
        try:
            with written_whole(Path(path)) as aside:
                aside.write_bytes(content.getbuffer())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error  # it names no file

    def load_checkpoint(self, path: _PATH, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Read a checkpoint.

        Raises:
            MisconfigurationException: If a part of it is not of the kind that fit writes.
        """
        content: dict[str, Any] = super().load_checkpoint(path, *args, **kwargs)
        there = content if isinstance(content, dict) else {}
        needed = ["pytorch-lightning_version", "state_dict"]
        missing = [name for name in needed if name not in there]
        wrong = [n for n, kind in KINDS.items() if n in there and not isinstance(there[n], kind)]
        if missing or wrong:
            raise MisconfigurationException(
                f"'{path}': expected a checkpoint that 'python -m iadtln fit' wrote, got one with "
                f"no or another kind of {', '.join(missing + wrong)}; take another checkpoint"
            )
        return content


def write_whole_checkpoints(trainer: Trainer) -> None:
    """Let a trainer write its checkpoints so, unless the user has chosen how."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpoints()


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
        num_classes, _ = state["classifier.weight"].shape
        if num_classes < 1 or not all(isinstance(name, str) for name in state):
            raise ValueError("weights without names or classes")  # noqa: TRY301 - told below
    except Exception as error:  # each kind of damage has its own
        raise MisconfigurationException(
            f"'{checkpoint}' ({checkpoint.stat().st_size} bytes): expected a checkpoint that "
            f"'python -m iadtln fit' wrote, got {type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else ''}; it is truncated or of another "
            "program: fetch it again"
        ) from error
    return state
