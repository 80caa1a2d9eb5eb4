"""What a benchmark is to do: tasks x methods x seeds, and any further axis of options."""

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One training and its test: a plain function of these values.

    Args:
        task: name of the task, such as ``0hp→3hp``.
        method: name of the method.
        setting: names of the values of the further axes, joined; empty without any.
        seed: of the training.
        arguments: options of ``fit``, without the seed and the place.
        fingerprint: of the options and of the files that they name.
    """

    task: str
    method: str
    setting: str
    seed: int
    arguments: tuple[str, ...]
    fingerprint: str

    @property
    def folder(self) -> Path:
        """Where it leaves its files, below the folder of the benchmark."""
        names = [name for name in (self.setting, self.task, self.method) if name]
        return Path(*map(file_name, names), f"seed_{self.seed}")

    def __str__(self) -> str:
        setting = f" ({self.setting})" if self.setting else ""
        return f"{self.method}, {self.task}{setting}, seed {self.seed}"


@dataclass
class Plan:
    """Every method on every task with every seed.

    Options are those of ``fit``, without dashes: ``data.init_args.source: 0hp``. A value that ends
    in ``.yaml`` or ``.ckpt`` names a file, relative to the file of the plan; tasks, methods and
    axes may stand in files of their own too. Later options win: files before single options, and
    those of all runs, then of the task, of the method, of the further axes.

    Args:
        tasks: options of each task, by name.
        methods: options of each method, by name.
        title: what the tables are headed.
        options: of all runs, such as the recipe.
        seeds: of the trainings.
        axes: further axes, each a name and its values, each value a name and its options.
        published: percent of target accuracy that others printed, by method and task.
        published_from: where the published values stand, and what differs there.
    """

    tasks: dict[str, dict[str, Any]]
    methods: dict[str, dict[str, Any]]
    title: str = "Benchmark"
    options: dict[str, Any] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=lambda: [0])
    axes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    published: dict[str, dict[str, float]] = field(default_factory=dict)
    published_from: str = ""


def runs_of(plan: Plan, base: Path) -> list[Run]:
    """All runs of a plan, seed by seed: a table that is cut short has whole seeds.

    Args:
        plan: what to run.
        base: folder to which the files named in it are relative.

    Raises:
        ValueError: If the names of two runs come to the same folder, or nothing is to be run.
        FileNotFoundError: If a file named in the plan is not there.
    """
    settings = [*itertools.product(*(values.items() for values in plan.axes.values()))]
    cells = []  # without their seed: files are read once for all seeds
    for setting, task, method in itertools.product(
        settings, plan.tasks.items(), plan.methods.items()
    ):
        options = [plan.options, task[1], method[1], *(value for _, value in setting)]
        arguments = [one for some in options for one in arguments_of(some, base)]
        arguments.sort(key=lambda one: not is_file_name(one))  # what a file says can be changed
        name = ", ".join(name for name, _ in setting)
        cells.append((task[0], method[0], name, tuple(arguments), fingerprint(options, base)))
    runs = [Run(*cell[:3], seed, *cell[3:]) for seed in plan.seeds for cell in cells]
    twice = [str(folder) for folder, count in Counter(r.folder for r in runs).items() if count > 1]
    if twice or not runs:
        raise ValueError(
            f"expected runs with different names, got twice: {', '.join(twice)}; rename them"
            if twice
            else "expected at least one task, method and seed, got none; name them in the plan"
        )
    return runs


def arguments_of(options: Options, base: Path) -> Iterator[str]:
    """Options as they would be typed.

    Example:
        >>> list(arguments_of({"trainer.max_epochs": 3, "model.transfer_losses": []}, Path()))
        ['--trainer.max_epochs=3', '--model.transfer_losses=[]']
    """
    for name, value in options.items():
        for one in value if name == "config" and isinstance(value, list) else [value]:
            if is_file_name(one):
                yield f"--{name}={existing(base / one)}"
            else:
                yield f"--{name}={one if isinstance(one, str) else json.dumps(one)}"


def is_file_name(value: object) -> bool:
    """Whether an option's value names a file, of options or of weights."""
    return isinstance(value, str) and value.endswith((".yaml", ".yml", ".ckpt"))


def existing(path: Path) -> Path:
    """Return the resolved path of a file, or say that it is not there."""
    if not path.is_file():
        raise FileNotFoundError(
            f"the plan names '{path}', which is not there; files are relative to that of the plan"
        )
    return path.resolve()


def fingerprint(options: Any, base: Path) -> str:
    """Twelve digits that change with any option, also in a file that is named somewhere."""
    text = json.dumps(expanded(options, base), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def expanded(value: Any, base: Path) -> Any:
    """Options with the contents of files in the place of their names."""
    if is_file_name(value) and (base / value).is_file():
        path = base / value
        if path.suffix == ".ckpt":
            return hashlib.sha256(path.read_bytes()).hexdigest()
        return expanded(yaml.safe_load(path.read_text(encoding="utf-8")), path.parent)
    if isinstance(value, Mapping):
        return {str(name): expanded(one, base) for name, one in value.items()}
    return [expanded(one, base) for one in value] if isinstance(value, list) else value


def file_name(name: str) -> str:
    """A name with which every file system can live.

    Example:
        >>> file_name("CWRU, 0hp→3hp")
        'CWRU_0hp-3hp'
    """
    plain = re.sub(r"[^\w.+-]+", "_", name.replace("→", "-")).strip("_.")
    return plain or hashlib.sha256(name.encode()).hexdigest()[:8]
