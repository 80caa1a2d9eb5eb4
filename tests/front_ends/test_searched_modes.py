import pytest
import scipy.stats
import torch

from iadtln.front_ends.mode_search import ModeSearch
from iadtln.front_ends.searched_modes import (
    orders_to_try,
    rating_of,
    search_afmd,
    search_fmd,
    search_vmd,
)
from iadtln.search import GWO
from iadtln.signals.afmd import afmd
from iadtln.signals.fmd import fmd
from iadtln.signals.indices import line_to_floor_db
from iadtln.signals.order_tracking import envelope_order_spectrum
from iadtln.signals.permutation_entropy import permutation_entropy
from iadtln.signals.vmd import vmd

QUICK = ModeSearch(GWO(4), generations=2, bands_max=9, taps_max=40)
TURN = 200  # samples


def impacts(period=40, time=4000, noise=0.3, decay=5, seed=0):
    """Ringing after an impact each period, under noise; 5 impacts a turn by default."""
    since = torch.arange(time) % period
    ringing = torch.exp(-since / decay) * torch.sin(1.5 * since)
    return ringing + noise * torch.randn(time, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def found():
    return search_afmd(impacts(), TURN, 5.0, QUICK)


def test_modes_are_those_of_afmd_at_the_parameters_found(found):
    modes, bands, taps = found.parameters
    plain = afmd(impacts(), TURN / 5, taps, bands, modes, 10, cascade=False, schedule="fixed")
    torch.testing.assert_close(found.modes, plain.modes[:, taps - 1 :])
    torch.testing.assert_close(found.filters, plain.filters)
    assert found.order == 5.0


def test_the_history_ends_at_the_entropy_of_the_modes_found(found):
    least = permutation_entropy(found.modes).min()
    assert float(found.history[-1]) == pytest.approx(float(least), abs=1e-6)
    assert bool((found.history.diff() <= 0).all())


def test_the_mode_of_greatest_kurtosis_is_chosen(found):
    kurtosis = scipy.stats.kurtosis(found.modes.double().numpy(), axis=-1, fisher=False)
    assert found.chosen == kurtosis.argmax()
    assert torch.equal(found.mode, found.modes[kurtosis.argmax()])


def test_the_same_seed_finds_the_same(found):
    again = search_afmd(impacts(), TURN, 5.0, QUICK)
    assert again.parameters == found.parameters
    assert torch.equal(again.modes, found.modes)


def test_of_several_orders_the_one_whose_mode_rates_highest_is_kept():
    several = search_afmd(impacts(), TURN, [5.0, 3.3], QUICK, "feature_energy")
    alone = [search_afmd(impacts(), TURN, order, QUICK, "feature_energy") for order in (5.0, 3.3)]
    assert several.order == 5.0
    assert several.rating.max() == max(one.rating.max() for one in alone)


def test_an_order_is_read_from_the_envelope():
    assert orders_to_try(impacts(noise=0.05), TURN, "auto") == [5.0]
    assert orders_to_try(impacts(), TURN, 3) == [3.0]
    assert orders_to_try(impacts(), TURN, (3, 6.4)) == [3.0, 6.4]


def test_each_rule_prefers_impacts_to_a_hum():
    hum = torch.sin(0.05 * torch.arange(4000.0))
    modes = torch.stack([hum, impacts()])
    for rule in ("kurtosis", "average_kurtosis", "feature_energy"):
        assert int(rating_of(rule, TURN, 5.0)(modes).argmax()) == 1


def test_one_shock_deceives_kurtosis_but_not_what_knows_the_period():
    shock = 0.3 * torch.randn(4000, generator=torch.Generator().manual_seed(1))
    shock[2000] = 30.0
    modes = torch.stack([shock, impacts()])
    chosen = {
        rule: int(rating_of(rule, TURN, 5.0)(modes).argmax())
        for rule in ("kurtosis", "average_kurtosis", "feature_energy")
    }
    assert chosen == {"kurtosis": 0, "average_kurtosis": 1, "feature_energy": 1}


def test_gwo_fmd_gives_the_modes_of_fmd_at_its_parameters():
    found = search_fmd(impacts(), 200, QUICK)
    modes, bands, taps = found.parameters
    plain = fmd(impacts(), taps, bands, modes, 10, schedule="fixed", max_lag=200).modes
    torch.testing.assert_close(found.modes, plain[:, -found.modes.shape[-1] :])
    assert found.modes.shape[-1] == 4000 - min((1 + bands - modes) * (taps - 1), 1000)


def test_gwo_vmd_gives_the_modes_of_vmd_at_its_parameters():
    found = search_vmd(impacts(time=1000), QUICK, max_iterations=20)
    number, alpha = found.parameters
    assert 2 <= number <= 10
    assert 100 <= alpha <= 5000
    assert alpha % 100 == 0
    plain = vmd(impacts(time=1000), number, alpha, max_iterations=20).modes
    torch.testing.assert_close(found.modes, plain)


def test_the_order_of_impacts_under_noise_stands_out_higher_after_the_search_than_before():
    signal = impacts(noise=0.5, time=8000, decay=20)
    mode = search_afmd(signal, TURN, 5.0, QUICK, "feature_energy").mode
    before, after = (
        float(line_to_floor_db(spectrum, orders, 5.0))
        for orders, spectrum in (envelope_order_spectrum(x, TURN) for x in (signal, mode))
    )
    assert after > before + 2
