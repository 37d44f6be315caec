"""Model specs: frozen descriptions that build Equinox modules, and the closed-form toy model."""

from genlab.models._base import (
    Layer,
    ModelSpec,
    Statistics,
    array_shapes,
    trained_and_gathered,
)
from genlab.models._cnn import CNN
from genlab.models._cnn5 import CNN5
from genlab.models._gru import GRU
from genlab.models._hinge import HingeFit, HingeRegression
from genlab.models._logistic import Logistic
from genlab.models._mlp import MLP
from genlab.models._registry import MODELS, get_model
from genlab.models._resnet import ResNet

__all__ = [
    "CNN",
    "CNN5",
    "GRU",
    "MLP",
    "MODELS",
    "HingeFit",
    "HingeRegression",
    "Layer",
    "Logistic",
    "ModelSpec",
    "ResNet",
    "Statistics",
    "array_shapes",
    "get_model",
    "trained_and_gathered",
]
