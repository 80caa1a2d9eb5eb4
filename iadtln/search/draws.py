"""Random numbers that each problem draws for itself."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

Seed = int | Sequence[int] | Generator


class Draws:
    """One stream of random numbers for each problem.

    A problem searched alone meets the numbers it would meet beside others, and no problem can
    take numbers from another. They are drawn on the CPU, so that a search is the same on every
    device.

    Args:
        problems: number of problems.
        seed: one number, or a generator, from which every problem's seed is drawn; or one number
            for each problem.
        device: where the numbers are wanted.
        dtype: precision of real numbers.

    Raises:
        ValueError: If there are seeds, but not one for each problem.
    """

    def __init__(self, problems: int, seed: Seed, device: torch.device, dtype: torch.dtype) -> None:
        self._streams = [Generator().manual_seed(number) for number in _seeds(problems, seed)]
        self._device = device
        self._dtype = dtype

    def uniform(self, *shape: int) -> Tensor:
        """Return numbers in [0, 1), shape ``(problems, *shape)``."""
        drawn = [torch.rand(shape, generator=stream, dtype=self._dtype) for stream in self._streams]
        return torch.stack(drawn).to(self._device)

    def normal(self, *shape: int) -> Tensor:
        """Return numbers of mean 0 and variance 1, shape ``(problems, *shape)``."""
        drawn = [
            torch.randn(shape, generator=stream, dtype=self._dtype) for stream in self._streams
        ]
        return torch.stack(drawn).to(self._device)

    def integers(self, count: int, *shape: int) -> Tensor:
        """Return whole numbers from 0 to ``count - 1``, int64, shape ``(problems, *shape)``."""
        drawn = [torch.randint(count, shape, generator=stream) for stream in self._streams]
        return torch.stack(drawn).to(self._device)

    def signs(self, *shape: int) -> Tensor:
        """Return -1 or 1 with equal chance, shape ``(problems, *shape)``."""
        return 1 - 2 * self.integers(2, *shape).to(self._dtype)


def _seeds(problems: int, seed: Seed) -> list[int]:
    if isinstance(seed, int):
        seed = Generator().manual_seed(seed)
    if isinstance(seed, Generator):
        drawn = torch.randint(2**32, (problems,), generator=seed, device=seed.device)
        return [int(number) for number in drawn]
    if len(seed) != problems:
        raise ValueError(f"expected one seed for each of {problems} problems, got {len(seed)}")
    return list(seed)
