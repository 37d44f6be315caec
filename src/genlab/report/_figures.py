"""The figures of every experiment: a registry beside that of the experiments."""

from __future__ import annotations

from collections.abc import Callable

from genlab.experiments import ExperimentResult
from genlab.report import (
    _between_points,
    _double_descent_cifar100,
    _double_descent_mnist,
    _double_descent_mnist1d,
    _hyperparameter_choice,
    _mnist1d_construction,
    _mnist1d_mlp,
    _mnist1d_tsne,
    _model_comparison,
    _toy_data,
    _toy_double_descent,
    _toy_error_sources,
    _toy_more_capacity,
    _toy_more_data,
    _toy_smoothness,
    _toy_tradeoff,
    _variance_sources,
    _what_helps,
)
from genlab.report._figure import Figure

#: Experiment -> what draws its figures from its result.
FIGURES: dict[str, Callable[[ExperimentResult], list[Figure]]] = {
    "between-points": _between_points.figures,
    "double-descent-cifar100": _double_descent_cifar100.figures,
    "double-descent-mnist": _double_descent_mnist.figures,
    "double-descent-mnist1d": _double_descent_mnist1d.figures,
    "hyperparameter-choice": _hyperparameter_choice.figures,
    "mnist1d-construction": _mnist1d_construction.figures,
    "mnist1d-mlp": _mnist1d_mlp.figures,
    "mnist1d-tsne": _mnist1d_tsne.figures,
    "model-comparison": _model_comparison.figures,
    "toy-data": _toy_data.figures,
    "toy-double-descent": _toy_double_descent.figures,
    "toy-error-sources": _toy_error_sources.figures,
    "toy-more-capacity": _toy_more_capacity.figures,
    "toy-more-data": _toy_more_data.figures,
    "toy-smoothness": _toy_smoothness.figures,
    "toy-tradeoff": _toy_tradeoff.figures,
    "variance-sources": _variance_sources.figures,
    "what-helps": _what_helps.figures,
}


def figures(result: ExperimentResult) -> list[Figure]:
    """The figures of one result, in the order of the page.

    They are drawn from what results.json holds, where a number that is missing is null and
    not NaN, so that they are the same now and whenever they are drawn again.
    """
    return FIGURES[result.experiment](ExperimentResult.from_json(result.to_json()))
