"""The multilayer perceptron as a classifier and as a regressor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genlab.estimators._network import NetworkClassifier, NetworkRegressor
from genlab.models import MLP
from genlab.training import EarlyStopping, Schedule


class MLPClassifier(NetworkClassifier):
    """A multilayer perceptron that classifies, trained as `genlab.train` trains it.

    All rows in one batch (`batch_size=None`) and Adam are the defaults. The
    weights of rows, and weights of classes, are weights of their losses.

    Parameters
    ----------
    hidden, init, skip
        Widths of the hidden layers, initial weights and skip connections, as of
        `genlab.models.MLP`.
    optimizer, learning_rate, momentum, schedule, weight_decay, clip_norm
        How the weights are updated: the fields of a `genlab.Recipe` of these names.
    steps
        Number of updates, at least 1.
    batch_size
        Rows per update, or None for all of them. With all, a row of weight 2 counts exactly as
        the row twice, and the order of the rows changes no bit of the result. In smaller batches
        that holds on average only; a row's loss is multiplied by its weight.
    loss
        "cross_entropy" or "squared", as in a `genlab.Recipe`.
    early_stopping
        A `genlab.training.EarlyStopping`, which holds out some of the rows and keeps the weights
        with the lowest loss on them, or None for the weights of the last step.
    evaluate_every
        Steps between the values of `loss_curve_`, at least 1.
    standardize
        Whether each input is standardised by its (weighted) mean and standard deviation over the
        rows that are fitted.
    class_weight
        A dict from labels to the weights of their rows, which multiply `sample_weight`;
        "balanced" for weights that make all classes weigh alike; or None.
    random_state
        Seed of the initial weights and of the order of batches, from 0 to 2³² − 1; or a NumPy
        `RandomState`, or None for NumPy's global one, from which a seed is drawn.

    Attributes
    ----------
    classes_
        The labels, sorted.
    n_features_in_, feature_names_in_
        Number of inputs, and their names where `X` was a data frame with names.
    model_
        The `genlab.training.SavedModel`: weights and specs, on the standardised inputs.
    n_iter_
        Number of updates behind the weights.
    loss_steps_, loss_curve_
        Steps after which the training loss was recorded, and its (weighted) means.

    Raises
    ------
    DivergedError, TypeError, ValueError
        By `fit`: see there.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> fitted = MLPClassifier(hidden=(10,), steps=50, random_state=0).fit(X, y)
    >>> fitted.predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (100, 100),
        *,
        init: str = "fan_in",
        skip: bool = False,
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        steps: int = 1000,
        batch_size: int | None = None,
        momentum: float = 0.0,
        schedule: Schedule | None = None,
        loss: str = "cross_entropy",
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        early_stopping: EarlyStopping | None = None,
        evaluate_every: int = 100,
        standardize: bool = True,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden = hidden
        self.init = init
        self.skip = skip
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.steps = steps
        self.batch_size = batch_size
        self.momentum = momentum
        self.schedule = schedule
        self.loss = loss
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.evaluate_every = evaluate_every
        self.standardize = standardize
        self.class_weight = class_weight
        self.random_state = random_state

    def _spec(self) -> MLP:
        return MLP(hidden=self.hidden, init=self.init, skip=self.skip)


class MLPRegressor(NetworkRegressor):
    """A multilayer perceptron that predicts a number, trained as `genlab.train` trains it.

    Targets are standardised for training, and predictions are in the unit of the targets.

    Parameters
    ----------
    hidden, init, skip
        Widths of the hidden layers, initial weights and skip connections, as of
        `genlab.models.MLP`.
    loss
        "squared" or "absolute", as in a `genlab.Recipe`, of targets that are standardised.
    optimizer, learning_rate, momentum, schedule, weight_decay, clip_norm
        As of `MLPClassifier`.
    steps, batch_size, early_stopping, evaluate_every, standardize, random_state
        As of `MLPClassifier`, and so are the attributes, but for `classes_`.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> fitted = MLPRegressor(hidden=(10,), steps=50, random_state=0).fit(X, y)
    >>> fitted.predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (100, 100),
        *,
        init: str = "fan_in",
        skip: bool = False,
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        steps: int = 1000,
        batch_size: int | None = None,
        momentum: float = 0.0,
        schedule: Schedule | None = None,
        loss: str = "squared",
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        early_stopping: EarlyStopping | None = None,
        evaluate_every: int = 100,
        standardize: bool = True,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden = hidden
        self.init = init
        self.skip = skip
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.steps = steps
        self.batch_size = batch_size
        self.momentum = momentum
        self.schedule = schedule
        self.loss = loss
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.evaluate_every = evaluate_every
        self.standardize = standardize
        self.random_state = random_state

    def _spec(self) -> MLP:
        return MLP(hidden=self.hidden, init=self.init, skip=self.skip)
