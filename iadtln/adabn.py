r"""AdaBN: batch norm with the averages of the target.

.. math:: y = \gamma \frac{x - \mu_t}{\sqrt{\sigma_t^2 + \epsilon}} + \beta

The weights know classes, the averages know domains: those of the source are replaced by those of
the target, and no label is needed.

Reference: Li et al., Adaptive batch normalization for practical domain adaptation, Pattern
Recognition 80, 2018.
"""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn


def adapt_batch_norm(network: nn.Module, windows: Iterable[Tensor]) -> None:
    """Replace the averages of every batch norm by those of ``windows``; nothing else changes.

    Each batch counts alike (a cumulative average). With several processes each sees its own
    windows, and the averages are those of all.

    Args:
        network: any network; one without batch norm stays as it is.
        windows: batches of shape ``(batch, channels, time)`` of the target.
    """
    state = torch.get_rng_state()  # dropout draws, though nothing comes of it
    update_bn(windows, network)
    torch.set_rng_state(state)
    if dist.is_available() and dist.is_initialized():
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                for average in (module.running_mean, module.running_var):
                    if average is not None:
                        dist.all_reduce(average)
                        average.div_(dist.get_world_size())
