"""From arrays to numbers with intervals. Functions of arrays; no training here."""

from genlab.measure._capacity import (
    DoubleDescent,
    Extremum,
    Threshold,
    difference_interval,
    double_descent,
    interpolation_threshold,
)
from genlab.measure._comparison import Comparison, compare, compare_interval
from genlab.measure._intervals import (
    Interval,
    deviation_interval,
    jackknife_interval,
    mean_interval,
    proportion_interval,
    quantile_interval,
    student_interval,
    variance_interval,
)
from genlab.measure._squared_error import ErrorParts, squared_error_parts
from genlab.measure._tails import tail_index

__all__ = [
    "Comparison",
    "DoubleDescent",
    "ErrorParts",
    "Extremum",
    "Interval",
    "Threshold",
    "compare",
    "compare_interval",
    "deviation_interval",
    "difference_interval",
    "double_descent",
    "interpolation_threshold",
    "jackknife_interval",
    "mean_interval",
    "proportion_interval",
    "quantile_interval",
    "squared_error_parts",
    "student_interval",
    "tail_index",
    "variance_interval",
]
