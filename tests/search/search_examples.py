"""Objectives with known optima, every optimiser of the package, and draws that are written down."""

import importlib
import math
import pkgutil

import torch

import iadtln.search
from iadtln.search import Draws, Optimiser, Space

for module in pkgutil.iter_modules(iadtln.search.__path__):
    importlib.import_module(f"iadtln.search.{module.name}")


def subclasses(parent):
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


EVERY = sorted(
    {one for one in subclasses(Optimiser) if one.__module__.startswith("iadtln.")},
    key=lambda one: one.__name__,
)
SINGLE = [one for one in EVERY if one.num_objectives == 1]

# off the centre, off the origin and off its diagonals, where some optimisers look first
SHIFT = torch.tensor([1.3, -1.1], dtype=torch.float64)


def sphere(x):
    return (x - SHIFT).square().sum(-1)


def rastrigin(x):
    y = x - SHIFT
    return (10 + y.square() - 10 * torch.cos(2 * math.pi * y)).sum(-1)


def rosenbrock(x):
    """Least at SHIFT + 1, at the end of a bent valley."""
    y = x - SHIFT
    return 100 * (y[..., 1] - y[..., 0].square()).square() + (1 - y[..., 0]).square()


def distances(aims, num_objectives=1):
    """Squared distance to the aim of each problem, and to a second aim one unit beside it."""
    aims = torch.as_tensor(aims, dtype=torch.float64)[:, None]

    def objective(x):
        near = (x - aims.to(x)).square().sum(-1)
        if num_objectives == 1:
            return near
        return torch.stack([near, (x - aims.to(x) - 1).square().sum(-1)], -1)

    return objective


class Logged(Draws):
    """Draws as they are, each kept as a list."""

    def __init__(self, problems=1, seed=0):
        super().__init__(problems, seed, torch.device("cpu"), torch.float64)
        self.log = []

    def uniform(self, *shape):
        return self._keep(super().uniform(*shape))

    def normal(self, *shape):
        return self._keep(super().normal(*shape))

    def integers(self, count, *shape):
        return self._keep(super().integers(count, *shape))

    def _keep(self, drawn):
        self.log.append(drawn[0].tolist())  # of the only problem
        return drawn


class Scripted(Draws):
    """Uniform draws that are all one number."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def uniform(self, *shape):
        return torch.full((1, *shape), self.numbers.pop(0), dtype=torch.float64)


def first_moves(optimiser, objective, space, moves, generations, seed=3):
    """Positions, values and draws of the first moves of one problem, as lists."""
    draws = Logged(seed=seed)
    search = optimiser.search(space, draws, generations)
    positions, values, logs = [], [], []
    asked = next(search)
    for _ in range(moves + 1):
        told = objective(asked)
        positions.append(asked[0].tolist())
        values.append(told[0].tolist())
        logs.append(list(draws.log))
        draws.log.clear()
        try:
            asked = search.send(told)
        except StopIteration:
            break
    return positions, values, logs


def box(low, high):
    return Space([low, low], [high, high])


def clipped(number, low, high):
    return min(max(number, low), high)
