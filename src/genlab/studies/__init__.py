"""Studies: questions about models and problems, answered by numbers with intervals."""

from genlab.studies._capacity_curve import capacity_curve, capacity_runs
from genlab.studies._capacity_result import CapacityCurve, CapacityRun
from genlab.studies._decompose import decompose
from genlab.studies._decomposition_curve import (
    DecompositionRuns,
    decomposition_curve,
    decomposition_runs,
)
from genlab.studies._decomposition_curve_result import DecompositionCurve
from genlab.studies._fits import Fit
from genlab.studies._learning_curve import LearningCurve, learning_curve
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies._toy_decomposition import (
    Decomposition,
    ExactDecomposition,
    decompose_exactly,
)
from genlab.studies.diagnosis import (
    Advice,
    Diagnosis,
    Effort,
    ErrorRegions,
    Part,
    RowFindings,
    diagnose,
    error_regions,
    row_findings,
)

__all__ = [
    "Advice",
    "CapacityCurve",
    "CapacityRun",
    "Decomposition",
    "DecompositionCurve",
    "DecompositionRuns",
    "Diagnosis",
    "Effort",
    "ErrorRegions",
    "ExactDecomposition",
    "Fit",
    "LearningCurve",
    "LossDecomposition",
    "Part",
    "RowFindings",
    "capacity_curve",
    "capacity_runs",
    "decompose",
    "decompose_exactly",
    "decomposition_curve",
    "decomposition_runs",
    "diagnose",
    "error_regions",
    "learning_curve",
    "row_findings",
]
