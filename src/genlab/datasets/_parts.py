"""Parts of a data set that its training set is divided into, to choose a model by.

Each is a generator of its own, whose spec names the whole and the division: a worker makes it
again. None of them holds an example of the whole's test set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base.checks import integer, real
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._split import split_indices


def development_part(of: DataSpec | Mapping[str, Any]) -> Dataset:
    """The whole without its test set: `Dataset.without_test`.

    Parameters
    ----------
    of
        The spec of the whole, or its name and arguments.
    """
    return _spec(of).make().without_test()


def held_out(of: DataSpec | Mapping[str, Any], validation: float = 0.2, seed: int = 0) -> Dataset:
    """A part of the training set held out, to choose by, in the place of the test set.

    Parameters
    ----------
    of
        The spec of the whole, or its name and arguments.
    validation
        Share that is held out, class by class, above 0 and below 1.
    seed
        Of the division, from 0 to 2³² − 1.

    >>> from genlab.datasets import make_mnist1d
    >>> data = held_out(make_mnist1d(n_samples=100).spec, 0.25)
    >>> data.n_train, data.n_test
    (60, 20)
    """
    spec = _spec(of)
    validation = real("validation", validation, low=0, high=1)
    whole = spec.make()
    fitted, chosen_by = split_indices(whole.y_train, (1 - validation, validation), seed=seed)
    part = DataSpec.of_part("held_out", spec, validation=validation, seed=seed)
    return _parted(whole, np.sort(fitted), np.sort(chosen_by), part)


def fold(
    of: DataSpec | Mapping[str, Any], n_folds: int = 5, fold: int = 0, seed: int = 0
) -> Dataset:
    """One of several folds of the training set held out, to choose by, in the test set's place.

    Parameters
    ----------
    of
        The spec of the whole, or its name and arguments.
    n_folds
        Parts that the training set is divided into, class by class, at least 2.
    fold
        Which of them is held out, from 0.
    seed
        Of the division, from 0 to 2³² − 1.

    >>> from genlab.datasets import make_mnist1d
    >>> whole = make_mnist1d(n_samples=100)
    >>> parts = [fold(whole.spec, n_folds=4, fold=i) for i in range(4)]
    >>> sum(part.n_test for part in parts), parts[0].n_train
    (80, 60)
    """
    spec = _spec(of)
    n_folds = integer("n_folds", n_folds, low=2)
    fold = integer("fold", fold, low=0, high=n_folds - 1)
    whole = spec.make()
    if n_folds > whole.n_train:
        raise ValueError(
            f"`n_folds` must be at most the {whole.n_train} training examples, got {n_folds}."
        )
    folds = split_indices(whole.y_train, (1 / n_folds,) * n_folds, seed=seed)
    others = np.concatenate([part for i, part in enumerate(folds) if i != fold])
    part = DataSpec.of_part("fold", spec, n_folds=n_folds, fold=fold, seed=seed)
    return _parted(whole, np.sort(others), np.sort(folds[fold]), part)


def _spec(of: DataSpec | Mapping[str, Any]) -> DataSpec:
    return of if isinstance(of, DataSpec) else DataSpec(of["name"], of["arguments"])


def _parted(
    whole: Dataset, train: Int[np.ndarray, " n"], test: Int[np.ndarray, " m"], spec: DataSpec
) -> Dataset:
    return Dataset(
        whole.x_train[train],
        whole.y_train[train],
        whole.x_train[test],
        whole.y_train[test],
        n_classes=whole.n_classes,
        t=whole.t,
        spec=spec,
    )
