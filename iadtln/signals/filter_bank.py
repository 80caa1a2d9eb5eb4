"""Band-pass filters side by side: where a mode decomposition starts."""

from typing import Literal

import torch
from torch import Tensor

BankWindow = Literal["hanning", "hann"]


def filter_bank(taps: int, bands: int, window: BankWindow = "hanning") -> Tensor:
    r"""Windowed-sinc filters that cut the frequencies up to Nyquist into equal bands.

    Band k reaches from :math:`k / K` to :math:`(k + 1) / K` of the Nyquist frequency. Its filter is

    .. math::
        h_k[i] = w[i] (b \operatorname{sinc} b t - a \operatorname{sinc} a t),
        \quad t = i - \tfrac{L - 1}{2},

    scaled to gain 1 at the centre of the band. The bands are counted in integers: stepping from 0
    to 1 by 1/K in floating point gives one band too many for some K (49, 98).

    Args:
        taps: length of each filter, at least 3.
        bands: how many bands.
        window: ``"hanning"`` is MATLAB's, without zeros at the ends, as in the published code;
            ``"hann"`` is SciPy's, whose first and last tap are zero. A decomposition that starts
            from the one can end in other modes than from the other.

    Returns:
        Filters from the low to the high band, float64, shape ``(bands, taps)``.

    Raises:
        ValueError: If the filters are too short or there is no band.

    Example:
        >>> filter_bank(3, 1, window="hanning").shape
        torch.Size([1, 3])

    Reference: Miao et al., Feature mode decomposition, IEEE TIE 2022, eq. 3.
    """
    if taps < 3:
        raise ValueError(f"expected filters of at least 3 taps, got taps={taps}")
    if bands < 1:
        raise ValueError(f"expected at least one band, got bands={bands}")
    place = torch.arange(taps, dtype=torch.float64)
    turn = (place + 1) / (taps + 1) if window == "hanning" else place / (taps - 1)
    bell = 0.5 - 0.5 * torch.cos(2 * torch.pi * turn)
    edges = torch.arange(bands + 1, dtype=torch.float64)[:, None] / bands
    low_pass = edges * torch.sinc(edges * (place - (taps - 1) / 2))  # (bands + 1, taps)
    filters = bell * (low_pass[1:] - low_pass[:-1])
    centre = (edges[1:] + edges[:-1]) / 2
    gain = (filters * torch.cos(torch.pi * centre * (place - (taps - 1) / 2))).sum(-1, keepdim=True)
    return filters / gain
