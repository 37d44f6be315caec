"""Studies: questions put to any model and problem, answered by numbers with intervals."""

from genlab.studies._decompose import (
    Decomposition,
    ExactDecomposition,
    decompose,
    decompose_exactly,
)

__all__ = ["Decomposition", "ExactDecomposition", "decompose", "decompose_exactly"]
