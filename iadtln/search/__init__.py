"""Searches of many problems at once, one optimiser per file; they know no other room."""

from iadtln.search.base import Best, Optimiser
from iadtln.search.cached import Cached, Objective
from iadtln.search.dbo import DBO
from iadtln.search.dominance import crowding_distance, front_ranks
from iadtln.search.draws import Draws, Seed
from iadtln.search.ga import GA
from iadtln.search.gwo import GWO
from iadtln.search.hba import HBA
from iadtln.search.hyperarea import Choice, choose, hyperarea
from iadtln.search.minimise import Found, minimise
from iadtln.search.nsga2 import NSGA2
from iadtln.search.pso import PSO
from iadtln.search.space import Space
from iadtln.search.ssa import SSA
from iadtln.search.ttao import TTAO
from iadtln.search.variation import Variation
from iadtln.search.woa import WOA

__all__ = [
    "DBO",
    "GA",
    "GWO",
    "HBA",
    "NSGA2",
    "PSO",
    "SSA",
    "TTAO",
    "WOA",
    "Best",
    "Cached",
    "Choice",
    "Draws",
    "Found",
    "Objective",
    "Optimiser",
    "Seed",
    "Space",
    "Variation",
    "choose",
    "crowding_distance",
    "front_ranks",
    "hyperarea",
    "minimise",
]
