"""One-dimensional convolution and batch norm in the memory order that the CPU multiplies fastest.

A signal keeps its shape ``(batch, channels, time)``; only its strides change, so that the channels
of one instant lie side by side in memory. oneDNN then reads a convolution's operands as they are
instead of reordering 100 MB back and forth in each layer, and batch norm runs over rows. Modules of
other kinds see an ordinary tensor. On other devices, and for ``torch.export`` and
``torch.compile``, these classes are their plain PyTorch parents; so is their ``state_dict``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def is_fast(signal: Tensor) -> bool:
    """Tell whether the memory order of this module pays: eagerly run on a CPU."""
    return signal.device.type == "cpu" and not torch.compiler.is_compiling()


def as_image(signal: Tensor) -> Tensor:
    """View ``(batch, channels, time)`` as ``(batch, channels, 1, time)``, channels innermost.

    Copies only a signal that has another memory order.
    """
    return signal.unsqueeze(2).contiguous(memory_format=torch.channels_last)


class Conv1d(nn.Conv1d):
    """``nn.Conv1d``, same arguments, parameters and result."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return shape ``(batch, out_channels, time)``."""
        return self.convolve(signal, self.weight, self.bias)

    def convolve(self, signal: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve with other weights of the same shape."""
        if not is_fast(signal) or self.padding_mode != "zeros" or isinstance(self.padding, str):
            return self._conv_forward(signal, weight, bias)
        image = F.conv2d(
            as_image(signal),
            # a copy, because the strides of a view would not tell its order with one channel
            weight.transpose(1, 2).clone().unsqueeze(1).permute(0, 3, 1, 2),
            bias,
            stride=(1, *self.stride),
            padding=(0, *self.padding),
            dilation=(1, *self.dilation),
            groups=self.groups,
        )
        return image.squeeze(2)


class BatchNorm1d(nn.BatchNorm1d):
    """``nn.BatchNorm1d`` for signals, same arguments, state and result."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return the normalised signal; both of shape ``(batch, channels, time)``."""
        return super().forward(as_image(signal) if is_fast(signal) else signal).reshape_as(signal)

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor) -> None:
        """Take one more batch's mean and unbiased variance into the running statistics."""
        if self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (3, 4):  # 4: the view as an image
            raise ValueError(f"expected (batch, channels, time), got shape {tuple(input.shape)}")
