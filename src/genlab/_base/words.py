"""How a number is written for people."""

from __future__ import annotations

import json
from typing import Any


def number(value: float | None) -> str:
    """Three significant digits, whole numbers in full, a dash for one that is missing.

    >>> number(0.012345), number(999.7), number(12345.6), number(None)
    ('0.0123', '1,000', '12,346', '–')
    """
    if value is None or value != value:
        return "–"
    if value == 0:
        return "0"
    text = f"{value:.3g}"
    return f"{value:,.0f}" if "e+" in text or abs(value) >= 1000 else text


def label(value: Any) -> str:
    """A value for people.

    >>> label(0.0123456), label(None), label([100, 100]), label(1e-4)
    ('0.0123', 'none', '100 × 100', '0.0001')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return " × ".join(label(one) for one in value) or "()"
    if isinstance(value, dict):
        return str(value.get("kind") or json.dumps(value))
    return str(value)
