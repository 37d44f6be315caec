"""Training: recipes, and ensembles of seeds trained as compiled programs."""

from genlab.training._early_stopping import EarlyStopping
from genlab.training._history import CURVES, History
from genlab.training._lanes import Lane, Progress, train_arrays, train_lanes
from genlab.training._recipe import Recipe
from genlab.training._saved import SavedModel, load_model, save_model
from genlab.training._schedule import CosineDecay, StepDecay
from genlab.training._seeds import Seeds
from genlab.training._train import report_divergence, train

__all__ = [
    "CURVES",
    "CosineDecay",
    "EarlyStopping",
    "History",
    "Lane",
    "Progress",
    "Recipe",
    "SavedModel",
    "Seeds",
    "StepDecay",
    "load_model",
    "report_divergence",
    "save_model",
    "train",
    "train_arrays",
    "train_lanes",
]
