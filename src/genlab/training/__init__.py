"""Training: recipes, and ensembles of seeds trained as compiled programs."""

from genlab.training._history import History
from genlab.training._recipe import Recipe, StepDecay
from genlab.training._train import Progress, train, train_arrays

__all__ = ["History", "Progress", "Recipe", "StepDecay", "train", "train_arrays"]
