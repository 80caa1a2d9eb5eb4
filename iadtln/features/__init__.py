"""Features of windows as scikit-learn transformers; they know the signals and no data."""

from iadtln.features.base import WindowFeatures
from iadtln.features.entropies import CMWPE, HFDE, HWPE, RCMDE, RCMFE
from iadtln.features.msc import MSC
from iadtln.features.slope import CMSE, DBCMSE, ECMSE, SlopeFeatures
from iadtln.features.statistics import Statistics

__all__ = [
    "CMSE",
    "CMWPE",
    "DBCMSE",
    "ECMSE",
    "HFDE",
    "HWPE",
    "MSC",
    "RCMDE",
    "RCMFE",
    "SlopeFeatures",
    "Statistics",
    "WindowFeatures",
]
