"""What a search goes by: the validation error, another score, or a scorer of scikit-learn's."""

from __future__ import annotations

import difflib
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from genlab._base.words import decimals, estimate, number, percent
from genlab.datasets import Dataset
from genlab.measure import SCORES, Interval, Score, Scored, score_interval
from genlab.selection._dimensions import hash_of
from genlab.selection._validated import Validated
from genlab.selection._validation import Validation
from genlab.sweep import checked_numbers, checked_predictions, flat, probabilities_by_class

if TYPE_CHECKING:
    from genlab.charts import ScoreShown

# scikit-learn's names of these scores: the name, and offset and sign of the scorer's value.
_OF_SKLEARN = {
    "classification": {
        "accuracy": ("error", 1.0, -1.0),
        "balanced_accuracy": ("balanced_error", 1.0, -1.0),
        "neg_log_loss": ("log_loss", 0.0, -1.0),
        "neg_brier_score": ("brier", 0.0, -1.0),
        "roc_auc_ovr": ("auc", 0.0, 1.0),
    },
    "regression": {
        "neg_mean_squared_error": ("mse", 0.0, -1.0),
        "neg_root_mean_squared_error": ("rmse", 0.0, -1.0),
        "neg_mean_absolute_error": ("mae", 0.0, -1.0),
    },
}
# Scores that are means of a loss of each example.
_MEANS = {"classification": ("error", "log_loss", "brier"), "regression": ("mse", "mae")}
# What a model must have for what is needed of it, any one of them.
_METHODS = {
    "probabilities": ("predict_proba",),
    "ranking": ("predict_proba", "decision_function"),
}
# Parts of the validation examples that are left out in turn, for the interval of a scorer.
_GROUPS = 10
_SHOWN = 5


@dataclass(frozen=True)
class Scoring:
    """How the trials of a search are compared.

    Attributes
    ----------
    name
        "error", "log_loss" or another name as it was given; that of a scorer's function.
    task
        "classification" or "regression".
    words
        Its name in a sentence.
    greater_is_better
        Whether the largest is chosen.
    low, high
        What it lies between; infinite where it has no bound.
    identity
        What tells it from others in a search's identity; None for the default.
    """

    name: str
    task: str
    words: str
    greater_is_better: bool
    low: float
    high: float
    identity: str | None
    _score: Score | None = None
    _offset: float = 0.0
    _sign: float = 1.0
    _scorer: Callable[[Any, Any, Any], Any] | None = None

    @property
    def is_error(self) -> bool:
        """Whether it is the fraction of examples misclassified."""
        return self.name == "error" and self.task == "classification"

    @property
    def column(self) -> str:
        """Its column in a table of trials."""
        return f"validation_{self.name}"

    @property
    def is_percent(self) -> bool:
        """Whether it is shown in percent: an error of a classification, balanced or not."""
        return self.task == "classification" and self.name in ("error", "balanced_error")

    @property
    def extreme(self) -> str:
        """Which of several is chosen, in a word."""
        return "highest" if self.greater_is_better else "lowest"

    @property
    def shown(self) -> ScoreShown:
        """How charts show it."""
        from genlab.charts import ScoreShown

        return ScoreShown(
            self.column,
            f"validation {self.words}",
            self.is_percent,
            self.greater_is_better,
            curve_percent=self.task == "classification",
        )

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean of a loss of each example."""
        return self._score is not None and self._score.name in _MEANS[self.task]

    @property
    def needs(self) -> str:
        """What it needs of a model: "labels", "numbers", "probabilities", "ranking", "model"."""
        return "model" if self._score is None else self._score.needs

    @property
    def is_of_caller(self) -> bool:
        """Whether it is a function of the caller's, which its name alone does not give."""
        return self._scorer is not None and self.identity != self.name

    @property
    def needs_outputs(self) -> bool:
        """Whether it needs more of a classification than which examples are misclassified."""
        of_errors = self._score is not None and self._score.name in ("error", "balanced_error")
        return self.task == "classification" and not of_errors

    def check_model(self, model: Any) -> None:
        """ValueError where a model, fitted or not, cannot predict what is scored."""
        names = _METHODS.get(self.needs, ())
        if names and not any(hasattr(model, name) for name in names):
            raise ValueError(
                f"{self.name} needs `{'` or `'.join(names)}`, which {type(model).__name__} does "
                "not have with these parameters."
            )

    def of(self, model: Any, x: Any, y: Any, n_classes: int) -> Scored:
        """The score of a fitted model on examples; ValueError where it has none."""
        if self._scorer is not None:
            return self._by_scorer(model, x, y)
        assert self._score is not None
        self.check_model(model)
        if self.needs == "numbers":
            outputs: Any = checked_numbers(model.predict(x), len(y))
        elif self.needs == "labels":
            outputs = checked_predictions(model.predict(x), len(y), n_classes)
        elif self.needs == "ranking" and n_classes == 2 and hasattr(model, "decision_function"):
            outputs = checked_numbers(model.decision_function(x), len(y))
        else:
            outputs = probabilities_by_class(model, x, n_classes)
            if n_classes == 2:  # scorers take that of class 1, and 1 minus it
                outputs[:, 0] = 1 - outputs[:, 1]
        labels = {} if self.task == "regression" else {"n_classes": n_classes}
        found = self._score.scored(y, outputs, **labels)
        if (self._offset, self._sign) == (0.0, 1.0):
            return found
        return Scored(
            self._offset + self._sign * found.value,
            self._offset + self._sign * found.parts,
            found.n_effective,
        )

    def interval(self, divisions: Sequence[Scored], validation: Validation) -> Interval:
        """The interval of its mean over splits; NaN without any."""
        if not divisions:
            missing = np.array(math.nan)
            return Interval(missing, missing, missing, np.array(0))
        return score_interval(
            divisions,
            self.low,
            self.high,
            n_fitted=float(np.mean([len(rows) for rows in validation.fitted])),
            n_validation=float(np.mean([len(rows) for rows in validation.chosen_by])),
            n_examples=len(np.unique(np.concatenate(validation.chosen_by))),
        )

    def trivial_interval(self, divisions: Sequence[Scored], validation: Validation) -> Interval:
        """`interval` for the trivial model, where it can be: no constant has an R² above 0."""
        found = self.interval(divisions, validation)
        low, high = found.low, found.high
        if self.task == "regression" and self.name == "error":
            low = np.maximum(low, 1.0)
        elif self.task == "regression" and self.name == "r2":
            high = np.minimum(high, 0.0)
        return Interval(found.mean, low, high, found.n)

    def describe(self, validation: Validation) -> str:
        """What kind of interval `interval` gives."""
        if len(validation) == 1:
            how = "the delta method" if self._scorer is None else f"a jackknife of {_GROUPS} parts"
            n = len(validation.chosen_by[0])
            return f"95% interval over {n:,} validation examples, by {how}"
        n_fitted = round(np.mean([len(rows) for rows in validation.fitted]))
        return (
            f"approximate 95% interval over {len(validation)} splits (of the {self.words} averaged "
            f"over training sets of {n_fitted:,} examples)"
        )

    def order(self, value: float) -> float:
        """A number that is lower for a better value."""
        return -value if self.greater_is_better else value

    def as_losses(self, parts: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
        """Parts of the score as losses: at least 0 where there is a best value, lower is better."""
        best = self.high if self.greater_is_better else 0.0
        return (best if math.isfinite(best) else 0.0) - parts if self.greater_is_better else parts

    def from_losses(self, of_losses: Interval) -> Interval:
        """The score of which an interval of losses is one, within what the score can be."""
        mean, low, high = of_losses.mean, of_losses.low, of_losses.high
        if self.greater_is_better:
            mean, low, high = (self.as_losses(end) for end in (mean, high, low))
        low, high = np.maximum(low, self.low), np.minimum(high, self.high)
        return Interval(np.asarray(mean), low, high, of_losses.n)

    def of_difference(self, of_losses: Interval) -> Interval:
        """The difference of two scores of which an interval is one of losses."""
        if not self.greater_is_better:
            return of_losses
        return Interval(-of_losses.mean, -of_losses.high, -of_losses.low, of_losses.n)

    def text(self, row: dict[str, float]) -> str:
        """An estimate and its interval, from the columns estimate, low and high."""
        return percent(row) if self.is_percent else estimate(row, decimals(*row.values()))

    def difference_text(self, value: float, low: float = math.nan, high: float = math.nan) -> str:
        """A difference of two scores, and its interval if any: of errors in percent points."""
        factor = 100 if self.is_percent else 1
        digits = 1 if self.is_percent else decimals(value, low, high)
        row = {"estimate": factor * value, "low": factor * low, "high": factor * high}
        return estimate(row, digits) + (" points" if self.is_percent else "")

    def value_text(self, value: float) -> str:
        """A value without its interval."""
        return f"{value:.1%}" if self.is_percent else number(value)

    def _by_scorer(self, model: Any, x: Any, y: Any) -> Scored:
        """A scorer's value; its parts are those of a jackknife that leaves out groups.

        Examples of one class are spread over the groups, so that no group takes all of them.
        """
        value = self._value(model, x, y)
        n_groups = min(_GROUPS, len(y))
        if n_groups < 2:
            return Scored(value, np.array([value]), 1)
        group = np.empty(len(y), int)
        group[np.argsort(y, kind="stable")] = np.arange(len(y)) % n_groups
        without = []
        for i in range(n_groups):
            rows = np.flatnonzero(group != i)
            part = model.part(rows) if isinstance(model, Validated) else model
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the whole has warned
                without.append(self._value(part, x[rows], y[rows]))
        parts = -(n_groups - 1) * (np.array(without) - np.mean(without))
        return Scored(value, value + parts, n_groups)

    def _value(self, model: Any, x: Any, y: Any) -> float:
        assert self._scorer is not None
        found = self._scorer(model, x, y)
        try:
            value = float(found)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(
                f"`scoring` must return a finite number, got {found!r} by {self.name}."
            )
        return value


def scoring_of(scoring: Any, data: Dataset) -> Scoring:
    """What the argument `scoring` of `select` means; it raises what `select` documents."""
    task = data.task
    if scoring is None:
        scoring = "error"
    if not isinstance(scoring, str):
        return _of_callable(scoring, task)
    name = scoring
    of, offset, sign = _OF_SKLEARN[task].get(name, (name, 0.0, 1.0))
    if name == "roc_auc" and data.n_classes == 2:
        of = "auc"
    if of in SCORES[task]:
        score = SCORES[task][of]
        low, high = sorted((offset + sign * score.low, offset + sign * score.high))
        changed = name not in SCORES[task]
        return Scoring(
            name=name,
            task=task,
            words=name if changed else score.words,
            greater_is_better=score.greater_is_better or sign < 0,
            low=low,
            high=high,
            identity=None if name == "error" else name,
            _score=score,
            _offset=offset,
            _sign=sign,
        )
    other = {"classification": "regression", "regression": "classification"}[task]
    if name in SCORES[other] or name in _OF_SKLEARN[other]:
        raise ValueError(
            f"`scoring` must be a score of a {task}, such as {', '.join(SCORES[task])}, got "
            f"{name!r}, which is one of a {other}."
        )
    from sklearn.metrics import get_scorer, get_scorer_names

    if name not in get_scorer_names():
        known = [*SCORES[task], *get_scorer_names()]
        closest = difflib.get_close_matches(name, known, _SHOWN, 0.0)
        raise ValueError(
            f"`scoring` must be one of {', '.join(SCORES[task])}, or the name of a scorer of "
            f"scikit-learn's, got {name!r}; the closest are {', '.join(dict.fromkeys(closest))}."
        )
    return _of_scorer(name, task, name, get_scorer(name))


def _of_callable(scoring: Any, task: str) -> Scoring:
    if not callable(scoring):
        raise TypeError(
            "`scoring` must be a name, a scorer or a function of a fitted model, inputs and "
            f"targets, got {scoring!r}."
        )
    function = getattr(scoring, "_score_func", scoring)
    name = getattr(function, "__name__", type(function).__name__)
    return _of_scorer(name, task, f"{name} {hash_of(scoring, 'scoring')}", scoring)


def _of_scorer(name: str, task: str, identity: str, scorer: Callable[..., Any]) -> Scoring:
    return Scoring(name, task, name, True, -math.inf, math.inf, identity, _scorer=scorer)


def trivial_scores(data: Dataset, division: Validation, scoring: Scoring) -> list[Scored]:
    """The score of the trivial model in each split; ValueError where it has none.

    For a classification it predicts the most frequent class and states the frequencies of all
    as their probabilities; for a regression it predicts the mean.
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor

    x, y = flat(data.x_train), data.y_train
    made = DummyRegressor if data.task == "regression" else DummyClassifier
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that it never predicts
            return [
                scoring.of(made().fit(x[fitted], y[fitted]), x[rows], y[rows], data.n_classes)
                for fitted, rows in zip(division.fitted, division.chosen_by, strict=True)
            ]
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            "`scoring` must be a score that the trivial model has on every validation set, and "
            f"{scoring.name!r} is not: {reason}."
        ) from None
