"""The figures of every experiment: a registry beside that of the experiments."""

from __future__ import annotations

from collections.abc import Callable

from genlab.experiments import ExperimentResult
from genlab.report import _mnist1d_construction, _mnist1d_mlp, _mnist1d_tsne
from genlab.report._figure import Figure

#: Experiment -> what draws its figures from its result.
FIGURES: dict[str, Callable[[ExperimentResult], list[Figure]]] = {
    "mnist1d-construction": _mnist1d_construction.figures,
    "mnist1d-mlp": _mnist1d_mlp.figures,
    "mnist1d-tsne": _mnist1d_tsne.figures,
}


def figures(result: ExperimentResult) -> list[Figure]:
    """The figures of one result, in the order of the page."""
    return FIGURES[result.experiment](result)
