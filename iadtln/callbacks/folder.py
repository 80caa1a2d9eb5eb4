"""Where the results of a run go."""

from pathlib import Path

import lightning.pytorch as pl


def result_dir(trainer: pl.Trainer) -> Path | None:
    """Folder for the results of a run; None where nothing is to be written.

    That is the log directory, or ``default_root_dir`` without a logger. A trial run
    (``fast_dev_run``) and all processes but the first write nothing. To be called on all processes.
    """
    log_dir = trainer.log_dir  # asks process zero, hence before any return
    if trainer.fast_dev_run or not trainer.is_global_zero:  # type: ignore[attr-defined]
        return None
    return Path(log_dir or trainer.default_root_dir)
