import copy
import math

import pytest
import torch

from iadtln.front_ends.mode_search import (
    Known,
    ModeSearch,
    SearchedModes,
    filling,
    search_filters,
)
from iadtln.search import GWO, WOA, Space
from iadtln.signals.indices import kurtosis
from iadtln.signals.mode_decomposition import Decomposition


def test_a_value_is_learnt_once_with_those_that_come_along():
    known = Known(lambda candidate: {candidate: 1.0, (candidate[0] + 1,): 2.0})
    assert [known[(3,)], known[(4,)], known[(3,)]] == [1.0, 2.0, 1.0]
    assert known.learnt == 1


def test_the_part_searched_is_the_middle():
    signal = torch.arange(10.0)
    assert ModeSearch(samples=4).part(signal).tolist() == [3.0, 4.0, 5.0, 6.0]
    assert torch.equal(ModeSearch(samples=40).part(signal), signal)
    assert torch.equal(ModeSearch().part(signal), signal)


def test_fitness_is_the_least_or_the_mean_entropy():
    time = torch.arange(600.0)
    rising = time / 600  # one pattern: 0
    # of period 2: up-down-up... and down-up-down..., as often: ln 2 of ln 720
    zigzag = (time % 2) + time / 1e6
    modes = torch.stack([rising, zigzag])
    half = math.log(2) / math.log(720)
    assert ModeSearch(reduce="min").value(modes) == pytest.approx(0.0)
    assert ModeSearch(reduce="mean").value(modes) == pytest.approx(half / 2, abs=1e-4)


def test_sample_and_information_entropy_can_be_taken_instead():
    noise = torch.rand(1, 5000, generator=torch.Generator().manual_seed(0))
    tone = torch.sin(0.1 * torch.arange(5000.0))[None]
    for fitness in ("sample", "information"):
        search = ModeSearch(fitness=fitness)
        assert search.value(torch.cat([noise, tone])) == pytest.approx(
            min(search.value(noise), search.value(tone))
        )
    assert ModeSearch(fitness="sample").value(tone) < ModeSearch(fitness="sample").value(noise)


def test_the_least_of_a_bowl_of_integers_is_found():
    aim = (3, 7, 15)

    def learn(candidate):
        return {candidate: float(sum((a - b) ** 2 for a, b in zip(candidate, aim, strict=True)))}

    space = Space([2, 2, 10], [8, 20, 30], integer=True)
    found, history = ModeSearch(GWO(20), generations=40).minimise(Known(learn), space)
    assert found == aim
    assert history.shape == (41,)
    assert bool((history.diff() <= 0).all())


def stub(signal, taps, bands):
    """Modes that are the record; an entropy is told apart by nothing but taps."""
    stub.asked.append((bands, taps, len(signal)))
    for modes in range(bands, 1, -1):
        rows = signal.expand(modes, -1)
        none = torch.zeros(modes)
        yield Decomposition(rows, torch.zeros(modes, taps), none, none)


def test_bands_and_taps_are_decomposed_once_within_their_bounds():
    stub.asked = []
    signal = torch.randn(400, generator=torch.Generator().manual_seed(0))
    search = ModeSearch(GWO(6), generations=3, samples=200)
    found = search_filters(signal, stub, kurtosis, search, 5.0, cascade=False)
    assert isinstance(found, SearchedModes)
    *searched, (bands, taps, time) = stub.asked
    assert len(set(searched)) == len(searched) == found.decompositions
    for one in searched:
        assert 2 <= one[0] <= 20
        assert 10 <= one[1] <= 50  # a quarter of what is searched
        assert one[2] == 200
    assert (bands, taps) == found.parameters[1:]
    assert time == 400  # the modes are those of the whole record
    assert 2 <= found.parameters[0] <= min(8, bands)
    assert found.modes.shape == (found.parameters[0], 400 - (taps - 1))


def test_a_record_too_short_for_filters_is_refused():
    with pytest.raises(ValueError, match="at least 40 samples"):
        search_filters(torch.zeros(39), stub, kurtosis, ModeSearch(), None, cascade=False)


@pytest.mark.parametrize(("passes", "expected"), [(1, 29), (2, 58), (6, 100)])
def test_filters_fill_up_one_after_another_in_at_most_a_quarter(passes, expected):
    assert filling(30, passes, 400) == expected


def test_the_words_for_a_search_are_its_settings():
    words = repr(ModeSearch(GWO(12)))
    assert words == repr(ModeSearch(GWO(12)))  # no address of an object in a key of a cache
    others = [ModeSearch(GWO(13)), ModeSearch(WOA(12)), ModeSearch(GWO(12), fitness="sample")]
    assert len({words, *map(repr, others)}) == 4


def test_a_search_leaves_itself_as_it_was():
    search = ModeSearch(GWO(4), generations=1)
    words = repr(search)
    search.minimise(Known(lambda candidate: {candidate: 0.0}), Space([0.0], [1.0]))
    assert repr(search) == words
    assert repr(copy.deepcopy(search)) == words


@pytest.mark.parametrize("options", [{"generations": -1}, {"bands_max": 1}, {"taps_max": 9}])
def test_impossible_ranges_are_refused(options):
    with pytest.raises(ValueError, match="bands_max >= 2 and taps_max >= 10"):
        ModeSearch(**options)


def test_fixed_parameters_are_taken_without_a_search():
    stub.asked = []
    signal = torch.randn(400, generator=torch.Generator().manual_seed(0))
    search = ModeSearch(fixed=(3, 7, 40), samples=200)
    found = search_filters(signal, stub, kurtosis, search, 5.0, cascade=False)
    assert found.parameters == (3, 7, 40)
    assert stub.asked == [(7, 40, 200), (7, 40, 400)]
    assert found.history.shape == (1,)


@pytest.mark.parametrize("fixed", [(3, 2, 40), (9, 20, 40), (3, 7, 5), (3, 7)])
def test_impossible_fixed_parameters_are_refused(fixed):
    with pytest.raises(ValueError, match="expected fixed"):
        ModeSearch(fixed=fixed)
