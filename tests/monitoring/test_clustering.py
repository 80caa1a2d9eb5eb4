import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import kmeans_plusplus

from iadtln.monitoring.clustering import dwcc


def points(count, features=1, seed=0):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(count, features, dtype=torch.float64, generator=draws)


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def mean(rows):
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def spread(rows, labels):
    """Squares within the clusters."""
    groups = [[r for r, own in zip(rows, labels, strict=True) if own == j] for j in set(labels)]
    return sum(distance(row, mean(group)) ** 2 for group in groups for row in group)


def slow_dwcc(features, clusters, density, rounds=100):
    """The steps of the paper with our constants, written out."""
    count, width = features.shape
    columns = []
    for column in features.T.tolist():
        middle = sum(column) / count
        deviation = math.sqrt(sum((v - middle) ** 2 for v in column) / count) or 1.0
        columns.append([(v - middle) / deviation / math.sqrt(width) for v in column])
    rows = [list(row) for row in zip(*columns, strict=True)]
    first, _ = kmeans_plusplus(torch.tensor(rows, dtype=torch.float64).numpy(), clusters,
                               random_state=0)  # fmt: skip
    centres = first.tolist()
    pairs = sorted(distance(a, b) for i, a in enumerate(rows) for b in rows[i + 1 :])
    reach = pairs[(len(pairs) - 1) // 2]
    like = [[math.exp(-((distance(a, b) / reach) ** 2)) for b in rows] for a in rows]
    labels = [min(range(clusters), key=lambda j: distance(row, centres[j])) for row in rows]
    for turn in range(1, rounds + 1):
        new = []
        for i, row in enumerate(rows):
            costs = []
            for j in range(clusters):
                near = sum(like[i][k] for k in range(count) if density == "point" or labels[k] == j)
                costs.append(distance(row, centres[j]) + 0.1 / max(near / count, 1e-12))
            new.append(costs.index(min(costs)))
        for i in range(count):
            if new.count(new[i]) > 1:
                tried = {j: spread(rows, [*new[:i], j, *new[i + 1 :]]) for j in set(new)}
                best = min(tried, key=tried.__getitem__)
                if tried[best] < tried[new[i]] - 1e-12:
                    new[i] = best
        shift = 0.0
        for j in range(clusters):
            members = [row for row, own in zip(rows, new, strict=True) if own == j]
            if members:
                moved = [(a + b) / 2 for a, b in zip(centres[j], mean(members), strict=True)]
                shift = max(shift, distance(moved, centres[j]))
                centres[j] = moved
        settled = shift < 1e-4 * (1 + turn / 10) and new == labels
        labels = new
        if settled:
            break
    return labels, centres, turn


@pytest.mark.parametrize("density", ["point", "cluster"])
@pytest.mark.parametrize(("count", "features", "clusters"), [(10, 1, 6), (14, 2, 3), (25, 3, 6)])
def test_dwcc_is_the_steps_written_out(count, features, clusters, density):
    given_points = points(count, features)
    labels, centres, iterations = slow_dwcc(given_points, clusters, density)
    found = dwcc(given_points, clusters, density=density)
    assert found.labels.tolist() == labels
    torch.testing.assert_close(found.centres, torch.tensor(centres, dtype=torch.float64))
    assert found.iterations == iterations


def test_dwcc_finds_groups_that_lie_apart():
    groups = torch.tensor([0, 1, 2]).repeat_interleave(4)
    found = dwcc(groups[:, None] * 10.0 + points(12).float(), clusters=3).labels
    assert len(found.unique()) == 3
    assert all(len(found[groups == group].unique()) == 1 for group in range(3))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(2, 12), seed=st.integers(0, 1000), balance=st.floats(0, 10))
def test_the_density_as_printed_never_matters(count, seed, balance):
    features = points(count, seed=seed)
    plain = dwcc(features, 4, balance=0.0)
    assert dwcc(features, 4, balance=balance).labels.tolist() == plain.labels.tolist()


@settings(max_examples=25, deadline=None)
@given(count=st.integers(3, 12), seed=st.integers(0, 1000))
def test_clusters_ignore_unit_and_offset(count, seed):
    features = points(count, 2, seed)
    moved = features * torch.tensor([3.0, 1e-3]) + torch.tensor([1.0, -7.0])
    before, after = (dwcc(one, 3).labels for one in (features, moved))
    # who is with whom: rounding may choose another first centre, and so other numbers
    assert torch.equal(after[:, None] == after, before[:, None] == before)


def test_a_feature_without_weight_is_ignored():
    features = points(9, 2)
    found = dwcc(features, 3, weights=torch.tensor([1.0, 0.0])).labels
    assert found.tolist() == dwcc(features[:, 0], 3).labels.tolist()


@pytest.mark.parametrize(("values", "clusters"), [([3.0], 1), ([2.0] * 5, 1), ([1.0, 1.0, 4.0], 2)])
def test_no_more_clusters_than_different_points(values, clusters):
    found = dwcc(torch.tensor(values), clusters=6)
    assert len(found.centres) == clusters
    assert len(found.labels.unique()) == clusters


def test_dwcc_rejects_what_it_cannot_cluster():
    with pytest.raises(ValueError, match="one point and one cluster at least, got"):
        dwcc(torch.zeros(0), 3)
    with pytest.raises(ValueError, match="got \\(4,\\) and 0 clusters"):
        dwcc(torch.zeros(4), 0)
    with pytest.raises(ValueError, match="finite features"):
        dwcc(torch.tensor([1.0, torch.nan]))
