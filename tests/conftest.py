from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import settings

# a shared machine may pause any example for longer than the default 0.2 s
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch):
    """No test writes into, or reads from, the user's cache of recordings, or leaves one behind."""
    with TemporaryDirectory(prefix="iadtln-cache-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("IADTLN_CACHE_DIR", folder)
        yield


def pytest_configure():
    """Tensors of tests are tiny: threads would only wait for each other, and for other programs."""
    torch.set_num_threads(1)
