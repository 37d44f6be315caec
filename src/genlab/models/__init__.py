"""Model specs: frozen descriptions that build Equinox modules, and models fitted in closed form."""

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
from genlab.models._least_squares import ridge_inverse
from genlab.models._logistic import Logistic
from genlab.models._mlp import MLP
from genlab.models._random_features import RandomFeatures, RandomFeaturesFit
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
    "RandomFeatures",
    "RandomFeaturesFit",
    "ResNet",
    "Statistics",
    "array_shapes",
    "get_model",
    "ridge_inverse",
    "trained_and_gathered",
]
