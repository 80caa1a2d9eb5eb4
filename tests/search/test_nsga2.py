import numpy as np
import pytest
import torch
from search_examples import distances

from iadtln.search import NSGA2, Space, front_ranks, hyperarea, minimise


def zdt1(x):
    """Front f2 = 1 - sqrt(f1) where all but the first variable are 0."""
    f1 = x[..., 0]
    g = 1 + 9 * x[..., 1:].mean(-1)
    return torch.stack([f1, g * (1 - (f1 / g).sqrt())], -1)


def zdt2(x):
    """Front f2 = 1 - f1^2, bent the other way."""
    f1 = x[..., 0]
    g = 1 + 9 * x[..., 1:].mean(-1)
    return torch.stack([f1, g * (1 - (f1 / g).square())], -1)


UNIT = Space([0.0] * 6, [1.0] * 6)


@pytest.mark.parametrize(
    ("function", "whole"),
    # area to (1.1, 1.1): 0.1 beyond f1 = 1, and from f1 = 0 to 1 the integral of 1.1 - f2
    [(zdt1, 1.1 * 0.1 + 0.1 + 2 / 3), (zdt2, 1.1 * 0.1 + 0.1 + 1 / 3)],
)
def test_the_front_covers_the_known_area(function, whole):
    found = minimise(function, UNIT, NSGA2(40), 150, problems=3)
    area = hyperarea(found.front_value)
    # even steps of a staircase of 40 points lose half of 1 / 40; twice that is well spread
    assert (area > whole - 1 / 40).all()
    assert (area < whole).all()


def test_the_front_is_as_good_as_pymoos():
    pytest.importorskip("pymoo")
    from pymoo.algorithms.moo.nsga2 import NSGA2 as Theirs  # noqa: N811
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    class ZDT1(Problem):
        def _evaluate(self, x, out, *args, **kwargs):
            out["F"] = zdt1(torch.as_tensor(x)).numpy()

    problem = ZDT1(n_var=6, n_obj=2, xl=np.zeros(6), xu=np.ones(6))
    areas = []
    for seed in range(3):
        algorithm = Theirs(pop_size=40)
        algorithm.tournament_type = "comp_by_rank_and_crowding"  # as in the paper
        theirs = minimize(problem, algorithm, ("n_gen", 61), seed=seed)
        areas.append(hyperarea(torch.as_tensor(theirs.F)).item())
    found = minimise(zdt1, UNIT, NSGA2(40), 60, problems=5)
    assert hyperarea(found.front_value).median() > 0.99 * np.median(areas)


def test_the_front_holds_what_no_other_candidate_beats_each_once():
    space = Space([0, 0], [9, 9], integer=True)
    found = minimise(distances([[2.0, 3.0], [5.0, 5.0]], 2), space, NSGA2(20), 30, 2)
    for problem, corner in enumerate([(2, 3), (5, 5)]):
        on = found.front_value[problem].isfinite().all(-1)
        assert (front_ranks(found.front_value[problem][on]) == 0).all()
        # the aims are corners of one square: all four corners, and nothing else, are best
        a, b = corner
        assert sorted(map(tuple, found.front[problem][on].int().tolist())) == [
            (a, b),
            (a, b + 1),
            (a + 1, b),
            (a + 1, b + 1),
        ]


@pytest.mark.parametrize("choice", ["hyperarea", "knee", "min_product", "min_sum"])
def test_the_chosen_point_is_on_the_front_and_has_its_value(choice):
    found = minimise(zdt1, UNIT, NSGA2(20, choice=choice), 20, 3)
    for problem in range(3):
        index = (found.front[problem] == found.candidate[problem]).all(-1).nonzero()[0, 0]
        assert torch.equal(found.front_value[problem, index], found.value[problem])
        assert torch.equal(zdt1(found.candidate)[problem], found.value[problem])


def test_the_search_stops_when_the_area_grows_no_more():
    found = minimise(zdt1, UNIT, NSGA2(40), 400, 3, patience=5, tolerance=1e-3)
    assert (found.generations < 400).all()
    gains = -found.history.diff(dim=0) / found.history[:-1].abs()
    for problem, stop in enumerate(found.generations.tolist()):
        assert (gains[stop - 5 : stop, problem] <= 1e-3).all()
        assert (gains[stop - 6, problem] > 1e-3).item()
