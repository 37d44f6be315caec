"""Numbers as people read them: the one place where numbers become text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def number(value: float | None) -> str:
    """Three significant digits, whole numbers in full, a dash for one that is missing.

    >>> number(0.012345), number(-999.7), number(12345.6), number(None)
    ('0.0123', '−1,000', '12,346', '–')
    """
    if value is None or value != value:
        return "–"
    if value == 0:
        return "0"
    text = f"{value:.3g}"
    if "e+" in text or abs(value) >= 1000:
        text = f"{value:,.0f}"
    return text.replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """An interval by itself; a dash where there is none.

    >>> interval(-0.25, 1.0), interval(None, None)
    ('[−0.25, 1]', '–')
    """
    ends = number(low), number(high)
    return f"[{ends[0]}, {ends[1]}]" if ends != ("–", "–") else "–"


def cell(value: Any) -> str:
    """A value in a table.

    >>> cell(64000), cell(-0.25), cell([40, 25]), cell(True), cell(None)
    ('64,000', '−0.25', '40 × 25', 'yes', '–')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float) or value is None:
        return number(value)
    if isinstance(value, (list, tuple)):
        return " × ".join(str(item) for item in value)
    return str(value)


def label(value: Any) -> str:
    """A value of a parameter.

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


def estimate(row: Mapping[str, float | None], digits: int) -> str:
    """An estimate and its interval, from the columns estimate, low and high.

    Where different ends would look equal they get up to three digits more. Without an interval
    (NaN or None) the estimate stands alone.

    >>> estimate({"estimate": 0.5, "low": -0.25, "high": 1.0}, 2)
    '0.50 [−0.25, 1.00]'
    >>> estimate({"estimate": 1640.0, "low": 1423.4, "high": 1856.6}, 0)
    '1,640 [1,423, 1,857]'
    >>> estimate({"estimate": -0.01, "low": 0.0, "high": 0.0}, 1)
    '0.0 [0.0, 0.0]'
    >>> estimate({"estimate": 0.5, "low": float("nan"), "high": float("nan")}, 1)
    '0.5'
    """
    known = _known(row)
    alone = math.isnan(known["low"])
    for shown in range(digits, digits + 4):
        value, low, high = (f"{one:z,.{shown}f}" for one in known.values())
        if low != high or known["low"] == known["high"] or alone:
            break
    text = value if alone else f"{value} [{low}, {high}]"
    return text.replace("-", "−")


def _known(row: Mapping[str, float | None]) -> dict[str, float]:
    """The estimate and its ends; NaN for None, which tables that were read have for it."""
    values = {name: row[name] for name in ("estimate", "low", "high")}
    return {name: math.nan if value is None else value for name, value in values.items()}


def decimals(*values: float) -> int:
    """The decimals that show three significant digits of the largest of several numbers.

    >>> decimals(0.52), decimals(-3000.0), decimals(0.0029, -0.029, 0.023)
    (3, 0, 4)
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    return 3 if largest == 0 else max(0, min(6, 2 - math.floor(math.log10(largest))))


def percent(row: Mapping[str, float | None], digits: int = 1) -> str:
    """A fraction and its interval in percent, from the columns estimate, low and high.

    >>> percent({"estimate": 0.386, "low": 0.37, "high": 0.402})
    '38.6 [37.0, 40.2]%'
    """
    return points(row, digits) + "%"


def points(row: Mapping[str, float | None], digits: int = 1) -> str:
    """A difference of two fractions and its interval, in percentage points; `percent`'s columns.

    >>> points({"estimate": 0.061, "low": -0.002, "high": 0.124})
    '6.1 [−0.2, 12.4]'
    """
    return estimate({name: 100 * value for name, value in _known(row).items()}, digits)


def negated(row: Mapping[str, float | None]) -> dict[str, float]:
    """The columns estimate, low and high of the difference the other way round.

    >>> points(negated({"estimate": 0.061, "low": -0.002, "high": 0.124}))
    '−6.1 [−12.4, 0.2]'
    """
    known = _known(row)
    return {"estimate": -known["estimate"], "low": -known["high"], "high": -known["low"]}


def rough_duration(seconds: float) -> str:
    """A time in the largest unit of which it has at least one and a half.

    >>> [rough_duration(seconds) for seconds in (45, 420, 10_000, 1_000_000)]
    ['45 s', '7 min', '3 h', '12 days']
    """
    for name, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def capital(text: str) -> str:
    """Text with a capital at its beginning; the rest stays as it is.

    >>> capital("the AUC of x")
    'The AUC of x'
    """
    return text[:1].upper() + text[1:]


def received(value: Any, most: int = 200) -> str:
    """The value of an argument as an error shows it: on one line, and cut off where it is long.

    >>> received([0.5] * 1000, most=20)
    '[0.5, 0.5, 0.5, 0.5, ...'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most].rstrip()} ..."


def listed(texts: Sequence[str]) -> str:
    """Several texts in a sentence.

    >>> listed(["3", "5", "10"])
    '3, 5 and 10'
    """
    return " and ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def some(texts: Sequence[str], most: int = 8) -> str:
    """The first few of several texts, and the number of the others.

    >>> some(["a", "b"]), some(["a", "b", "c", "d"], most=2)
    ('a, b', 'a, b, ... (2 more)')
    """
    more = len(texts) - most
    return ", ".join([*texts[:most], *([f"... ({more:,} more)"] if more > 0 else [])])


def counted(n: int, one: str, many: str = "") -> str:
    """A number of things; `many` is `one` with an s unless it is given.

    >>> counted(1, "result"), counted(1234, "result"), counted(2, "search", "searches")
    ('1 result', '1,234 results', '2 searches')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def size(n_bytes: int) -> str:
    """The size of a file, in units of 1,000.

    >>> size(0), size(28_672), size(3_410_000), size(1_250_000_000)
    ('0 bytes', '28.7 kB', '3.4 MB', '1.2 GB')
    """
    units = ("kB", "MB", "GB", "TB")
    scale = min(len(units), (len(str(n_bytes)) - 1) // 3)
    return f"{n_bytes / 1000**scale:,.1f} {units[scale - 1]}" if scale else f"{n_bytes:,} bytes"


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> duration(0.25), duration(17.9), duration(200.0), duration(5400.0), duration(900_000.0)
    ('0.25 seconds', '17.9 seconds', '3.3 minutes', '1.5 hours', '250 hours')
    """
    units = {"seconds": 1, "minutes": 60, "hours": 3600}
    unit = "seconds" if seconds < 90 else "minutes" if seconds < 5400 else "hours"
    value = seconds / units[unit]
    return f"{number(value) if value < 1 or value >= 100 else f'{value:.1f}'} {unit}"
