"""The data sets that the fits of a decomposition are fitted to, and what they can tell."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base import kinds
from genlab._base.arrays import floats, is_sparse
from genlab._base.checks import choice, integer, real
from genlab.datasets import (
    PREDICTED,
    SAMPLINGS,
    Dataset,
    DataSpec,
    ToyRegression,
    sample_rows,
    with_seed,
)

_FRACTION = 0.5
# What the seed of the common test set is derived from, beside the seed of all.
_TEST_SEED = 2**31
# Two data sets of which so many examples are equal are draws from one pool. Where so many are
# equal within a data set, the inputs have few values, and equal ones say nothing.
_SHARED = 0.05

_CLAIMS = {
    "fresh": (
        "Each fit uses a fresh data set, so bias and variance are those of fits to data sets of "
        "this size."
    ),
    "bootstrap": (
        "Bootstrap samples are not fresh data sets. The variance is that of resampling this one "
        "data set, and the bias contains what all its samples have in common by chance. A sample "
        "contains about 63% of the different examples, so each model is fitted to fewer examples."
    ),
    "subsamples": (
        "Overlapping subsamples are not fresh data sets. They share examples, so the variance is "
        "lower than that of fresh data sets of their size, and the bias contains what they share."
    ),
    "disjoint": (
        "Disjoint parts share no example, so they act as fresh data sets of a smaller size. Bias "
        "and variance are those of models fitted to one part."
    ),
}
_NO_TRUTH = (
    "Only targets are known, not their expected values, so noise cannot be separated from bias. "
    "The two are reported as one part."
)


class Samples(NamedTuple):
    """Data sets that are fitted, and the rows that are predicted.

    `specs` are the data sets, `rows` for each the numbers of the rows that it predicts, or None
    where each predicts all; `n_train` are their numbers of training examples. `noise` is the
    standard deviation of a target around the truth, None where only targets are known.
    """

    data: Dataset
    specs: list[DataSpec]
    n_train: list[int]
    rows: list[Int[np.ndarray, " m"]] | None
    truth: Int[np.ndarray, " m"] | Float[np.ndarray, " m"]
    noise: float | None
    sampling: str
    predicted: str
    notes: list[str]


def samples_of(
    problem: Any,
    n_datasets: Any,
    *,
    sampling: str | None,
    rows: str | None,
    fraction: float | None,
    inputs: Any,
    seed: int,
) -> Samples:
    """The data sets of a problem, a generator or a table.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    """
    n = integer("n_datasets", n_datasets, low=2)
    if isinstance(problem, DataSpec):
        problem = problem.make()
    if not isinstance(problem, (Dataset, ToyRegression)):
        raise TypeError(
            "`problem` must be a Dataset (genlab.datasets.load_table makes one of tables and "
            f"arrays), a DataSpec or made by make_toy_regression, got {type(problem).__name__}."
        )
    toy = isinstance(problem, ToyRegression)
    if sampling is None:
        sampling = "fresh" if toy else "bootstrap"
    choice("sampling", sampling, ("fresh",) if toy else ("fresh", *SAMPLINGS))
    if inputs is not None and not toy:
        raise ValueError("`inputs` must be None but for a toy regression: rows are predicted.")
    if fraction is not None and sampling != "subsamples":
        raise ValueError(f"`fraction` must be None for {sampling!r} samples, got {fraction!r}.")
    if isinstance(problem, ToyRegression):
        _check_rows(rows, "fresh")
        return _toy(problem, n, inputs, seed)
    if sampling == "fresh":
        _check_rows(rows, sampling)
        return _generated(problem, n, seed)
    return _sampled(problem, n, sampling, rows, fraction, seed)


def fit_seeds(n: int, seed: int) -> list[int]:
    """A seed for each fit, different for each data set and for each seed of all."""
    return [int(np.random.SeedSequence((seed, i)).generate_state(1)[0] >> 1) for i in range(n)]


def _check_rows(rows: str | None, sampling: str) -> None:
    if rows not in (None, "test"):
        raise ValueError(f"`rows` must be None or 'test' for {sampling!r} data, got {rows!r}.")


def _toy(problem: ToyRegression, n: int, inputs: Any, seed: int) -> Samples:
    places = floats("inputs", (np.arange(100) + 0.5) / 100 if inputs is None else inputs)
    if places.ndim != 1 or len(places) == 0 or not np.isfinite(places).all():
        raise ValueError(f"`inputs` must be finite numbers of shape (m,), got {inputs!r}.")
    function = problem.function
    if not isinstance(function, str):
        kind = kinds.kind_of(function)
        kinds.check_importable("problem", kind, function)
        function = kind
    common = {"inputs": places.tolist(), "n": problem.n, "noise": problem.noise}
    common |= {"design": problem.design, "function": function, "seed": seed}
    specs = [DataSpec("toy_sample", {**common, "index": i}) for i in range(n)]
    notes = [
        _CLAIMS["fresh"],
        "The true function is known, so noise, bias and variance are reported separately.",
    ]
    return Samples(
        specs[0].make(),
        specs,
        [problem.n] * n,
        None,
        problem.truth(places),
        problem.noise,
        "fresh",
        "test",
        notes,
    )


def _generated(data: Dataset, n: int, seed: int) -> Samples:
    """Data sets of one generator and other seeds, with a common test set."""
    spec = data.spec
    # The seed of a part, such as "drawn", is that of the draw.
    if "seed" not in spec.arguments or "of" in spec.arguments:
        raise ValueError(
            "`sampling` must not be 'fresh' for data without a generator that has a seed, got "
            f"the data set {spec.name!r}."
        )
    seeds = fit_seeds(n, seed)
    one, other = (with_seed(spec, each).make() for each in seeds[:2])
    if _share_examples(one, other):
        raise ValueError(
            "`sampling` must not be 'fresh' for a generator whose seeds give the same examples, "
            f"got the data set {spec.name!r}."
        )
    if one.n_test and _same(one.x_test, other.x_test) and _same(one.y_test, other.y_test):
        specs, test, note = [with_seed(spec, each) for each in seeds], one.y_test, []
    else:
        test_seed = int(np.random.SeedSequence((seed, _TEST_SEED)).generate_state(1)[0] >> 1)
        specs = [DataSpec.of_part("fresh", spec, seed=each, test_seed=test_seed) for each in seeds]
        test = with_seed(spec, test_seed).make().y_train
        note = [f"All fits predict the {len(test):,} training examples of one more data set."]
    notes = [_CLAIMS["fresh"], *note, _NO_TRUTH]
    return Samples(one, specs, [one.n_train] * n, None, test, None, "fresh", "test", notes)


def _sampled(
    data: Dataset, n: int, sampling: str, rows: str | None, fraction: float | None, seed: int
) -> Samples:
    """Samples of one data set."""
    if rows is None:
        rows = "test" if data.n_test else "out_of_bag"
    choice("rows", rows, PREDICTED)
    if rows == "test" and not data.n_test:
        raise ValueError("`rows` must be 'out_of_bag' or None for data without test examples.")
    n_units = data.n_train if data.groups is None else int(data.groups.max()) + 1
    what = "training examples" if data.groups is None else "groups"
    size = n_units
    notes = [_CLAIMS[sampling]]
    if sampling == "disjoint":
        if n > n_units:
            raise ValueError(
                f"`n_datasets` must be at most the {n_units} {what} for disjoint parts, got {n}."
            )
        size = n_units // n
    elif sampling == "subsamples":
        share = _FRACTION if fraction is None else real("fraction", fraction, above=0)
        size = math.floor(share * n_units + 1e-9)
        if not (0 < size < n_units):
            raise ValueError(
                f"`fraction` must give from 1 to {n_units - 1} of the {n_units} {what}, got "
                f"{share!r}."
            )
    drawn = [sample_rows(data, sampling, size, i, seed) for i in range(n)]
    specs = [
        DataSpec.of_part(
            "sampled", data.spec, sampling=sampling, n=size, index=i, seed=seed, predicted=rows
        )
        for i in range(n)
    ]
    held = None
    if rows == "out_of_bag":
        held = [others for _, others in drawn]
        notes.append(
            "A row is predicted by the fits whose sample does not contain it (out of bag)."
        )
        if not all(map(len, held)):
            raise ValueError(
                "`rows` must be 'test' where a sample holds every training example, got "
                f"'out_of_bag' with {n_units} {what}."
            )
    notes.append(_NO_TRUTH)
    if data.sample_weight is not None:
        notes.append(
            "Example weights are used in the fits. Every row counts equally in the parts "
            "of the loss."
        )
    truth = data.y_test if held is None else data.y_train
    n_train = [len(fitted) for fitted, _ in drawn]
    return Samples(data, specs, n_train, held, truth, None, sampling, rows, notes)


def _same(a: Any, b: Any) -> bool:
    if is_sparse(a) or is_sparse(b):
        return a.shape == b.shape and (a != b).nnz == 0
    return np.array_equal(a, b)


def _share_examples(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets are the same, or hold examples of one pool."""
    if is_sparse(one.x_train) or _same(one.x_train, other.x_train):
        return _same(one.x_train, other.x_train)
    first, second = (
        {row.tobytes() for row in np.ascontiguousarray(data.x_train)} for data in (one, other)
    )
    all_differ = len(first) >= (1 - _SHARED) * one.n_train
    return all_differ and len(first & second) > _SHARED * len(first)
