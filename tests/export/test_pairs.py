"""A program whose complex numbers became pairs says what it said before."""

import pytest
import torch
from torch import nn

from iadtln.export.pairs import RealArithmetic

WEIGHT = torch.randn(64, dtype=torch.complex64, generator=torch.Generator().manual_seed(1))


class Module(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.register_buffer("weight", WEIGHT)

    def forward(self, signal):
        return self.function(signal, self.weight)


def squeeze_the_middle(signal, weight):
    """Sums, differences, cuts and joins of complex numbers and real ones."""
    z = torch.fft.fft(signal) * weight
    z = (z - z.mean(-1, keepdim=True)) + signal
    low, high = z.chunk(2, -1)
    both = torch.stack([low + high, signal[..., :32] - low], dim=1)
    return torch.fft.ifft(both * signal[:, None, :32]).abs()


def fill(signal, weight):
    """Copies into parts, a scalar among them."""
    z = torch.fft.fft(signal)
    z[..., 1:4] = 0.5
    z[..., 8:16] = weight[:8]
    return torch.view_as_real(z)


def matrices(signal, weight):
    """Products of complex matrices, padding, and back to a real signal of odd length."""
    z = torch.nn.functional.pad(torch.fft.rfft(signal), (0, 31))
    square = weight[:, None] * weight
    return torch.fft.irfft((z[:, None] @ square)[:, 0], n=127)


def exported(function, signal):
    batch = torch.export.Dim("batch")
    return torch.export.export(
        Module(function), (signal,), dynamic_shapes=({0: batch},), strict=False
    )


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("function", [squeeze_the_middle, fill, matrices])
def test_pairs_compute_what_complex_numbers_compute(function):
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(3, 64, generator=generator)
    real = RealArithmetic(exported(function, signal))
    other = torch.randn(5, 64, generator=generator)
    torch.testing.assert_close(real(other), function(other, WEIGHT), atol=1e-4, rtol=1e-4)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_no_complex_number_is_left():
    real = RealArithmetic(exported(squeeze_the_middle, torch.randn(3, 64)))
    program = torch.export.export(real, (torch.randn(3, 64),), strict=False).run_decompositions()
    values = [node.meta.get("val") for node in program.graph.nodes if node.users]
    used = [v for v in values if isinstance(v, torch.Tensor) and v.is_complex()]
    assert not used


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_has_no_rule_is_named():
    real = RealArithmetic(exported(lambda x, w: torch.fft.fft(x).exp().abs(), torch.randn(3, 64)))
    with pytest.raises(NotImplementedError, match="no rule for aten.exp"):
        real(torch.randn(3, 64))
