"""A worker of ``preprocess`` is killed with -9: nothing is lost, nothing is done twice."""

from collections import Counter

import numpy as np
import pytest

from iadtln.main import main

pytestmark = pytest.mark.slow
EVERYTHING = sorted(f"{domain}-{label}" for domain in "ab" for label in ("low", "middle", "high"))


def preprocess(folder, backend="loky", times=1, *options):
    """Run the verb; return its exit status and how often each recording was begun."""
    killer = f"""
      - class_path: tests.benchmark.killer.KillOnHigh
        init_args: {{log: {folder / "log"}, times: {times}}}
    """
    data = folder / "data.yaml"
    data.write_text(f"class_path: tests.toy.ToyDataModule\ninit_args:\n  transforms: {killer}\n")
    status = 0
    try:
        main(
            [
                "preprocess",
                f"--data={data}",
                f"--data.cache_dir={folder / 'cache'}",
                f"--backend={backend}",
                "--jobs=2",
                *options,
            ]
        )
    except SystemExit as end:
        status = end.code
    return status, Counter((folder / "log").read_text().split())


def kept(folder):
    """How many recordings lie in the cache; each must be whole (hidden: cut off by a kill)."""
    files = [path for path in (folder / "cache").iterdir() if not path.name.startswith(".")]
    for path in files:
        with np.load(path) as stored:
            assert stored["signal"].shape == (1, 4000)
    return len(files)


@pytest.mark.parametrize("backend", ["loky", "ray", "dask"])
@pytest.mark.filterwarnings("default")  # of the backends' own making
def test_nothing_is_lost_and_nothing_that_was_done_is_done_again(tmp_path, backend, capsys):
    if backend != "loky":
        pytest.importorskip({"ray": "ray", "dask": "distributed"}[backend])
    status, begun = preprocess(tmp_path, backend)
    assert status == 0
    assert kept(tmp_path) == len(EVERYTHING)
    assert sorted(begun) == EVERYTHING
    assert begun["a-high"] == 2
    # the pool may go down with its worker, and with it the one other recording at work
    again = {name for name, times in begun.items() if times > 1}
    assert len(again) <= 2
    assert max(begun.values()) == 2
    said = capsys.readouterr().out
    assert all(said.count(name) == 1 for name in EVERYTHING)


def test_a_recording_that_always_kills_is_given_up_by_name_and_the_others_are_done(tmp_path, capfd):
    status, begun = preprocess(tmp_path, "loky", 99, "--retries=1")
    assert status == 1
    assert kept(tmp_path) == len(EVERYTHING) - 1
    assert begun["a-high"] == 2
    said = capfd.readouterr()
    assert "recording 3 of domain 'a': its worker died 2 times" in said.err
    assert all(name in said.out for name in EVERYTHING if name != "a-high")
