"""Samples of a data set, and fresh data sets of one generator: what many fits are fitted to.

Each is a generator, whose spec names the whole and the sample, so that a worker can make it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base import kinds, streams
from genlab._base.checks import choice, integer
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets._toy_regression import TOY_FUNCTIONS, make_toy_regression

#: Ways to draw a sample of the training examples.
SAMPLINGS = ("bootstrap", "subsamples", "disjoint")
#: Which examples the fit to a sample predicts.
PREDICTED = ("test", "out_of_bag")


def sample_rows(
    data: Dataset, sampling: str, n: int, index: int, seed: int = 0
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]:
    """Rows of the training examples in a sample, and those that are not in it, both in order.

    Parameters
    ----------
    data
        Data set. With groups, whole groups are drawn.
    sampling
        "bootstrap": `n` examples with replacement. "subsamples": `n` without replacement, so that
        samples overlap. "disjoint": `n` that no other sample of this seed has.
    n
        Number of examples, or of groups.
    index
        Number of the sample, from 0.
    seed
        Seed of all samples, from 0 to 2³² − 1.

    Returns
    -------
    drawn, others
        A row comes in `drawn` as often as it was drawn. Rows of one group are in one of the two.

    Raises
    ------
    ValueError
        Where there are fewer examples or groups than are to be drawn.

    >>> data = Dataset(np.zeros((6, 1)), [0, 1, 0, 1, 0, 1], np.zeros((0, 1)), [])
    >>> both = [sample_rows(data, "disjoint", 3, index)[0] for index in (0, 1)]
    >>> sorted(np.concatenate(both).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    choice("sampling", sampling, SAMPLINGS)
    groups = data.groups
    n_units = data.n_train if groups is None else int(groups.max()) + 1
    index = integer("index", index, low=0)
    n = integer("n", n, low=1, high=n_units)
    stream = streams.numpy_stream(
        integer("seed", seed, low=0, high=streams.MAX_SEED),
        streams.SAMPLES,
        0 if sampling == "disjoint" else index,
    )
    if sampling == "bootstrap":
        units = stream.integers(n_units, size=n)
    else:
        first = n * index if sampling == "disjoint" else 0
        if first + n > n_units:
            raise ValueError(f"`index` must be at most {n_units // n - 1}, got {index}.")
        units = stream.permutation(n_units)[first : first + n]
    times = np.bincount(units, minlength=n_units)
    if groups is not None:
        times = times[groups]
    return np.repeat(np.arange(data.n_train), times), np.flatnonzero(times == 0)


def sampled_part(
    of: DataSpec | Mapping[str, Any],
    sampling: str,
    n: int,
    index: int,
    seed: int = 0,
    predicted: str = "test",
) -> Dataset:
    """A sample of the training examples: see `sample_rows`.

    Parameters
    ----------
    of
        Spec of the whole data set, or a mapping with its name and arguments.
    sampling, n, index, seed
        Those of `sample_rows`.
    predicted
        "test": the test set stays. "out_of_bag": the training examples that are not in the sample
        become the test set.

    >>> from genlab.datasets import make_mnist1d
    >>> spec = make_mnist1d(n_samples=100).spec
    >>> data = sampled_part(spec, "subsamples", n=30, index=0, predicted="out_of_bag")
    >>> data.n_train, data.n_test
    (30, 50)
    """
    spec = DataSpec.of(of, "of")
    choice("predicted", predicted, PREDICTED)
    whole = spec.make()
    drawn, others = sample_rows(whole, sampling, n, index, seed)
    part = DataSpec.of_part(
        "sampled", spec, sampling=sampling, n=n, index=index, seed=seed, predicted=predicted
    )
    if predicted == "test":
        return whole.fitted_on(drawn, part)
    return whole.divided(drawn, others, part)


def fresh_part(of: DataSpec | Mapping[str, Any], seed: int, test_seed: int) -> Dataset:
    """The training examples of one seed of a generator, and as the test set those of another.

    Parameters
    ----------
    of
        Spec of a data set whose generator has an argument `seed`, or a mapping with its name and
        arguments.
    seed, test_seed
        Seeds of the data sets whose training examples are fitted and predicted.

    >>> from genlab.datasets import make_mnist1d
    >>> data = fresh_part(make_mnist1d(n_samples=100).spec, seed=1, test_seed=2)
    >>> data.n_train, data.n_test
    (80, 80)
    """
    spec = DataSpec.of(of, "of")
    fitted, other = (with_seed(spec, one).make() for one in (seed, test_seed))
    part = DataSpec.of_part("fresh", spec, seed=seed, test_seed=test_seed)
    return dataclasses.replace(fitted, x_test=other.x_train, y_test=other.y_train, spec=part)


def with_seed(spec: DataSpec, seed: int) -> DataSpec:
    """The spec with another value of its argument `seed`.

    >>> from genlab.datasets import make_mnist1d
    >>> with_seed(make_mnist1d(n_samples=100).spec, 3).arguments["seed"]
    3
    """
    return DataSpec(spec.name, {**spec.arguments, "seed": seed})


def toy_sample(
    inputs: Any,
    index: int = 0,
    n: int = 15,
    noise: float = 0.3,
    design: str = "stratified",
    function: str = "exp_sin",
    seed: int = 0,
) -> Dataset:
    """One fresh data set of a toy regression, whose test set is the true function.

    Parameters
    ----------
    inputs
        Inputs of the test examples, shape (m,). Their targets are without noise.
    index, seed
        Number of the data set, and seed of all: those of `ToyRegression.fresh`.
    n, noise, design, function
        Arguments of `make_toy_regression`; a function of your own as "package.module:function".

    >>> data = toy_sample([0.25, 0.75], index=3)
    >>> data.n_train, data.y_test.round(3)
    (15, array([2.718, 0.368]))
    """
    places: Float[np.ndarray, " m"] = np.asarray(inputs, np.float64)
    known = function if function in TOY_FUNCTIONS else kinds.find(function)
    problem = make_toy_regression(n, noise, design, known)
    sample = problem.fresh(1, seed=seed, start=index)
    arguments = {"inputs": places.tolist(), "index": index, "n": n, "noise": noise}
    arguments |= {"design": design, "function": function, "seed": seed}
    return Dataset(
        sample.x[0][:, None],
        sample.y[0],
        places[:, None],
        problem.truth(places),
        task="regression",
        spec=DataSpec("toy_sample", arguments),
    )
