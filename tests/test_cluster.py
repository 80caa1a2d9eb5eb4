"""The scripts in docs/cluster do what they say: as far as that shows without a cluster."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.plugins.environments import SLURMEnvironment
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.utilities import rank_zero_only

from iadtln.main import main

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "docs" / "cluster"
RUN = """
data:
  class_path: tests.toy.ToyDataModule
  init_args:
    windowing: {length: 128, overlap: 0.5}  # 183 windows to test, an odd number
    batch_size: 12
    transforms:
      - class_path: tests.benchmark.killer.KillOnHigh  # kills nobody here, but counts
        init_args: {log: LOG, times: 0}
model:
  network: {class_path: tests.plain.Plain}
  pretrain_epochs: 1
  transfer_losses:
    - class_path: iadtln.losses.CORAL
    - class_path: iadtln.losses.JMMD
    - class_path: iadtln.losses.CDANE
      init_args: {dropout: 0.0, num_hidden: 16}
  optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.002}}
trainer: {accelerator: cpu, max_epochs: 2, enable_progress_bar: false}
"""


def run_file(run):
    """The options of a run; beside them it leaves the names of recordings that are transformed."""
    path = run.with_suffix(".yaml")
    path.write_text(RUN.replace("LOG", str(run.with_suffix(".log"))))
    return path


def results(run):
    said = json.loads((run / "metrics.json").read_text())
    weights = torch.load(run / "checkpoints" / "last.ckpt", weights_only=False)["state_dict"]
    return {**said, "checkpoint": None}, pd.read_csv(run / "predictions.csv"), weights


@pytest.mark.slow
def test_two_nodes_with_half_of_each_batch_end_where_one_process_does(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    named = [f"--trainer.logger.init_args.{k}" for k in ("save_dir", "version")]
    main(["fit", f"--config={run_file(one)}", f"{named[0]}={tmp_path}", f"{named[1]}=one"])
    last = one / "checkpoints" / "last.ckpt"
    main(["test", f"--config={one / 'config.yaml'}", f"--ckpt_path={last}"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = {"NODES": "2", "RUN": str(two), "PORT": str(port), "PYTHON": sys.executable}
    command = [
        SCRIPTS / "torchrun.sh",
        f"--config={run_file(two)}",
        "--data.init_args.batch_size=6",
    ]
    environment = {**os.environ, **where, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (said, table, weights), (said_two, table_two, weights_two) = results(one), results(two)
    assert said_two == said
    assert 0.6 < said["accuracy"] < 0.95  # neither chance nor so sure that nothing could differ
    pd.testing.assert_frame_equal(table, table_two, rtol=0, atol=1e-5)
    for name, value in weights.items():
        torch.testing.assert_close(weights_two[name], value, rtol=1e-5, atol=1e-6)
    transformed = (tmp_path / "two.log").read_text().split()
    assert len(transformed) == len(set(transformed)) == 6  # once, not once a process
    assert len(list(two.rglob("*.ckpt"))) == 1
    assert len(list(two.glob("config.yaml"))) == 1


SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NAME": "iadtln",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS": "4",
    "SLURM_NTASKS_PER_NODE": "2",
}


def test_under_slurm_processes_take_their_place_from_its_variables(monkeypatch):
    place = {"SLURM_PROCID": "3", "SLURM_LOCALID": "1", "SLURM_NODEID": "1"}
    for name, value in {**SLURM, **place, "SLURM_NODELIST": "rack[3-4]"}.items():
        monkeypatch.setenv(name, value)
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "")  # so that what Lightning sets is undone
        monkeypatch.delenv(name)
    monkeypatch.setattr(rank_zero_only, "rank", 0)  # which the trainer sets for the whole process
    trainer = Trainer(accelerator="cpu", devices=2, num_nodes=2, logger=False)
    environment = trainer.strategy.cluster_environment
    assert isinstance(trainer.strategy, DDPStrategy)
    assert isinstance(environment, SLURMEnvironment)
    assert (trainer.world_size, trainer.global_rank, trainer.local_rank) == (4, 3, 1)
    assert (environment.main_address, environment.main_port) == ("rack3", 19711)


@pytest.fixture
def job(tmp_path):
    """A place where ``srun`` and ``scontrol`` only write down what they were asked for."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, then in {"srun": "sleep ${FIT_TAKES:-0}", "scontrol": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/asked"\n{then}\n')
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return {**os.environ, **SLURM, "PATH": path, "RUN": str(tmp_path / "run")}


def asked(folder):
    path = folder / "asked"
    return path.read_text().splitlines() if path.exists() else []


def test_a_slurm_job_fits_then_tests_and_one_that_was_stopped_goes_on(tmp_path, job):
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    command = [SCRIPTS / "slurm.sh", "--config", "my_run.yaml"]
    subprocess.run(command, env=job, check=True)
    fit, test = asked(tmp_path)
    assert "iadtln fit --config my_run.yaml --trainer.num_nodes 2 --trainer.devices 2" in fit
    assert "--ckpt_path" not in fit
    assert test.endswith(f"iadtln test --config {tmp_path}/run/config.yaml --ckpt_path {last}")
    last.parent.mkdir(parents=True)
    last.touch()
    subprocess.run(command, env=job, check=True)
    assert asked(tmp_path)[2].endswith(f"--ckpt_path {last}")


def test_a_slurm_job_whose_time_is_nearly_over_queues_again(tmp_path, job):
    waiting = subprocess.Popen([SCRIPTS / "slurm.sh"], env={**job, "FIT_TAKES": "20"})
    begin = time.monotonic()
    while not asked(tmp_path) and time.monotonic() - begin < 60:
        time.sleep(0.05)
    waiting.send_signal(signal.SIGUSR1)
    assert waiting.wait(15) == 0
    assert asked(tmp_path)[1:] == ["scontrol requeue 4711"]  # and no test of half a run
