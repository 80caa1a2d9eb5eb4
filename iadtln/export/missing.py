"""Operations on real numbers that torch's exporter to ONNX lacks, in terms of those it has."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten


def filled(values: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
    """What a copy into ``values`` leaves there; the exporter's own forgets to broadcast."""
    return source.to(values.dtype).expand_as(values).clone()


def frequencies(points: int, spacing: float = 1.0, **options: Any) -> Tensor:
    """Of a one-sided spectrum."""
    return torch.arange(points // 2 + 1, **options) / (points * spacing)


def largest_of_bins(values: Tensor, size: list[int]) -> tuple[Tensor, None]:
    """Adaptive maximum pooling of one row to so many bins, without the places of the maxima.

    Bin i of m reaches from floor(i n / m) to ceil((i + 1) n / m).
    """
    points, (rows, bins) = values.shape[-1], size
    if rows != 1 or values.shape[-2] != 1:
        raise NotImplementedError(f"no rule for adaptive pooling of images to {rows} rows")
    edges = [(i * points // bins, -(-(i + 1) * points // bins)) for i in range(bins)]
    return torch.cat([values[..., a:b].amax(-1, keepdim=True) for a, b in edges], -1), None


MISSING: dict[Any, Callable[..., Any]] = {
    aten.adaptive_max_pool2d.default: largest_of_bins,
    aten.copy.default: filled,
    aten.fft_rfftfreq.default: frequencies,
}
