"""Values as JSON takes them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

#: One row of a table: column -> value.
Row = dict[str, Any]


def finite(value: Any) -> Any:
    """The value with NaN and infinities, which are no JSON, as None.

    Tuples and NumPy's arrays become lists, and its numbers Python's.
    """
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def in_lines(value: Any, indent: str = "") -> str:
    """JSON to be read and compared by lines: a row of a table is one line.

    Every number is written with all its digits. NaN and infinities raise ValueError.

    >>> print(in_lines({"seed": 0, "tables": {"fits": [{"x": 1, "y": 0.5}, {"x": 2, "y": 0.25}]}}))
    {
     "seed": 0,
     "tables": {
      "fits": [
       {"x":1,"y":0.5},
       {"x":2,"y":0.25}
      ]
     }
    }
    """
    deeper = f"{indent} "
    if isinstance(value, Mapping) and any(
        isinstance(one, (list, Mapping)) for one in value.values()
    ):
        # A key that is no text becomes one, as `json.dumps` makes it.
        lines = [
            f"{_line(name if isinstance(name, str) else _line(name))}: {in_lines(one, deeper)}"
            for name, one in value.items()
        ]
        first, last = "{}"
    elif isinstance(value, list) and any(isinstance(one, (list, Mapping)) for one in value):
        lines = [_line(one) for one in value]
        first, last = "[]"
    else:
        return _line(value)
    body = ",\n".join(f"{deeper}{line}" for line in lines)
    return f"{first}\n{body}\n{indent}{last}"


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
