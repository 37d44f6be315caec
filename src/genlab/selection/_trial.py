"""A trial: one configuration that was tried, and its score on the validation examples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab.measure import Interval, Scored, cross_validated_interval, wilson_interval
from genlab.selection._scoring import Scoring
from genlab.selection._space import Space
from genlab.selection._trials import TrialRow
from genlab.selection._validation import Validation


@dataclass(frozen=True, eq=False)
class Trial:
    """One configuration that was tried.

    Attributes
    ----------
    number
        Number of the trial, from 0.
    parameters
        Searched parameters: name -> value. Those that do not apply are left out.
    state
        "complete"; "pruned", where it was trained for a quarter of its steps only; or
        "failed", where training or prediction raised or diverged.
    score
        The mean over splits of what the search goes by, by default the error, on the
        validation examples, and its 95% interval. With one split it is that of the model
        trained there, Wilson's interval for an error. With several it is that of the score
        averaged over training sets of the same size: see
        `genlab.measure.cross_validated_interval` and `genlab.measure.score_interval`. NaN unless
        complete.
    scores
        The score in each split, with each example's part in it; () in a search by the error
        of a classification.
    accuracies
        Fraction of examples classified correctly in each split, in a search by error.
    first_error
        With pruning the validation error, or score, after a quarter of the steps, else NaN.
    error
        What failed, or "".
    seconds
        Time of training and prediction.
    wrong
        Whether each validation example is misclassified, one split after the other, in a
        search by error; empty unless complete.
    steps, curve
        For a genlab model, the steps at which the validation error was recorded, and its mean
        over splits; otherwise empty. Of a regression it is 1 − R².
    """

    number: int
    parameters: dict[str, Any]
    state: str
    score: Interval
    scores: tuple[Scored, ...]
    accuracies: tuple[float, ...]
    first_error: float
    error: str
    seconds: float
    wrong: Bool[np.ndarray, " n"]
    steps: Int[np.ndarray, " steps"]
    curve: Float[np.ndarray, " steps"]
    scoring: Scoring

    @property
    def validation_error(self) -> Interval:
        """`score` in a search by error; an AttributeError in another."""
        return of_error(self.score, self.scoring)

    @property
    def parts(self) -> Float[np.ndarray, " n"]:
        """Each validation example's part in the score, one split after the other.

        In each split their mean is the score: see `genlab.measure.Scored`.
        """
        if self.scoring.is_error:
            return self.wrong.astype(np.float64)
        return np.concatenate([one.parts for one in self.scores] or [np.zeros(0)])


def trial_of(row: TrialRow, space: Space, validation: Validation, scoring: Scoring) -> Trial:
    """The trial that a finished row of the store describes."""
    outcome = row.outcome
    assert outcome is not None
    if scoring.is_error:
        score = _interval(outcome.accuracies, outcome.value, validation)
    else:
        score = scoring.interval(outcome.scores, validation)
    return Trial(
        number=row.number,
        parameters=space.configuration(row.point),
        state=outcome.state,
        score=score,
        scores=outcome.scores,
        accuracies=outcome.accuracies,
        first_error=outcome.first_error,
        error=outcome.error,
        seconds=outcome.seconds,
        wrong=outcome.wrong,
        steps=outcome.steps,
        curve=outcome.curve,
        scoring=scoring,
    )


def trivial_validation_error(y: Int[np.ndarray, " n"], validation: Validation) -> Interval:
    """Validation error of the most frequent class, the lowest of equals, in each split."""
    accuracies = tuple(
        float(np.mean(y[chosen_by] == np.bincount(y[fitted]).argmax()))
        for fitted, chosen_by in zip(validation.fitted, validation.chosen_by, strict=True)
    )
    return _interval(accuracies, 1 - float(np.mean(accuracies)), validation)


def of_error(score: Interval, scoring: Scoring) -> Interval:
    """The score of a search by error; AttributeError in a search by another."""
    if scoring.name != "error":
        raise AttributeError(
            f"a search by {scoring.name} has no validation error: see `score` and `trivial_score`."
        )
    return score


def _interval(accuracies: tuple[float, ...], mean: float, validation: Validation) -> Interval:
    """The validation error's 95% interval: Wilson's with one split, else over splits."""
    n = len(accuracies)
    if n == 0:
        missing = np.array(math.nan)
        return Interval(missing, missing, missing, np.array(0))
    sizes = [len(rows) for rows in validation.chosen_by]
    if n == 1:
        wilson = wilson_interval(round((1 - accuracies[0]) * sizes[0]), sizes[0])
        return Interval(np.array(mean), wilson.low, wilson.high, wilson.n)
    over = cross_validated_interval(
        1 - np.array(accuracies),
        float(np.mean(sizes)),
        float(np.mean([len(rows) for rows in validation.fitted])),
        len(np.unique(np.concatenate(validation.chosen_by))),
    )
    # The two means may differ by a rounding error.
    return Interval(np.array(mean), np.minimum(over.low, mean), np.maximum(over.high, mean), over.n)
