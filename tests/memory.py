"""How much memory some lines of code take, in a process of their own."""

import subprocess
import sys

import pytest

# The high-water mark of the program's own memory; getrusage's also knows its parent's.
PROGRAM = """
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

{before}
mark = peak()
{work}
print(peak() - mark)
"""

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def mebibytes(before, work):
    """Peak memory of ``work`` over that of ``before``."""
    program = PROGRAM.format(before=before, work=work)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024
