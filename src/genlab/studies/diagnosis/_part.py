"""One question of a diagnosis, and what was measured to answer it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from genlab._base.jsons import Row
from genlab._base.words import percent


@dataclass(frozen=True)
class Part:
    """A question and its answer.

    Attributes
    ----------
    name
        "how well", "more data", "capacity", "why", "probabilities" or "choosing".
    question, answer
        In words; the answer gives the finding first.
    tables
        Name -> rows behind the answer.
    notes
        What limits the answer: fits that failed, what could not be decided.
    skipped
        Why there is no answer; "" where there is one.
    """

    name: str
    question: str
    answer: str = ""
    tables: Mapping[str, list[Row]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: str = ""


#: Name -> question, in the order of the page.
QUESTIONS = {
    "how well": "How well does the model do on data it has not seen?",
    "more data": "Would more data help?",
    "capacity": "Would more or less capacity help?",
    "why": "What does the error consist of?",
    "probabilities": "Can the model's probabilities be believed?",
    "choosing": "How optimistic is the lowest of several errors?",
}


# Differences that are shown as 0.0 points.
_NOTHING = 0.0005


def skipped(name: str, reason: str) -> Part:
    """The part that was not measured."""
    return Part(name, QUESTIONS[name], skipped=reason)


def points(row: Row) -> str:
    """A difference of errors in percentage points, from the columns estimate, low and high.

    >>> points({"estimate": 0.012, "low": -0.003, "high": 0.027})
    '1.2 [−0.3, 2.7] points'
    """
    if all(abs(row[name]) < _NOTHING for name in ("estimate", "low", "high")):
        return "0 points"
    return percent(row).removesuffix("%") + " points"


def interval_of(row: Row, name: str, unit: float = 1.0) -> Row:
    """What a row holds under a name as the columns estimate, low and high, in another unit.

    >>> interval_of({"error": 4.0, "error_low": 2.0, "error_high": 6.0}, "error", 2.0)
    {'estimate': 2.0, 'low': 1.0, 'high': 3.0}
    """
    columns = {"estimate": name, "low": f"{name}_low", "high": f"{name}_high"}
    return {end: row[column] / unit for end, column in columns.items()}


def turned(row: Row) -> Row:
    """The difference in the other direction: a fall as a rise.

    >>> turned({"estimate": 0.012, "low": -0.003, "high": 0.027})
    {'estimate': -0.012, 'low': -0.027, 'high': 0.003}
    """
    return {"estimate": -row["estimate"], "low": -row["high"], "high": -row["low"]}


def change(fall: Row, falls: str, rises: str) -> str:
    """A fall of an error in words, such as "lower by 1.2 [−0.3, 2.7] points".

    >>> change({"estimate": -0.012, "low": -0.027, "high": 0.003}, "lower", "higher")
    'higher by 1.2 [−0.3, 2.7] points'
    """
    if fall["estimate"] < 0:
        return f"{rises} by {points(turned(fall))}"
    return f"{falls} by {points(fall)}"


def is_known(value: float | None) -> bool:
    """Whether a number was measured."""
    return value is not None and math.isfinite(value)
