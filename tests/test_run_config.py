"""One rule for where the configuration of a run lies."""

from pathlib import Path

import pytest

from iadtln.verbs.run_config import config_of


def test_the_folder_above_goes_before_the_own_one_and_a_name_before_both(tmp_path, monkeypatch):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.chdir(folder)
    checkpoint = folder / "last.ckpt"
    checkpoint.touch()
    with pytest.raises(FileNotFoundError, match="name it with --config"):
        config_of(checkpoint)
    for place in (folder, tmp_path):
        (place / "config.yaml").touch()
        assert config_of(checkpoint) == place / "config.yaml"
    assert config_of(Path("last.ckpt")) == tmp_path / "config.yaml"
    assert config_of(checkpoint, folder / "config.yaml") == folder / "config.yaml"
    with pytest.raises(FileNotFoundError, match="expected the configuration of the run at"):
        config_of(checkpoint, folder / "nowhere.yaml")


def test_a_link_leads_to_the_run_of_its_checkpoint(tmp_path):
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "last.ckpt").touch()
    (tmp_path / "run" / "config.yaml").touch()
    (tmp_path / "link.ckpt").symlink_to(folder / "last.ckpt")
    assert config_of(tmp_path / "link.ckpt") == tmp_path / "run" / "config.yaml"
