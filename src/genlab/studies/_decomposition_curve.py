"""Noise, bias and variance against capacity: a model fitted to many data sets at many sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from genlab._base import streams
from genlab._base.checks import integer, real, several
from genlab.datasets import Dataset, DataSpec, LabelNoise, ToyRegression
from genlab.models import ModelSpec
from genlab.studies._capacity_curve import distinct_capacities, function_of_capacity
from genlab.studies._decomposition_curve_result import DecompositionCurve
from genlab.studies._fits import AnyCell, AnyResult, run_fits
from genlab.studies._loss_fits import PlannedFits, checked_loss, planned_fits
from genlab.studies._samples import samples_of
from genlab.sweep import Jobs, StoreLike, SweepProgress
from genlab.training import Recipe

_GROUPS = 5


@dataclass(frozen=True, eq=False)
class DecompositionRuns:
    """The fits of a decomposition curve, not yet run.

    Attributes
    ----------
    capacities
        The capacities, in increasing order.
    n_parameters
        Weights and biases at each; None for an estimator.
    fits
        The fits at each capacity.
    n_groups
        Groups of data sets that tests compare.
    """

    capacities: tuple[float, ...]
    n_parameters: tuple[int | None, ...]
    fits: tuple[PlannedFits, ...]
    n_groups: int

    @property
    def cells(self) -> list[Any]:
        """The cells of all fits."""
        return [cell for fits in self.fits for cell in fits.cells]

    def curve(self, results: Sequence[AnyResult]) -> DecompositionCurve:
        """The curve, from the results of `cells`.

        Raises
        ------
        FailedFitsError
            Where fewer than two fits of a capacity succeeded.
        """
        places, start = [], 0
        for fits in self.fits:
            places.append(results[start : start + len(fits.cells)])
            start += len(fits.cells)
        return DecompositionCurve(
            self.capacities,
            self.n_parameters,
            self.fits,
            tuple(tuple(own) for own in places),
            self.n_groups,
        )


def decomposition_curve(
    model_of_capacity: Any,
    capacities: Iterable[float],
    problem: Dataset | DataSpec | ToyRegression,
    n_datasets: int = 30,
    *,
    losses: Iterable[str] | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    label_noise: LabelNoise | float = 0.0,
    parameter: str | None = None,
    n_groups: int = _GROUPS,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> DecompositionCurve:
    """Measure noise, bias and variance of a model at many capacities.

    At each capacity the model is fitted to the same data sets, as by `decompose`. One set of fits
    serves every loss. Finished fits are kept in the store: a call that was stopped continues where
    it was, and one with more capacities or data sets fits only the new ones.

    Parameters
    ----------
    model_of_capacity
        Function from a capacity to the spec of a genlab model or to an estimator, or an estimator
        whose `parameter` is the capacity, as in `capacity_curve`.
    capacities
        Capacities above 0, at least one of them, distinct; of networks whole numbers.
    problem, sampling, rows, fraction, recipe, label_noise
        As in `decompose`.
    n_datasets
        Number of data sets, at least 2 `n_groups`.
    losses
        Losses that are taken apart, as in `decompose`; None takes its default.
    parameter
        Name of the parameter that is the capacity, where an estimator is given.
    n_groups
        Number of groups of data sets, at least 2. Each gives one estimate of every part at every
        capacity, and the tests for peaks and rises compare these. More groups tell more exactly how
        estimates vary. Larger ones are needed by parts whose estimates have a bias of their own:
        see `DecompositionCurve.values`.
    seed
        Seed of the data sets and of the fits, from 0 to 2³² − 1.
    store, jobs, fresh, progress
        As in `decompose`.

    Returns
    -------
    DecompositionCurve

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where fewer than two fits of a capacity succeeded.

    References
    ----------
    Yang et al., "Rethinking bias-variance trade-off for generalization of neural networks", ICML
    2020; Neal et al., "A modern take on the bias-variance tradeoff in neural networks", 2018.

    >>> import genlab
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> data = genlab.datasets.resample_mnist1d(n_train=200, n_test=100)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     curve = genlab.studies.decomposition_curve(
    ...         lambda c: DecisionTreeClassifier(max_leaf_nodes=c), [2, 20], data, 10,
    ...         losses=["kohavi_wolpert"], sampling="fresh", store=store,
    ...     )
    >>> change = curve.rise("kohavi_wolpert", "loss").change
    >>> bool(change.high < 0), curve.values("kohavi_wolpert", "variance").shape
    (True, (2, 5))
    """
    runs = decomposition_runs(
        model_of_capacity,
        capacities,
        problem,
        n_datasets,
        losses=losses,
        sampling=sampling,
        rows=rows,
        fraction=fraction,
        recipe=recipe,
        label_noise=label_noise,
        parameter=parameter,
        n_groups=n_groups,
        seed=seed,
    )
    cells: list[AnyCell] = runs.cells
    return runs.curve(run_fits(cells, store, jobs=jobs, fresh=fresh, progress=progress))


def decomposition_runs(
    model_of_capacity: Any,
    capacities: Iterable[float],
    problem: Dataset | DataSpec | ToyRegression,
    n_datasets: int = 30,
    *,
    losses: Iterable[str] | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    label_noise: LabelNoise | float = 0.0,
    parameter: str | None = None,
    n_groups: int = _GROUPS,
    seed: int = 0,
) -> DecompositionRuns:
    """The fits of a decomposition curve, not yet run; parameters as in `decomposition_curve`."""
    of_capacity = function_of_capacity(model_of_capacity, parameter)
    listed = several("capacities", capacities)
    sizes = distinct_capacities([real("capacities", one, above=0) for one in listed], listed)
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    n_groups = integer("n_groups", n_groups, low=2)
    n_datasets = integer("n_datasets", n_datasets, low=2)
    if n_datasets < 2 * n_groups:
        raise ValueError(
            f"`n_datasets` must be at least 2 for each of {n_groups} groups, got {n_datasets}."
        )
    samples = samples_of(
        problem, n_datasets, sampling=sampling, rows=rows, fraction=fraction, inputs=None, seed=seed
    )
    named = [None] if losses is None else several("losses", losses)
    checked = [checked_loss("losses", loss, samples.data.task) for loss in named]
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(f"`losses` must be distinct and at least one, got {named!r}.")
    noise = LabelNoise.of(label_noise)
    models = [of_capacity(size) for size in sizes]
    data = samples.data
    return DecompositionRuns(
        tuple(sizes),
        tuple(
            model.n_parameters(data.input_shape, data.n_outputs)
            if isinstance(model, ModelSpec)
            else None
            for model in models
        ),
        tuple(
            planned_fits(model, samples, checked, recipe, noise, seed, "model_of_capacity")
            for model in models
        ),
        n_groups,
    )
