"""What sentences and figures of several experiments look up in tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from genlab._base.jsons import Row


def pick(rows: Sequence[Row], **wanted: object) -> Row:
    """The first row with these values.

    >>> pick([{"x": 1, "y": 2}, {"x": 2, "y": 3}], x=2)
    {'x': 2, 'y': 3}
    """
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def interval_of(row: Row, name: str) -> Row:
    """The columns of one of a row's intervals as estimate, low and high.

    >>> interval_of({"rise": 2.0, "rise_low": 1.0, "rise_high": 3.0, "fall": 4.0}, "rise")
    {'estimate': 2.0, 'low': 1.0, 'high': 3.0}
    """
    return {"estimate": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}


def missing(value: float | None) -> bool:
    """Whether a number is missing: NaN, or None as tables that were read have it.

    >>> missing(None), missing(float("nan")), missing(0.0)
    (True, True, False)
    """
    return value is None or math.isnan(value)
