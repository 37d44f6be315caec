"""Error against the number of training examples, and what more of them would give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import dense
from genlab._base.jsons import Row
from genlab._base.words import received
from genlab.datasets import Dataset
from genlab.measure import PowerLaw, fit_forecast, fit_power_law
from genlab.studies._divisions import Divisions, divisions_of
from genlab.studies._fits import (
    ERRORS,
    AnyResult,
    Fit,
    cells_of,
    dataset_name,
    end,
    ends,
    model_name,
    report_failures,
    run_fits,
)
from genlab.studies._over import error_over
from genlab.sweep import EstimatorResult, Jobs, StoreLike, SweepProgress
from genlab.training import Recipe

if TYPE_CHECKING:
    import altair
    import pandas

_Y_TITLES = {
    "classification": "error (fraction of examples misclassified)",
    "regression": "error (fraction of variance unexplained)",
}
# What a band is over, in the words of a chart.
_OVER = {
    "seeds": "draws of the training examples",
    "splits": "train–validation splits",
    "examples": "test examples",
}
_N_SIZES = 6
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Training and test error of a model fitted to growing numbers of examples.

    Attributes
    ----------
    sizes
        Numbers of training examples, increasing.
    fits, results
        Each fit, and its result: for each size those of all splits and seeds.
    divisions
        What the fits of one size differ by.
    task
        "classification" or "regression", whose error is the fraction of variance unexplained.
    scoring
        Name of the score, where one is named.
    """

    sizes: tuple[int, ...]
    fits: tuple[Fit, ...]
    results: tuple[AnyResult, ...]
    divisions: Divisions
    task: str = "classification"
    scoring: str | None = None
    _y_test: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)

    def errors(self, part: str = "test") -> Float[np.ndarray, "fits sizes"]:
        """The errors of one part, "train" or "test": a row per split and seed.

        NaN where a fit failed or diverged.
        """
        return self._table(f"{part}_error")

    def scores(self, part: str = "test") -> Float[np.ndarray, "sizes fits"]:
        """The scores of an estimator, "train" or "test", as scikit-learn's `learning_curve`.

        They are of `scoring`, else the accuracy or R²: shape (sizes, fits), NaN where one failed.
        """
        if not isinstance(self.results[0], EstimatorResult):
            raise ValueError("scores are those of an estimator; networks have errors and losses.")
        return self._table(f"{part}_score").T

    def _table(self, curve: str) -> Float[np.ndarray, "fits sizes"]:
        ends_of = [end(result, curve) for result in self.results]
        return np.array(ends_of).reshape(len(self.sizes), -1).T

    def rows(self) -> list[Row]:
        """One row per fit: its examples, its seed and its errors."""
        return [
            {
                "dataset": dataset_name(fit.cell),
                "model": model_name(fit.cell),
                "n_train": fit.n_train,
                "n_test": fit.n_test,
                "seed": fit.seed,
                "division": fit.division,
                **ends(result),
            }
            for fit, result in zip(self.fits, self.results, strict=True)
        ]

    def bands(self) -> list[Row]:
        """One row per error and size: the mean over fits and its 95% interval.

        Columns: n_train, curve ("train_error" or "test_error"), estimate, low, high, n_fits that
        did not fail, and over: what the interval is over. "seeds" means over draws of the training
        examples and the estimator's own choices, with one test set; "splits" over training
        and test sets, as `genlab.measure.cross_validated_interval` (in simulations of 10 to 160
        examples it held the expected error of that size in 97 to 98% of cases); "examples" over
        the test examples of a single fit; "" that there is none.
        """
        return [self._band(curve, i) for curve in ERRORS for i in range(len(self.sizes))]

    def _band(self, curve: str, i: int) -> Row:
        n = len(self.fits) // len(self.sizes)
        part = slice(i * n, (i + 1) * n)
        results = self.results[part]
        interval, over = error_over(
            curve, self.fits[part], results, self.divisions, self.task, self._y_test
        )
        return {
            "n_train": self.sizes[i],
            "curve": curve,
            **interval.row(),
            "n_fits": sum(bool(np.isfinite(end(result, curve))) for result in results),
            "over": over,
        }

    def power_law(self, *, floor: bool = False) -> PowerLaw:
        """The power law of the test errors, fitted to all sizes: see `fit_power_law`.

        Parameters
        ----------
        floor
            Whether it has a floor, an error that more examples do not remove.
        """
        return fit_power_law(self.sizes, self.errors(), floor=floor)

    def forecast(self, n: Any) -> list[Row]:
        """The test error that is expected with `n` training examples, and its 95% interval.

        It continues with 65% of the slope of the last three sizes. Its interval covers everything
        from no further fall to a slightly faster fall than before, with the interval over fits
        added: see `genlab.measure.fit_forecast`. It assumes that further examples come from the
        same source as these, and that the curve has no bend that these sizes do not show.

        Parameters
        ----------
        n
            A number of training examples, or several, each at least the largest of `sizes`.

        Returns
        -------
        list of dict
            For each number n_train, estimate, low and high: fractions from 0 to 1, for a
            regression fractions of variance.

        Raises
        ------
        ValueError
            Where there are fewer than 3 sizes, an error of 0 at the last ones, or `n` is smaller.
        """
        wanted = np.atleast_1d(np.asarray(n))
        bounded = self.task == "classification"
        interval = fit_forecast(self.sizes, self.errors(), at_most_1=bounded).at(wanted)
        return [
            {"n_train": int(one), **interval.row(index=i)} for i, one in enumerate(wanted.tolist())
        ]

    def to_frame(self) -> pandas.DataFrame:
        """The `rows` as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.rows())

    def chart(self, forecast: Sequence[int] = ()) -> altair.LayerChart:
        """Training and test error against training examples, with 95% intervals.

        Parameters
        ----------
        forecast
            Numbers of examples at which the test error is forecast, drawn as a dashed line.
        """
        from genlab.charts import learning_chart

        bands = self.bands()
        over = sorted({_OVER[row["over"]] for row in bands if row["over"]})
        count = len(self.fits) // len(self.sizes)
        return learning_chart(
            bands,
            title=f"{model_name(self.fits[0].cell)}: error against training examples",
            subtitle=[f"mean of {count} fits; 95% interval over {' or '.join(over) or 'nothing'}"],
            y_title=_Y_TITLES[self.task],
            forecast=self.forecast(forecast) if len(forecast) else (),
        )

    def _repr_html_(self) -> str:
        import pandas

        return str(pandas.DataFrame(self.bands()).to_html(index=False))

    def __repr__(self) -> str:
        return (
            f"LearningCurve({model_name(self.fits[0].cell)}, {len(self.fits)} fits, "
            f"{self.sizes[0]:,} to {self.sizes[-1]:,} training examples)"
        )


def learning_curve(
    model: Any,
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    sizes: Sequence[float] | None = None,
    seeds: Iterable[int] | None = None,
    cv: Any = None,
    scoring: str | None = None,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> LearningCurve:
    """Fit a model to growing numbers of training examples, and measure its errors.

    Finished fits are kept in the store: a call that was stopped continues where it stopped, and a
    second one fits nothing.

    Parameters
    ----------
    model
        An estimator with `fit` and `predict`, such as scikit-learn's, or a genlab model.
    data
        Data set of a classification or a regression.
    recipe
        How a genlab model is trained; None for an estimator.
    sizes
        Numbers of training examples: whole numbers, or fractions of all of them, above 0 and up
        to 1. None takes 6 sizes from a 32nd on, each twice the one before.
    seeds
        Without `cv` each seed draws examples of its own, where a larger size holds those of a
        smaller one, and the test examples of the data are predicted; where there are none, each
        seed holds out a fifth of the training examples. A seed is also the value of every
        `random_state` that is None. None takes 0 to 4, or with `cv` 0 alone.
    cv
        A number of folds, a scikit-learn splitter, or pairs of rows to fit and to predict: the
        first examples of each split are fitted. With the same `sizes` and splitter, `scores`
        are those of scikit-learn's `learning_curve` to the last bit.
    scoring
        Name of a scorer of scikit-learn that `scores` are of; None takes the accuracy or R².
    store
        Where results are kept: a Store, a database's URL or a SQLite file's path; None opens
        the default one.
    jobs, fresh, progress
        Number of worker processes, or an executor or `distributed.Client` in their place; whether
        stored fits are computed again; a function that receives the progress: see
        `genlab.sweep.run_cells`.

    Returns
    -------
    LearningCurve

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where every fit failed; where some did, one `FailedFitsWarning` counts them.

    >>> import genlab
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> data = genlab.datasets.make_mnist1d(n_samples=500)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     curve = genlab.learning_curve(
    ...         DecisionTreeClassifier(), data, sizes=[50, 100, 200, 400], seeds=range(3),
    ...         store=store,
    ...     )
    >>> curve.errors().shape
    (3, 4)
    """
    divisions = divisions_of(data, cv, seeds)
    cell_of = cells_of(model, data, recipe, scoring=scoring)
    counts = _sizes(sizes, divisions.parts[0].n_train, data.n_classes)
    fits = []
    for n in counts:
        for part in divisions.parts:
            spec = part.part(n)
            fits.append(Fit(n, part.n_test, part.seed, part.number, cell_of(spec, n, part.seed)))
    cells = [fit.cell for fit in fits]
    results: list[Any] = run_fits(cells, store, jobs=jobs, fresh=fresh, progress=progress)
    report_failures(results)
    return LearningCurve(
        tuple(counts), tuple(fits), tuple(results), divisions, data.task, scoring, data.y_test
    )


def _sizes(given: Sequence[float] | None, n: int, n_classes: int) -> list[int]:
    """Numbers of training examples, of at most n: as scikit-learn understands them."""
    if given is None:
        fewest = min(n, max(_FEWEST, 2 * n_classes))
        halves = [n >> i for i in range(_N_SIZES)]
        return sorted({max(half, fewest) for half in halves})
    sizes = dense("sizes", given)
    if sizes.ndim != 1 or len(sizes) == 0 or sizes.dtype.kind not in "iuf":
        raise TypeError(f"`sizes` must be numbers, at least one, got {received(given)}.")
    if sizes.dtype.kind == "f":
        if not ((sizes > 0) & (sizes <= 1)).all():
            raise ValueError(
                "`sizes` must be whole numbers, or fractions above 0 and up to 1, got "
                f"{received(given)}."
            )
        sizes = np.clip((sizes * n).astype(int), 1, n)
    elif not ((sizes >= 1) & (sizes <= n)).all():
        raise ValueError(
            f"`sizes` must be from 1 to the {n} training examples, got {received(given)}."
        )
    return [int(size) for size in np.unique(sizes)]
