"""Error against capacity: what was fitted at each capacity, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import CONTENT
from genlab.measure import (
    DoubleDescent,
    PeakTest,
    Threshold,
    double_descent,
    error_interval,
    interpolation_threshold,
    loss_interval,
    peak_test,
)
from genlab.studies._divisions import Divisions
from genlab.studies._fits import (
    ERRORS,
    AnyCell,
    AnyResult,
    Fit,
    dataset_name,
    end,
    ends,
    model_name,
)
from genlab.studies._over import error_over
from genlab.sweep import EstimatorResult, TrainingCell
from genlab.training import CURVES

if TYPE_CHECKING:
    import altair
    import pandas

_Y_TITLES = {
    "classification": "error (fraction of examples misclassified)",
    "regression": "error (fraction of variance unexplained)",
}


CellT = TypeVar("CellT", bound=AnyCell)


@dataclass(frozen=True)
class CapacityRun(Generic[CellT]):
    """One fit of a capacity curve: its capacity, its parameters and the cell that fits it.

    `n_parameters` is None for an estimator, and `division` counts the splits of `cv` or the parts
    that are held out, from 0.
    """

    capacity: float
    n_parameters: int | None
    cell: CellT
    division: int = 0


@dataclass(frozen=True, eq=False)
class CapacityCurve:
    """Train and test error of a model at many capacities.

    Attributes
    ----------
    runs, results
        The fits, and the result of each.
    n_train, n_test, n_classes
        Number of training examples, of test examples and of classes of the data; in splits
        the mean numbers of examples.
    task
        "classification" or "regression", whose error is the fraction of variance unexplained.
    divisions
        What the fits of one capacity differ by; None means seeds.
    """

    runs: tuple[CapacityRun[Any], ...]
    results: tuple[AnyResult, ...]
    n_train: int
    n_test: int
    n_classes: int
    task: str = "classification"
    divisions: Divisions | None = None
    _y_test: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)

    @property
    def capacities(self) -> list[float]:
        """The capacities that were run, in increasing order."""
        return sorted({run.capacity for run in self.runs})

    @property
    def curves(self) -> tuple[str, ...]:
        """Names of what is measured: errors, and for networks also losses."""
        return CURVES if isinstance(self.runs[0].cell, TrainingCell) else ERRORS

    def n_parameters(self, capacity: float) -> int | None:
        """Weights and biases of the network of a capacity; None for an estimator."""
        return next(run.n_parameters for run in self.runs if run.capacity == capacity)

    def scores(self, part: str = "test") -> Float[np.ndarray, "capacities fits"]:
        """The scores of an estimator, "train" or "test", as scikit-learn's `validation_curve`.

        They are of `scoring`, else the accuracy or R²: shape (capacities, fits), in increasing
        order of the capacities, NaN where a fit failed.
        """
        if not isinstance(self.results[0], EstimatorResult):
            raise ValueError("scores are those of an estimator; networks have errors and losses.")
        ends_of = [end(result, f"{part}_score") for result in self.results]
        return np.array(ends_of).reshape(len(self.capacities), -1)

    def values(self, curve: str) -> list[Float[np.ndarray, " seeds"]]:
        """What fits end with, of a curve such as "train_error": for each capacity one per seed.

        With early stopping it is the value at the weights that are kept. Fits that diverged or
        failed are left out. Errors are fractions, losses in the recipe's unit. With `cv` there is
        one value per split and seed.
        """
        last = [
            (run.capacity, end(result, curve))
            for run, result in zip(self.runs, self.results, strict=True)
        ]
        return [
            np.array([value for c, value in last if c == capacity and np.isfinite(value)])
            for capacity in self.capacities
        ]

    @property
    def threshold(self) -> Threshold:
        """The interpolation threshold: the capacity from which training error is below 1%.

        For a regression less than 1% of the variance is then unexplained, and an error above 1
        counts as 1.
        """
        errors = [np.minimum(values, 1.0) for values in self.values("train_error")]
        return interpolation_threshold(self.capacities, errors)

    @property
    def extremes(self) -> DoubleDescent:
        """First minimum, peak and second minimum of the test error, and their differences.

        The first minimum lies up to the interpolation threshold. Where a seed never fits its
        training data, so that the threshold has no estimate, it lies up to the largest capacity
        at which no seed does. `peak` says whether the peak is more than chance.
        """
        threshold = self.threshold
        where = float(threshold.capacity.mean)
        return double_descent(
            self.capacities,
            self.values("test_error"),
            where if np.isfinite(where) else threshold.none_below,
            loss_interval if self.task == "regression" else partial(error_interval, n=self.n_test),
        )

    @property
    def peak(self) -> PeakTest:
        """Whether test error rises to a peak and falls again, at positions of `capacities`."""
        return peak_test(self.values("test_error"))

    def rows(self) -> list[Row]:
        """One row per fit: its size, its seed, and what it ended with."""
        divided = self.divisions is not None and self.divisions.over == "splits"
        return [
            {
                "dataset": dataset_name(run.cell),
                "model": model_name(run.cell),
                "capacity": run.capacity,
                "n_parameters": run.n_parameters,
                "label_noise": _fraction(run.cell),
                "seed": run.cell.seed,
                **({"division": run.division} if divided else {}),
                **ends(result),
            }
            for run, result in zip(self.runs, self.results, strict=True)
        ]

    def bands(self) -> list[Row]:
        """One row per curve and capacity: the mean over fits and its 95% interval.

        Intervals of errors are `genlab.measure.error_interval`, those of losses and of errors of
        a regression `loss_interval`; over the splits of `cv` they are
        `cross_validated_interval`. Where all seeds of an estimator predict the same, the interval
        is over the test examples.
        Columns: capacity, n_parameters, label_noise (a fraction), curve, estimate, low, high,
        and n_fits, the number of fits that did not diverge or fail. Those of an estimator also
        have over: "seeds", "splits", "examples", or "" where there is no interval.
        """
        return [
            self._band(curve, capacity) for curve in self.curves for capacity in self.capacities
        ]

    def _band(self, curve: str, capacity: float) -> Row:
        own = [i for i, run in enumerate(self.runs) if run.capacity == capacity]
        results = [self.results[i] for i in own]
        fits = [self._fit(self.runs[i]) for i in own]
        divisions = self.divisions or Divisions((), "seeds", self.n_test)
        interval, over = error_over(curve, fits, results, divisions, self.task, self._y_test)
        n = sum(bool(np.isfinite(end(result, curve))) for result in results)
        row = {
            "capacity": capacity,
            "n_parameters": self.n_parameters(capacity),
            "label_noise": _fraction(self.runs[0].cell),
            "curve": curve,
            **interval.row(),
            "n_fits": n,
        }
        return row if isinstance(self.runs[0].cell, TrainingCell) else {**row, "over": over}

    def _fit(self, run: CapacityRun[Any]) -> Fit:
        n_train = self.n_train
        if isinstance(run.cell, TrainingCell):
            n_train = run.cell.recipe.n_fitted(n_train)
        return Fit(n_train, self.n_test, 0, run.division, run.cell)

    def to_frame(self) -> pandas.DataFrame:
        """The `rows` as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.rows())

    def chart(self) -> altair.LayerChart:
        """Train and test error against capacity, with 95% intervals over seeds."""
        from genlab.charts import capacity_chart

        bands = [
            {**row, "n_parameters": row["n_parameters"] or 0, **_known_ends(row)}
            for row in self.bands()
        ]
        counts = sorted({row["n_fits"] for row in bands})
        fits = "seeds" if self.divisions is None else "fits"
        return capacity_chart(
            bands,
            "error",
            title=f"{self._title}: training and test error against capacity",
            subtitle=[f"mean of {' or '.join(map(str, counts))} {fits}, 95% interval"],
            x_title="capacity",
            y_title=_Y_TITLES[self.task],
            ticks=self.capacities,
        )

    @property
    def _title(self) -> str:
        """The data set's name; of data of one's own, which have none, the model's."""
        name = dataset_name(self.runs[0].cell)
        return model_name(self.runs[0].cell) if name == CONTENT else name

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def __repr__(self) -> str:
        sizes = self.capacities
        what = "networks" if isinstance(self.runs[0].cell, TrainingCell) else "fits"
        return f"CapacityCurve({len(self.runs)} {what}, capacities {sizes[0]} to {sizes[-1]})"


def _fraction(cell: AnyCell) -> float:
    noise = cell.label_noise if isinstance(cell, TrainingCell) else None
    return 0.0 if noise is None else noise.fraction


def _known_ends(row: Row) -> Row:
    """Ends of an interval for a chart: None for NaN."""
    return {name: None if row[name] != row[name] else row[name] for name in ("low", "high")}
