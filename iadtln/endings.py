"""How a verb ends that is stopped, or that the machine fails: a sentence and a true status."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

WRONG_PLACE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP),
}
WRONG_INPUT, HALF_DONE, INTERRUPTED, TERMINATED = 2, 1, 130, 143  # the shell's 128 + signal


class Terminated(KeyboardInterrupt):
    """SIGTERM came: to be met wherever Ctrl-C is."""


def terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Stop as Ctrl-C would."""
    raise Terminated


@contextmanager
def true_status() -> Iterator[None]:
    """End with a sentence and a status that scripts can trust.

    130 is Ctrl-C, 143 SIGTERM; 1 says that the machine failed, 2 that files cannot be where they
    were told to be. ``JSONARGPARSE_DEBUG=1`` shows the trace of a failure.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    if main_thread:
        signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt as stop:
        stopped(stop)
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):  # Lightning's status is 1 then
            stopped(end.__context__)
        raise
    except (OSError, RuntimeError) as error:
        if os.environ.get("JSONARGPARSE_DEBUG") or not (failure := told(error)):
            raise
        print(failure[0], file=sys.stderr)
        sys.exit(failure[1])
    finally:
        if main_thread:
            for one, handler in handlers.items():
                signal.signal(one, handler)


def stopped(by: BaseException) -> NoReturn:
    """Leave with the status of the signal."""
    name, status = (
        ("SIGTERM", TERMINATED) if isinstance(by, Terminated) else ("Ctrl-C", INTERRUPTED)
    )
    print(f"stopped by {name}; every file is whole", file=sys.stderr)
    sys.exit(status)


def told(error: Exception) -> tuple[str, int] | None:
    """A sentence and a status for what the machine did; None for what is a bug.

    Example:
        >>> told(OSError(28, "No space left on device", "runs/a.ckpt"))[1]
        1
        >>> told(ConnectionResetError(104, "Connection reset by peer"))[0][:29]
        'a DataLoader worker was lost '
        >>> told(RuntimeError("a bug")) is None
        True
    """
    if isinstance(error, BrokenPipeError):  # as of `| head`; no reading from a worker ends so
        return f"nobody reads the output any more ({error})", HALF_DONE
    if isinstance(error, ConnectionError):  # the other end of its pipe has gone
        words = f"a DataLoader worker was lost ({error}). Out of memory, or killed? "
        return words + "Lower num_workers", HALF_DONE
    if isinstance(error, OSError) and error.errno in WRONG_PLACE:
        return f"expected a place to write to or to read from, got: {error}", WRONG_INPUT
    if isinstance(error, OSError) and error.errno is not None:
        words = f"the machine failed ({error}); every file is whole: make room and go on"
        return words, HALF_DONE
    if "DataLoader worker" in str(error):
        words = f"{str(error).splitlines()[0].strip()} Out of memory, or killed? Lower num_workers"
        return words, HALF_DONE
    return None
