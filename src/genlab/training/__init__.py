"""Training: recipes, and ensembles of seeds trained as compiled programs."""

from genlab.training._history import CURVES, History
from genlab.training._recipe import CosineDecay, Recipe, StepDecay
from genlab.training._seeds import Seeds
from genlab.training._train import Progress, report_divergence, train, train_arrays

__all__ = [
    "CURVES",
    "CosineDecay",
    "History",
    "Progress",
    "Recipe",
    "Seeds",
    "StepDecay",
    "report_divergence",
    "train",
    "train_arrays",
]
