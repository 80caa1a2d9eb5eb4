"""Files that are there whole or not at all, and folders that one program writes at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout


class FolderError(ValueError):
    """A folder cannot be worked in, or somebody works in it."""


A_DAY = 24 * 60 * 60  # seconds
_ASIDE = ".*." + 32 * "[0-9a-f]" + "*"  # hidden, a stem, uuid4().hex, a suffix


@cache  # once a process: a folder may hold many thousands of files
def sweep(folder: Path) -> None:
    """Remove what programs that were killed while they wrote have left in a folder.

    By age, a day, since a shared folder's writers run on hosts whose processes cannot be asked for.

    Args:
        folder: where :func:`written_whole` wrote.
    """
    for left in folder.glob(_ASIDE):
        with suppress(OSError):  # somebody else sweeps too
            if time.time() - left.stat().st_mtime > A_DAY:
                left.unlink()


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
    sweep(path.parent)
    aside = path.with_name(f".{path.stem}.{uuid4().hex}{path.suffix}")  # threads, other hosts
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path, who: str) -> Iterator[None]:
    """Hold a folder, so that no second program does the same work; a dead holder lets go.

    Args:
        folder: made if it is not there.
        who: works in it, for the message: a verb.

    Raises:
        FolderError: If it is held, or cannot be a folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise FolderError(
            f"expected a folder for the output, got '{folder}', which is a file or lies in one; "
            "choose another --output"
        ) from None
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise FolderError(
            f"another {who} is at work in '{folder}'; wait for it, or choose another --output"
        ) from None
