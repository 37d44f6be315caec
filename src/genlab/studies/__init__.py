"""Studies: questions about models and problems, answered by numbers with intervals."""

from genlab.studies._capacity_curve import capacity_curve, capacity_runs
from genlab.studies._capacity_result import CapacityCurve, CapacityRun
from genlab.studies._decompose import (
    Decomposition,
    ExactDecomposition,
    decompose,
    decompose_exactly,
)
from genlab.studies._fits import Fit
from genlab.studies._learning_curve import LearningCurve, learning_curve

__all__ = [
    "CapacityCurve",
    "CapacityRun",
    "Decomposition",
    "ExactDecomposition",
    "Fit",
    "LearningCurve",
    "capacity_curve",
    "capacity_runs",
    "decompose",
    "decompose_exactly",
    "learning_curve",
]
