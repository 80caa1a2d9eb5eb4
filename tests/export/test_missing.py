"""What stands in for a missing operation is that operation."""

import pytest
import torch

from iadtln.export.missing import filled, frequencies, largest_of_bins


@pytest.mark.parametrize(("points", "bins"), [(7, 3), (25, 25), (256, 25), (5, 1)])
def test_bins_hold_the_maxima_of_adaptive_pooling(points, bins):
    values = torch.randn(2, 3, 1, points, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.adaptive_max_pool1d(values[:, :, 0], bins)
    assert torch.equal(largest_of_bins(values, [1, bins])[0][:, :, 0], expected)


def test_images_are_refused():
    with pytest.raises(NotImplementedError, match="to 2 rows"):
        largest_of_bins(torch.ones(1, 1, 4, 4), [2, 2])


@pytest.mark.parametrize("points", [8, 9])
def test_frequencies_are_those_of_torch(points):
    found = frequencies(points, 0.5, dtype=torch.float64)
    torch.testing.assert_close(found, torch.fft.rfftfreq(points, 0.5, dtype=torch.float64))


def test_a_copy_broadcasts_and_keeps_the_type():
    assert torch.equal(filled(torch.zeros(2, 3), torch.tensor(5)), torch.tensor([[5.0] * 3] * 2))
