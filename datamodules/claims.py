"""What a file claims to hold, against its size: checked before memory is taken for it."""

import struct
import zlib
from pathlib import Path

from datamodules.errors import UnreadableFileError

TIGHTEST = 32  # times; numbers of a sensor are packed five times, of one that is dead a thousand
SMALL = 2**25  # bytes that a machine can spare, however well they are packed
COMPRESSED = 15  # mark of a packed variable in a MATLAB 5 file


def require_room(path: Path, claimed: int) -> None:
    """Raise unless a file can hold what it claims.

    Args:
        path: of the file.
        claimed: bytes of all its samples, unpacked.

    Raises:
        UnreadableFileError: If this is more than a recording of its size can be.
    """
    size = path.stat().st_size
    most = max(SMALL, TIGHTEST * size)
    if claimed > most:
        raise UnreadableFileError(
            f"'{path}' ({size} bytes): expected samples of {most} bytes or less in it, unpacked, "
            f"got a header that claims {claimed}; it is damaged or hardly ever changes: "
            "fetch it again, or save it unpacked"
        )


def unpacked_mat(path: Path) -> int:
    """Bytes that the packed variables of a MATLAB 5 file take, as they say; 0 for other versions.

    Each lies behind a tag (kind, size) and begins, unpacked, with a tag of its own.
    """
    claimed = 0
    with path.open("rb") as file:
        version, mark = struct.unpack("2s2s", file.read(128).ljust(128)[124:])
        order = "<" if mark == b"IM" else ">"
        if version not in (b"\0\1", b"\1\0"):
            return 0
        while len(tag := file.read(8)) == 8:
            kind, size = struct.unpack(f"{order}II", tag)
            begin = file.tell()
            if kind == COMPRESSED:
                inside = zlib.decompressobj().decompress(file.read(min(size, 256)), 8)
                claimed += struct.unpack(f"{order}II", inside.ljust(8, b"\0"))[1]
            file.seek(begin + size)
    return claimed
