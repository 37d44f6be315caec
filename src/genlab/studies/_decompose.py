"""Noise, bias and variance of a model on a problem whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
# Below this tail index means converge slowly, for the fourth moment is infinite; below 2 the
# variance is, and no interval of a mean holds.
_HEAVY = 4.0


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A measured decomposition.

    Attributes
    ----------
    model, problem, n_datasets, seed
        What was fitted, to how many data sets of what, drawn by which seed.
    inputs, truth
        Inputs at which predictions are compared with the truth, shape (m,).
    prediction
        Mean prediction at each input and its 95% interval, over data sets.
    at_inputs, average
        The parts at each input, and their mean over the inputs.
    excess
        Of each data set's model, the mean over the inputs of (prediction − truth)²: its
        expected squared error less the noise, shape (n_datasets,).
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
        """Median of `excess` and its interval: what to look at where tails are heavy."""
        return quantile_interval(self.excess)

    @property
    def heavy_tailed(self) -> bool:
        """Whether `excess` has so heavy a tail that its mean is no good summary.

        True where its tail index (see `genlab.measure.tail_index`) is below 4 with 97.5%
        confidence: variance and error, which are means over data sets, then converge
        slowly or not at all, and their intervals are too narrow.
        """
        return bool(tail_index(self.excess).high < _HEAVY)

    def to_frame(self) -> pandas.DataFrame:
        """One row an input and part, and the averages, whose `x` is missing.

        Columns: x, part, estimate, low, high; all in the squared unit of the target.
        """
        import pandas

        averages = self._rows([float("nan")], self.average)
        return pandas.DataFrame(averages + self._rows(self.inputs, self.at_inputs))

    def chart(self) -> altair.LayerChart:
        """The parts and their sum against the input."""
        from genlab.charts import decomposition_chart

        heavy = ["means converge slowly, look at medians"] if self.heavy_tailed else []
        return decomposition_chart(
            self._rows(self.inputs, self.at_inputs),
            title=f"Where the error of {self.model.n_hidden} hidden units comes from",
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
                **{
                    column: float(np.atleast_1d(getattr(interval, field))[i])
                    for column, field in (("estimate", "mean"), ("low", "low"), ("high", "high"))
                },
            }
            for name in PARTS
            for interval in (getattr(parts, name),)
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
        warning = ", heavy-tailed: look at medians" if self.heavy_tailed else ""
        return (
            f"Decomposition({self.model!r} on {self.n_datasets} data sets of "
            f"{self.problem.n} examples, mean over {len(self.inputs)} inputs{warning})"
        )


@dataclass(frozen=True, eq=False)
class ExactDecomposition:
    """A decomposition whose noise is integrated in closed form, over drawn inputs.

    Attributes
    ----------
    inputs, truth
        As of a `Decomposition`.
    prediction
        Mean prediction at each input, shape (m,).
    bias_squared, variance
        At each input, shape (m,). The variance is the sum of the next two.
    variance_given_inputs
        Mean, over the drawn inputs, of the variance that the noise makes.
    variance_of_means
        Variance, over the drawn inputs, of the prediction expected for them.
    given_bias_squared, given_variance
        Of each drawn set of inputs, the mean over the m inputs of the squared bias and of
        the variance that hold given these: shape (n_datasets,).
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


def decompose(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int = 200,
    *,
    inputs: Any = None,
    seed: int = 0,
) -> Decomposition:
    """Measure the noise, bias and variance of a model on a problem.

    The model is fitted to fresh data sets; expected squared error = noise + bias² +
    variance, at each input and on average, each with a 95% interval over data sets.

    Parameters
    ----------
    model
        What is fitted.
    problem
        Made by `genlab.datasets.make_toy_regression`.
    n_datasets
        Fresh data sets, at least 20; intervals are good from about 200 on.
    inputs
        Where predictions are compared with the truth, shape (m,); None takes the
        middles of 100 equal cells of [0, 1], so that the average is that of a uniform x.
    seed
        Of the data sets.

    Returns
    -------
    Decomposition

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2 and equation 8.7.

    >>> import genlab
    >>> problem = genlab.datasets.make_toy_regression(n=15, noise=0.3)
    >>> parts = genlab.decompose(genlab.models.HingeRegression(3), problem, n_datasets=500)
    >>> total = parts.average.noise.mean + parts.average.bias_squared.mean
    >>> bool(abs(total + parts.average.variance.mean - parts.average.error.mean) < 1e-12)
    True
    """
    places, truth = _checked(model, problem, n_datasets, inputs)
    samples = problem.fresh(n_datasets, seed=seed)
    with one_blas_thread():
        fits = model.fit(samples.x, samples.y).predict(places)
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
        excess=((fits - truth) ** 2).mean(axis=1),
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

    A least-squares fit is linear in its targets: given the inputs of a data set its
    prediction is S·y, so that its expectation S·f(x) and its variance noise²·Σ S² are
    known. Both are averaged over the inputs of the data sets that `decompose` would draw
    with the same arguments; the variance is the mean of the given variances plus the
    variance of the expectations. No noise is drawn, so this checks `decompose`, and with
    the same drawn inputs it is nearer to the expectation over all.

    Parameters and errors as of `decompose`.

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
    """The inputs and the truth there, once all arguments are found good."""
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


def _mean_prediction(fits: Float[np.ndarray, "n_datasets m"], parts: ErrorParts) -> Interval:
    n = len(fits)
    return student_interval(fits.mean(axis=0), parts.variance.mean / n, np.asarray(n), 0.95)
