r"""Convolution, batch norm, ReLU and max pooling in one differentiable step, for training on a CPU.

Batch norm with a factor :math:`\gamma \ge 0` and ReLU never decrease, so a maximum may be taken
before them instead of after:

.. math:: \max_t \mathrm{ReLU}(\mathrm{BN}(y_t)) = \mathrm{ReLU}(\mathrm{BN}(\max_t y_t))

What is normalised shrinks to what the pool keeps; only the statistics still need every sample. A
channel with :math:`\gamma < 0` is convolved with :math:`-w` and normalised with :math:`-\gamma`,
which is the same function. The convolution's bias is what batch norm takes away again: it only
shifts the running mean, and its gradient is exactly zero.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from iadtln.networks.convolution import BatchNorm1d, Conv1d, as_image, is_fast


class MaxOfPairs(nn.MaxPool1d):
    """``nn.MaxPool1d(2)``: the larger of each two neighbours."""

    def __init__(self) -> None:
        super().__init__(2)

    @staticmethod
    def neighbours(image: Tensor) -> tuple[Tensor, Tensor]:
        """View the first and the second of each pair, both ``(batch, channels, 1, pairs)``."""
        last = image.shape[3] // 2 * 2
        return image[..., 0:last:2], image[..., 1:last:2]

    def take(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maxima, ``(batch, channels, 1, pairs)``, and the second minus the first."""
        first, second = self.neighbours(image)
        return torch.maximum(first, second), second - first

    def add_back(self, total: Tensor, grad: Tensor, difference: Tensor) -> None:
        """Add the gradient of the maxima to that of the samples they were."""
        first, second = self.neighbours(total)
        to_second = torch.ops.aten.threshold_backward(grad, difference, 0)
        second.add_(to_second)
        first.add_(grad.sub_(to_second))


class MaxOfBins(nn.AdaptiveMaxPool1d):
    """``nn.AdaptiveMaxPool1d``: the largest sample of each of a fixed number of parts.

    Args:
        bins: number of parts.
    """

    def __init__(self, bins: int) -> None:
        super().__init__(bins)
        self.bins = bins

    def take(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maxima, ``(batch, channels, 1, bins)``, and their times."""
        largest, time = F.adaptive_max_pool2d(image, (1, self.bins), return_indices=True)
        return largest, time

    def add_back(self, total: Tensor, grad: Tensor, time: Tensor) -> None:
        """Add the gradient of the maxima to that of the samples they were."""
        batch, channels, _, length = total.shape
        row = torch.arange(batch)[:, None, None, None] * length + time
        position = row * channels + torch.arange(channels)[:, None, None]
        total.permute(0, 2, 3, 1).put_(position, grad, accumulate=True)


class Whole(nn.Identity):
    """No pooling."""

    def take(self, image: Tensor) -> tuple[Tensor, None]:
        """Return every sample."""
        return image, None


Pool = MaxOfPairs | MaxOfBins | Whole


class NormReluMax(torch.autograd.Function):
    """Batch norm with the statistics of the batch, ReLU and max pooling; see the module."""

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, weight: Tensor, bias: Tensor, eps: float, pool: Pool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the result and the mean and biased variance of each channel."""
        unused = torch.zeros_like(weight)  # its float32 makes the statistics of bfloat16 float32
        mean, variance = torch.batch_norm_update_stats(image, unused, unused, 0.0)
        kept, where = pool.take(image)
        result = F.batch_norm(kept, mean, variance, weight, bias, eps=eps).relu_()
        ctx.save_for_backward(image, kept, where, result, mean, variance, weight)
        ctx.eps, ctx.pool = eps, pool
        ctx.mark_non_differentiable(mean, variance)
        return result, mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: None) -> tuple[Tensor | None, ...]:
        r"""Return the gradients of batch norm.

        With :math:`g` the gradient at the kept samples, zero elsewhere,

        .. math:: dy = \frac{\gamma}{\sigma} \left(g - \frac{\sum g}{n}
            - \hat y \frac{\sum g \hat y}{n}\right)

        whose last two terms are themselves an affine function of the normalised signal.
        """
        image, kept, where, result, mean, variance, weight = ctx.saved_tensors
        inverse = (variance + ctx.eps).rsqrt()
        grad = torch.ops.aten.threshold_backward(grad, result, 0)
        needs_all = where is None  # without pooling, batch norm's own backward is all there is
        dimage, dweight, dbias = torch.ops.aten.native_batch_norm_backward(
            grad, kept, weight, None, None, mean, inverse, True, ctx.eps, [needs_all, True, True]
        )
        if not needs_all:
            scale = weight * inverse
            share = -scale * image.shape[1] / image.numel()
            dimage = F.batch_norm(
                image, mean, variance, share * dweight, share * dbias, eps=ctx.eps
            )
            # grad * scale, multiplied in float32 and written in the dtype of grad, in one pass
            zero, one = torch.zeros_like(scale), torch.ones_like(scale)
            ctx.pool.add_back(dimage, F.batch_norm(grad, zero, one, scale, eps=0.0), where)
        return dimage, dweight, dbias, None, None


class ConvBlock(nn.Module):
    """Convolution, batch norm, ReLU, and max pooling if asked for.

    Args:
        in_channels: channels of the signal.
        out_channels: number of filters.
        kernel_size: length of a filter in samples.
        pool: what to do with the result; nothing by default.
        stride: samples from one response to the next.
        padding: zeros put before and after the signal.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        pool: Pool | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.conv = Conv1d(in_channels, out_channels, kernel_size, stride, padding)
        self.norm = BatchNorm1d(out_channels)
        self.pool = pool or Whole()

    def forward(self, signal: Tensor) -> Tensor:
        """Return the features of a signal ``(batch, in_channels, time)``."""
        if is_fast(signal) and self.norm.training and type(self.norm) is BatchNorm1d:
            return self._train(signal)
        result: Tensor = self.pool(self.norm(self.conv(signal)).relu())
        return result

    def _train(self, signal: Tensor) -> Tensor:
        conv, norm = self.conv, self.norm
        assert conv.bias is not None  # it was made with one
        sign = torch.where(norm.weight.detach() < 0, -1.0, 1.0)
        response = conv.convolve(signal, conv.weight * sign[:, None, None], None)
        result, mean, variance = NormReluMax.apply(  # type: ignore[no-untyped-call]
            as_image(response),
            norm.weight * sign,
            norm.bias + 0 * conv.bias,  # DDP waits for a gradient of every parameter
            norm.eps,
            self.pool,
        )
        count = response.numel() // response.shape[1]
        norm.update(mean * sign + conv.bias, variance * count / (count - 1))
        features: Tensor = result.squeeze(2)
        return features
