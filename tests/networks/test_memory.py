import resource

import pytest
import torch

from iadtln.networks import keep_freed_memory


def faults_of_64_megabytes():
    """Pages the system had to hand out while a block was written to."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(2**24).add_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_freed_memory_is_used_again():
    if not keep_freed_memory():
        pytest.skip("the C library is not glibc")
    assert min(faults_of_64_megabytes() for _ in range(10)) < 100  # of 16384 pages
