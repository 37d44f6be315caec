"""`double-descent-mnist`: test loss against number of parameters, one hidden layer on MNIST.

Figure 3 of Belkin et al., "Reconciling modern machine-learning practice and the classical
bias–variance trade-off" (PNAS 2019), by its protocol: squared loss, SGD with momentum 0.95,
and up to the interpolation threshold each network starts from the trained weights of the
next smaller one. For comparison the same recipe without that reuse, and a plain one: Adam on
full batches, from the usual initial weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genlab._base.jsons import Row
from genlab.datasets import Dataset, fetch_mnist
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.double_descent_mnist.protocol import (
    PAPER,
    PROTOCOLS,
    PUBLISHED_LOSS,
    REASON,
    TOLERANCE,
    Protocol,
    n_parameters,
)
from genlab.experiments.double_descent_mnist.tables import TABLES
from genlab.experiments.double_descent_mnist.words import (
    UNTRAINED,
    UNTRAINED_FINDING,
    answer,
    finding,
    notes,
)
from genlab.measure import Comparison, DoubleDescent, compare, double_descent, loss_interval
from genlab.models import MLP
from genlab.studies import CapacityCurve, CapacityRun
from genlab.sweep import TrainingCell

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every size with reused weights, some also from fresh ones, and find the peak."""
    data, missing = context.available(
        "MNIST", lambda: fetch_mnist(n_train=protocol.n_train, n_test=protocol.n_test)
    )
    if data is None:
        tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        return Findings(
            tables | {"published_points": _published_points()},
            [],
            UNTRAINED,
            missing=missing,
            finding=UNTRAINED_FINDING,
        )
    runs = _runs(data, protocol, context.seeds(protocol.n_seeds))
    cells = [network.cell for networks in runs.values() for network in networks]
    results = iter(context.run_cells(cells))
    curves = {
        name: CapacityCurve(
            tuple(networks),
            tuple(next(results) for _ in networks),
            data.n_train,
            data.n_test,
            data.n_classes,
        )
        for name, networks in runs.items()
    }
    curve = curves["reused"]
    extremes = double_descent(
        curve.capacities, curve.values("test_loss"), protocol.threshold, loss_interval
    )
    recipes = _recipe_rows(curves)
    return Findings(
        {
            "landmarks": _landmarks(extremes),
            "recipes": recipes,
            "bands": curve.bands(),
            "networks": [
                {"recipe": name, **row} for name, part in curves.items() for row in part.rows()
            ],
            "published_points": _published_points(),
        },
        _published(curve, protocol),
        answer(curve, extremes, recipes, protocol),
        cells,
        notes(recipes, protocol),
        finding=finding(curve, extremes, protocol),
    )


def _runs(
    data: Dataset, protocol: Protocol, seeds: list[int]
) -> dict[str, list[CapacityRun[TrainingCell]]]:
    """The networks by recipe, not yet trained."""
    others = {"fresh": ("normal", protocol.recipe), "plain": ("fan_in", protocol.plain)}
    return {
        "reused": [network for seed in seeds for network in reused_runs(data, protocol, seed)]
    } | {
        name: [
            _run(TrainingCell(data.spec, MLP((hidden,), init=init), recipe, seed))
            for seed in seeds
            for hidden in protocol.compared
        ]
        for name, (init, recipe) in others.items()
    }


def reused_runs(data: Dataset, protocol: Protocol, seed: int) -> list[CapacityRun[TrainingCell]]:
    """The networks of one seed; up to the threshold each starts from the one before."""
    runs: list[CapacityRun[TrainingCell]] = []
    before: TrainingCell | None = None
    for hidden in protocol.widths:
        model = MLP((hidden,), init="glorot" if before is None else "normal")
        reuses = n_parameters(hidden) <= protocol.threshold
        recipe = replace(protocol.recipe, schedule=protocol.decay) if reuses else protocol.recipe
        before = TrainingCell(data.spec, model, recipe, seed, start=before if reuses else None)
        runs.append(_run(before))
    return runs


def _run(cell: TrainingCell) -> CapacityRun[TrainingCell]:
    assert isinstance(cell.model, MLP)
    size = n_parameters(cell.model.hidden[0])
    return CapacityRun[TrainingCell](size, size, cell)


def _recipe_rows(curves: Mapping[str, CapacityCurve]) -> list[Row]:
    """Test loss by recipe, at the sizes that all recipes have."""
    columns = ("capacity", "n_parameters", "estimate", "low", "high", "n_fits")
    return [
        {"recipe": name, **{column: band[column] for column in columns}}
        for name, curve in curves.items()
        for band in curve.bands()
        if band["curve"] == "test_loss" and band["capacity"] in curves["fresh"].capacities
    ]


def _landmarks(extremes: DoubleDescent) -> list[Row]:
    landmarks = {
        "first_minimum": extremes.first_minimum,
        "peak": extremes.peak,
        "second_minimum": extremes.second_minimum,
    }
    return [
        {
            "landmark": name,
            "capacity": extremum.capacity,
            **extremum.value.row(),
            "n_seeds": int(extremum.value.n),
        }
        for name, extremum in landmarks.items()
    ]


def _published(curve: CapacityCurve, protocol: Protocol) -> list[Comparison]:
    losses = dict(zip(curve.capacities, curve.values("test_loss"), strict=True))
    return [
        compare(
            f"test loss, {n_parameters(hidden):,} parameters",
            value,
            loss_interval(losses[n_parameters(hidden)]),
            TOLERANCE,
            PAPER,
            reason=REASON,
            comparable=protocol.recipe == PROTOCOLS["paper"].recipe,
        )
        for hidden, value in PUBLISHED_LOSS.items()
    ]


def _published_points() -> list[Row]:
    return [
        {
            "curve": "test_loss",
            "capacity": n_parameters(hidden),
            "value": value,
            "source": PAPER,
        }
        for hidden, value in PUBLISHED_LOSS.items()
    ]
