import sys

import pytest
import torch
from search_examples import box, distances

from iadtln.search import GA, GWO, NSGA2, PSO, TTAO, Cached, Space, minimise

AIMS = [[1.0, 2.0], [-3.0, 0.5]]


def test_a_problem_stops_after_so_many_generations_without_gain():
    # problem 0 is flat: no gain ever; problem 1 is not
    def objective(x):
        return torch.stack([torch.ones_like(x[0, :, 0]), x[1].square().sum(-1)])

    found = minimise(objective, box(-5.0, 5.0), PSO(), 40, 2, patience=6)
    assert found.generations[0] == 6
    assert found.generations[1] > 6
    assert found.history.shape[0] == found.generations[1] + 1


def test_the_least_gain_is_a_share_of_the_score():
    # values that fall by a tenth in each generation
    def falling():
        state = {"value": 1.0}

        def objective(x):
            state["value"] *= 0.9
            return x.new_full(x.shape[:2], state["value"])

        return objective

    options = {"generations": 20, "patience": 3}
    lasting = minimise(falling(), box(0, 1), GWO(), tolerance=0.05, **options)
    short = minimise(falling(), box(0, 1), GWO(), tolerance=0.15, **options)
    assert lasting.generations.item() == 20
    assert short.generations.item() == 3


@pytest.mark.parametrize("optimiser", [GWO(12), TTAO(12)])
@pytest.mark.parametrize("budget", [5, 12, 50])
def test_no_more_candidates_are_asked_than_the_budget_allows(optimiser, budget):
    asked = []

    def objective(x):
        asked.append(x.shape[1])
        return distances(AIMS)(x)

    found = minimise(objective, box(-5.0, 5.0), optimiser, 50, 2, evaluations=budget)
    assert sum(asked) == budget
    assert torch.isfinite(found.value).all()


def test_without_generations_the_first_population_is_all():
    found = minimise(distances(AIMS), box(-5.0, 5.0), GA(), 0, 2)
    assert found.history.shape == (1, 2)
    assert found.generations.tolist() == [0, 0]


def test_problems_are_as_many_as_have_bounds_of_their_own():
    space = Space(torch.tensor([[-5.0, -5.0]] * 2), torch.tensor([[5.0, 5.0]] * 2))
    assert minimise(distances(AIMS), space, GWO(), 3).value.shape == (2,)
    with pytest.raises(ValueError, match="expected bounds of 3 problems, got 2"):
        minimise(distances(AIMS), space, GWO(), 3, problems=3)


def test_an_objective_of_another_shape_is_named():
    with pytest.raises(ValueError, match=r"to return the shape \(1, 20\) .* got \(1,\)"):
        minimise(lambda x: x.sum((1, 2)), box(0, 1), GWO(), 3)
    with pytest.raises(ValueError, match=r"to return the shape \(1, 50, 2\) .* got \(1, 50\)"):
        minimise(lambda x: x.sum(-1), box(0, 1), NSGA2(), 3)


@pytest.mark.parametrize("words", [None, "wolves"])
def test_progress_is_shown_when_asked_for(words, capsys, monkeypatch):
    module = sys.modules[minimise.__module__]
    bar = module.tqdm
    monkeypatch.setattr(module, "tqdm", lambda **options: bar(**{**options, "delay": 0}))
    minimise(distances(AIMS), box(0, 1), GWO(), 3, 2, progress=words)
    shown = capsys.readouterr().err
    if words is None:
        assert shown == ""
    else:
        assert "wolves: 100%" in shown
        assert "4/4" in shown


def test_a_cached_objective_changes_nothing_but_the_calls():
    space = Space([0, 0], [6, 6], integer=True)
    objective = distances([[2.0, 5.0], [6.0, 1.0]])
    cached = Cached(objective)
    plain = minimise(objective, space, GWO(), 20, 2, seed=3)
    found = minimise(cached, space, GWO(), 20, 2, seed=3)
    assert all(torch.equal(one, other) for one, other in zip(plain, found, strict=True))
    assert cached.asked < 2 * 49 * 2 < 2 * 20 * 21  # at most each of 49 in both rows, and repeats
