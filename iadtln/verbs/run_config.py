"""Where the configuration of a run lies."""

from pathlib import Path


def config_of(checkpoint: Path, named: Path | None = None) -> Path:
    """The configuration that is named, or that the run left above the checkpoint's folder or in it.

    Args:
        checkpoint: of the run.
        named: by the user, if any.

    Raises:
        FileNotFoundError: If there is none.
    """
    folder = checkpoint.resolve().parent
    places = [named] if named else [folder.parent / "config.yaml", folder / "config.yaml"]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"expected the configuration of the run at '{places[0]}'; name it with --config "
        "(adapt: --run_config)"
    )
