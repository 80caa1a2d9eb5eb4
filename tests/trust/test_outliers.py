"""Far from all classes is foreign."""

import numpy as np
import pytest
import torch

from iadtln.trust.outliers import ClassCentres, energy, outlier_threshold


def blobs(windows=600, seed=0):
    generator = torch.Generator().manual_seed(seed)
    label = torch.arange(windows) % 3
    centres = torch.tensor([[0.0, 0, 0, 0], [9, 0, 0, 0], [0, 9, 0, 0]])
    spread = torch.tensor([1.0, 1, 3, 0.1])
    return centres[label] + spread * torch.randn(windows, 4, generator=generator), label


def test_distance_is_that_of_a_loop_over_the_formula():
    features, label = blobs(2000)
    found = ClassCentres(features, label).distance(features[:5])
    rows, kinds = features.double().numpy(), label.numpy()
    means = np.stack([rows[kinds == k].mean(0) for k in range(3)])
    centred = rows - means[kinds]
    covariance = centred.T @ centred / len(rows)
    # Ledoit and Wolf: towards a sphere of the mean variance
    d = 4
    mean = np.trace(covariance) / d
    delta = ((covariance - mean * np.eye(d)) ** 2).sum() / d
    beta = sum(((np.outer(x, x) - covariance) ** 2).sum() for x in centred) / d / len(rows) ** 2
    share = min(1.0, beta / delta)
    shrunk = (1 - share) * covariance + share * mean * np.eye(d)
    inverse = np.linalg.inv(shrunk)
    for x, distance in zip(rows[:5], found.tolist(), strict=True):
        assert distance == pytest.approx(min((x - m) @ inverse @ (x - m) for m in means), rel=1e-6)


def test_what_varies_much_in_training_is_near_along_that():
    centres = ClassCentres(*blobs(20000))
    # the third feature has deviation 3, the second 1: nine units are three deviations, and nine
    third, second = centres.distance(torch.tensor([[0.0, 0, 9, 0], [0, -9, 0, 0]])).tolist()
    assert third == pytest.approx(9, rel=0.05)
    assert second == pytest.approx(81, rel=0.05)


def test_a_set_share_of_held_out_windows_is_foreign_and_all_of_far_ones():
    centres = ClassCentres(*blobs())
    held_out, _ = blobs(4000, seed=1)
    limit = outlier_threshold(centres.distance(held_out), 0.95)
    new = centres.distance(blobs(4000, seed=2)[0]) > limit
    assert float(new.double().mean()) == pytest.approx(0.05, abs=0.015)
    assert bool((centres.distance(held_out[:50] + 20) > limit).all())


def test_more_features_than_windows_and_dead_features_stay_finite():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(10, 30, generator=generator)
    features[:, 3] = 0.0
    distance = ClassCentres(features, torch.arange(10) % 2).distance(features)
    assert bool(torch.isfinite(distance).all())
    same = ClassCentres(torch.ones(4, 3), torch.zeros(4).long())
    assert same.distance(torch.ones(1, 3)).tolist() == [0.0]


def test_class_numbers_may_have_gaps():
    features, label = blobs()
    x = features[:7]
    a, b = ClassCentres(features, label), ClassCentres(features, 5 * label + 2)
    torch.testing.assert_close(a.distance(x), b.distance(x))


def test_one_window_at_a_time_is_a_batch():
    centres, (features, _) = ClassCentres(*blobs()), blobs(8, seed=3)
    singles = torch.cat([centres.distance(one[None]) for one in features])
    torch.testing.assert_close(centres.distance(features), singles)


def test_energy_by_hand():
    logits = torch.tensor([[1.0, 2.0]])
    assert float(energy(logits)) == pytest.approx(-np.log(np.e + np.e**2))
    assert float(energy(logits, 2.0)) == pytest.approx(-2 * np.log(np.exp(0.5) + np.e))


def test_labels_of_other_windows_are_refused():
    with pytest.raises(ValueError, match="as many labels"):
        ClassCentres(torch.zeros(3, 2), torch.zeros(2).long())
