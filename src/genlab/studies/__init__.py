"""Studies: questions put to any model and problem, answered by numbers with intervals."""

from genlab.studies._capacity_curve import (
    CapacityCurve,
    CapacityRun,
    capacity_curve,
    capacity_runs,
)
from genlab.studies._choosing_cost import (
    ChoosingCost,
    choosing_cost,
    default_trial,
    importances,
)
from genlab.studies._decompose import (
    Decomposition,
    ExactDecomposition,
    decompose,
    decompose_exactly,
)
from genlab.studies._dimensions import Choice, Integer, Real
from genlab.studies._opening import Opening
from genlab.studies._sealed import SealedTestSet, seal, sealed_openings
from genlab.studies._select import SelectProgress, select
from genlab.studies._selection import Selection, Trial
from genlab.studies._space import Space

__all__ = [
    "CapacityCurve",
    "CapacityRun",
    "Choice",
    "ChoosingCost",
    "Decomposition",
    "ExactDecomposition",
    "Integer",
    "Opening",
    "Real",
    "SealedTestSet",
    "SelectProgress",
    "Selection",
    "Space",
    "Trial",
    "capacity_curve",
    "capacity_runs",
    "choosing_cost",
    "decompose",
    "decompose_exactly",
    "default_trial",
    "importances",
    "seal",
    "sealed_openings",
    "select",
]
