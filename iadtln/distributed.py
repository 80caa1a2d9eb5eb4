"""What a loss over the whole batch needs when the batch is spread over several processes."""

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.nn.functional import all_gather


def gather(rows: Tensor) -> Tensor:
    """Rows of all ranks, with gradient; ``rows`` itself outside of a process group.

    Covariances and kernel means do not average over ranks: CORAL of two halves is not the mean of
    two CORALs. Each rank therefore computes the same global loss, and DDP averages gradients.

    Args:
        rows: shape ``(batch, ...)``, the same shape on every rank.

    Returns:
        Shape ``(world_size * batch, ...)``, in the order of the ranks.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows
    return torch.cat(all_gather(rows.contiguous()))  # type: ignore[no-untyped-call]
