"""Parts of a data set: some of its training examples to fit, and others as the test set.

Each is a generator, whose spec names the whole data set and the split, so that a worker can make
it again. None but `drawn_part` and `fitted_too_part` hold an example of the whole's test set.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.checks import integer, real
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._resampled import sample_rows
from genlab.datasets._sparse import check_dense
from genlab.datasets._split import drawn_rows, split_indices


def development_part(of: DataSpec | Mapping[str, Any]) -> Dataset:
    """The whole data set without its test set: `Dataset.without_test`.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    """
    return DataSpec.of(of, "of").make().without_test()


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
    spec = DataSpec.of(of, "of")
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
    spec = DataSpec.of(of, "of")
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


def drawn_part(of: DataSpec | Mapping[str, Any], n: int, seed: int = 0) -> Dataset:
    """Some of the training examples, drawn at random without replacement; the test set stays.

    With one seed fewer examples are a part of more. Classes have about their fractions of all
    examples. With groups, whole groups are drawn, of which the last is cut where it must be.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    n
        Number of training examples, from 1 to all.
    seed
        Seed of the draw, from 0 to 2³² − 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.datasets import make_mnist1d
    >>> data = drawn_part(make_mnist1d(n_samples=100).spec, 30)
    >>> data.n_train, data.n_test
    (30, 20)
    """
    spec = DataSpec.of(of, "of")
    whole = spec.make()
    n = integer("n", n, low=1, high=whole.n_train)
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    rows = drawn_rows(whole.y_train, n, whole.groups, seed)
    return whole.fitted_on(rows, DataSpec.of_part("drawn", spec, n=n, seed=seed))


def fitted_too_part(of: DataSpec | Mapping[str, Any]) -> Dataset:
    """The whole data set, with the training examples once more at the end of its test set.

    So a cell that keeps its outputs keeps those of the training examples, too, from which the
    training loss of an ensemble is computed. The test error of the cell counts them with the
    labels of the data set, to which label noise is not added.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.

    >>> from genlab.datasets import make_mnist1d
    >>> data = fitted_too_part(make_mnist1d(n_samples=100).spec)
    >>> data.n_train, data.n_test
    (80, 100)
    """
    spec = DataSpec.of(of, "of")
    whole = spec.make()
    check_dense(whole)
    return dataclasses.replace(
        whole,
        x_test=np.concatenate([whole.x_test, whole.x_train]),
        y_test=np.concatenate([whole.y_test, whole.y_train]),
        spec=DataSpec.of_part("fitted_too", spec),
    )


def divided_part(of: DataSpec | Mapping[str, Any], fitted: str, held_out: str) -> Dataset:
    """The training set divided by rows: some to train on, others as the test set.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    fitted, held_out
        Rows of the training examples that become the training and the test set, in this order,
        as `rows_as_text` writes them.

    >>> from genlab.datasets import make_mnist1d
    >>> data = divided_part(make_mnist1d(n_samples=100).spec, "0:60", "70,79")
    >>> data.n_train, data.n_test
    (60, 2)
    """
    spec = DataSpec.of(of, "of")
    part = DataSpec.of_part("divided", spec, fitted=fitted, held_out=held_out)
    return spec.make().divided(_rows_of_text(fitted), _rows_of_text(held_out), part)


def rows_as_text(rows: Int[np.ndarray, " n"]) -> str:
    """Rows in their order as text: each run of consecutive ones as "first:end", single ones alone.

    >>> rows_as_text(np.array([4, 5, 6, 2, 9]))
    '4:7,2,9'
    """
    rows = np.asarray(rows, np.int64)
    if not len(rows):
        return ""
    starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 2) != 1)
    ends = np.append(starts[1:], len(rows)) - 1
    return ",".join(
        f"{first}" if first == last else f"{first}:{last + 1}"
        for first, last in zip(rows[starts].tolist(), rows[ends].tolist(), strict=True)
    )


@lru_cache(maxsize=32)
def _rows_of_text(text: str) -> Int[np.ndarray, " n"]:
    """The rows that `rows_as_text` wrote."""
    runs = []
    for run in text.split(",") if text else []:
        first, colon, end = run.partition(":")
        runs.append(np.arange(int(first), int(end) if colon else int(first) + 1))
    rows = np.concatenate(runs) if runs else np.zeros(0, np.int64)
    rows.flags.writeable = False
    return rows


def part_sizes(spec: DataSpec) -> tuple[int, int]:
    """Numbers of training and test examples of a data set; those of a part without making it.

    They are exact but for "held_out" and "fold", where groups may move some from one to the other.

    >>> from genlab.datasets import make_mnist1d
    >>> part_sizes(DataSpec.of_part("drawn", make_mnist1d(n_samples=100).spec, n=30, seed=0))
    (30, 20)
    """
    arguments = spec.arguments
    if spec.name == "divided":
        return len(_rows_of_text(arguments["fitted"])), len(_rows_of_text(arguments["held_out"]))
    if spec.name not in ("drawn", "held_out", "fold", "sampled"):
        return _sizes(spec)
    if spec.name == "sampled":
        return _sampled_sizes(spec)
    n_train, n_test = part_sizes(DataSpec.of(arguments["of"]))
    if spec.name == "drawn":
        return arguments["n"], n_test
    fraction = arguments["validation"] if spec.name == "held_out" else 1 / arguments["n_folds"]
    n_held_out = round(fraction * n_train)
    return n_train - n_held_out, n_held_out


@lru_cache(maxsize=10_000)
def _sizes(spec: DataSpec) -> tuple[int, int]:
    data = spec.make()
    return data.n_train, data.n_test


@lru_cache(maxsize=10_000)
def _sampled_sizes(spec: DataSpec) -> tuple[int, int]:
    arguments = dict(spec.arguments)
    whole, predicted = DataSpec.of(arguments.pop("of")).make(), arguments.pop("predicted")
    drawn, others = sample_rows(whole, **arguments)
    return len(drawn), whole.n_test if predicted == "test" else len(others)
