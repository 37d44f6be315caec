"""Parallel axes: where on its axis a trial's value lies, and what is written beside the axis.

Also how the score that trials are compared by is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from genlab._base.jsons import Row
from genlab._base.words import label, number

#: The last axis of a search by error.
ERROR_AXIS = "validation error"
_FEW_TICKS = 5
_MOST_DECADES = 7


class ScoreShown(NamedTuple):
    """How the score that trials are compared by is shown.

    Attributes
    ----------
    column
        Its column in the tables of trials.
    words
        What it is called.
    percent
        Whether it is shown in percent, and else as a number.
    greater_is_better
        Whether a trial is the better the greater it is.
    curve_percent
        Whether curves through training, which are always of the error, are shown in percent:
        those of a regression, 1 − R², are numbers.
    """

    column: str = "validation_error"
    words: str = ERROR_AXIS
    percent: bool = True
    greater_is_better: bool = False
    curve_percent: bool = True

    def text(self, value: float) -> str:
        """A value as a text."""
        return f"{value:.1%}" if self.percent else number(value)

    def loss(self, value: float) -> float:
        """A number that is lower for a better value."""
        return -value if self.greater_is_better else value

    def ends(self) -> list[str]:
        """The columns of the ends of its interval."""
        return [f"{self.column}_low", f"{self.column}_high"]


#: How the error of a classification is shown.
ERROR_SHOWN = ScoreShown()


def lines_table(
    trials: Sequence[Row], axes: Sequence[Row], shown: ScoreShown = ERROR_SHOWN
) -> list[Row]:
    """A row per complete trial and axis, bad trials first, so that good ones are drawn over them.

    Columns: number, axis, value (a text), y (from 0 to 1, None where the parameter does not
    apply) and that of the score.
    """
    complete = [row for row in trials if row["state"] == "complete"]
    complete.sort(key=lambda row: -shown.loss(row[shown.column]))
    last = _score_axis(complete, shown)
    rows = []
    for trial in complete:
        for axis in (*axes, last):
            name = axis["parameter"]
            value = trial[shown.column] if axis is last else trial[name]
            rows.append(
                {
                    "number": trial["number"],
                    "axis": name,
                    "value": label(value) if axis is not last else shown.text(value),
                    "y": place(axis, value),
                    shown.column: trial[shown.column],
                }
            )
    return rows


def axis_table(
    trials: Sequence[Row], axes: Sequence[Row], shown: ScoreShown = ERROR_SHOWN
) -> list[Row]:
    """What is written beside each axis: rows of axis, y and label, the score's axis last."""
    complete = [row for row in trials if row["state"] == "complete"]
    last = _score_axis(complete, shown)
    rows = []
    for axis in (*axes, last):
        ticks = _ticks(axis)
        texts = [_score_text(value, shown) if axis is last else label(value) for value in ticks]
        if axis["kind"] == "Choice" and len(set(texts)) < len(texts):
            texts = list(map(_exact, ticks))
        rows += [
            {"axis": axis["parameter"], "y": place(axis, value), "label": text}
            for value, text in zip(ticks, texts, strict=True)
        ]
    return rows


def place(axis: Row, value: Any) -> float | None:
    """Where a value lies between the ends of its axis, from 0 to 1; None where there is none.

    >>> place({"kind": "Real", "low": 0.01, "high": 1.0, "log": True, "options": None}, 0.1)
    0.5
    """
    if axis["kind"] == "Choice":
        # By value, for two options may have one label. None is an option of some parameters,
        # and otherwise says that there is no value.
        options = [_exact(one) for one in axis["options"]]
        if _exact(value) not in options:
            return None
        n = len(options)
        return 0.5 if n == 1 else options.index(_exact(value)) / (n - 1)
    if value is None:
        return None
    low, high = axis["low"], axis["high"]
    if low == high:
        return 0.5
    if axis["log"]:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return float(round((value - low) / (high - low), 9))


def _exact(value: Any) -> str:
    """A value in full, the same for a tuple and the list that JSON makes of it."""
    return repr(list(value) if isinstance(value, tuple) else value)


def _ticks(axis: Row) -> list[Any]:
    """Values that are written: all options, or both ends and round numbers between."""
    if axis["kind"] == "Choice":
        options = list(axis["options"])
        return options if len(options) <= 12 else [options[0], options[-1]]
    low, high = axis["low"], axis["high"]
    if low == high:
        return [low]
    if axis["log"]:
        between = _decades(low, high)
        if len(between) < 2:
            between = [k * 10.0**p for p in _powers(low, high) for k in (1, 2, 5)]
    else:
        between = _round_numbers(low, high)
    if axis["kind"] == "Integer":
        between = [round(value) for value in between]
    far = [v for v in dict.fromkeys(between) if all(_apart(axis, v, end) for end in (low, high))]
    return [low, *(value for value in far if low < value < high), high]


def _apart(axis: Row, one: Any, two: Any) -> bool:
    """Whether two labels leave each other room."""
    first, second = place(axis, max(one, axis["low"])), place(axis, two)
    assert first is not None
    assert second is not None
    return abs(first - second) > 0.06


def _powers(low: float, high: float) -> range:
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def _decades(low: float, high: float) -> list[float]:
    powers = [power for power in _powers(low, high) if low <= 10.0**power <= high]
    every = -(-len(powers) // _MOST_DECADES)
    return [10.0**power for power in powers if power % max(every, 1) == 0]


def _round_numbers(low: float, high: float) -> list[float]:
    rough = (high - low) / _FEW_TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * k for k in (1, 2, 5, 10) if unit * k >= rough)
    first = math.ceil(low / step)
    return [round(k * step, 12) for k in range(first, math.floor(high / step) + 1)]


def _score_text(value: float, shown: ScoreShown) -> str:
    return f"{value:.0%}" if shown.percent else number(value)


def _score_axis(complete: Sequence[Row], shown: ScoreShown) -> Row:
    values = [row[shown.column] for row in complete]
    low, high = min(values), max(values)
    return {
        "parameter": shown.words,
        "kind": "Real",
        "low": low,
        "high": high,
        "log": False,
        "options": None,
    }
