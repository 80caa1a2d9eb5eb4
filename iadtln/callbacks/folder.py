"""Where the results of a run go."""

from pathlib import Path

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger


def result_dir(trainer: pl.Trainer) -> Path | None:
    """Folder for the results of a run; None where nothing is to be written.

    That is the log directory, or ``default_root_dir`` without a logger. A trial run
    (``fast_dev_run``) and all processes but the first write nothing. To be called on all processes.
    """
    log_dir = trainer.log_dir  # asks process zero, hence before any return
    if trainer.fast_dev_run or not trainer.is_global_zero:  # type: ignore[attr-defined]
        return None
    return Path(log_dir or trainer.default_root_dir)


def claim_folder(trainer: pl.Trainer) -> None:
    """Make the folder of a run now: two that start at once would both take the next number."""
    for logger in trainer.loggers:
        if not isinstance(logger, TensorBoardLogger) or logger._version is not None:
            continue
        while trainer.is_global_zero and "://" not in logger.log_dir:
            try:
                Path(logger.log_dir).mkdir(parents=True)
                break
            except FileExistsError:
                if not Path(logger.log_dir).is_dir():  # a file is in the way
                    raise
                logger._version = None  # to be looked for again
