"""Error against capacity: a model trained at many sizes, with several seeds each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from genlab._base.checks import integer
from genlab._base.jsons import Row
from genlab.datasets import Dataset, LabelNoise
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
from genlab.models import ModelSpec
from genlab.sweep import CellResult, StoreLike, SweepProgress, TrainingCell, run_cells
from genlab.training import CURVES, Recipe, check_task, curve_interval

if TYPE_CHECKING:
    import altair
    import pandas


_Y_TITLES = {
    "classification": "error (fraction of examples misclassified)",
    "regression": "error (fraction of variance unexplained)",
}


@dataclass(frozen=True)
class CapacityRun:
    """One network of a capacity curve: its capacity, its parameters and the cell that trains it."""

    capacity: int
    n_parameters: int
    cell: TrainingCell


@dataclass(frozen=True, eq=False)
class CapacityCurve:
    """Train and test error of a model at many capacities.

    Attributes
    ----------
    runs, results
        The networks, and the result of each.
    n_train, n_test, n_classes
        Number of training examples, of test examples and of classes of the data.
    task
        "classification" or "regression", whose error is the fraction of variance unexplained.
    """

    runs: tuple[CapacityRun, ...]
    results: tuple[CellResult, ...]
    n_train: int
    n_test: int
    n_classes: int
    task: str = "classification"

    @property
    def capacities(self) -> list[int]:
        """The capacities that were run, in increasing order."""
        return sorted({run.capacity for run in self.runs})

    def n_parameters(self, capacity: int) -> int:
        """Weights and biases of the network of a capacity."""
        return next(run.n_parameters for run in self.runs if run.capacity == capacity)

    def values(self, curve: str) -> list[Float[np.ndarray, " seeds"]]:
        """The last value of a curve such as "train_error": for each capacity one value per seed.

        Networks that diverged are left out. Errors are fractions, losses in the recipe's unit.
        """
        ends = [
            (run.capacity, float(getattr(result, curve)[-1]))
            for run, result in zip(self.runs, self.results, strict=True)
        ]
        return [
            np.array([end for c, end in ends if c == capacity and np.isfinite(end)])
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
        at which no seed does. Whether the peak is more than chance, `peak` tells.
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
        """One row per network: its size, its seed, and the curves at its last step."""
        return [
            {
                "dataset": run.cell.data.name,
                "model": type(run.cell.model).__name__,
                "capacity": run.capacity,
                "n_parameters": run.n_parameters,
                "label_noise": _fraction(run.cell.label_noise),
                "seed": run.cell.seed,
                "step": int(result.steps[-1]),
                **{name: float(getattr(result, name)[-1]) for name in CURVES},
            }
            for run, result in zip(self.runs, self.results, strict=True)
        ]

    def bands(self) -> list[Row]:
        """One row per curve and capacity: the mean over seeds and its 95% interval.

        Intervals of errors are `genlab.measure.error_interval`, those of losses and of errors of
        a regression `loss_interval`.
        Columns: capacity, n_parameters, label_noise (a fraction), curve, estimate, low, high,
        and n_seeds, the number of networks that did not diverge.
        """
        rows = []
        n_fitted = self.runs[0].cell.recipe.n_fitted(self.n_train)
        for curve in CURVES:
            for capacity, values in zip(self.capacities, self.values(curve), strict=True):
                interval = curve_interval(curve, values, n_fitted, self.n_test, self.task)
                rows.append(
                    {
                        "capacity": capacity,
                        "n_parameters": self.n_parameters(capacity),
                        "label_noise": _fraction(self.runs[0].cell.label_noise),
                        "curve": curve,
                        **interval.row(),
                        "n_seeds": int(interval.n),
                    }
                )
        return rows

    def to_frame(self) -> pandas.DataFrame:
        """The `rows` as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.rows())

    def chart(self) -> altair.LayerChart:
        """Train and test error against capacity, with 95% intervals over seeds."""
        from genlab.charts import capacity_chart

        bands = self.bands()
        counts = sorted({row["n_seeds"] for row in bands})
        return capacity_chart(
            bands,
            "error",
            title=f"{self.runs[0].cell.data.name}: training and test error against capacity",
            subtitle=[f"mean of {' or '.join(map(str, counts))} seeds, 95% interval"],
            x_title="capacity",
            y_title=_Y_TITLES[self.task],
            ticks=self.capacities,
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def __repr__(self) -> str:
        sizes = self.capacities
        return f"CapacityCurve({len(self.runs)} networks, capacities {sizes[0]} to {sizes[-1]})"


def capacity_curve(
    model_of_capacity: Callable[[int], ModelSpec],
    capacities: Iterable[int],
    data: Dataset,
    recipe: Recipe,
    seeds: Iterable[int] | Callable[[int], Iterable[int]] = range(3),
    *,
    label_noise: LabelNoise | float = 0.0,
    store: StoreLike = None,
    jobs: int | None = None,
    progress: Callable[[SweepProgress], None] | None = None,
) -> CapacityCurve:
    """Train a model at many capacities, and measure its training and test error.

    Finished networks are kept in the store: a call that was stopped continues where it was,
    and a call with more capacities or seeds trains only the new networks.

    Parameters
    ----------
    model_of_capacity
        Function from a capacity to the spec of its model.
    capacities
        Capacities, integers of at least 1, at least one of them, distinct.
    data
        Data set, made by a generator or from arrays of your own, of a classification or a
        regression.
    recipe
        How each network is trained.
    seeds
        Seeds of the networks of every capacity, or a function from a capacity to its seeds.
    label_noise
        Fraction of the training labels that are resampled, from 0 to 1, or a `LabelNoise`.
    store
        Where results are kept: a Store, a database's URL or a SQLite file's path; None opens
        the default one.
    jobs, progress
        Number of worker processes, and a function that is told the progress: see
        `genlab.sweep.run_cells`.

    Returns
    -------
    CapacityCurve

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    Belkin et al., "Reconciling modern machine-learning practice and the classical
    bias–variance trade-off", PNAS 2019; S. Prince, "Understanding Deep Learning" (2023),
    section 8.4.

    >>> import genlab
    >>> data = genlab.datasets.make_mnist1d(n_samples=500)
    >>> recipe = genlab.Recipe.adam(0.005, batch_size=None, steps=50)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     curve = genlab.capacity_curve(
    ...         lambda h: genlab.models.MLP((h, h)), [2, 5], data, recipe, range(2), store=store
    ...     )
    >>> curve.to_frame()["n_parameters"].tolist()
    [118, 118, 295, 295]
    """
    runs = capacity_runs(
        model_of_capacity, capacities, data, recipe, seeds, label_noise=label_noise
    )
    results = run_cells([run.cell for run in runs], store, jobs=jobs, progress=progress)
    return CapacityCurve(
        tuple(runs), tuple(results), data.n_train, data.n_test, data.n_classes, data.task
    )


def capacity_runs(
    model_of_capacity: Callable[[int], ModelSpec],
    capacities: Iterable[int],
    data: Dataset,
    recipe: Recipe,
    seeds: Iterable[int] | Callable[[int], Iterable[int]] = range(3),
    *,
    label_noise: LabelNoise | float = 0.0,
) -> list[CapacityRun]:
    """The networks of a capacity curve, not yet trained; parameters as in `capacity_curve`."""
    sizes = [integer("capacities", capacity, low=1) for capacity in capacities]
    if not sizes or len(set(sizes)) < len(sizes):
        raise ValueError(f"`capacities` must be distinct and at least one, got {sizes!r}.")
    fixed = None if callable(seeds) else list(seeds)
    noise = LabelNoise.of(label_noise)
    recipe = recipe.for_data(data)
    check_task(data.task, recipe, noise, grouped=data.groups is not None)
    runs = []
    for capacity in sorted(sizes):
        model = model_of_capacity(capacity)
        if not isinstance(model, ModelSpec):
            raise TypeError(f"`model_of_capacity` must return a model spec, got {model!r}.")
        n_parameters = model.n_parameters(data.input_shape, data.n_outputs)
        of_capacity: Sequence[int] = list(seeds(capacity)) if callable(seeds) else fixed or []
        if not of_capacity:
            raise ValueError(f"`seeds` must hold at least one seed, got none at {capacity}.")
        runs += [
            CapacityRun(capacity, n_parameters, TrainingCell(data.spec, model, recipe, seed, noise))
            for seed in of_capacity
        ]
    return runs


def _fraction(noise: LabelNoise | None) -> float:
    return 0.0 if noise is None else noise.fraction
