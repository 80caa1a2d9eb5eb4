"""Transforms by matrices are those of torch.fft."""

import pytest
import torch

from iadtln.export.fourier import fourier, nearest_divisor, pair_of
from iadtln.export.pairs import complex_to_complex, complex_to_real, real_to_complex

# short, one table; two tables; odd; a prime that is left to the runtime
LENGTHS = [1, 2, 7, 64, 2048, 2303, 2304, 1031]


def noise(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def whole(pair):
    return torch.complex(pair.real, pair.imag)


@pytest.mark.parametrize("length", LENGTHS)
def test_forward_and_back_are_those_of_torch(length):
    values = torch.complex(noise(2, 3, length), noise(2, 3, length).flip(0))
    torch.testing.assert_close(whole(fourier(pair_of(values))), torch.fft.fft(values))
    back = whole(fourier(pair_of(values), inverse=True))
    torch.testing.assert_close(back, torch.fft.ifft(values, norm="forward"))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("normalisation", [0, 1, 2])
def test_real_signals_are_transformed_over_any_axis(length, normalisation):
    norm = ("backward", "ortho", "forward")[normalisation]
    signal = noise(2, length, 3)
    expected = torch.fft.rfft(signal, dim=1, norm=norm)
    half = real_to_complex(signal, [1], normalisation, True)
    torch.testing.assert_close(whole(half), expected)
    full = real_to_complex(signal, [1], normalisation, False)
    torch.testing.assert_close(whole(full), torch.fft.fft(signal, dim=1, norm=norm))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_one_sided_spectrum_becomes_its_signal_again(length):
    signal = noise(2, length, 3)
    spectrum = pair_of(torch.fft.rfft(signal, dim=1))
    torch.testing.assert_close(complex_to_real(spectrum, [1], 2, length), signal)


def test_float32_is_as_exact_as_torch():
    signal = noise(4, 2304)
    found = whole(real_to_complex(signal.float(), [-1], 0, True))
    exact = torch.fft.rfft(signal)
    assert float((found - exact).abs().max() / exact.abs().max()) < 1e-6
    assert found.dtype == torch.complex64


def test_several_axes_at_once_are_refused():
    with pytest.raises(NotImplementedError, match="2 axes at once"):
        complex_to_complex(pair_of(torch.ones(2, 2, dtype=torch.complex64)), [0, 1], 0, True)


@pytest.mark.parametrize(("length", "divisor"), [(1, 1), (12, 3), (2048, 32), (2304, 48), (7, 1)])
def test_the_nearest_divisor_is_below_the_root(length, divisor):
    assert nearest_divisor(length) == divisor
