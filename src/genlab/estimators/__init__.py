"""genlab's models as scikit-learn estimators."""

from genlab.estimators._cnn import CNNClassifier
from genlab.estimators._gru import GRUClassifier
from genlab.estimators._hinge import HingeRegressor
from genlab.estimators._logistic import LogisticClassifier
from genlab.estimators._mlp import MLPClassifier, MLPRegressor
from genlab.estimators._random_features import RandomFeaturesRegressor

__all__ = [
    "CNNClassifier",
    "GRUClassifier",
    "HingeRegressor",
    "LogisticClassifier",
    "MLPClassifier",
    "MLPRegressor",
    "RandomFeaturesRegressor",
]
