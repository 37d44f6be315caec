"""Straight paths from one example to another, and data sets whose test sets hold such paths."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.checks import choice, integer
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._parts import part_sizes
from genlab.datasets._sparse import check_dense

#: Where a path ends that begins at a training example.
PATH_ENDS = ("different", "same", "test")
_N_PLACES = 101
# Examples whose differences from another one are in memory at a time.
_AT_ONCE = 500


class ExamplePair(NamedTuple):
    """Two examples: the row of a training example, and that of another, or of a test example."""

    start: int
    end: int
    in_test: bool


def example_pair(data: Dataset, number: int, to: str) -> ExamplePair:
    """The pair of examples of a number: a random training example, and another example.

    Parameters
    ----------
    data
        A classification.
    number
        Number of the pair, the seed of the random choice, from 0 to 2³² − 1. Whatever `to` is,
        the pairs of a number begin at the same example.
    to
        "different" or "same": a random training example of another or of the same class, by the
        labels of the data set, to which label noise is not yet added. "test": the test example
        that is nearest to the first, by the Euclidean distance.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received, or where there is no such pair.

    >>> from genlab.datasets import make_mnist1d
    >>> data = make_mnist1d(n_samples=100)
    >>> start, end, in_test = example_pair(data, 3, "same")
    >>> bool(data.y_train[start] == data.y_train[end]), in_test
    (True, False)
    """
    choice("to", to, PATH_ENDS)
    number = integer("number", number, low=0, high=streams.MAX_SEED)
    if data.task != "classification":
        raise ValueError(f"`data` must be a classification, got {data!r}.")
    stream = streams.numpy_stream(number, streams.PAIRS)
    start = int(stream.integers(data.n_train))
    if to == "test":
        check_dense(data)
        if not data.n_test:
            raise ValueError("`to` must not be 'test' for a data set without test examples.")
        return ExamplePair(start, _nearest(data.x_test, data.x_train[start]), in_test=True)
    alike = data.y_train == data.y_train[start]
    alike[start] = to == "different"  # it is no partner of itself
    others = np.flatnonzero(alike == (to == "same"))
    if not len(others):
        raise ValueError(f"`to` must not be {to!r}: example {start} has no such partner.")
    return ExamplePair(start, int(stream.choice(others)), in_test=False)


def _nearest(x: Float[np.ndarray, "n ..."], to: Float[np.ndarray, ...]) -> int:
    squares = []
    for some in np.split(x, range(_AT_ONCE, len(x), _AT_ONCE)):
        away = (some - to).reshape(len(some), -1)
        squares.append(np.einsum("ij,ij->i", away, away))
    return int(np.concatenate(squares).argmin())


def path_between(
    data: Dataset, pair: ExamplePair, n_places: int = _N_PLACES
) -> Float[np.ndarray, "n_places ..."]:
    """The inputs at equally spaced places on the straight line between two examples.

    Parameters
    ----------
    data
        Data set of the examples.
    pair
        The two examples.
    n_places
        Number of places, the ends included, at least 3.

    >>> from genlab.datasets import make_mnist1d
    >>> data = make_mnist1d(n_samples=100)
    >>> path = path_between(data, ExamplePair(0, 1, in_test=False), 5)
    >>> bool(np.allclose(path[2], (data.x_train[0] + data.x_train[1]) / 2))
    True
    """
    n_places = integer("n_places", n_places, low=3)
    check_dense(data)
    start, end = data.x_train[pair.start], (data.x_test if pair.in_test else data.x_train)[pair.end]
    share = np.linspace(0, 1, n_places).reshape(-1, *[1] * start.ndim)
    inputs: Float[np.ndarray, "n_places ..."] = (1 - share) * start + share * end
    return inputs


def paths_part(
    of: DataSpec | Mapping[str, Any], n_paths: int, n_places: int = _N_PLACES
) -> Dataset:
    """A data set whose test set goes on with places on paths that begin at training examples.

    A cell that keeps its outputs (`keep_outputs`) so keeps those on the paths, in its store;
    `values_on_paths` takes them apart. After the test examples come the places of `n_paths` paths
    to examples of each kind in `PATH_ENDS`: those of `example_pair` with the numbers from 0 on.
    The label of a place is that of the nearer end. So the test error of a cell counts the places,
    too; that of the test examples alone is computed from their outputs.

    Parameters
    ----------
    of
        Spec of the whole data set, a classification with test examples; or a mapping with its name
        and arguments.
    n_paths
        Number of paths of each kind, from 1 to 2³².
    n_places
        Number of places on each path, the ends included, at least 3.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received, or where there is no such pair.
    MemoryError
        Where the places of all paths do not fit into memory.

    >>> from genlab.datasets import make_mnist1d
    >>> data = paths_part(make_mnist1d(n_samples=100).spec, n_paths=4, n_places=5)
    >>> data.n_train, data.n_test
    (80, 80)
    """
    spec = DataSpec.of(of, "of")
    n_paths = integer("n_paths", n_paths, low=1, high=streams.MAX_SEED + 1)
    n_places = integer("n_places", n_places, low=3)
    whole = spec.make()
    check_dense(whole)
    nearer_start = np.linspace(0, 1, n_places) <= 0.5
    shape = (len(PATH_ENDS), n_paths, n_places)
    # All at once, so that more paths than fit into memory are refused before any is made.
    inputs = np.empty((whole.n_test + math.prod(shape), *whole.x_test.shape[1:]))
    labels = np.empty(len(inputs), whole.y_test.dtype)
    inputs[: whole.n_test], labels[: whole.n_test] = whole.x_test, whole.y_test
    on_paths = inputs[whole.n_test :].reshape(*shape, *inputs.shape[1:])
    of_places = labels[whole.n_test :].reshape(shape)
    for i, to in enumerate(PATH_ENDS):
        for number in range(n_paths):
            pair = example_pair(whole, number, to)
            ends = whole.y_test if pair.in_test else whole.y_train
            on_paths[i, number] = path_between(whole, pair, n_places)
            of_places[i, number] = np.where(nearer_start, whole.y_train[pair.start], ends[pair.end])
    return dataclasses.replace(
        whole,
        x_test=inputs,
        y_test=labels,
        spec=DataSpec.of_part("paths", spec, n_paths=n_paths, n_places=n_places),
    )


class PathValues(NamedTuple):
    """Values at the test examples, and by where paths end, those at the places of each path."""

    test: np.ndarray
    paths: dict[str, np.ndarray]


def values_on_paths(spec: DataSpec, values: Any) -> PathValues:
    """The values of all test examples of `paths_part`, taken apart.

    Parameters
    ----------
    spec
        Spec of a data set that `paths_part` made.
    values
        One value, or an array of them, for each test example, such as the `test_outputs` of a
        cell's result: shape (n_test, ...).

    Returns
    -------
    PathValues
        `test` of shape (n, ...) for the n test examples of the whole data set, and `paths`: for
        each kind in `PATH_ENDS` an array of shape (n_paths, n_places, ...).

    >>> from genlab.datasets import make_mnist1d
    >>> data = paths_part(make_mnist1d(n_samples=100).spec, n_paths=4, n_places=5)
    >>> test, paths = values_on_paths(data.spec, data.x_test)
    >>> test.shape, paths["same"].shape
    ((20, 40), (4, 5, 40))
    """
    if spec.name != "paths":
        raise ValueError(f"`spec` must be that of a data set with paths, got {spec.name!r}.")
    of, n_paths, n_places = (spec.arguments[name] for name in ("of", "n_paths", "n_places"))
    _, n_test = part_sizes(DataSpec.of(of))
    array = np.asarray(values)
    n = n_test + len(PATH_ENDS) * n_paths * n_places
    if array.shape[:1] != (n,):
        raise ValueError(f"`values` must have {n} rows, got the shape {array.shape}.")
    shape = (len(PATH_ENDS), n_paths, n_places, *array.shape[1:])
    kinds = array[n_test:].reshape(shape)
    return PathValues(array[:n_test], dict(zip(PATH_ENDS, kinds, strict=True)))
