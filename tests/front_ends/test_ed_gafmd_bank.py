from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from datamodules import Recording
from iadtln.front_ends import EDGAFMDBank
from iadtln.front_ends.ed_gafmd_bank import joined
from iadtln.front_ends.mode_search import ModeSearch
from iadtln.front_ends.searched_modes import search_afmd
from iadtln.search import GWO

QUICK = ModeSearch(GWO(3), generations=1, bands_max=6, taps_max=30)


def recordings():
    """Two recordings on an angle axis, 300 samples a turn, 6 impacts a turn."""
    signal = 0.3 * torch.randn(2, 2, 3000, generator=torch.Generator().manual_seed(0))
    signal[..., ::50] += 4.0
    return [
        Recording(one, 300.0, 1200.0, None, domain, domain, axis="angle")
        for one, domain in zip(signal, "ab", strict=True)
    ]


def fitted(orders, given=None):
    bank = EDGAFMDBank(orders, 300.0, search=QUICK)
    bank.fit(given or recordings())
    return bank


def test_windows_pass_each_filter_where_it_is_full():
    bank = EDGAFMDBank([3.0, 5.0], standardise=False)
    bank.filters = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 0.0]])
    windows = torch.randn(3, 2, 50, generator=torch.Generator().manual_seed(0))
    centred = (windows - windows.mean(-1, keepdim=True)).double().numpy()
    expected = [
        scipy.signal.lfilter(taps, 1.0, centred[:, channel])[:, 2:]
        for channel in range(2)
        for taps in bank.filters.double().numpy()
    ]
    expected = torch.from_numpy(np.stack(expected, axis=1)).float()
    torch.testing.assert_close(bank(windows), expected, atol=1e-5, rtol=1e-4)


def test_each_order_gives_the_filter_of_its_chosen_mode():
    bank = fitted([6.0, 4.0])
    assert bank.channel_factor == 2
    assert not bank.needs_fit
    for taps, order in zip(bank.filters, (6.0, 4.0), strict=True):
        found = search_afmd(joined(recordings(), 65536), 300.0, order, QUICK)
        best = found.filters[found.chosen]
        torch.testing.assert_close(taps[: len(best)], best)
        assert not taps[len(best) :].any()


def test_labels_are_not_looked_at():
    labelled = [replace(one, label="OF") for one in recordings()]
    assert torch.equal(fitted([6.0]).filters, fitted([6.0], labelled).filters)


def test_source_and_target_and_all_channels_have_equal_shares():
    signals = [torch.arange(10.0)[None], torch.tensor([[0.0, 9.0] * 4, [5.0] * 8])]
    given = [Recording(one, 300.0, None, None, "a", "a", axis="angle") for one in signals]
    # the middle 4 samples of each, of mean 0 and deviation 1; a constant becomes zeros
    rising = (torch.tensor([3.0, 4.0, 5.0, 6.0]) - 4.5) / 1.25**0.5
    expected = torch.cat([rising, torch.tensor([-1.0, 1.0, -1.0, 1.0]), torch.zeros(4)])
    torch.testing.assert_close(joined(given, 12), expected)


def test_windows_shorter_than_the_filters_are_refused():
    with pytest.raises(ValueError, match="take longer windows"):
        fitted([6.0])(torch.zeros(1, 1, 9))
