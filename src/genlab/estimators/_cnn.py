"""The convolutional network as a classifier of sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from genlab.estimators._network import NetworkClassifier
from genlab.models import CNN
from genlab.training import EarlyStopping, Schedule


class CNNClassifier(NetworkClassifier):
    """A convolutional network that classifies sequences: each row is one, of one channel.

    Rows that are shorter than the kernels need are continued by zeros.

    Parameters
    ----------
    channels, kernels, stride, padding, pool, hidden
        Layers of the network, as of `genlab.models.CNN`.
    standardize
        Whether the inputs are standardised, by one (weighted) mean and standard deviation of all
        positions of the rows that are fitted.
    optimizer, learning_rate, momentum, schedule, weight_decay, clip_norm
        As of `MLPClassifier`.
    steps, batch_size, loss, early_stopping, evaluate_every, class_weight, random_state
        As of `MLPClassifier`, and so are the attributes.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> fitted = CNNClassifier(channels=(4,), kernels=(3,), steps=50, random_state=0).fit(X, y)
    >>> fitted.predict(X[:2]).shape
    (2,)
    """

    _sequences: ClassVar[bool] = True

    def __init__(
        self,
        channels: tuple[int, ...] = (25, 25, 25),
        *,
        kernels: tuple[int, ...] = (5, 3, 3),
        stride: int = 2,
        padding: int = 1,
        pool: int = 1,
        hidden: tuple[int, ...] = (),
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
        self.channels = channels
        self.kernels = kernels
        self.stride = stride
        self.padding = padding
        self.pool = pool
        self.hidden = hidden
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

    def _spec(self) -> CNN:
        return CNN(
            channels=self.channels,
            kernels=self.kernels,
            stride=self.stride,
            padding=self.padding,
            pool=self.pool,
            hidden=self.hidden,
        )
