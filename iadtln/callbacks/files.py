"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning.pytorch as pl


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; on success the file becomes ``path``, on an error it is removed.

    The reader of a run that was killed halfway finds the former file or none, never half of one.

    Args:
        path: the file to make; its folder is made too.

    Yields:
        A path beside it with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def result_dir(trainer: pl.Trainer) -> Path | None:
    """Folder for the results of a run; None where nothing is to be written.

    That is the log directory, or ``default_root_dir`` without a logger. A trial run
    (``fast_dev_run``) and all processes but the first write nothing. To be called on all processes.
    """
    log_dir = trainer.log_dir  # asks process zero, hence before any return
    if trainer.fast_dev_run or not trainer.is_global_zero:  # type: ignore[attr-defined]
        return None
    return Path(log_dir or trainer.default_root_dir)
