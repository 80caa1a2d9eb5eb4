"""Every notebook runs from its first cell to its last, without measured data."""

from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_on_simulated_recordings(path, tmp_path, monkeypatch):
    monkeypatch.delenv("IADTLN_DATA_DIR", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    place = {"metadata": {"path": str(tmp_path)}}  # what a notebook leaves behind goes there
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()


def test_there_are_notebooks():
    assert NOTEBOOKS
