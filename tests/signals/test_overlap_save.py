import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals.fir import correlate, fir_filter, padded_spectrum
from iadtln.signals.overlap_save import BlockedSignal


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=25, deadline=None)
@given(time=st.integers(2, 400), taps=st.integers(1, 60))
def test_products_in_blocks_equal_those_of_the_whole_signal(time, taps):
    taps = min(taps, time)
    signal, weights, filters = noise(2, time), noise(2, time, seed=1), noise(2, taps, seed=2)
    spectrum, blocked = padded_spectrum(signal, taps), BlockedSignal(signal, taps)
    torch.testing.assert_close(blocked.filter(filters), fir_filter(spectrum, filters, time))
    torch.testing.assert_close(blocked.correlate(weights), correlate(spectrum, weights, taps))
