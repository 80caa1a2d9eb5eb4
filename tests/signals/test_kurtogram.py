import importlib

import numpy as np
import pysdkit.utils._kurtogram as pysdkit
import pytest
import scipy.signal
import torch

from iadtln.signals.kurtogram import best_band, kurtogram, kurtogram_bands, nodes_per_row


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def pulses(time, period, frequency, rate, dtype=torch.float64):
    """Ringing at ``frequency``, struck each ``period`` samples, in a little noise."""
    ring = torch.arange(period, dtype=dtype) / rate
    ring = torch.exp(-1500 * ring) * torch.sin(2 * torch.pi * frequency * ring)
    struck = ring.repeat(time // period + 1)[:time]
    return 0.05 * noise(time, dtype=dtype) + struck


@pytest.mark.parametrize(
    ("time", "levels"), [(2048, 4), (3001, 4), (1500, 1), (1500, 2), (1111, 3), (4099, 5)]
)
def test_kurtogram_equals_antonis_code_as_ported_by_pysdkit(time, levels):
    signal = noise(2, time) + pulses(time, 173, 2600.0, 12000.0) + 0.7
    expected = [pysdkit.fast_kurtogram(row, levels)[0] for row in signal.numpy()]
    np.testing.assert_allclose(kurtogram(signal, levels).numpy(), expected, atol=1e-10)


def test_kurtogram_equals_openconmo_where_that_is_kept_from_changing_its_nodes(monkeypatch):
    openconmo = pytest.importorskip("openconmo.kurtogram", reason="it pins an old pyarrow")
    kurt = openconmo._kurt  # takes the mean off in place, and spoils the node's children
    monkeypatch.setattr(openconmo, "_kurt", lambda x, option: kurt(x.copy(), option))
    signal = pulses(2048, 100, 3500.0, 12000.0)
    expected = openconmo.fast_kurtogram(signal.numpy().copy(), 12000.0, 4)[0]
    np.testing.assert_allclose(kurtogram(signal).numpy(), expected, atol=1e-10)


def test_second_row_equals_a_filter_and_the_formula():
    signal = noise(600)
    taps = scipy.signal.firwin(17, 0.4) * np.exp(2j * np.pi * np.arange(17) / 8)
    row = signal.numpy() - signal.numpy().mean()
    low = scipy.signal.lfilter(taps, 1, row)[1::2][16:]
    low = low - low.mean()
    kurt = np.mean(np.abs(low) ** 4) / np.mean(np.abs(low) ** 2) ** 2 - 2
    image = kurtogram(signal**3, 2)  # and the row 0 is the excess kurtosis of the signal
    cubed = signal.numpy() ** 3 - (signal.numpy() ** 3).mean()
    assert image[0, 0].item() == pytest.approx(np.mean(cubed**4) / np.mean(cubed**2) ** 2 - 3)
    assert kurtogram(signal, 2)[1, 0].item() == pytest.approx(max(0.0, kurt), abs=1e-12)


def test_bands_of_each_row_tile_the_spectrum():
    bands = kurtogram_bands(9600.0, levels=3)
    assert bands.shape == (6, 24, 2)
    for row, nodes in zip(bands, nodes_per_row(3), strict=True):
        edges = torch.arange(nodes + 1, dtype=torch.float64) * 4800 / nodes
        expected = torch.stack([edges[:-1], edges[1:]], dim=-1)
        torch.testing.assert_close(torch.unique(row, dim=0), expected)
        assert torch.equal(row[:, 0], row[:, 0].sort().values)


@pytest.mark.parametrize("frequency", [800.0, 2600.0, 4400.0])
@pytest.mark.parametrize("time", [2048, 65536])
def test_best_band_holds_the_resonance_that_is_struck(frequency, time):
    # so much noise that the whole band, with all of it, is not the best
    signal = pulses(time, 240, frequency, 12000.0) + 0.25 * noise(2, time)[1]
    low, high, kurtosis = best_band(signal, 12000.0)
    assert low < frequency < high
    assert high - low < 6000.0
    assert kurtosis > 1


def test_best_band_is_the_greatest_cell_and_agrees_with_pysdkit():
    signal = pulses(4096, 240, 2600.0, 12000.0) + noise(3, 4096) * 0.2
    low, high, kurtosis = best_band(signal, 12000.0)
    for i, row in enumerate(signal.numpy()):
        found = pysdkit.fast_kurtogram(row, 4, 12000.0)[1]
        assert kurtosis[i].item() == pytest.approx(found["Kmax"])
        assert (high - low)[i].item() == pytest.approx(found["bw"])


def test_kurtogram_ignores_scale_and_offset():
    signal = pulses(1024, 100, 3000.0, 12000.0)
    for scale, offset in ((1e-12, 0.0), (1e12, 0.0), (-3.0, 50.0)):
        torch.testing.assert_close(kurtogram(scale * signal + offset, 3), kurtogram(signal, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_kurtogram_of_a_constant_is_zero_and_its_best_band_the_whole(dtype, value):
    signal = torch.full((2, 1024), value, dtype=dtype)
    assert not kurtogram(signal, 3).any()
    low, high, kurtosis = best_band(signal, 100.0, 3)
    assert (low.tolist(), high.tolist(), kurtosis.tolist()) == ([0.0] * 2, [50.0] * 2, [0.0] * 2)


def test_kurtogram_of_a_batch_equals_its_singles_in_any_chunk(monkeypatch):
    signal = noise(2, 3, 1024, dtype=torch.float32) ** 3
    whole = kurtogram(signal, 3)
    assert whole.shape == (2, 3, 6, 24)
    assert whole.dtype == torch.float32
    module = importlib.import_module(kurtogram.__module__)
    monkeypatch.setattr(module, "CACHE", 4 * 1024 * 4)
    torch.testing.assert_close(kurtogram(signal, 3), whole)
    singles = torch.stack([kurtogram(row, 3) for row in signal.reshape(6, 1024)])
    torch.testing.assert_close(whole.flatten(0, 1), singles, atol=1e-4, rtol=1e-4)


def test_kurtogram_is_nan_only_where_the_signal_is():
    signal = noise(2, 512)
    signal[1, 50] = torch.nan
    assert kurtogram(signal, 2).isnan().flatten(1).any(1).tolist() == [False, True]


def test_kurtogram_in_single_precision_is_near_double():
    signal = noise(4, 2048) ** 3
    single = kurtogram(signal.float()).double()
    torch.testing.assert_close(single, kurtogram(signal), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("time", "levels"), [(2047, 4), (2048, 5), (2048, 0), (100, 1)])
def test_kurtogram_rejects_more_levels_than_the_signal_has_samples_for(time, levels):
    with pytest.raises(ValueError, match=rf"levels for {time} samples .* got {levels}"):
        kurtogram(torch.zeros(time), levels)
