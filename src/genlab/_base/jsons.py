"""Values as JSON takes them."""

from __future__ import annotations

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
