"""Models that are fitted to the same splits, and their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import is_sparse
from genlab._base.jsons import Row
from genlab.datasets import Dataset
from genlab.measure import Interval
from genlab.models import ModelSpec
from genlab.studies._divisions import Divisions, divisions_of
from genlab.studies._fits import AnyResult, Fit, cells_of, end
from genlab.studies._over import error_over, over_divisions
from genlab.studies.diagnosis._axis import last_step
from genlab.studies.diagnosis._divided import Losses, Pair
from genlab.studies.diagnosis._effort import Work
from genlab.sweep import EstimatorResult
from genlab.training import Recipe, class_probabilities

# Fits that are averaged.
N_AVERAGED = 10
# Estimators that are averages of fits already.
_AVERAGES = ("Forest", "Bagging", "ExtraTrees", "Voting", "Stacking")


class Candidate(NamedTuple):
    """A model or an estimator, whether its predictions are kept, and what is added to its seed."""

    model: Any
    kept: bool = False
    later: int = 0


@dataclass(frozen=True)
class Tried:
    """The fits of one model to all splits."""

    fits: tuple[Fit, ...]
    results: tuple[AnyResult, ...]
    divisions: Divisions
    data: Dataset
    pairs: Sequence[Pair]

    def errors(self, part: str = "test") -> Float[np.ndarray, " k"]:
        """The error of each split; NaN where the fit failed or diverged."""
        return np.array([end(result, f"{part}_error") for result in self.results])

    def losses(self) -> list[Losses]:
        """In each split the losses of its examples, whose mean is the error."""
        return [
            losses_of(self.data, held_out, result)
            for (_, held_out), result in zip(self.pairs, self.results, strict=True)
        ]

    def row(self, part: str = "test") -> Row:
        """The mean error and its 95% interval over splits: estimate, low, high, n_fits."""
        interval, _ = error_over(
            f"{part}_error", self.fits, self.results, self.divisions, self.data.task, np.zeros(0)
        )
        return {**interval.row(), "n_fits": int(np.isfinite(self.errors(part)).sum())}

    def interval_of(self, errors: Float[np.ndarray, " k"]) -> Interval:
        """The 95% interval of the mean of other errors, which were measured on these splits."""
        return over_divisions(
            "test_error", self.fits, errors, self.divisions, self.data.task
        ).interval


def tried(
    candidates: Mapping[Any, Candidate],
    data: Dataset,
    pairs: Sequence[Pair],
    recipe: Recipe | None,
    seed: int,
    work: Work,
    part: str,
) -> dict[Any, Tried]:
    """Fit candidates to all splits.

    Raises
    ------
    TypeError, ValueError
        Where a candidate does not suit the data, or a network lacks its recipe.
    OutOfTime
        Where the time is over.
    """
    divisions = divisions_of(data, pairs, (seed,))
    fits: dict[Any, list[Fit]] = {}
    specs = [each.part() for each in divisions.parts]
    for name, candidate in candidates.items():
        model, network = candidate.model, isinstance(candidate.model, ModelSpec)
        cell_of = cells_of(
            model,
            data,
            recipe if network else None,
            predictions=candidate.kept,
            probabilities=candidate.kept
            and not network
            and gives_probabilities(candidate.model, data),
        )
        fits[name] = [
            Fit(
                each.n_train,
                each.n_test,
                each.seed,
                each.number,
                cell_of(spec, each.n_train, each.seed + candidate.later),
            )
            for each, spec in zip(divisions.parts, specs, strict=True)
        ]
    cells = [fit.cell for own in fits.values() for fit in own]
    results = iter(work.run(part, cells))
    return {
        name: Tried(tuple(own), tuple(next(results) for _ in own), divisions, data, pairs)
        for name, own in fits.items()
    }


def gives_probabilities(model: Any, data: Dataset) -> bool:
    """Whether the model gives probabilities of the classes."""
    if data.task == "regression":
        return False
    return isinstance(model, ModelSpec) or any(
        hasattr(model, name) for name in ("predict_proba", "predict_log_proba")
    )


def trivial_model(data: Dataset) -> Any:
    """The estimator that predicts the most frequent class, or the mean."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if data.task == "regression":
        return DummyRegressor()
    return DummyClassifier(strategy="most_frequent")


def linear_model(data: Dataset) -> Any:
    """Standardised inputs and logistic regression, or ridge regression with a penalty of 1."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler(with_mean=not is_sparse(data.x_train))
    last = Ridge() if data.task == "regression" else LogisticRegression(max_iter=1000)
    return make_pipeline(scaled, last)


def averaged_model(model: Any, data: Dataset) -> Any:
    """The average of fits of an estimator to bootstrap samples; None where it is one already."""
    last = last_step(model)[1]
    if isinstance(model, ModelSpec) or any(word in type(last).__name__ for word in _AVERAGES):
        return None
    from sklearn.base import clone
    from sklearn.ensemble import BaggingClassifier, BaggingRegressor

    kind = BaggingRegressor if data.task == "regression" else BaggingClassifier
    try:
        return kind(clone(model), n_estimators=N_AVERAGED)
    except TypeError:  # an estimator that is none of scikit-learn's kind
        return None


def averaged_networks(members: Sequence[Tried], recipe: Recipe) -> list[Losses]:
    """In each split the losses of the mean prediction of networks that differ by their seed."""
    data = members[0].data
    return [
        _losses(
            data, held_out, np.mean([answers(one.results[i], recipe) for one in members], axis=0)
        )
        for i, (_, held_out) in enumerate(members[0].pairs)
    ]


def losses_of(data: Dataset, held_out: Int[np.ndarray, " m"], result: AnyResult) -> Losses:
    """The losses of the examples that a fit predicts; NaN where it failed or diverged."""
    if not np.isfinite(end(result, "test_error")):
        return np.full(len(held_out), np.nan)
    if data.task == "regression":
        assert result.test_predictions is not None
        return _losses(data, held_out, result.test_predictions)
    assert result.test_wrong is not None
    return result.test_wrong.astype(np.float64)


def _losses(data: Dataset, held_out: Int[np.ndarray, " m"], predicted: np.ndarray) -> Losses:
    """0 or 1 for a class; for a number its squared error, in units of the target's variance."""
    truth = data.y_train[held_out]
    if data.task == "regression":
        return np.asarray((truth - predicted) ** 2 / (truth.var() or np.nan))
    return np.asarray(predicted.argmax(axis=1) != truth, dtype=np.float64)


def answers(result: AnyResult, recipe: Recipe | None) -> np.ndarray:
    """The probabilities that a fit gives the validation examples, or the numbers it predicts."""
    if isinstance(result, EstimatorResult):
        if result.test_log_probabilities is not None:
            return np.exp(result.test_log_probabilities)
        return result.test_predictions
    if result.test_outputs is not None:
        assert recipe is not None
        return class_probabilities(result.test_outputs, recipe.loss)
    assert result.test_predictions is not None
    return result.test_predictions
