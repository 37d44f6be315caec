"""A finished search: its trials, the chosen configuration, the refitted model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Int

from genlab._base.arrays import is_sparse
from genlab._base.errors import SearchError
from genlab._base.jsons import Row, finite
from genlab.datasets import for_estimators
from genlab.measure import Interval, wilson_interval
from genlab.selection._dimensions import plain
from genlab.selection._one_standard_error import OneStandardError
from genlab.selection._proposals import Proposals
from genlab.selection._scoring import Scoring
from genlab.selection._space import Space
from genlab.selection._trial import Trial, of_error
from genlab.selection._trials import TrialRow
from genlab.selection._validation import Validation

if TYPE_CHECKING:
    import altair
    import optuna
    import pandas


def best_of(trials: Sequence[Trial], proposals: Proposals, scoring: Scoring) -> Trial | None:
    """The complete trial with the best score, the first of equals; or None."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return min(
        complete,
        key=lambda trial: (scoring.order(float(trial.score.mean)), proposals.rank(trial.number)),
        default=None,
    )


@dataclass(frozen=True, eq=False)
class Selection:
    """A finished search.

    Attributes
    ----------
    name
        Name of the search in the store.
    space, sampler, validation, seed
        What was searched, how, and which examples validated.
    scoring
        What trials are compared by: its `name`, `words` and whether `greater_is_better`.
    trials
        All finished trials, by number.
    n_trials
        Number of trials that were to be run: more than there are where a time limit ended the
        search.
    best
        The chosen trial: the lowest validation error, or the best score, the first of equals
        (for a grid, in the order of scikit-learn's ParameterGrid); or that of the
        one-standard-error rule.
    model
        Refitted on all training examples with the chosen configuration: a
        `genlab.training.SavedModel`, or the fitted estimator; None without `refit`.
    opening
        What `sealed.open` returned for the refitted model, or None.
    trivial_score
        The score of the trivial model on the validation examples. It predicts the most frequent
        class of the examples that it is fitted on, and states the frequency of each class as
        its probability; for a regression it predicts their mean.
    rule
        What the one-standard-error rule found, or None where the best score was chosen.
    """

    name: str
    space: Space
    sampler: str
    validation: Validation
    scoring: Scoring
    seed: int
    trials: tuple[Trial, ...]
    n_trials: int
    best: Trial
    model: Any
    opening: Any
    trivial_score: Interval
    _proposals: Proposals
    _rows: tuple[TrialRow, ...]
    rule: OneStandardError | None = None

    @property
    def leader(self) -> Trial:
        """The trial with the lowest validation error, or the best score: mostly `best`.

        Another than `best` may be chosen by the one-standard-error rule.
        """
        found = best_of(self.trials, self._proposals, self.scoring)
        assert found is not None  # a search without a complete trial is an error
        return found

    @property
    def parameters(self) -> dict[str, Any]:
        """The chosen configuration: name -> value."""
        return dict(self.best.parameters)

    @property
    def score(self) -> Interval:
        """Score of the chosen configuration: chosen from many, so it is optimistic.

        Its interval is that of the configuration, as if it had been the only one: see `Trial`.
        `genlab.selection.choosing_cost` corrects for the choice.
        """
        return self.best.score

    @property
    def validation_error(self) -> Interval:
        """`score` in a search by error; an AttributeError in another."""
        return of_error(self.score, self.scoring)

    @property
    def trivial_error(self) -> Interval:
        """`trivial_score` in a search by error; an AttributeError in another."""
        return of_error(self.trivial_score, self.scoring)

    @property
    def interval_description(self) -> str:
        """What kind of interval the validation errors or scores have."""
        if not self.scoring.is_error:
            return self.scoring.describe(self.validation)
        if len(self.validation) == 1:
            n = len(self.validation.chosen_by[0])
            return f"95% Wilson interval over {n:,} validation examples"
        n_fitted = round(np.mean([len(rows) for rows in self.validation.fitted]))
        return (
            f"approximate 95% interval over {len(self.validation)} splits (of the error averaged "
            f"over training sets of {n_fitted:,} examples)"
        )

    @cached_property
    def wrong(self) -> Bool[np.ndarray, "trials examples"]:
        """Whether each complete trial, by number, misclassifies each validation example.

        Columns are the validation examples, one split after another: with folds every
        training example once, in the rows `validation_rows`. Empty in a search by another score:
        see `Trial.parts`.
        """
        return np.array([trial.wrong for trial in self.trials if trial.state == "complete"])

    @property
    def validation_rows(self) -> Int[np.ndarray, " examples"]:
        """The row of the training set of each column of `wrong`."""
        return np.concatenate(self.validation.chosen_by)

    def predict(self, x: Any) -> Int[np.ndarray, " n"]:
        """The refitted model's class, or number, of each example; estimators get flat inputs."""
        if self.model is None:
            raise ValueError("`refit` must be True for a search to predict.")
        examples = for_estimators(x) if is_sparse(x) else np.asarray(x)
        if self.space.model is None and not is_sparse(x):
            examples = examples.reshape(len(examples), -1)
        return np.asarray(self.model.predict(examples))

    def study(self) -> optuna.Study:
        """The trials as an Optuna study in memory, for Optuna's importances and figures.

        Options of a Choice are texts in it.
        """
        return self._proposals.study(self._rows)

    def to_frame(self) -> pandas.DataFrame:
        """One row per trial.

        Columns: number, one per parameter (None where it does not apply), validation_error,
        validation_error_low, validation_error_high, state, seconds, first_error, error. In a
        search by another score, such as "r2", the three are validation_r2 and so on, and
        first_error holds that score.
        """
        import pandas

        return pandas.DataFrame(self._trial_rows())

    def rows(self) -> list[Row]:
        """One row per trial: the columns of `Selection.to_frame`, with values that JSON has."""
        searched = self.space.dimensions
        return [
            {name: plain(value) if name in searched else value for name, value in row.items()}
            for row in self._trial_rows()
        ]

    def _trial_rows(self) -> list[Row]:
        return [
            {
                "number": trial.number,
                **{name: trial.parameters.get(name) for name in self.space.dimensions},
                **trial.score.row(self.scoring.column),
                "state": trial.state,
                "seconds": trial.seconds,
                "first_error": trial.first_error,
                "error": trial.error,
            }
            for trial in self.trials
        ]

    def axes(self) -> list[Row]:
        """The range or the options of each searched parameter."""
        return [
            {
                "parameter": name,
                "kind": type(searched).__name__,
                "low": getattr(searched, "low", None),
                "high": getattr(searched, "high", None),
                "log": getattr(searched, "log", False),
                "options": [plain(value) for value in searched.options]
                if hasattr(searched, "options")
                else None,
            }
            for name, searched in self.space.dimensions.items()
        ]

    def best_so_far(self) -> list[Row]:
        """The best score after each trial, by number, with its interval."""
        rows: list[Row] = []
        best, order = None, self.scoring.order
        for trial in self.trials:
            if trial.state == "complete" and (
                best is None or order(float(trial.score.mean)) < order(float(best.score.mean))
            ):
                best = trial
            if best is not None:
                rows.append(
                    {
                        "number": trial.number,
                        "best": best.number,
                        **best.score.row(self.scoring.column),
                    }
                )
        return rows

    def validation_curves(self) -> list[Row]:
        """Validation error of complete trials by step, with Wilson's interval for one split.

        That of a regression is 1 − R². In a search by another score than the error of a
        classification there is no interval.
        """
        sizes = [len(rows) for rows in self.validation.chosen_by]
        rows = []
        for trial in self.trials:
            if trial.state != "complete" or len(trial.curve) == 0:
                continue
            low = high = np.full(len(trial.curve), math.nan)
            if len(sizes) == 1 and self.scoring.is_error:
                wilson = wilson_interval(np.round(trial.curve * sizes[0]).astype(int), sizes[0])
                low, high = wilson.low, wilson.high
            rows += [
                {
                    "number": trial.number,
                    "step": int(step),
                    "validation_error": float(trial.curve[i]),
                    "validation_error_low": float(low[i]),
                    "validation_error_high": float(high[i]),
                }
                for i, step in enumerate(trial.steps)
            ]
        return rows

    def within_one_standard_error(self) -> list[Row]:
        """The trials that the one-standard-error rule chose from, the chosen one first.

        Columns: number, what they are ordered by (n_parameters, or the parameters of
        `simplest`), validation_error, or the score, with its ends, limit, and role ("chosen",
        "lowest" or "highest", both or none). Empty where the best score was chosen.
        """
        if self.rule is None:
            return []
        by_number = {trial.number: trial for trial in self.trials}
        roles = [(self.best.number, "chosen"), (self.leader.number, self.scoring.extreme)]
        return [
            {
                "number": number,
                **self.rule.simplicity.measured(by_number[number].parameters),
                **by_number[number].score.row(self.scoring.column),
                "limit": self.rule.limit,
                "role": " and ".join(role for of, role in roles if of == number),
            }
            for number in self.rule.within
        ]

    def chart(self) -> altair.VConcatChart:
        """The configurations in parallel coordinates, errors by trial, and validation curves."""
        from genlab.charts import selection_figures, stacked

        tables = {
            "trials": self.rows(),
            "best_so_far": self.best_so_far(),
            "axes": self.axes(),
            "curves": self.validation_curves(),
            "within_one_standard_error": self.within_one_standard_error(),
        }
        drawn = selection_figures(
            finite(tables), self.best.number, self.interval_description, self.scoring.shown
        )
        return stacked(drawn)

    def _repr_html_(self) -> str:
        column = self.scoring.column
        frame = self.to_frame().sort_values(
            column, kind="stable", ascending=not self.scoring.greater_is_better
        )
        score = [f"{column}{end}" for end in ("", "_low", "_high")]
        columns = ["number", *self.space.dimensions, *score, "state"]
        opened = getattr(self.opening, "_repr_html_", lambda: "")()
        table = frame.head(10)[columns].to_html(index=False)
        return f"<p>{_escaped(repr(self))}; {self.interval_description}</p>{table}{opened}"

    def __repr__(self) -> str:
        states = [trial.state for trial in self.trials]
        others = "".join(
            f", {states.count(state)} {state}" for state in ("pruned", "failed") if state in states
        )
        score, scoring = self.score, self.scoring
        configuration = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        opened = "" if self.opening is None else f"; sealed: {self.opening!r}"
        chosen = f"the {scoring.extreme}"
        if self.rule is not None:
            chosen = (
                f"the simplest within one standard error of the {scoring.extreme}, "
                f"{float(self.leader.score.mean):.4f},"
            )
        ended = ""
        if len(self.trials) < self.n_trials:
            ended = f"; {len(self.trials)} of {self.n_trials} trials within the time limit"
        return (
            f"Selection({configuration}: validation {scoring.words} {float(score.mean):.4f} "
            f"[{float(score.low):.4f}, {float(score.high):.4f}], {chosen} of "
            f"{len(distinct_trials(self.trials, self.best))} configurations{others}{ended}{opened})"
        )


def distinct_trials(trials: Sequence[Trial], best: Trial) -> list[Trial]:
    """The complete trials, one of each configuration: the best, or else the first.

    A small space has fewer configurations than trials, and what the drawn model does not have
    is left out of its configuration. Repeats are equal; those that err on other examples, of
    an estimator that draws at random, are kept.
    """

    def content(trial: Trial) -> tuple[str, bytes]:
        by_example = trial.wrong if trial.scoring.is_error else trial.parts
        return repr(sorted(trial.parameters.items())), by_example.tobytes()

    kept = {content(best): best}
    for trial in trials:
        if trial.state == "complete":
            kept.setdefault(content(trial), trial)
    return sorted(kept.values(), key=lambda trial: trial.number)


def checked_best(trials: Sequence[Trial], proposals: Proposals, scoring: Scoring) -> Trial:
    """The best trial; SearchError, quoting the first failure, where none is complete."""
    best = best_of(trials, proposals, scoring)
    if best is None:
        first = next(trial for trial in trials if trial.state == "failed")
        raise SearchError(
            f"all {len(trials)} trials failed, the first ({first.parameters}) with: "
            f"{first.error.rstrip('.')}."
        )
    return best


def _escaped(text: str) -> str:
    import html

    return html.escape(text)
