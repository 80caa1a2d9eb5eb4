"""Bad inputs that hypothesis draws and shrinks, beside those made by hand and by seed."""

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iadtln.checkpoints import read_state
from iadtln.configurations import read_options
from tests.faults.malformed import good_checkpoint, good_recordings
from tests.faults.reading import ending, listed, streamed, whole

# one folder serves all examples of a test: each writes its file anew
many = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
places = st.floats(0.0, 1.0, exclude_max=True)
edits = st.lists(
    st.tuples(places, st.integers(0, 9), st.binary(max_size=9)), min_size=1, max_size=5
)
cells = st.one_of(
    st.floats(width=32).map(str), st.integers(-9, 9).map(str), st.text(max_size=5), st.just("")
)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=6)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats().map(str), st.text(max_size=8)
)
names = st.sampled_from(["model", "data", "trainer", "class_path", "init_args", "max_epochs", "x"])
options = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def edited(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """At each place so many bytes give way to others."""
    for place, gone, come in changes:
        begin = int(place * len(content))
        content = content[:begin] + come + content[begin + gone :]
    return content


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return good_recordings(tmp_path_factory.mktemp("good"), samples=600)


@pytest.mark.parametrize("read", [whole, streamed])
@many
@given(data=st.data(), changes=edits)
def test_edited_recordings_end_in_a_sentence_or_are_sound(good, tmp_path, read, data, changes):
    path = data.draw(st.sampled_from(good))
    bad = tmp_path / f"bad{path.suffix}"
    bad.write_bytes(edited(path.read_bytes(), changes))
    assert ending(read, bad)[0] != "traceback"


@pytest.mark.parametrize("read", [whole, streamed])
@many
@given(table=tables, separator=st.sampled_from([",", ";", "\t", " "]))
def test_drawn_tables_end_in_a_sentence_or_are_sound(tmp_path, read, table, separator):
    lines = [separator.join(row) for row in table]
    (tmp_path / "bad.csv").write_text("\n".join(lines), "utf-8", "replace")
    assert ending(read, tmp_path / "bad.csv")[0] != "traceback"


HEAD = ["file", "label", "domain", "sampling_rate", "rpm", "channel"]


@many
@given(head=st.permutations(HEAD), rows=tables, name=st.sampled_from(["a.npy", "none.npy", "."]))
def test_drawn_manifests_end_in_a_sentence_or_are_sound(tmp_path, head, rows, name):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).standard_normal(90))
    lines = [",".join(head)] + [",".join([name, *row]) for row in rows]
    (tmp_path / "bad.csv").write_text("\n".join(lines), "utf-8", "replace")
    assert ending(listed, tmp_path / "bad.csv")[0] != "traceback"


@many
@given(drawn=options | st.text())
def test_drawn_configurations_end_in_a_sentence_or_are_sound(tmp_path, drawn):
    text = drawn if isinstance(drawn, str) else yaml.safe_dump(drawn)
    (tmp_path / "bad.yaml").write_text(text, "utf-8", "replace")
    assert ending(read_options, tmp_path / "bad.yaml")[0] != "traceback"


@many
@given(changes=edits)
def test_edited_checkpoints_end_in_a_sentence_or_are_sound(tmp_path, changes):
    good = tmp_path / "good.ckpt"
    content = (good if good.exists() else good_checkpoint(good)).read_bytes()
    (tmp_path / "bad.ckpt").write_bytes(edited(content, changes))
    assert ending(read_state, tmp_path / "bad.ckpt")[0] != "traceback"
