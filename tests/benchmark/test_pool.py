"""Runs side by side: what dies is tried again, what is finished is not, what is wrong is named."""

from pathlib import Path

import joblib
import pytest
import torch

from iadtln.benchmark.plan import Plan, runs_of
from iadtln.benchmark.pool import cluster, run_all, workers
from iadtln.benchmark.results import collect

pytestmark = pytest.mark.slow

LOSSES = "CORAL", "DANN", "MCC"
TINY = {
    "data": "datamodules.SimulatedDataModule",
    "data.init_args.windowing": {"length": 256, "per_recording": 40},
    "data.init_args.batch_size": 16,
    "trainer.max_epochs": 2,
    "model.pretrain_epochs": 1,
}


def tiny(**methods):
    tasks = {"A→B": {"data.init_args.source": "A", "data.init_args.target": "B"}}
    return runs_of(Plan(tasks=tasks, methods=methods, options=TINY), Path())


def killer(mark):
    return {"class_path": "killer.KillOnce", "init_args": {"mark": str(mark)}}


def do(runs, output, backend="loky", retries=2):
    run_all(runs, output, backend, None, jobs=2, threads=1, retries=retries)
    return collect(runs, output).set_index("method")


@pytest.fixture(autouse=True)
def workers_find_this_folder(monkeypatch):
    """The killer's module, in processes that are started afresh too."""
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", here)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    output = tmp_path_factory.mktemp("unbroken")
    return do(tiny(killed={}), output).accuracy["killed"], weights(output)


def weights(output):
    return torch.load(output / "A-B/killed/seed_0/checkpoints/last.ckpt")["state_dict"]


@pytest.mark.parametrize("backend", ["loky", "ray", "dask"])
@pytest.mark.filterwarnings("default")  # of the backends' own making
def test_a_killed_worker_is_reported_and_its_run_goes_on_where_it_was(tmp_path, backend, unbroken):
    if backend != "loky":
        pytest.importorskip(backend)
    output = tmp_path / "out"
    runs = tiny(
        plain={}, killed={"trainer.callbacks+": killer(tmp_path / "mark")}, wrong={"no.option": 1}
    )
    found = do(runs, output, backend)
    assert (tmp_path / "mark").exists()
    assert found.status.to_dict() == {"plain": "finished", "killed": "finished", "wrong": "failed"}
    assert found.attempts["killed"] == 2
    assert "no.option" in found.error["wrong"]
    accuracy, expected = unbroken
    assert found.accuracy["killed"] == accuracy
    assert all(torch.equal(w, expected[name]) for name, w in weights(output).items())


def test_a_finished_run_is_never_repeated(tmp_path):
    runs = tiny(plain={})
    do(runs, tmp_path)
    before = (tmp_path / runs[0].folder / "run.json").read_text()
    do(runs, tmp_path)
    do(runs, tmp_path, "no such backend")  # none is started where nothing is left
    assert (tmp_path / runs[0].folder / "run.json").read_text() == before


def test_runs_that_learn_the_same_from_the_source_learn_it_once(tmp_path):
    losses = {f"{one}": {"model.transfer_losses": [f"iadtln.losses.{one}"]} for one in LOSSES}
    runs = tiny(**losses)
    found = do(runs, tmp_path / "together")
    # one file of the fit, one of the test, and one of whose pretraining was taken
    files = [len([*(tmp_path / "together" / run.folder).glob("events.*")]) for run in runs]
    assert sorted(files) in ([2, 2, 3], [2, 3, 3])  # two workers may begin at once
    assert not (tmp_path / "together" / "pretraining").exists()
    for run in runs:
        alone = do([run], tmp_path / run.method)
        assert alone.accuracy[run.method] == found.accuracy[run.method]


def test_a_run_that_always_kills_its_worker_is_given_up_with_a_sentence(tmp_path):
    always = {"class_path": "killer.KillAlways"}
    found = do(tiny(plain={}, bad={"trainer.callbacks+": always}), tmp_path, retries=1)
    assert found.status.to_dict() == {"plain": "finished", "bad": "failed"}
    assert found.error["bad"] == "its worker died 2 times: out of memory, or killed?"


@pytest.mark.filterwarnings("default")  # of the backend's own making
def test_a_dask_cluster_that_runs_already_is_used():
    distributed = pytest.importorskip("distributed")
    one = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with (
        distributed.LocalCluster(**one) as running,
        cluster("dask", running.scheduler_address, 1),
        workers("dask", 1, 1),
    ):
        assert joblib.Parallel()(joblib.delayed(abs)(-i) for i in range(3)) == [0, 1, 2]
