"""Parts of a data set for model selection: its training set, split into two.

Each is a generator, whose spec names the whole data set and the split, so that a worker can make
it again. None of them holds an example of the whole's test set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genlab._base.checks import integer, real
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._split import split_indices


def development_part(of: DataSpec | Mapping[str, Any]) -> Dataset:
    """The whole data set without its test set: `Dataset.without_test`.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    """
    return _spec(of).make().without_test()


def held_out(of: DataSpec | Mapping[str, Any], validation: float = 0.2, seed: int = 0) -> Dataset:
    """The training set split into a training part and a validation part as the test set.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    validation
        Fraction of the training examples that is held out for validation, stratified by class and
        with groups kept together, above 0 and below 1.
    seed
        Seed of the split, from 0 to 2³² − 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.datasets import make_mnist1d
    >>> data = held_out(make_mnist1d(n_samples=100).spec, 0.25)
    >>> data.n_train, data.n_test
    (60, 20)
    """
    spec = _spec(of)
    validation = real("validation", validation, low=0, high=1)
    whole = spec.make()
    fitted, chosen_by = split_indices(
        whole.y_train, (1 - validation, validation), groups=whole.groups, seed=seed
    )
    part = DataSpec.of_part("held_out", spec, validation=validation, seed=seed)
    return whole.divided(np.sort(fitted), np.sort(chosen_by), part)


def fold(
    of: DataSpec | Mapping[str, Any], n_folds: int = 5, fold: int = 0, seed: int = 0
) -> Dataset:
    """The training set with one of its folds as the test set, for cross-validation.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    n_folds
        Number of folds that the training set is split into, stratified by class and with groups
        kept together, at least 2.
    fold
        Fold that is held out, from 0 to n_folds − 1.
    seed
        Seed of the split, from 0 to 2³² − 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

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
    folds = split_indices(whole.y_train, (1 / n_folds,) * n_folds, groups=whole.groups, seed=seed)
    others = np.concatenate([part for i, part in enumerate(folds) if i != fold])
    part = DataSpec.of_part("fold", spec, n_folds=n_folds, fold=fold, seed=seed)
    return whole.divided(np.sort(others), np.sort(folds[fold]), part)


def _spec(of: DataSpec | Mapping[str, Any]) -> DataSpec:
    return of if isinstance(of, DataSpec) else DataSpec(of["name"], of["arguments"])
