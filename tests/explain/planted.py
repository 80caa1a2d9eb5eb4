"""Evidence that was made up, for sentences and pictures."""

import torch

from iadtln.explain.evidence import Evidence
from iadtln.explain.lines import FaultLines, fault_rates
from iadtln.signals.bearing import BearingGeometry


def made_up(fault=None, shaft_hz=30.0, steady=True):
    """Five of six harmonics of one fault at 12 dB, nothing of the others."""
    lines = []
    for rate in fault_rates(BearingGeometry()):
        stands = (True,) * 5 + (False,) if rate.fault == fault else (False,) * 6
        heights = tuple(12.0 if one else 1.0 for one in stands)
        beside = (rate.order - 1, rate.order + 1) if rate.spacing else ()
        shown = (rate.fault == fault,) * len(beside)
        lines.append(
            FaultLines(
                rate.fault, rate.order, rate.order, heights, stands, (False,) * 6, beside, shown
            )
        )
    named = next((one for one in lines if one.fault == fault), None)
    orders = torch.arange(2400, dtype=torch.float64) / 64
    height = 3 * torch.rand(2400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    band = (2000.0, 4000.0)
    return Evidence(orders, height, 5.0, tuple(lines), named, band, shaft_hz, steady)
