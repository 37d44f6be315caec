"""How a number is written for people."""

from __future__ import annotations


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
