"""An experiment of another package: how test error depends on the distance of two classes."""

from __future__ import annotations

from dataclasses import dataclass

from genlab.datasets import DataSpec
from genlab.experiments import Context, Experiment, Findings, Table
from genlab.measure import mean_interval
from genlab.sweep import TrainingCell
from genlab.training import Recipe
from outside_lab.models import CNN

EXPERIMENT = Experiment(
    name="outside-distance",
    title="Two classes of points",
    question="How does test error fall as two classes move apart?",
    seconds={"quick": 5, "default": 5, "paper": 5},
    module="outside_lab.experiment",
)


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    distances
        Distances between the centres of the two classes.
    n_train
        Number of training examples.
    n_seeds
        Networks for each distance.
    """

    distances: tuple[float, ...] = (0.5, 4.0)
    n_train: int = 40
    n_seeds: int = 2


PROTOCOLS = {"quick": Protocol(), "default": Protocol(n_seeds=3), "paper": Protocol(n_seeds=10)}
TABLES = {
    "errors": Table(
        "One row per distance.",
        {
            "distance": "distance between the centres of the two classes",
            "estimate": "mean test error over networks, a fraction",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
        },
    )
}


def run(context: Context, protocol: Protocol) -> Findings:
    """Train the networks of every distance."""
    recipe = Recipe.sgd(0.1, steps=20, batch_size=10, evaluate_every=10)
    cells = [
        TrainingCell(
            DataSpec("blobs", {"n_train": protocol.n_train, "distance": distance}),
            CNN(),
            recipe,
            seed,
        )
        for distance in protocol.distances
        for seed in context.seeds(protocol.n_seeds)
    ]
    results = iter(context.run_cells(cells))
    errors = {
        distance: mean_interval([next(results).test_error[-1] for _ in range(protocol.n_seeds)])
        for distance in protocol.distances
    }
    rows = [{"distance": distance, **error.row()} for distance, error in errors.items()]
    return Findings({"errors": rows}, [], f"Test error falls over {len(rows)} distances.", cells)
