"""What a loss over the whole batch needs when the batch is spread over several processes."""

from contextlib import suppress
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

T = TypeVar("T")


def of_all(value: T) -> list[T]:
    """What each rank says, in their order; to be called on all of them.

    Args:
        value: of this rank; it is pickled.

    Example:
        >>> of_all("here")
        ['here']
    """
    if not (dist.is_available() and dist.is_initialized()):
        return [value]
    said = [value] * dist.get_world_size()
    dist.all_gather_object(said, value)
    return said


def leave() -> None:
    """End the process group, where there is one, once every rank has come here.

    Left to the end of the program, gloo's threads may abort. And a group must not end while one of
    them still has to let go of a tensor: it would wait for the interpreter, and the interpreter for
    it (seen in torch 2.6). The barrier gives them that moment.
    """
    if dist.is_available() and dist.is_initialized():
        with suppress(RuntimeError):  # a rank that is gone needs no moment
            dist.barrier()
        dist.destroy_process_group()


def gather(rows: Tensor) -> Tensor:
    """Rows of all ranks, with gradient; ``rows`` itself outside of a process group.

    Covariances and kernel means do not average over ranks: CORAL of two halves is not the mean of
    two CORALs. Each rank therefore computes the same global loss, and DDP averages gradients.

    Args:
        rows: shape ``(batch, ...)``, the same shape on every rank.

    Returns:
        Shape ``(world_size * batch, ...)``, in the order of the ranks.

    Example:
        >>> gather(torch.tensor([[1.0], [2.0]])).shape
        torch.Size([2, 1])
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows
    gathered: Tensor = _Gather.apply(rows)  # type: ignore[no-untyped-call]
    return gathered


class _Gather(torch.autograd.Function):
    """Concatenates over ranks; the gradient of a rank's rows is the sum over all ranks' losses.

    Written out because a plain ``all_gather`` drops the gradient and its differentiable twin in
    ``torch.distributed.nn`` is deprecated.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        total = gradient.clone(memory_format=torch.contiguous_format)  # reduced in place
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
