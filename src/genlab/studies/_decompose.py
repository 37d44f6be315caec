"""What the expected loss of a model consists of: noise, bias and variance."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from jaxtyping import Bool, Float

from genlab._base import streams
from genlab._base.checks import choice, integer
from genlab._base.errors import FailedFitsError, FailedFitsWarning
from genlab.datasets import Dataset, DataSpec, ToyRegression
from genlab.measure import (
    LossParts,
    absolute_error_parts,
    brier_parts,
    cross_entropy_parts,
    kohavi_wolpert_parts,
    squared_loss_parts,
    zero_one_parts,
)
from genlab.models import HingeRegression
from genlab.studies._fits import AnyResult, cells_of, dataset_name, model_name, run_fits
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies._samples import Samples, fit_seeds, samples_of
from genlab.studies._toy_decomposition import Decomposition, decompose_in_closed_form
from genlab.sweep import EstimatorResult, Jobs, StoreLike, SweepProgress
from genlab.training import Recipe, class_probabilities

#: Loss -> the function of `genlab.measure` that takes it apart, by task; the first is the default.
LOSSES: dict[str, dict[str, Callable[..., tuple[LossParts, LossParts]]]] = {
    "regression": {"squared": squared_loss_parts, "absolute": absolute_error_parts},
    "classification": {
        "zero_one": zero_one_parts,
        "kohavi_wolpert": kohavi_wolpert_parts,
        "cross_entropy": cross_entropy_parts,
        "brier": brier_parts,
    },
}
_DIVERGED = "training diverged"
_OF_PROBABILITIES = ("cross_entropy", "brier")


@overload
def decompose(
    model: HingeRegression,
    problem: ToyRegression,
    n_datasets: int = 200,
    *,
    inputs: Any = None,
    seed: int = 0,
) -> Decomposition: ...


@overload
def decompose(
    model: Any,
    problem: Dataset | DataSpec | ToyRegression,
    n_datasets: int = 200,
    *,
    loss: str | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    inputs: Any = None,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> LossDecomposition: ...


def decompose(
    model: Any,
    problem: Any,
    n_datasets: int = 200,
    *,
    loss: str | None = None,
    sampling: str | None = None,
    rows: str | None = None,
    fraction: float | None = None,
    recipe: Recipe | None = None,
    inputs: Any = None,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> Decomposition | LossDecomposition:
    """Measure the noise, bias and variance of a model.

    The model is fitted to many data sets. What all fits get wrong is noise or bias; what differs
    between fits is variance. The parts add up to the mean loss, at each row and on average, each
    with a 95% interval over data sets. Finished fits are kept in the store: a call that was
    stopped continues where it stopped, and a second one fits nothing.

    Parameters
    ----------
    model
        An estimator with `fit` and `predict`, such as scikit-learn's, or a genlab model. A
        `HingeRegression` on a toy regression is computed in closed form.
    problem
        A `Dataset`, such as a table of `genlab.datasets.load_table`; or a problem with a known
        true function, made by `genlab.datasets.make_toy_regression`.
    n_datasets
        Number of data sets, at least 2, for a `HingeRegression` at least 20.
    loss
        For a regression "squared" (the default) or "absolute" error. For a classification
        "zero_one" (the default, after Domingos), "kohavi_wolpert" (0–1 loss by the shares of the
        votes), "cross_entropy" or "brier".
    sampling
        "bootstrap", the default of a `Dataset`: as many training examples as there are, drawn
        with replacement. "subsamples": `fraction` of them without replacement. "disjoint":
        `n_datasets` parts without a common example. With groups, whole groups are drawn. "fresh":
        other seeds of the generator of the data set, which must have an argument `seed`; the
        default of a toy regression. The result's `notes` say what each can tell.
    rows
        "test": all fits predict the test examples; the default where there are any.
        "out_of_bag": each fit predicts the training examples that its sample does not contain.
    fraction
        Fraction of the training examples in a subsample, above 0 and below 1; None takes a half.
    recipe
        How a genlab model is trained; None for an estimator.
    inputs
        Inputs of a toy regression at which predictions are compared with the true function, shape
        (m,). None takes the middles of 100 equal cells of [0, 1].
    seed
        Seed of the data sets, from 0 to 2³² − 1. Each fit has a seed of its own derived from it,
        which is the value of every `random_state` that is None: variance is also that of the
        fit's own random choices.
    store
        Where results are kept: a Store, a database's URL or a SQLite file's path; None opens
        the default one. A `HingeRegression` needs none.
    jobs, fresh, progress
        Number of worker processes, or an executor or `distributed.Client` in their place; whether
        stored fits are computed again; a function that receives the progress: see
        `genlab.sweep.run_cells`.

    Returns
    -------
    LossDecomposition
        For a `HingeRegression` a `Decomposition`.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where fewer than two fits succeeded. Where some failed, one `FailedFitsWarning` counts
        them, and they are left out.
    DivergedError
        Where the training of every network diverged.

    Notes
    -----
    The parts are those of `genlab.measure`: `squared_loss_parts`, `absolute_error_parts`,
    `zero_one_parts`, `kohavi_wolpert_parts`, `cross_entropy_parts` and `brier_parts`.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2 and equation 8.7.

    >>> import genlab
    >>> problem = genlab.datasets.make_toy_regression(n=15, noise=0.3)
    >>> parts = genlab.decompose(genlab.models.HingeRegression(3), problem, n_datasets=500)
    >>> total = parts.average.noise.mean + parts.average.bias_squared.mean
    >>> bool(abs(total + parts.average.variance.mean - parts.average.error.mean) < 1e-12)
    True
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> data = genlab.datasets.make_mnist1d(n_samples=200)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     parts = genlab.decompose(DecisionTreeClassifier(), data, 20, store=store)
    >>> list(parts.average.terms), parts.average.n_rows
    (['bias_and_noise', 'variance'], 40)
    """
    if isinstance(model, HingeRegression):
        given: dict[str, Any] = {"loss": loss, "sampling": sampling}
        given |= {"rows": rows, "fraction": fraction, "recipe": recipe}
        for name, value in given.items():
            if value not in (None, {"loss": "squared", "sampling": "fresh"}.get(name)):
                raise ValueError(
                    f"`{name}` must be None for a HingeRegression (the estimator HingeRegressor "
                    f"takes any), got {value!r}."
                )
        return decompose_in_closed_form(model, problem, n_datasets, inputs=inputs, seed=seed)
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    samples = samples_of(
        problem,
        n_datasets,
        sampling=sampling,
        rows=rows,
        fraction=fraction,
        inputs=inputs,
        seed=seed,
    )
    losses = LOSSES[samples.data.task]
    loss = choice("loss", next(iter(losses)) if loss is None else loss, tuple(losses))
    with_probabilities = loss in _OF_PROBABILITIES
    cell_of = cells_of(
        model, samples.data, recipe, predictions=True, probabilities=with_probabilities
    )
    seeds = fit_seeds(len(samples.specs), seed)
    cells = [
        cell_of(spec, n, each)
        for spec, n, each in zip(samples.specs, samples.n_train, seeds, strict=True)
    ]
    results: list[Any] = run_fits(cells, store, jobs=jobs, fresh=fresh, progress=progress)
    failed = tuple(_failure(result) for result in results)
    notes = [*samples.notes, *_report(failed)]
    trained_by = "" if recipe is None else recipe.loss
    fits = _predictions(
        samples, results, failed, trained_by=trained_by, probabilities=with_probabilities
    )
    known = {} if samples.noise is None else {"noise": samples.noise}
    at_rows, average = losses[loss](fits.values, samples.truth, **known, predicted=fits.predicted)
    return LossDecomposition(
        model=model_name(cells[0]),
        dataset=dataset_name(cells[0]),
        loss=loss,
        sampling=samples.sampling,
        rows=samples.predicted,
        n_train=float(np.mean(samples.n_train)),
        n_datasets=len(cells),
        seed=seed,
        at_rows=at_rows,
        average=average,
        predictions=fits.values,
        predicted=fits.predicted,
        truth=samples.truth,
        failed=failed,
        notes=(*notes, *_of_rows(average, len(samples.truth))),
    )


class _Predictions(NamedTuple):
    """Predictions of the fits that did not fail; 0 where a fit does not predict a row."""

    values: Float[np.ndarray, "fits m ..."]
    predicted: Bool[np.ndarray, "fits m"]


def _failure(result: AnyResult) -> str:
    """Why a fit is left out; "" where it is not."""
    if isinstance(result, EstimatorResult):
        return result.failed
    return _DIVERGED if result.diverged_at >= 0 else ""


def _report(failed: Sequence[str]) -> list[str]:
    """The note on fits that failed, after a warning; FailedFitsError where too few are left."""
    sentences = [sentence.rstrip(".") for sentence in failed if sentence]
    if not sentences:
        return []
    first = f"the first: {sentences[0]}."
    if len(sentences) == len(failed):
        raise FailedFitsError(f"all {len(failed)} fits failed; {first}")
    count = f"{len(sentences)} of {len(failed)} fits failed"
    if len(failed) - len(sentences) < 2:
        raise FailedFitsError(f"{count}, and two are needed; {first}")
    note = f"{count} and are left out; {first}"
    if set(sentences) != {_DIVERGED}:  # of these `run_cells` has warned
        warnings.warn(note, FailedFitsWarning, stacklevel=3)
    return [note]


def _predictions(
    samples: Samples,
    results: Sequence[AnyResult],
    failed: Sequence[str],
    *,
    trained_by: str,
    probabilities: bool,
) -> _Predictions:
    fits = [i for i, sentence in enumerate(failed) if not sentence]
    m = len(samples.truth)
    shape = (m, samples.data.n_classes) if probabilities else (m,)
    values = np.zeros((len(fits), *shape))
    predicted = np.zeros((len(fits), m), bool)
    for place, i in enumerate(fits):
        where: Any = slice(None) if samples.rows is None else samples.rows[i]
        values[place, where] = _predicted(results[i], trained_by, probabilities=probabilities)
        predicted[place, where] = True
    if (predicted.sum(axis=0) < 2).all():
        raise ValueError(
            "`n_datasets` must be so large that two fits predict a row out of bag, got "
            f"{len(failed)}."
        )
    return _Predictions(values, predicted)


def _predicted(result: AnyResult, trained_by: str, *, probabilities: bool) -> np.ndarray:
    """What a fit predicts: numbers, labels or probabilities; `trained_by` is a network's loss."""
    if isinstance(result, EstimatorResult):
        if not probabilities:
            return result.test_predictions
        assert result.test_log_probabilities is not None
        return np.exp(result.test_log_probabilities)
    if result.test_outputs is None:
        assert result.test_predictions is not None
        return result.test_predictions
    if probabilities:
        return class_probabilities(result.test_outputs, trained_by)
    return result.test_outputs.argmax(axis=1)


def _of_rows(average: LossParts, m: int) -> list[str]:
    """Notes on the rows that count, and on those whose loss is infinite."""
    notes = [
        f"Intervals are over fits, for these {average.n_rows:,} rows: they do not say how other "
        "rows would differ."
    ]
    if average.n_rows < m:
        notes.append(f"{m - average.n_rows} of {m} rows have fewer than two fits and are left out.")
    if average.n_infinite:
        notes.append(
            f"At {average.n_infinite} rows a fit gives the true label a probability of 0, so the "
            "loss is infinite. The Brier score stays finite."
        )
    return notes
