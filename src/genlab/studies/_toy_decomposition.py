"""Noise, bias and variance of hinge regressions on a problem with a known true function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from genlab._base.checks import integer
from genlab._base.threads import one_blas_thread
from genlab.datasets import ToyRegression
from genlab.measure import (
    ErrorParts,
    Interval,
    quantile_interval,
    squared_error_parts,
    student_interval,
    tail_index,
)
from genlab.models import HingeRegression

if TYPE_CHECKING:
    import altair
    import pandas

#: The parts of an expected squared error, in the order of a sum.
PARTS = ("noise", "bias_squared", "variance", "error")

_N_INPUTS = 100
# Data sets whose smoother matrices are in memory at once.
_BLOCK = 500
# At a tail index of 2 or less the variance is infinite, and no interval of a mean holds.
_HEAVY = 2.0
# The tail is that of so many data sets, of which it is this fraction.
_FOR_TAIL = 40_000
_TAIL = 0.003
# Predictions in memory at once.
_AT_ONCE = 200_000


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A measured decomposition of the expected squared error.

    Attributes
    ----------
    model, problem
        The model, and the problem whose data sets it was fitted to.
    n_datasets, seed
        Number of data sets, and the seed they were drawn by.
    inputs, truth
        Inputs at which predictions are compared with the true function, and its values there,
        shape (m,).
    prediction
        Mean prediction at each input and its 95% interval over data sets, shape (m,).
    at_inputs, average
        Parts of the error at each input, and their mean over the inputs.
    excess
        Mean over the inputs of (prediction − truth)² for the model of each data set: its
        expected squared error minus the noise, shape (n_datasets,).
    """

    model: HingeRegression
    problem: ToyRegression
    n_datasets: int
    seed: int
    inputs: Float[np.ndarray, " m"]
    truth: Float[np.ndarray, " m"]
    prediction: Interval
    at_inputs: ErrorParts
    average: ErrorParts
    excess: Float[np.ndarray, " n_datasets"]

    @property
    def median_excess(self) -> Interval:
        """Median of `excess` and its interval: the summary to use where tails are heavy."""
        return quantile_interval(self.excess)

    @cached_property
    def heavy_tailed(self) -> bool:
        """Whether a few extreme data sets determine the mean of `excess`.

        True unless a tail index above 2 is shown with 97.5% confidence (see
        `genlab.measure.tail_index`): at 2 or less `excess` has an infinite variance, and the
        intervals of variance and error are too narrow, however many data sets there are. The
        index is that of the highest 0.3% of 40,000 data sets: these and fresh ones of the same
        seed, because a few hundred seldom hold an extreme one. A tail that is a power of index 2
        or less there passes for light with a probability of at most 2.5%.

        On the default problem of 15 points, with 1 to 8 hidden units it came out True for none
        of 25 seeds each, with 9 for one, and with 10, 11 and 12 for all. The first use fits the
        fresh data sets: 0.2 seconds, or 2 with `ridge` or more parameters than examples.
        """
        return bool(tail_index(self._excess_of_many(), share=_TAIL).low <= _HEAVY)

    def _excess_of_many(self) -> Float[np.ndarray, " n"]:
        excess = [self.excess]
        at_once = max(1, _AT_ONCE // len(self.inputs))
        for start in range(self.n_datasets, _FOR_TAIL, at_once):
            n = min(at_once, _FOR_TAIL - start)
            fits = _fits(self.model, self.problem, n, self.inputs, self.seed, start)
            excess.append(_excess(fits, self.truth))
        return np.concatenate(excess)

    def to_frame(self) -> pandas.DataFrame:
        """One row per part and input, and one per average, whose `x` is NaN.

        Columns: x, part, and estimate, low and high in the squared unit of the target.
        """
        import pandas

        averages = self._rows([float("nan")], self.average)
        return pandas.DataFrame(averages + self._rows(self.inputs, self.at_inputs))

    def chart(self) -> altair.LayerChart:
        """The parts and their sum against the input, with 95% intervals."""
        from genlab.charts import decomposition_chart

        heavy = ["means converge slowly, use medians"] if self.heavy_tailed else []
        return decomposition_chart(
            self._rows(self.inputs, self.at_inputs),
            title=f"Noise, bias and variance with {self.model.n_hidden} hidden units",
            subtitle=[
                f"{self.n_datasets:,} data sets of {self.problem.n} points, 95% intervals"
                + ("; heavy-tailed:" if heavy else ""),
                *heavy,
            ],
        )

    def _rows(self, inputs: Iterable[float], parts: ErrorParts) -> list[dict[str, Any]]:
        return [
            {
                "x": float(x),
                "part": name,
                **getattr(parts, name).row(index=i if parts.error.mean.ndim else ()),
            }
            for name in PARTS
            for i, x in enumerate(inputs)
        ]

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{name.replace('_', ' ')}</th><td>{row['estimate']:.4g}</td>"
            f"<td>[{row['low']:.4g}, {row['high']:.4g}]</td></tr>"
            for name, row in zip(PARTS, self._rows([float("nan")], self.average), strict=True)
        )
        return f"<table><caption>{self!r}</caption>{rows}</table>"

    def __repr__(self) -> str:
        warning = ", heavy-tailed: use medians" if self.heavy_tailed else ""
        return (
            f"Decomposition({self.model!r} on {self.n_datasets} data sets of "
            f"{self.problem.n} examples, mean over {len(self.inputs)} inputs{warning})"
        )


@dataclass(frozen=True, eq=False)
class ExactDecomposition:
    """A decomposition with the noise integrated in closed form, for drawn training inputs.

    Attributes
    ----------
    model, problem, n_datasets, seed, inputs, truth
        The same as in a `Decomposition`.
    prediction
        Mean prediction at each input, shape (m,).
    bias_squared, variance
        Squared bias and variance at each input, shape (m,). The variance is the sum of the
        next two.
    variance_given_inputs
        Variance due to the noise for fixed training inputs, averaged over the drawn training
        inputs, shape (m,).
    variance_of_means
        Variance over the drawn training inputs of the prediction expected given them, shape
        (m,).
    given_bias_squared, given_variance
        Squared bias and variance given each drawn set of training inputs, averaged over the m
        inputs, shape (n_datasets,).
    """

    model: HingeRegression
    problem: ToyRegression
    n_datasets: int
    seed: int
    inputs: Float[np.ndarray, " m"]
    truth: Float[np.ndarray, " m"]
    prediction: Float[np.ndarray, " m"]
    bias_squared: Float[np.ndarray, " m"]
    variance: Float[np.ndarray, " m"]
    variance_given_inputs: Float[np.ndarray, " m"]
    variance_of_means: Float[np.ndarray, " m"]
    given_bias_squared: Float[np.ndarray, " n_datasets"]
    given_variance: Float[np.ndarray, " n_datasets"]


def decompose_in_closed_form(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int = 200,
    *,
    inputs: Any = None,
    seed: int = 0,
) -> Decomposition:
    """Measure the noise, bias and variance of a hinge regression on a toy regression.

    The fits to all data sets are computed at once. Expected squared error = noise + bias² +
    variance, at each input and on average, each with a 95% interval over data sets.

    Parameters
    ----------
    model
        Model that is fitted.
    problem
        Problem made by `genlab.datasets.make_toy_regression`.
    n_datasets
        Number of fresh data sets, at least 20. The intervals hold from 20 on where the result is
        not `heavy_tailed`; see `genlab.measure.squared_error_parts` for their coverage.
    inputs
        Inputs at which predictions are compared with the true function, shape (m,). None takes
        the middles of 100 equal cells of [0, 1], so that the average is that of a uniform x.
    seed
        Seed of the data sets, from 0 to 2³² − 1.
    """
    places, truth = _checked(model, problem, n_datasets, inputs)
    fits = _fits(model, problem, n_datasets, places, seed)
    with one_blas_thread():
        at_inputs, average = squared_error_parts(fits, truth, problem.noise)
    return Decomposition(
        model=model,
        problem=problem,
        n_datasets=n_datasets,
        seed=seed,
        inputs=places,
        truth=truth,
        prediction=_mean_prediction(fits, at_inputs),
        at_inputs=at_inputs,
        average=average,
        excess=_excess(fits, truth),
    )


def decompose_exactly(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int = 200,
    *,
    inputs: Any = None,
    seed: int = 0,
) -> ExactDecomposition:
    """Compute bias and variance with the noise integrated in closed form.

    A least-squares fit is linear in its targets: given the inputs of a data set its prediction
    is S·y, so its expectation S·f(x) and its variance noise²·Σ S² are known. Both are averaged
    over the inputs of the data sets that `decompose` would draw with the same arguments; the
    variance is the mean of the conditional variances plus the variance of the conditional
    expectations. No noise is drawn, so this checks `decompose`, and with the same drawn inputs
    it is closer to the expectation.

    Parameters and errors are those of `decompose` with a `HingeRegression`.

    >>> import genlab
    >>> problem = genlab.datasets.make_toy_regression(design="grid")
    >>> exact = genlab.studies.decompose_exactly(genlab.models.HingeRegression(4), problem)
    >>> float(exact.variance_of_means.max().round(12))
    0.0
    """
    places, truth = _checked(model, problem, n_datasets, inputs)
    expected = np.empty((n_datasets, len(places)))
    variance = np.empty_like(expected)
    for start in range(0, n_datasets, _BLOCK):
        samples = problem.fresh(min(_BLOCK, n_datasets - start), seed=seed, start=start)
        rows = slice(start, start + _BLOCK)
        with one_blas_thread():
            smoother = model.smoother(samples.x, places)
            expected[rows] = np.matvec(smoother, samples.clean)
        variance[rows] = problem.noise**2 * (smoother**2).sum(axis=2)
    prediction = expected.mean(axis=0)
    of_means = expected.var(axis=0, ddof=1)
    return ExactDecomposition(
        model=model,
        problem=problem,
        n_datasets=n_datasets,
        seed=seed,
        inputs=places,
        truth=truth,
        prediction=prediction,
        bias_squared=(prediction - truth) ** 2 - of_means / n_datasets,
        variance=variance.mean(axis=0) + of_means,
        variance_given_inputs=variance.mean(axis=0),
        variance_of_means=of_means,
        given_bias_squared=((expected - truth) ** 2).mean(axis=1),
        given_variance=variance.mean(axis=1),
    )


def _checked(
    model: Any, problem: Any, n_datasets: Any, inputs: Any
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """The inputs and the true function there, after a check of all arguments."""
    if not isinstance(model, HingeRegression):
        raise TypeError(f"`model` must be a HingeRegression, got {model!r}.")
    if not isinstance(problem, ToyRegression):
        raise TypeError(f"`problem` must be made by make_toy_regression, got {problem!r}.")
    integer("n_datasets", n_datasets, low=20)
    if inputs is None:
        inputs = (np.arange(_N_INPUTS) + 0.5) / _N_INPUTS
    places = np.asarray(inputs, dtype=np.float64)
    if places.ndim != 1 or len(places) == 0 or not np.isfinite(places).all():
        raise ValueError(f"`inputs` must be finite numbers of shape (m,), got {inputs!r}.")
    return places, problem.truth(places)


def _fits(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int,
    inputs: Float[np.ndarray, " m"],
    seed: int,
    start: int = 0,
) -> Float[np.ndarray, "n_datasets m"]:
    """Predictions of the model fitted to each fresh data set, from the one of index `start` on."""
    samples = problem.fresh(n_datasets, seed=seed, start=start)
    with one_blas_thread():
        return model.fit(samples.x, samples.y).predict(inputs)


def _excess(
    fits: Float[np.ndarray, "n_datasets m"], truth: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " n_datasets"]:
    return ((fits - truth) ** 2).mean(axis=1)


def _mean_prediction(fits: Float[np.ndarray, "n_datasets m"], parts: ErrorParts) -> Interval:
    n = len(fits)
    return student_interval(fits.mean(axis=0), parts.variance.mean / n, np.asarray(n), 0.95)
