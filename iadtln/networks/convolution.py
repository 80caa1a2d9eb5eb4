"""One-dimensional convolution and batch norm in the memory order that a CPU multiplies fastest.

A signal keeps its shape ``(batch, channels, time)``; only its strides change, so that the channels
of one instant lie side by side. oneDNN then takes a convolution's operands as they are instead of
reordering them back and forth in each layer, and batch norm runs along rows. Modules of other kinds
see an ordinary tensor. On other devices, and for ``torch.export`` and ``torch.compile``, these
classes do what their PyTorch parents do; the ``state_dict`` is the parents' everywhere.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def is_fast(signal: Tensor) -> bool:
    """Tell whether this memory order pays: eagerly run on a CPU for which oneDNN was built."""
    if signal.device.type != "cpu" or torch.compiler.is_compiling():
        return False
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def as_image(signal: Tensor) -> Tensor:
    """View ``(batch, channels, time)`` as ``(batch, channels, 1, time)``, channels innermost.

    Copies only a signal that has another memory order.

    Example:
        >>> as_image(torch.zeros(2, 3, 5)).stride()
        (15, 1, 15, 3)
    """
    return signal.unsqueeze(2).contiguous(memory_format=torch.channels_last)


class Conv1d(nn.Conv1d):
    """``nn.Conv1d``: same arguments, state and result."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return shape ``(batch, out_channels, time)``."""
        return self.convolve(signal, self.weight, self.bias)

    def convolve(self, signal: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve with other weights of the same shape."""
        if not is_fast(signal) or self.padding_mode != "zeros" or isinstance(self.padding, str):
            result: Tensor = self._conv_forward(signal, weight, bias)
            return result
        # To a row and back: its gradient comes back in the memory order of the weight, as DDP asks.
        weight = weight.flatten(1).view_as(weight)
        # A copy: the strides of a view would not tell the memory order of a single channel.
        rows = weight.transpose(1, 2).clone(memory_format=torch.contiguous_format)
        image = F.conv2d(
            as_image(signal),
            rows.unsqueeze(1).permute(0, 3, 1, 2),
            bias,
            stride=(1, *self.stride),
            padding=(0, *self.padding),
            dilation=(1, *self.dilation),
            groups=self.groups,
        )
        return image.squeeze(2)


class BatchNorm1d(nn.BatchNorm1d):
    """``nn.BatchNorm1d``: same arguments, state and result."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return the normalised signal; both of shape ``(batch, channels, time)``."""
        super()._check_input_dim(signal)
        if not is_fast(signal) or signal.dim() != 3:
            return super().forward(signal)
        return super().forward(as_image(signal)).squeeze(2)

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor) -> None:
        """Take one more batch's mean and unbiased variance into the running statistics."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None  # it comes with the other two
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass the view as an image; ``forward`` has checked the signal."""
