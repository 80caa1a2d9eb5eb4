"""The box in which candidates lie, and how a position becomes what the objective sees."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from iadtln.search.draws import Draws

Numbers = Sequence[float] | Tensor


class Space:
    """Bounded variables, real or integer.

    Optimisers move positions, real numbers throughout; the objective sees candidates: integer
    variables rounded, then repaired. The position itself stays as it was, so that small moves add
    up to a step of an integer.

    Args:
        lower: least value of each variable, shape ``(variables,)``, or ``(problems, variables)``
            if problems differ. A floating tensor gives the search its device and precision;
            numbers stand for float64 on the CPU.
        upper: greatest value, likewise.
        integer: whether each variable is an integer, or one answer for all.
        repair: maps candidates of shape ``(problems, population, variables)`` to such that can be
            had, each by itself, integers to integers; None leaves them. Its result is clipped to
            the bounds.

    Raises:
        ValueError: If a bound is not finite, out of order, or broken for an integer.

    Example:
        >>> import torch
        >>> modes_and_bands = Space([2, 2], [8, 20], integer=True)
        >>> modes_and_bands.decode(torch.tensor([[[2.4, 19.5]]], dtype=torch.float64))
        tensor([[[ 2., 20.]]], dtype=torch.float64)
    """

    def __init__(
        self,
        lower: Numbers,
        upper: Numbers,
        integer: bool | Sequence[bool] = False,
        repair: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        low, high = torch.broadcast_tensors(  # type: ignore[no-untyped-call]
            _floating(lower), _floating(upper)
        )
        if low.ndim not in (1, 2) or not bool((low.isfinite() & high.isfinite()).all()):
            raise ValueError(
                "expected finite bounds of shape (variables,) or (problems, variables), "
                f"got {lower} and {upper}"
            )
        self.integer = torch.as_tensor(integer, device=low.device).expand(low.shape[-1])
        if not bool((low <= high).all()):
            raise ValueError(f"expected lower <= upper for each variable, got {lower} and {upper}")
        broken = ((low != low.round()) | (high != high.round())) & self.integer
        if bool(broken.any()):
            raise ValueError(f"expected whole bounds for integers, got {lower} and {upper}")
        self.lower = low.reshape(-1, 1, low.shape[-1])  # (problems or 1, 1, variables)
        self.upper = high.reshape(-1, 1, low.shape[-1])
        self.repair = repair

    @property
    def variables(self) -> int:
        """Number of variables."""
        return int(self.lower.shape[-1])

    @property
    def problems(self) -> int:
        """Number of problems that have bounds of their own; 1 if all share them."""
        return int(self.lower.shape[0])

    def clip(self, positions: Tensor) -> Tensor:
        """Return the nearest positions inside the bounds, the same shape."""
        return positions.clamp(self.lower, self.upper)

    def place(self, unit: Tensor) -> Tensor:
        """Return positions from shares of the range.

        Args:
            unit: 0 at the lower bound and 1 at the upper, ``(problems, population, variables)``.
        """
        return self.clip(self.lower + unit * (self.upper - self.lower))

    def sample(self, draws: Draws, population: int) -> Tensor:
        """Return random positions, ``(problems, population, variables)``."""
        return self.place(draws.uniform(population, self.variables))

    def decode(self, positions: Tensor) -> Tensor:
        """Return the candidates that the objective sees, the same shape."""
        # not round(), which takes every second half down
        candidates = torch.where(self.integer, (positions + 0.5).floor(), positions)
        if self.repair is not None:
            candidates = self.repair(candidates)
        return self.clip(candidates)


def _floating(numbers: Numbers) -> Tensor:
    if isinstance(numbers, Tensor) and numbers.is_floating_point():
        return numbers
    return torch.as_tensor(numbers, dtype=torch.float64)
