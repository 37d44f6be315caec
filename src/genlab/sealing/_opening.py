"""One opening of a sealed test set: its result, with intervals widened by further openings."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.jsons import Row, finite
from genlab._base.streams import numpy_stream
from genlab.measure import (
    Interval,
    clopper_pearson_interval,
    evaluate_regression,
    wilson_interval,
)
from genlab.sealing._openings import OpeningRow

#: Probability that at least one of all intervals of one measure misses the truth.
_MISSES = 0.05
# Bootstrap means of the loss, and up to how many openings their tails make an interval: past
# ten a tail holds fewer than 25 of them.
_RESAMPLES = 10_000
_MOST_OPENINGS = 10
_AT_ONCE = 4_000_000
# What is kept of a regression: names of `RegressionEvaluation`, the quoted one first.
_MEASURES = ("r_squared", "root_mean_squared_error", "mean_absolute_error")


@dataclass(frozen=True, eq=False)
class Opening:
    """One opening of a sealed test set: what was evaluated, when, why, and what came out.

    Each opening's intervals have the confidence 1 − 0.05/k for k openings so far, so that the
    intervals of one measure all contain the truth in at least 95% of cases (Bonferroni). An
    earlier opening that is read after a later one has wider intervals than at first.

    Attributes
    ----------
    fingerprint
        Hash of the test set's content: see `SealedTestSet`.
    number, n_openings
        Number of this opening, from 1, and number of openings so far.
    opened
        Time of the opening, in UTC.
    model, by
        The evaluated model: a description, and its type, its spec and the hash of its weights.
    reason
        The reason that was given.
    n
        Number of test examples.
    n_wrong
        Number of test examples misclassified; None where the opening left no result, and for a
        regression.
    loss
        Mean cross-entropy in nats; infinite where the model gave an example's class the
        probability 0, None for a model without probabilities and for a regression.
    """

    fingerprint: str
    number: int
    n_openings: int
    opened: datetime
    model: str
    by: Mapping[str, Any] = field(repr=False)
    reason: str
    n: int
    n_wrong: int | None
    loss: float | None
    _loss_ends: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    _n_impossible: int = field(default=0, repr=False)
    _measures: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def _of(
        cls,
        row: OpeningRow,
        n_openings: int,
        *,
        fingerprint: str | None = None,
        number: int | None = None,
    ) -> Opening:
        """The opening that a store keeps; by default it is of the row's own hash and number."""
        result = row.result or {}
        n_impossible = result.get("n_impossible", 0)
        return cls(
            row.content if fingerprint is None else fingerprint,
            row.number if number is None else number,
            n_openings,
            datetime.fromisoformat(row.opened),
            row.model,
            row.by,
            row.reason,
            row.n,
            result.get("n_wrong"),
            math.inf if n_impossible else result.get("loss"),
            tuple((low, high) for low, high in result.get("loss_ends", ())),
            n_impossible,
            result.get("measures"),
        )

    @property
    def confidence(self) -> float:
        """Confidence of each interval: 0.95 for one opening, 1 − 0.05/k for k."""
        return 1 - _MISSES / self.n_openings

    @property
    def has_result(self) -> bool:
        """Whether the evaluation came to its end."""
        return self.n_wrong is not None or self._measures is not None

    @property
    def task(self) -> str | None:
        """The task: "classification" or "regression"; None without a result."""
        if not self.has_result:
            return None
        return "classification" if self._measures is None else "regression"

    @property
    def error(self) -> float | None:
        """Fraction of the test examples misclassified, from 0 to 1; None without a result.

        For a regression the fraction of variance unexplained, 1 − R²; None where the targets
        are all the same.
        """
        return _plain(self.interval.mean) if self.has_result else None

    @property
    def wilson(self) -> Interval:
        """Wilson's interval for the fraction misclassified; NaN where there is none."""
        return wilson_interval(self.n_wrong or 0, self._n_evaluated, self.confidence)

    @property
    def exact(self) -> Interval:
        """Clopper and Pearson's interval for the fraction misclassified; NaN as of `wilson`."""
        return clopper_pearson_interval(self.n_wrong or 0, self._n_evaluated, self.confidence)

    @property
    def interval(self) -> Interval:
        """The interval of the error: Wilson's for one opening, the exact one for several.

        Wilson's has the stated coverage on average over errors only, and Bonferroni's sum needs
        at least the stated coverage of each interval. For a regression it is that of 1 − R²: see
        `genlab.measure.evaluate_regression`.
        """
        if self._measures is not None:
            found = self.measure("r_squared")
            return Interval(1 - found.mean, 1 - found.high, 1 - found.low, found.n)
        return self.wilson if self.n_openings == 1 else self.exact

    def measure(self, name: str) -> Interval:
        """A measure of a regression: "r_squared", "root_mean_squared_error" or
        "mean_absolute_error", with its interval at the confidence of this opening; NaN where
        there is none.
        """
        kept = (self._measures or {}).get(name) or {"value": None, "ends": []}
        low = high = None
        if self.n_openings <= len(kept["ends"]):
            low, high = kept["ends"][self.n_openings - 1]
        ends = [math.nan if end is None else end for end in (kept["value"], low, high)]
        mean, low_end, high_end = map(np.array, ends)
        return Interval(mean, low_end, high_end, np.array(self.n if self.has_result else 0))

    @property
    def loss_interval(self) -> Interval:
        """The loss's bootstrap interval over test examples; NaN where there is none.

        The percentiles of 10,000 means of examples drawn with replacement (Efron &
        Tibshirani, "An Introduction to the Bootstrap", 13.3). The fingerprint is the seed.
        """
        loss = math.nan if self.loss is None else self.loss
        low, high = math.nan, math.nan
        if self.n_openings <= len(self._loss_ends):
            low, high = self._loss_ends[self.n_openings - 1]
        return Interval(np.array(loss), np.array(low), np.array(high), np.array(self._n_evaluated))

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a reader of the numbers must know, in sentences."""
        notes = []
        if self.n_openings > 1:
            notes.append(
                f"The test set was opened {self.n_openings} times: each interval has "
                f"{100 * self.confidence:.3g}% confidence (Bonferroni), so that all of them "
                "contain the truth in at least 95% of cases. This is not guaranteed for a model "
                "that was changed because of what an earlier opening showed."
            )
        if not self.has_result:
            notes.append(
                f"Opening {self.number} left no result: its evaluation failed or is not done."
            )
        elif self._measures is not None:
            if self.n_openings > _MOST_OPENINGS:
                notes.append(f"There are no intervals for more than {_MOST_OPENINGS} openings.")
        elif self.loss is None:
            notes.append("The model gives no probabilities, so there is no loss.")
        elif self._n_impossible:
            notes.append(
                f"The loss is infinite and has no interval: the model gave the classes of "
                f"{self._n_impossible:,} examples the probability 0."
            )
        elif self.n_openings > len(self._loss_ends):
            notes.append(
                f"The loss has no interval: {_RESAMPLES:,} bootstrap means leave too few in their "
                f"tails for more than {len(self._loss_ends)} openings."
            )
        return tuple(notes)

    @property
    def sentence(self) -> str:
        """For a report: the error with its interval, and how often the test set was opened."""
        times = "once" if self.n_openings == 1 else f"{self.n_openings} times"
        widened = "" if self.n_openings == 1 else ": intervals widened"
        if not self.has_result:
            return f"no result on {self.n:,} examples, opened {times}"
        if self._measures is not None:
            name, found = "R²", self.measure("r_squared")
            if math.isnan(found.mean):  # of targets that are all the same
                name, found = "mean absolute error", self.measure("mean_absolute_error")
            ends = "" if math.isnan(found.low) else f" [{found.low:.3g}, {found.high:.3g}]"
            text = f"{name} {found.mean:.3g}{ends} on {self.n:,} examples"
            return f"{text}, opened {times}{widened}"
        assert self.n_wrong is not None
        low, high = (100 * float(end) for end in (self.interval.low, self.interval.high))
        text = f"error {100 * self.n_wrong / self.n:.1f} [{low:.1f}, {high:.1f}]% on {self.n:,}"
        return f"{text} examples, opened {times}{widened}"

    def rows(self) -> list[Row]:
        """One row per interval: the error with Wilson's and the exact one, the loss with its own.

        For a regression R², the root mean squared and the mean absolute error, both in the
        target's unit. Each row names its opening. Missing values are None; errors are fractions.
        """
        intervals = [
            ("error", "Wilson", self.wilson),
            ("error", "Clopper–Pearson", self.exact),
            ("loss", "bootstrap", self.loss_interval),
        ]
        if self._measures is not None:
            intervals = [(name, "Student's t", self.measure(name)) for name in _MEASURES]
        return [
            {
                **self._head,
                "measure": measure,
                "value": _plain(interval.mean),
                "low": _plain(interval.low),
                "high": _plain(interval.high),
                "confidence": self.confidence,
                "interval": name,
            }
            for measure, name, interval in intervals
        ]

    def row(self) -> Row:
        """The opening in one row: the error with both intervals, and the loss.

        Columns: fingerprint, number, n_openings, opened, model, reason, n, error, wilson_low,
        wilson_high, exact_low, exact_high, loss, loss_low, loss_high, confidence; then task, and
        for a regression r_squared, root_mean_squared_error and mean_absolute_error, each with
        its _low and _high. Missing values are None; errors are fractions, 1 − R² for a
        regression.
        """
        wilson, exact = self.wilson.row("wilson"), self.exact.row("exact")
        values: Row = finite(
            {
                **self._head,
                "error": math.nan if self.error is None else self.error,
                **{name: wilson[name] for name in ("wilson_low", "wilson_high")},
                **{name: exact[name] for name in ("exact_low", "exact_high")},
                **self.loss_interval.row("loss"),
                "confidence": self.confidence,
                "task": self.task,
                **{
                    column: value
                    for name in _MEASURES
                    for column, value in self.measure(name).row(name).items()
                },
            }
        )
        return values

    @property
    def _head(self) -> Row:
        """The columns that say which opening it is."""
        return {
            "fingerprint": self.fingerprint,
            "number": self.number,
            "n_openings": self.n_openings,
            "opened": self.opened.isoformat(),
            "model": self.model,
            "reason": self.reason,
            "n": self.n,
        }

    @property
    def _n_evaluated(self) -> int:
        return 0 if self.n_wrong is None else self.n

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("measure", "value", "low", "high", "by"))
        body = "".join(
            f"<tr><td>{row['measure']}</td>"
            + "".join(f"<td>{_short(row[name])}</td>" for name in ("value", "low", "high"))
            + f"<td>{row['interval']}, {100 * row['confidence']:.3g}%</td></tr>"
            for row in self.rows()
        )
        about = [f"{self.sentence}.", f"{self.description}.", *self.notes]
        caption = "<br>".join(html.escape(line) for line in about)
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"

    @property
    def description(self) -> str:
        """When it was opened, by which model and why: the end of a sentence."""
        when = f"{self.opened:%Y-%m-%d %H:%M:%S} UTC"
        return f'opened on {when} by {self.model}, for "{self.reason}"'

    def __str__(self) -> str:
        return self.sentence


def loss_result(losses: Float[np.ndarray, " n"] | None, fingerprint: str) -> dict[str, Any]:
    """What a store keeps of the losses: mean and intervals, and no single example's loss."""
    if losses is None:
        return {"loss": None}
    n_impossible = int(np.count_nonzero(np.isposinf(losses)))
    if n_impossible:
        return {"loss": None, "n_impossible": n_impossible}
    means = _bootstrap_means(losses, fingerprint)
    tails = [_MISSES / k / 2 for k in range(1, _MOST_OPENINGS + 1)]
    lows = np.quantile(means, tails)
    highs = np.quantile(means, [1 - tail for tail in tails])
    ends = [[float(low), float(high)] for low, high in zip(lows, highs, strict=True)]
    return {"loss": float(losses.mean()), "loss_ends": ends}


def regression_result(
    targets: Float[np.ndarray, " n"], predicted: Float[np.ndarray, " n"]
) -> dict[str, Any]:
    """What a store keeps of a regression: its measures with intervals, and no single residual."""
    found = [
        evaluate_regression(targets, predicted, 1 - _MISSES / k)
        for k in range(1, _MOST_OPENINGS + 1)
    ]
    measures = {}
    for name in _MEASURES:
        intervals = [getattr(one, name) for one in found]
        ends = [[_plain(one.low), _plain(one.high)] for one in intervals]
        measures[name] = {"value": _plain(intervals[0].mean), "ends": ends}
    return {"measures": measures}


def _bootstrap_means(
    losses: Float[np.ndarray, " n"], fingerprint: str
) -> Float[np.ndarray, " resamples"]:
    stream = numpy_stream(int(fingerprint[:8], 16), streams.SEALED_LOSS)
    n = len(losses)
    means = np.empty(_RESAMPLES)
    step = max(1, _AT_ONCE // n)
    for start in range(0, _RESAMPLES, step):
        rows = min(step, _RESAMPLES - start)
        drawn = stream.integers(n, size=(rows, n), dtype=np.uint32)
        means[start : start + rows] = losses[drawn].mean(axis=1)
    return means


def _plain(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
