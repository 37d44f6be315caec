"""From arrays to numbers with intervals. Functions of arrays; no training here."""

from genlab.measure._comparison import Comparison, compare
from genlab.measure._intervals import Interval, mean_interval, proportion_interval

__all__ = ["Comparison", "Interval", "compare", "mean_interval", "proportion_interval"]
