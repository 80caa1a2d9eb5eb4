import jsonargparse
import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.monitoring.denoising import (
    IMPROVED,
    Denoiser,
    best_cluster,
    detrend,
    reconstruct,
    standardise,
)
from iadtln.monitoring.fault_indicator import FaultIndicator
from iadtln.monitoring.mode_tuning import VMDSearch
from iadtln.search import GWO

RATE = 20000.0
QUICK = VMDSearch(evaluations=6, modes_max=5, max_iterations=30, gate=0.02)


def struck(time=4096, resonance=4000.0, fault=130.0, level=0.2, seed=0):
    draws = torch.Generator().manual_seed(seed)
    late = torch.arange(time, dtype=torch.float64) % round(RATE / fault) / RATE
    ringing = torch.exp(-1500 * late) * torch.sin(2 * torch.pi * resonance * late)
    return ringing + level * torch.randn(time, dtype=torch.float64, generator=draws)


def test_detrend_is_scipys():
    signal = struck(500).reshape(2, 250).cumsum(-1)
    np.testing.assert_allclose(detrend(signal), scipy.signal.detrend(signal.numpy()), atol=1e-10)


def test_standardise_gives_mean_zero_and_deviation_one():
    signal = standardise(struck(500) * 3 + 7)
    assert signal.mean().item() == pytest.approx(0, abs=1e-12)
    assert signal.std(correction=0).item() == pytest.approx(1)
    assert not standardise(torch.full((2, 50), 0.1)).any()


def test_the_best_cluster_has_the_highest_mean_and_of_equals_more_energy():
    modes = torch.tensor([[1.0], [2.0], [5.0], [1.0]])
    labels = torch.tensor([0, 0, 1, 2])
    rates = torch.tensor([0.75, 0.25, 0.5, 0.25])
    assert best_cluster(rates, modes, labels).tolist() == [False, False, True, False]
    rates = torch.tensor([1.0, 0.5, 0.5, 0.25])
    assert best_cluster(rates, modes, labels).tolist() == [True, True, False, False]


def test_reconstruction_adds_up_the_chosen_modes():
    modes = torch.arange(12.0).reshape(2, 3, 2)
    chosen = torch.tensor([[True, False, True], [False, True, False]])
    assert reconstruct(modes, chosen).tolist() == [[4.0, 6.0], [8.0, 9.0]]


@pytest.mark.parametrize("band", ["spectral_kurtosis", "kurtogram"])
def test_the_envelope_of_the_band_shows_the_fault(band):
    prepared, edges = Denoiser(band=band).prepare(struck(8192), RATE)
    assert edges is not None
    assert edges[0] < 4000.0 < edges[1]
    spectrum = torch.fft.rfft(prepared).abs()
    strongest = spectrum[:200].argmax().item() * RATE / 8192
    assert strongest == pytest.approx(RATE / round(RATE / 130), abs=RATE / 8192)


def test_the_whole_signal_is_only_standardised():
    signal = struck(1000)
    prepared, edges = IMPROVED.prepare(signal, RATE)
    assert edges is None
    torch.testing.assert_close(prepared, standardise(detrend(signal)))


@pytest.mark.parametrize("norm", ["min_max", "surrogate"])
@pytest.mark.parametrize("domain", ["envelope", "signal"])
def test_the_parts_fit_together(norm, domain):
    denoise = Denoiser(domain=domain, indicator=FaultIndicator(norm), search=QUICK)
    found = denoise(struck(), RATE)
    assert found.modes.shape == (found.parameters.modes, 4096)
    torch.testing.assert_close(found.signal, found.modes[found.chosen].sum(0))
    torch.testing.assert_close(found.cffi, denoise.indicator(found.modes))
    energy = found.modes.square().sum(-1)
    assert bool((energy[found.chosen] >= 0.02 * energy.sum()).all())
    assert found.cffi[found.chosen].mean() >= found.cffi[energy >= 0.02 * energy.sum()].mean()


def test_the_improved_way_keeps_the_resonance():
    denoise = Denoiser(IMPROVED.band, IMPROVED.domain, IMPROVED.indicator, QUICK)
    found = denoise(struck(level=0.3), RATE)
    power = torch.fft.rfft(found.signal).abs().square()
    axis = torch.fft.rfftfreq(4096, 1 / RATE)
    assert float((power * axis).sum() / power.sum()) == pytest.approx(4000, abs=500)


def test_unit_and_offset_of_the_window_do_not_matter():
    denoise = Denoiser(search=QUICK)
    found, other = denoise(struck(), RATE), denoise(2.0 * struck() + 3.0, RATE)
    assert found.parameters[:2] == other.parameters[:2]
    torch.testing.assert_close(found.signal, other.signal, atol=1e-6, rtol=1e-6)


def test_one_mode_is_kept_whole_and_silence_stays_silent():
    one = VMDSearch(1, modes_min=1, modes_max=1)
    found = Denoiser("whole", "signal", search=one)(struck(1000), RATE)
    assert found.chosen.tolist() == [True]
    silent = Denoiser("whole", "signal", search=QUICK)(torch.zeros(1000), RATE)
    assert not silent.signal.any()


def test_settings_come_from_a_configuration():
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--denoiser", type=Denoiser)
    given = {
        "domain": "signal",
        "indicator": {"norm": "surrogate", "margin": 4.0},
        "search": {"gate": 0.02, "optimiser": {"class_path": "iadtln.search.GWO"}},
    }
    found = parser.instantiate_classes(parser.parse_object({"denoiser": given})).denoiser
    assert (found.domain, found.band) == ("signal", "spectral_kurtosis")
    assert found.indicator == FaultIndicator("surrogate", margin=4.0)
    assert isinstance(found.search.optimiser, GWO)
    assert found.search.gate == 0.02


def test_a_damaged_window_is_rejected():
    window = struck(500)
    window[7] = torch.nan
    with pytest.raises(ValueError, match=r"without NaN or infinity, got shape \(500,\)"):
        IMPROVED(window, RATE)
    with pytest.raises(ValueError, match=r"one window .* got shape \(1, 500\)"):
        IMPROVED(struck(500)[None], RATE)


@pytest.mark.parametrize("field", ["band", "domain"])
def test_other_ways_are_rejected(field):
    with pytest.raises(ValueError, match=f"expected {field} .* got 'none'"):
        Denoiser(**{field: "none"})
