import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from iadtln.signals.coarse_graining import hierarchical_nodes
from iadtln.signals.dispersion_entropy import dispersion_entropy, fluctuation_dispersion_entropy
from iadtln.signals.fuzzy_entropy import fuzzy_entropy
from iadtln.signals.multiscale import cmwpe, hfde, hwpe, rcmde, rcmfe
from iadtln.signals.weighted_permutation_entropy import weighted_permutation_entropy

every = pytest.mark.parametrize("feature", [rcmfe, rcmde, cmwpe, hfde, hwpe])


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def coarse(row, scale, shift):
    """Means of whole blocks of samples from the shift on."""
    blocks = (len(row) - shift) // scale
    return np.array([row[shift + j * scale :][:scale].mean() for j in range(blocks)])


def leaves(row, levels):
    """Bands in the order of the tree, each split into means and half differences."""
    if levels == 0:
        return [row]
    mean, difference = (row[::2] + row[1::2]) / 2, (row[::2] - row[1::2]) / 2
    return leaves(mean, levels - 1) + leaves(difference, levels - 1)


def slow_rcmfe(row, scale):
    radius = 0.15 * row.std()

    def phi(values, length):
        stretches = [values[i : i + length] for i in range(len(values) - 2)]
        centred = [stretch - stretch.mean() for stretch in stretches]
        apart = [np.abs(a - b).max() for a, b in combinations(centred, 2)]
        return np.mean([math.exp(-((d / radius) ** 2)) for d in apart])

    forms = [coarse(row, scale, shift) for shift in range(scale)]
    shorter, longer = (np.mean([phi(form, length) for form in forms]) for length in (2, 3))
    return math.log(shorter / longer)


def slow_rcmde(row, scale):
    shares = Counter()
    for shift in range(scale):
        scores = ndtr((coarse(row, scale, shift) - row.mean()) / row.std())
        symbols = [min(math.floor(5 * score) + 1, 5) for score in scores]
        words = Counter(zip(symbols, symbols[1:], symbols[2:], strict=False))
        for word, count in words.items():
            shares[word] += count / (len(symbols) - 2) / scale
    return -sum(p * math.log(p) for p in shares.values()) / math.log(125)


@pytest.mark.parametrize("time", [96, 101])
def test_rcmfe_equals_the_definition(time):
    row = noise(time).cumsum(-1)
    expected = [slow_rcmfe(row.numpy(), scale) for scale in range(1, 9)]
    np.testing.assert_allclose(rcmfe(row).numpy(), expected, rtol=1e-10)


@pytest.mark.parametrize("time", [256, 301])
def test_rcmde_equals_the_definition(time):
    row = noise(time).cumsum(-1)
    expected = [slow_rcmde(row.numpy(), scale) for scale in range(1, 9)]
    np.testing.assert_allclose(rcmde(row).numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("time", [256, 301])
def test_cmwpe_is_the_mean_entropy_of_all_coarse_forms(time):
    row = noise(time)
    expected = [
        np.mean(
            [
                weighted_permutation_entropy(torch.from_numpy(coarse(row.numpy(), scale, k)), 3)
                for k in range(scale)
            ]
        )
        for scale in range(1, 9)
    ]
    np.testing.assert_allclose(cmwpe(row).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("feature", "entropy"),
    [
        (hfde, lambda band: fluctuation_dispersion_entropy(band, 3, 5)),
        (hwpe, lambda band: weighted_permutation_entropy(band, 3)),
    ],
)
def test_hierarchical_features_are_the_entropies_of_the_bands(feature, entropy):
    row = noise(256).cumsum(-1)
    expected = [entropy(torch.from_numpy(band.copy())) for band in leaves(row.numpy(), 3)]
    np.testing.assert_allclose(feature(row).numpy(), expected, atol=1e-12)


def test_leaves_stand_in_the_order_of_the_tree_not_of_frequency():
    time = torch.arange(4096.0, dtype=torch.float64)
    middle = (torch.arange(8.0, dtype=torch.float64) + 0.5) / 16  # of each band, in 1/sample
    tones = torch.sin(2 * torch.pi * middle[:, None] * time)
    power = hierarchical_nodes(tones, 3).square().mean(-1)  # (bands, leaves)
    band_of_leaf = [0, 1, 3, 2, 7, 6, 4, 5]
    assert power.argmax(1)[band_of_leaf].tolist() == list(range(8))


@pytest.mark.parametrize(
    ("feature", "entropy"),
    [
        (rcmfe, fuzzy_entropy),
        (rcmde, dispersion_entropy),
        (cmwpe, lambda signal: weighted_permutation_entropy(signal, 3)),
    ],
)
def test_the_first_scale_is_the_signal_itself(feature, entropy):
    signal = noise(3, 200)
    torch.testing.assert_close(feature(signal, scales=1), entropy(signal)[:, None])


@every
def test_eight_values_by_default_and_a_batch_equals_its_singles(feature):
    signal = noise(2, 3, 160, dtype=torch.float32)
    whole = feature(signal)
    assert whole.shape == (2, 3, 8)
    assert whole.dtype == torch.float32
    singles = torch.stack([feature(row) for row in signal.reshape(6, 160)])
    assert torch.equal(whole.reshape(6, 8), singles)


@every
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_features_of_a_constant_are_zero(feature, value):
    assert torch.equal(feature(torch.full((160,), value)), torch.zeros(8))


@every
@pytest.mark.parametrize(("scale", "offset"), [(0.125, 8), (4.0, 0), (1024.0, -8)])
def test_features_ignore_scale_and_offset(feature, scale, offset):
    signal = noise(96)
    torch.testing.assert_close(feature(scale * signal + offset), feature(signal))


@every
def test_features_are_nan_only_where_the_signal_is_not_finite(feature):
    signal = noise(2, 160)
    signal[1, 50] = torch.nan
    assert not feature(signal[0]).isnan().any()
    assert feature(signal)[1].isnan().any()


@pytest.mark.parametrize("feature", [rcmfe, rcmde, cmwpe])
def test_features_reject_no_scales(feature):
    with pytest.raises(ValueError, match="at least one scale, got 0"):
        feature(torch.zeros(100), scales=0)


@every
def test_features_reject_a_signal_that_is_too_short(feature):
    with pytest.raises(ValueError, match="expected"):
        feature(torch.zeros(12))
