"""Training: recipes, and ensembles of seeds trained as compiled programs."""

from genlab.training._check import check_fit, check_task
from genlab.training._class_weight import frozen_class_weight
from genlab.training._early_stopping import EarlyStopping
from genlab.training._estimator_kinds import check_classifier, check_estimator, check_regressor
from genlab.training._evaluations import log_spaced_steps
from genlab.training._history import CURVES, History, curve_interval
from genlab.training._lanes import Fitted, Lane, Progress, train_arrays, train_lanes
from genlab.training._optimizer import learning_rates
from genlab.training._own_loss import OWN_LOSSES, canonical_loss, check_loss_allowed, own_loss
from genlab.training._prediction_table import prediction_table, table_csv, write_predictions
from genlab.training._predictor import Predictions, Predictor, as_predictor
from genlab.training._program import lanes_of_own_data, lanes_on_accelerator
from genlab.training._recipe import Recipe
from genlab.training._saved import METRICS as METRICS_FILE
from genlab.training._saved import SPEC as SPEC_FILE
from genlab.training._saved import (
    SavedModel,
    class_probabilities,
    load_model,
    save_model,
    write_saved,
)
from genlab.training._schedule import CosineDecay, Schedule, StepDecay
from genlab.training._seeds import Seeds
from genlab.training._targets import TargetScale
from genlab.training._train import report_divergence, report_untrained, train

__all__ = [
    "CURVES",
    "METRICS_FILE",
    "OWN_LOSSES",
    "SPEC_FILE",
    "CosineDecay",
    "EarlyStopping",
    "Fitted",
    "History",
    "Lane",
    "Predictions",
    "Predictor",
    "Progress",
    "Recipe",
    "SavedModel",
    "Schedule",
    "Seeds",
    "StepDecay",
    "TargetScale",
    "as_predictor",
    "canonical_loss",
    "check_classifier",
    "check_estimator",
    "check_fit",
    "check_loss_allowed",
    "check_regressor",
    "check_task",
    "class_probabilities",
    "curve_interval",
    "frozen_class_weight",
    "lanes_of_own_data",
    "lanes_on_accelerator",
    "learning_rates",
    "load_model",
    "log_spaced_steps",
    "own_loss",
    "prediction_table",
    "report_divergence",
    "report_untrained",
    "save_model",
    "table_csv",
    "train",
    "train_arrays",
    "train_lanes",
    "write_predictions",
    "write_saved",
]
