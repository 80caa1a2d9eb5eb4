"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; on success the file becomes ``path``, on an error it is removed.

    The reader of a run that was killed halfway finds the former file or none, never half of one.

    Args:
        path: the file to make; its folder is made too.

    Yields:
        A path beside it with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
