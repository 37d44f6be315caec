"""Training: recipes, and ensembles of seeds trained as compiled programs."""

from genlab.training._history import CURVES, History
from genlab.training._recipe import Recipe, StepDecay
from genlab.training._train import Progress, report_divergence, train, train_arrays

__all__ = [
    "CURVES",
    "History",
    "Progress",
    "Recipe",
    "StepDecay",
    "report_divergence",
    "train",
    "train_arrays",
]
