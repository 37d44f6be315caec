"""From arrays to numbers with intervals. Functions of arrays; no training here."""

from genlab.measure._comparison import Comparison, compare, compare_interval
from genlab.measure._intervals import (
    Interval,
    mean_interval,
    proportion_interval,
    quantile_interval,
    student_interval,
)
from genlab.measure._squared_error import ErrorParts, squared_error_parts
from genlab.measure._tails import tail_index

__all__ = [
    "Comparison",
    "ErrorParts",
    "Interval",
    "compare",
    "compare_interval",
    "mean_interval",
    "proportion_interval",
    "quantile_interval",
    "squared_error_parts",
    "student_interval",
    "tail_index",
]
