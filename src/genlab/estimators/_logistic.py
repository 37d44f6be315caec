"""Multinomial logistic regression as a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genlab.estimators._network import NetworkClassifier
from genlab.models import Logistic
from genlab.training import EarlyStopping, Schedule


class LogisticClassifier(NetworkClassifier):
    """Multinomial logistic regression by gradient descent: one linear layer.

    With enough steps its probabilities are those of the unpenalised fit, scikit-learn's
    `LogisticRegression(C=inf)`; with fewer, training is stopped before.

    Parameters
    ----------
    optimizer, learning_rate, momentum, schedule, weight_decay, clip_norm
        As of `MLPClassifier`.
    steps, batch_size, loss, early_stopping, evaluate_every, standardize, class_weight, random_state
        As of `MLPClassifier`, and so are the attributes.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> fitted = LogisticClassifier(steps=50, random_state=0).fit(X, y)
    >>> fitted.predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        *,
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

    def _spec(self) -> Logistic:
        return Logistic()
