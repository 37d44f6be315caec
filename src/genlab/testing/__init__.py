"""Checks that a model, loss, generator of data or estimator of your own keeps genlab's rules."""

from genlab.testing._check import Check
from genlab.testing._dataset import dataset_checks
from genlab.testing._estimator import estimator_checks
from genlab.testing._loss import loss_checks
from genlab.testing._model import model_checks

__all__ = ["Check", "dataset_checks", "estimator_checks", "loss_checks", "model_checks"]
