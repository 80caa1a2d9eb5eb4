"""YAML files, read with care: what is none, or is made to fill the memory, is a sentence."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback
from lightning.pytorch.utilities import rank_zero_warn

CONFIG = ("--config", "-c")  # options that name a file of options
HEADER = "# lightning.pytorch=="  # of what a run writes
MOST = 100_000  # values in a file, each alias counted as what it stands for


def read_yaml(path: Path) -> Any:
    """What a file says; no tag in it is run.

    Raises:
        MisconfigurationException: If it is no YAML, nested without end or larger than it looks.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        if (number := _values(content, {})) > MOST:
            raise MisconfigurationException(
                f"'{path}': expected options, got {number} values by aliases of aliases; write "
                "them out"
            )
    except RecursionError:
        raise MisconfigurationException(
            f"'{path}': expected options a few levels deep, got more, or an alias within itself; "
            "write them flat"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise MisconfigurationException(
            f"'{path}': expected YAML in UTF-8, got {type(error).__name__}: "
            f"{' '.join(str(error).split())}; mend the file"
        ) from error
    return content


def _values(value: Any, known: dict[int, int]) -> int:
    """Number of values in a tree that may share its branches."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_values(one, known) for one in inside)
    return known[id(value)]


def read_options(path: Path) -> dict[str, Any]:
    """Options of a run, by name.

    Raises:
        MisconfigurationException: If the file is no YAML, or names no options.
    """
    content = read_yaml(path)
    trainer = content.get("trainer") if isinstance(content, dict) else None
    # in the place of a trainer's options there may be the name of a file with them
    if not isinstance(content or {}, dict) or not isinstance(trainer or {}, (dict, str)):
        raise MisconfigurationException(
            f"'{path}': expected options as 'name: value', got {str(trainer or content)[:60]!r}; "
            "see those in configs/"
        )
    return content or {}


def named_values(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option with what stands behind it, whether after a space or an equals sign.

    Example:
        >>> list(named_values(["fit", "--config", "a.yaml", "-c=b.yaml"]))
        [('--config', 'a.yaml'), ('-c', 'b.yaml')]
    """
    for option, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, value = option.partition("=")
        if name.startswith("-"):
            yield name, value if equals else following


def refuse_bad_files(arguments: Sequence[str]) -> None:
    """Leave with a sentence and status 2 if an option names a YAML file that cannot be used."""
    for name, value in named_values(arguments):
        path = Path(value)
        if path.suffix not in (".yaml", ".yml"):
            continue
        try:
            if path.is_file():
                read_options(path) if name in CONFIG else read_yaml(path)
        except (MisconfigurationException, OSError) as error:
            print(error, file=sys.stderr)
            sys.exit(2)


class SaveConfig(SaveConfigCallback):
    """Leaves the options of a run in its folder, but not in the place of a file of the user's.

    Without a logger that folder is the one in which the run was begun.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write ``config.yaml`` unless one there is given as an option or by no run."""
        place = Path(trainer.log_dir or "") / self.config_filename
        if trainer.logger is None and trainer.strategy.broadcast(self.is_the_users(place)):
            rank_zero_warn(f"'{place}' is yours and stays; the options of this run are not saved")
            self.save_to_log_dir = False
        if stage != "fit" and trainer.strategy.broadcast(place.is_file()):
            self.save_to_log_dir = False  # the options that the weights came from stay
        self.overwrite = True  # of a run that goes on in its folder
        self.config.share_pretraining = None  # what takes these options later stands elsewhere
        super().setup(trainer, pl_module, stage)

    def is_the_users(self, place: Path) -> bool:
        """Whether a file is there that must not be written over."""
        if not place.is_file():
            return False
        given = [Path(str(one)).resolve() for one in self.config.get("config") or []]
        with place.open("rb") as file:
            return place.resolve() in given or file.read(len(HEADER)) != HEADER.encode()
