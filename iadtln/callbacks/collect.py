"""The outputs of all steps of a loop, put together."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from iadtln.distributed import of_all

Rows = dict[str, Tensor]


class Collector:
    """Keeps the outputs of ``test_step`` or ``predict_step`` in main memory.

    Args:
        keys: which entries of the outputs to keep; all have the windows as first dimension.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        self.batches: list[Rows] = []

    def add(self, outputs: object) -> None:
        """Keep the outputs of one step.

        Raises:
            TypeError: If a step returned something else.
        """
        if not isinstance(outputs, Mapping) or any(key not in outputs for key in self.keys):
            got = list(outputs) if isinstance(outputs, Mapping) else type(outputs).__name__
            raise TypeError(
                f"the step must return a dict with {', '.join(self.keys)}, got {got}; "
                "return these, or take the callback out of trainer.callbacks"
            )
        self.batches.append({key: _kept(outputs[key]) for key in self.keys})

    def rows(self) -> Rows | None:
        """All windows of all processes, once each, by index; None if there are none.

        A distributed sampler repeats windows until every process has as many: those count once.
        To be called on all processes.
        """
        batches = [batch for process in of_all(self.batches) for batch in process]
        if not batches:
            return None
        together = {key: torch.cat([batch[key] for batch in batches]) for key in self.keys}
        index, inverse = torch.unique(together["index"], return_inverse=True)
        first = torch.full_like(index, len(inverse)).scatter_reduce(
            0, inverse, torch.arange(len(inverse)), "amin"
        )
        return {key: value[first] for key, value in together.items()}


def _kept(value: Tensor) -> Tensor:
    value = value.detach().cpu()
    return value.float() if value.is_floating_point() else value
