"""Fits to many data sets that wait to be run, and the parts of the losses of their predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.checks import choice
from genlab._base.errors import FailedFitsError, FailedFitsWarning
from genlab.datasets import LabelNoise
from genlab.measure import (
    LossParts,
    absolute_error_parts,
    brier_parts,
    cross_entropy_parts,
    kohavi_wolpert_parts,
    squared_loss_parts,
    zero_one_parts,
)
from genlab.studies._fits import AnyCell, AnyResult, cells_of, dataset_name, model_name
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies._samples import Samples, fit_seeds
from genlab.sweep import EstimatorResult
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
# Losses whose bias² takes most of its time for the intervals at rows.
_SLOW_AT_ROWS = ("squared", "brier", "kohavi_wolpert")


class PlannedFits(NamedTuple):
    """The fits of one model to many data sets, to be run, and what their losses are taken apart by.

    `cells` are in the order of the data sets; `losses` are keys of `LOSSES`. `trained_by` is the
    loss that a network is trained by, "" for an estimator.
    """

    samples: Samples
    losses: tuple[str, ...]
    seed: int
    cells: list[AnyCell]
    trained_by: str

    def decomposed(
        self, results: Sequence[AnyResult], *, row_intervals: bool = True
    ) -> dict[str, LossDecomposition]:
        """The decomposition of each loss, from the results of the cells.

        Without `row_intervals` bias² has no interval at rows, where that takes most of the time.

        Raises
        ------
        FailedFitsError
            Where fewer than two fits succeeded. Where some failed, one `FailedFitsWarning` counts
            them.
        """
        samples = self.samples
        failed = tuple(_failure(result) for result in results)
        notes = [*samples.notes, *_noisy_labels(self.cells[0]), *_report(failed)]
        fits = {
            kind: _predictions(samples, results, failed, self.trained_by, probabilities=kind)
            for kind in sorted({loss in _OF_PROBABILITIES for loss in self.losses})
        }
        found = {}
        for loss in self.losses:
            values, predicted = fits[loss in _OF_PROBABILITIES]
            at_rows, average = _parts(loss, values, predicted, samples, row_intervals)
            found[loss] = LossDecomposition(
                model=model_name(self.cells[0]),
                dataset=dataset_name(self.cells[0]),
                loss=loss,
                sampling=samples.sampling,
                rows=samples.predicted,
                n_train=float(np.mean(samples.n_train)),
                n_datasets=len(self.cells),
                seed=self.seed,
                at_rows=at_rows,
                average=average,
                predictions=values,
                predicted=predicted,
                truth=samples.truth,
                failed=failed,
                notes=(*notes, *_of_rows(average, len(samples.truth))),
            )
        return found


def planned_fits(
    model: Any,
    samples: Samples,
    losses: Sequence[str],
    recipe: Recipe | None,
    label_noise: LabelNoise | None,
    seed: int,
    parameter: str = "model",
) -> PlannedFits:
    """The fits of a genlab model or an estimator to each of the data sets, with a seed each."""
    cell_of = cells_of(
        model,
        samples.data,
        recipe,
        label_noise=label_noise,
        parameter=parameter,
        predictions=True,
        probabilities=any(loss in _OF_PROBABILITIES for loss in losses),
    )
    cells = [
        cell_of(spec, n, each)
        for spec, n, each in zip(
            samples.specs, samples.n_train, fit_seeds(len(samples.specs), seed), strict=True
        )
    ]
    return PlannedFits(samples, tuple(losses), seed, cells, "" if recipe is None else recipe.loss)


def parts_in_groups(
    found: LossDecomposition, samples: Samples, n_groups: int
) -> list[LossParts | None]:
    """The average parts, measured once by each of some groups of data sets that share none.

    Data set i is in group i mod `n_groups`, whichever fits failed. With fresh data sets the groups
    are independent. None for a group in which no row is predicted by two fits.
    """
    fitted = np.array([i for i, failure in enumerate(found.failed) if not failure])
    parts: list[LossParts | None] = []
    for group in range(n_groups):
        own = fitted % n_groups == group
        values, predicted = found.predictions[own], found.predicted[own]
        enough = bool((predicted.sum(axis=0) >= 2).any())
        parts.append(_parts(found.loss, values, predicted, samples)[1] if enough else None)
    return parts


def _parts(
    loss: str,
    values: Float[np.ndarray, "fits m ..."],
    predicted: Bool[np.ndarray, "fits m"],
    samples: Samples,
    row_intervals: bool = False,
) -> tuple[LossParts, LossParts]:
    """The parts of a loss at rows and on average, with the noise where it is known."""
    options: dict[str, Any] = {} if samples.noise is None else {"noise": samples.noise}
    if loss in _SLOW_AT_ROWS:
        options["row_intervals"] = row_intervals
    parts_of = LOSSES[samples.data.task][loss]
    return parts_of(values, samples.truth, predicted=predicted, **options)


def checked_loss(parameter: str, loss: Any, task: str) -> str:
    """A loss of a task, None for its first; ValueError that names the parameter."""
    losses = LOSSES[task]
    return choice(parameter, next(iter(losses)) if loss is None else loss, tuple(losses))


def _noisy_labels(cell: AnyCell) -> list[str]:
    """The note on label noise, where there is any."""
    noise = getattr(cell, "label_noise", None)
    if noise is None:
        return []
    return [
        f"{noise.fraction:.0%} of the training labels are resampled, others for each fit. So label "
        "noise is part of the variance, and of the bias where it moves all fits alike. The labels "
        "of the rows that are predicted stay as they are."
    ]


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
        warnings.warn(note, FailedFitsWarning, stacklevel=4)
    return [note]


def _predictions(
    samples: Samples,
    results: Sequence[AnyResult],
    failed: Sequence[str],
    trained_by: str,
    *,
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
