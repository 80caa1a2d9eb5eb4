import resource
from pathlib import Path

import pytest
import torch

from iadtln.memory import give_back_freed_memory, keep_freed_memory


@pytest.fixture(autouse=True)
def _kept():
    if not keep_freed_memory():
        pytest.skip("the C library is not glibc")


def faults_of_64_megabytes():
    """Pages the system had to hand out while a block was written to."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(2**24).add_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_pages():
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_freed_memory_is_used_again():
    assert min(faults_of_64_megabytes() for _ in range(10)) < 100  # of 16384 pages


def test_freed_memory_can_be_given_back():
    faults_of_64_megabytes()
    before = resident_pages()
    give_back_freed_memory()
    assert before - resident_pages() > 10_000  # of 16384
