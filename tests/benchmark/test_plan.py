"""A plan becomes runs whose names, options and fingerprints can be trusted."""

from pathlib import Path

import pytest

from iadtln.benchmark.plan import Plan, arguments_of, file_name, fingerprint, runs_of
from iadtln.benchmark.runs import note
from iadtln.verbs.benchmark import read_plan, require_same_options

SMALL = Plan(
    tasks={"a→b": {"data.init_args.source": "a"}, "b→a": {"data.init_args.source": "b"}},
    methods={"CORAL": {"model.pretrain_epochs": 2}},
    options={"trainer.max_epochs": 3},
    seeds=[5, 6],
    axes={"protocol": {"paper": {}, "inductive": {"data.init_args.protocol": "inductive"}}},
)


def test_runs_are_the_product_of_all_axes_seed_by_seed():
    runs = runs_of(SMALL, Path())
    assert len(runs) == 2 * 1 * 2 * 2
    assert [run.seed for run in runs] == [5] * 4 + [6] * 4
    assert str(runs[-1]) == "CORAL, b→a (inductive), seed 6"
    assert runs[-1].folder == Path("inductive/b-a/CORAL/seed_6")


def test_options_go_from_the_general_to_the_special():
    assert runs_of(SMALL, Path())[-1].arguments == (
        "--trainer.max_epochs=3",
        "--data.init_args.source=b",
        "--model.pretrain_epochs=2",
        "--data.init_args.protocol=inductive",
    )


def test_single_options_come_after_files_whoever_names_them(tmp_path):
    (tmp_path / "a.yaml").write_text("{}")
    plan = Plan(tasks={"t": {"data": "a.yaml"}}, methods={"m": {}}, options={"data.x": 3})
    assert runs_of(plan, tmp_path)[0].arguments == (f"--data={tmp_path / 'a.yaml'}", "--data.x=3")


def test_names_that_come_to_one_folder_are_refused():
    with pytest.raises(ValueError, match="got twice: x_y/m/seed_0"):
        runs_of(Plan(tasks={"x y": {}, "x/y": {}}, methods={"m": {}}), Path())


def test_a_plan_without_methods_is_refused():
    with pytest.raises(ValueError, match="at least one task, method and seed"):
        runs_of(Plan(tasks={"t": {}}, methods={}), Path())


def test_files_are_relative_to_the_plan_and_several_configs_keep_their_order(tmp_path):
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("{}")
    found = list(arguments_of({"config": ["two.yaml", "one.yaml"]}, tmp_path))
    assert found == [f"--config={tmp_path / name}" for name in ("two.yaml", "one.yaml")]
    with pytest.raises(FileNotFoundError, match=r"three.yaml.*relative to that of the plan"):
        list(arguments_of({"model": "three.yaml"}, tmp_path))


def test_the_fingerprint_follows_files_into_files(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "outer.yaml").write_text("model: deep/inner.yaml")
    inner = tmp_path / "deep" / "inner.yaml"
    marks = []
    for text in ("scale: 1", "scale: 2", "# a remark\nscale: 1"):
        inner.write_text(text)
        marks.append(fingerprint([{"config": "outer.yaml"}], tmp_path))
    assert marks[0] == marks[2] != marks[1]


def test_a_folder_of_other_options_is_refused(tmp_path):
    runs = runs_of(SMALL, Path())
    note(tmp_path / runs[0].folder, config_hash="other", status="finished")
    with pytest.raises(ValueError, match="was run with other options than now"):
        require_same_options(runs, tmp_path)


@pytest.mark.parametrize("text", ["tasks: 3", "methods: {a: {}}", "tasks: {a: {}}\nmethod: {}", ""])
def test_a_file_that_is_no_plan_is_named(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"plan.yaml' is not a benchmark"):
        read_plan(path)


def test_the_fingerprint_follows_weights(tmp_path):
    marks = []
    for content in (b"one", b"two"):
        (tmp_path / "first.ckpt").write_bytes(content)
        marks.append(fingerprint([{"model.initial_weights": "first.ckpt"}], tmp_path))
    assert marks[0] != marks[1]


@pytest.mark.parametrize("name", ["???", "..", "→"])
def test_a_name_of_odd_characters_keeps_its_folder(name):
    assert file_name(name).strip("._")


def test_file_names_have_nothing_to_quote():
    assert file_name("JMMD + CDAN+E (0.5)") == "JMMD_+_CDAN+E_0.5"
