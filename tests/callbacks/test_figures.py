import numpy as np
import pytest
import torch

from iadtln.callbacks.embedding import FEWEST, sample, tsne
from iadtln.callbacks.figures import (
    DPI,
    class_colours,
    confusion_figure,
    embedding_figure,
    pixels,
)

CONFUSION = np.array([[3, 1, 0], [0, 3, 0], [0, 0, 0]])
NAMES = ["good", "inner_race 0.007", "cracked"]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_cell_with_windows_says_count_and_share_of_its_row():
    figure = confusion_figure(CONFUSION, NAMES, "bench", "field")
    assert sorted(texts(figure)) == ["1\n25.0 %", "3\n100 %", "3\n75.0 %"]


@pytest.mark.parametrize(("wrong", "said"), [(1, "99.9 %"), (0, "100 %")])
def test_only_all_windows_are_called_100_per_cent(wrong, said):
    confusion = np.array([[4999, wrong], [0, 1]])
    assert f"4999\n{said}" in texts(confusion_figure(confusion, ["a", "b"], "s", "t"))


@pytest.mark.parametrize("num_classes", [2, 10, 20])
def test_pictures_of_matrices_are_not_empty_and_grow_with_the_classes(num_classes):
    names = [f"class {i}" for i in range(num_classes)]
    confusion = 5 * np.eye(num_classes, dtype=int)
    figure = confusion_figure(confusion, names, "a domain with a long name" * 2, "another" * 9)
    picture = pixels(figure)
    width, height = figure.get_size_inches() * DPI
    assert picture.shape == (int(height), int(width), 3)
    assert height >= DPI * 0.74 * num_classes
    assert len(np.unique(picture.astype(int) @ [1, 256, 65536])) > 50


@pytest.mark.parametrize("draw", ["confusion", "embedding"])
def test_titles_name_both_domains(draw):
    if draw == "confusion":
        figure = confusion_figure(CONFUSION, NAMES, "bench", "field")
    else:
        nothing = np.zeros(4, dtype=bool)
        label = np.array([0, 0, 1, 1])
        figure = embedding_figure(
            np.eye(4)[:, :2], label, label > 0, nothing, NAMES, "bench", "field"
        )
    assert "bench → field" in figure.get_suptitle()


def test_the_embedding_names_every_class_that_is_there():
    label = np.array([0, 0, 1, 1])
    wrong = np.array([False, True, False, False])
    figure = embedding_figure(np.eye(4)[:, :2], label, label > 0, wrong, NAMES, "a", "b")
    assert set(texts(figure)) == {"good", "inner race 0.007"}
    assert pixels(figure).std() > 5


def test_colours_differ_for_any_number_of_classes():
    for count in (1, 4, 10, 11, 40):
        assert len(set(class_colours(count))) == count


def rows(count, seed=0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return {
        "index": torch.arange(count),
        "label": torch.arange(count) % 3,
        "logits": torch.randn(count, 3, generator=generator),
        "features": torch.randn(count, 6, generator=generator) + shift,
    }


def test_a_sample_takes_half_of_each_domain_once_and_keeps_rows_together():
    target, source = rows(50), rows(80, seed=1)
    drawn = sample(target, source, 40, seed=0)
    assert drawn.is_target.sum() == 20
    assert len(drawn.window) == 40
    for rows_, of_target in ((target, True), (source, False)):
        own = drawn.is_target == of_target
        window = drawn.window[own]
        assert len(window.unique()) == 20
        assert torch.equal(drawn.features[own], rows_["features"][window])
        assert torch.equal(drawn.label[own], rows_["label"][window])
        assert torch.equal(drawn.prediction[own], rows_["logits"][window].argmax(1))


def test_a_sample_leaves_out_what_is_not_finite():
    target = rows(10)
    target["features"][3, 0] = torch.nan
    assert 3 not in sample(target, None, 100, seed=0).window


def test_a_sample_of_nothing_is_empty():
    assert len(sample(rows(5), rows(5), 0, seed=0).window) == 0


def test_the_same_seed_gives_the_same_embedding():
    features = sample(rows(15), rows(15, seed=1, shift=4.0), 30, seed=0).features
    np.testing.assert_array_equal(tsne(features, seed=1), tsne(features, seed=1))


def test_the_embedding_keeps_two_far_groups_apart():
    near, far = rows(20)["features"], rows(20, seed=1, shift=50.0)["features"]
    points = tsne(torch.cat([near, far]), seed=0)
    centres = points[:20].mean(0), points[20:].mean(0)
    own = [np.linalg.norm(p - centres[i >= 20]) for i, p in enumerate(points)]
    other = [np.linalg.norm(p - centres[i < 20]) for i, p in enumerate(points)]
    assert np.less(own, other).all()


def test_the_fewest_points_and_collapsed_features_have_an_embedding_too():
    assert np.isfinite(tsne(rows(FEWEST)["features"], seed=0)).all()
    np.testing.assert_array_equal(tsne(torch.ones(9, 4), seed=0), np.zeros((9, 2)))
