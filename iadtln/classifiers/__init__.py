"""Classifiers of features as scikit-learn estimators; they know the search and no data."""

from iadtln.classifiers.kelm import KELMClassifier
from iadtln.classifiers.tuned_kelm import TunedKELM

__all__ = ["KELMClassifier", "TunedKELM"]
