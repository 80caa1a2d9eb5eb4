"""The searched KELM: its objective against plain cross-validation, its search against a grid."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from iadtln.classifiers import KELMClassifier, TunedKELM
from iadtln.classifiers.tuned_kelm import CrossValidation
from iadtln.search import GA, HBA, PSO
from tests.classifiers.test_kelm import blobs


@parametrize_with_checks([TunedKELM(grid_points=3), TunedKELM(HBA(population=3), generations=1)])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def folds_of(label, count=3):
    parts = StratifiedKFold(count, shuffle=True, random_state=0).split(label, label)
    return [(torch.from_numpy(train), torch.from_numpy(held)) for train, held in parts]


def objective(rows, label, **options):
    distance = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    return CrossValidation(
        torch.from_numpy(distance), torch.from_numpy(label), folds_of(label), **options
    )


def plain(rows, label, c, gamma):
    """Error and mean square error of one candidate, fold by fold, by kernel ridge regression."""
    wrong, squares = 0, []
    codes = np.where(label[:, None] == np.arange(label.max() + 1), 1.0, -1.0)
    for train, held in folds_of(label):
        ridge = KernelRidge(alpha=1 / c, kernel="rbf", gamma=gamma).fit(rows[train], codes[train])
        scores = ridge.predict(rows[held])
        wrong += (scores.argmax(1) != label[held]).sum()
        squares.append((scores - codes[held]) ** 2)
    return wrong / len(label), np.concatenate(squares).mean()


def test_the_objective_is_cross_validation_of_every_member():
    X, label = blobs()
    candidates = torch.tensor([[[0.0, -1.0], [5.0, -3.0]], [[10.0, 2.0], [-4.0, 0.0]]]).double()
    values = objective(X, label, square_weight=0.5)(candidates)
    assert values.shape == (2, 2)
    for value, (c, g) in zip(values.flatten(), candidates.reshape(-1, 2).tolist(), strict=True):
        error, square = plain(X, label, 2.0**c, 2.0**g)
        assert float(value) == pytest.approx(error + 0.5 * square)


def test_a_square_error_counts_only_so_far():
    X, label = blobs()
    error, square = plain(X, label, 1.0, 1.0)
    assert square > 0.01
    value = objective(X, label, square_weight=1.0, largest_square=0.01)(torch.zeros(1, 1, 2))
    assert float(value) == pytest.approx(error + 0.01)


def test_a_kernel_matrix_that_cannot_be_inverted_has_no_value():
    X, label = blobs()
    X[1:] = X[0]
    assert torch.isinf(objective(X, label)(torch.tensor([[[200.0, 0.0]]]).double())).all()


def test_chunks_do_not_change_the_values(monkeypatch):
    X, label = blobs()
    candidates = torch.rand(1, 7, 2, dtype=torch.float64)
    whole = objective(X, label)(candidates)
    monkeypatch.setattr("iadtln.classifiers.tuned_kelm.CHUNK", 2 * len(X) ** 2)
    torch.testing.assert_close(objective(X, label)(candidates), whole)


def test_the_grid_finds_its_best_point():
    X, label = blobs(each=6)
    model = TunedKELM(folds=3, grid_points=3, random_state=5).fit(X, label)
    fold_seed = np.random.RandomState(5).randint(2**31 - 1)
    parts = list(StratifiedKFold(3, shuffle=True, random_state=fold_seed).split(X, label))
    rows = StandardScaler().fit_transform(X)
    codes = np.where(label[:, None] == np.arange(3), 1.0, -1.0)
    best = {}
    for c in (-8.0, 3.5, 15.0):
        for g in (-10.0, -2.5, 5.0):
            value = 0.0
            for train, held in parts:
                ridge = KernelRidge(alpha=2.0**-c, kernel="rbf", gamma=2.0**g)
                scores = ridge.fit(rows[train], codes[train]).predict(rows[held])
                value += (scores.argmax(1) != label[held]).sum() / len(label)
                value += 1e-3 * ((scores - codes[held]) ** 2).sum() / codes.size
            best[2.0**c, 2.0**g] = value
    assert (model.best_params_["C"], model.best_params_["gamma"]) == min(best, key=best.get)
    assert model.best_value_ == pytest.approx(min(best.values()))


@pytest.mark.parametrize("optimiser", [HBA(6), PSO(6), GA(6)], ids=lambda o: type(o).__name__)
def test_a_search_never_gets_worse_and_its_result_is_a_plain_kelm(optimiser):
    X, label = blobs()
    model = TunedKELM(optimiser, generations=4, random_state=0).fit(X, label)
    assert model.history_.shape == (5,)
    assert (np.diff(model.history_) <= 0).all()
    assert model.history_[-1] == model.best_value_
    assert 2.0**-8 <= model.best_params_["C"] <= 2.0**15
    alone = KELMClassifier(**model.best_params_).fit(X, label)
    np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))


def test_the_same_seed_gives_the_same_search():
    X, label = blobs()
    model = TunedKELM(HBA(5), generations=2, random_state=3)
    assert model.fit(X, label).best_params_ == clone(model).fit(X, label).best_params_


def test_a_class_of_one_window_cannot_be_held_out():
    with pytest.raises(ValueError, match="1 window"):
        TunedKELM().fit([[0.0], [1.0], [2.0]], [0, 0, 1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"log2_C": (3, 1)}, "expected log2_C as the least and the greatest value, got 3 and 1"),
        ({"log2_gamma": (0, np.inf)}, "expected log2_gamma as .* got 0 and inf"),
        ({"folds": 1}, "expected folds >= 2"),
        ({"grid_points": 0}, "grid_points >= 1, got 5 and 0"),
    ],
)
@pytest.mark.parametrize("optimiser", [None, HBA(3)], ids=["grid", "HBA"])
def test_options_without_sense_are_told_in_a_sentence(options, words, optimiser):
    with pytest.raises(ValueError, match=words):
        TunedKELM(optimiser, generations=1, **options).fit(*blobs())
