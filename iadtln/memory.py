"""Why a step on a CPU can spend half its time outside of arithmetic, and what to do about it."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of glibc's malloc.h
_NEVER = 2**31 - 1  # bytes: the largest value that mallopt takes


def keep_freed_memory() -> bool:
    """Let this process keep the memory it frees, so that the next step need not ask for it again.

    Activations are tens of megabytes. By default glibc hands such blocks back to the system as soon
    as they are freed, and the system zeroes each page anew when the next step touches it: 0.4 ms a
    megabyte on a virtual machine, more than the arithmetic takes. The price is that the process
    stays as large as it once was. Call it once, before training on a CPU.

    Returns:
        Whether it was done; false where the C library is not glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, _NEVER))


def give_back_freed_memory() -> None:
    """Hand back once what ``keep_freed_memory`` has kept, as between two trainings of a process.

    Else joblib takes the growing size of a worker for a leak and starts another.
    """
    if sys.platform.startswith("linux") and hasattr(c := ctypes.CDLL(None), "malloc_trim"):
        c.malloc_trim(0)
