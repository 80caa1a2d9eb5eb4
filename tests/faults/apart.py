"""A verb in a process of its own, which a test may kill or send a signal."""

import multiprocessing
import signal
import sys
import time
from pathlib import Path

from iadtln.main import main
from tests.runs import DATA

# one process imports everything once, and each run is a fork of it
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["iadtln.main", "datamodules", "tests.runs"])


def fit_options(folder, *more, epochs=12, pretrain=6):
    """A run of both phases, a tenth of a second an epoch."""
    adam = '{"class_path": "torch.optim.Adam", "init_args": {"lr": 0.001, "fused": true}}'
    return [
        "fit",
        *DATA,
        "--data.windowing={length: 128, per_recording: 20}",
        "--model.network=iadtln.networks.MLP",
        f"--model.optimizer={adam}",
        f"--model.pretrain_epochs={pretrain}",
        f"--trainer.max_epochs={epochs}",
        "--trainer.accelerator=cpu",
        f"--trainer.logger.init_args.save_dir={folder}",
        *more,
    ]


def _run(arguments, log):
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    with Path(log).open("w", buffering=1) as sys.stdout:
        sys.stderr = sys.stdout
        main(arguments)


class Apart:
    """Begin a verb; its words go to ``log``."""

    def __init__(self, arguments, log):
        self.log = Path(log)
        self.process = CONTEXT.Process(target=_run, args=(arguments, str(log)))
        self.process.start()

    @property
    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def wait_for(self, words):
        """Return once it has said these words."""
        until = time.monotonic() + 120
        while words not in self.said:
            assert self.process.is_alive(), self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.01)

    def ended(self):
        """Its exit status, once it has one."""
        self.process.join(120)
        return self.process.exitcode
