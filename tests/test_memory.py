import platform
import subprocess
import sys

import pytest

# in a process of its own: one in which malloc has once failed takes its memory from elsewhere
PROGRAM = """
import resource, sys, torch
from pathlib import Path
from iadtln.memory import give_back_freed_memory, keep_freed_memory

def faults_of_64_megabytes():
    # pages the system had to hand out while a block was written to
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(2**24).add_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident_pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

done = keep_freed_memory()
faults = min(faults_of_64_megabytes() for _ in range(10))
before = resident_pages()
give_back_freed_memory()
print(int(done), faults, before - resident_pages())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="sets the malloc of glibc")
def test_freed_memory_is_used_again_until_it_is_given_back():
    program = [sys.executable, "-c", PROGRAM]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    done, faults, given_back = map(int, said)
    assert done
    assert faults < 100  # of 16384 pages
    assert given_back > 10_000
