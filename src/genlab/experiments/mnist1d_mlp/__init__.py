"""`mnist1d-mlp`: the book's network on MNIST-1D, through 150 epochs of SGD.

Figure 8.2 of S. Prince, "Understanding Deep Learning": training error falls to almost
nothing, test error levels off, and test loss rises again. The slides' code halves the
learning rate every 10 epochs; both schedules are run.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import Dataset, DataSpec, MNIST1DSettings, make_mnist1d
from genlab.experiments._experiment import Context, Findings, PublishedRun
from genlab.experiments.mnist1d_mlp.protocol import (
    BOOK,
    FIGURE,
    PROTOCOLS,
    PUBLISHED,
    PUBLISHED_POINTS,
    READ_AT,
    Protocol,
)
from genlab.experiments.mnist1d_mlp.tables import TABLES
from genlab.experiments.mnist1d_mlp.words import (
    Measured,
    answer,
    finding,
    notes,
    published_name,
    unit,
)
from genlab.measure import (
    Comparison,
    Interval,
    compare,
    loss_interval,
    mean_interval,
    percent_interval,
)
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES, Recipe, curve_interval

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "published_runs", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train with each schedule and several seeds, and compare the curves with the book's."""
    data = make_mnist1d()
    seeds, recipes, model = context.seeds(protocol.n_seeds), protocol.recipes, protocol.model
    cells = [
        TrainingCell(data.spec, model, recipe, seed)
        for recipe in recipes.values()
        for seed in seeds
    ]
    results = context.run_cells(cells)
    runs = {name: results[i * len(seeds) : (i + 1) * len(seeds)] for i, name in enumerate(recipes)}
    measured = {
        name: {
            quantity: _interval(quantity, values, data)
            for quantity, values in _measured(runs[name]).items()
        }
        for name in runs
    }
    tables = {
        "layers": model.layer_table(data.input_shape, data.n_classes),
        "training": [
            _training_row(name, recipe, data, len(seeds)) for name, recipe in recipes.items()
        ],
        "end": [row for name in runs for row in _end_rows(name, measured[name])],
        "bands": [
            row for name in runs for row in _band_rows(name, recipes[name], data, runs[name])
        ],
        "curves": [
            row for name in runs for row in _curve_rows(name, protocol, data, seeds, runs[name])
        ],
        "published_points": [
            {"curve": curve, "step": step, "value": value, "source": BOOK}
            for curve, step, value in PUBLISHED_POINTS
        ],
    }
    return Findings(
        tables,
        _published(measured, protocol),
        answer(measured, protocol, data.n_train),
        cells,
        notes(measured),
        finding=finding(measured),
    )


def published_runs() -> list[PublishedRun]:
    """The book's network, with the constant learning rate."""
    published = PROTOCOLS["paper"]
    data = DataSpec("mnist1d", MNIST1DSettings().arguments(5000, 0.8, "exact"))
    cell = TrainingCell(data, published.model, published.recipes["constant"], 0)
    return [PublishedRun(cell, [p for p in PUBLISHED_POINTS if p[0].endswith("error")], FIGURE)]


def _curve(results: list[CellResult], name: str) -> Float[np.ndarray, "seeds steps"]:
    return np.array([getattr(result, name) for result in results])


def _measured(results: list[CellResult]) -> dict[str, Float[np.ndarray, " seeds"]]:
    """The numbers by which the curves are compared, one per seed, errors in percent."""
    steps = results[0].steps
    test_loss = _curve(results, "test_loss")
    train_error = 100 * _curve(results, "train_error")
    lowest = np.where(np.isnan(test_loss), np.inf, test_loss).argmin(axis=1)
    finite = np.isfinite(test_loss).all(axis=1)
    measured = {
        "final_test_error": 100 * _curve(results, "test_error")[:, -1],
        "final_train_error": train_error[:, -1],
        "final_test_loss": test_loss[:, -1],
        "final_train_loss": _curve(results, "train_loss")[:, -1],
        **{
            f"train_error_at_{step}": train_error[:, np.flatnonzero(steps == step)[0]]
            for step in READ_AT
            if step in steps
        },
        "lowest_test_loss": np.take_along_axis(test_loss, lowest[:, None], axis=1)[:, 0],
        "step_of_lowest_test_loss": steps[lowest].astype(np.float64),
    }
    return {name: np.where(finite, values, np.nan) for name, values in measured.items()}


def _interval(quantity: str, values: Float[np.ndarray, " seeds"], data: Dataset) -> Interval:
    """The mean over seeds; its interval stays where the quantity can be."""
    if unit(quantity) == "%":
        return percent_interval(values, data.n_test if "test" in quantity else data.n_train)
    return loss_interval(values) if unit(quantity) == "nats" else mean_interval(values)


def _published(measured: Measured, protocol: Protocol) -> list[Comparison]:
    published = PROTOCOLS["paper"]
    return [
        compare(
            published_name(quantity, schedule),
            value,
            measured[schedule][quantity],
            tolerance,
            BOOK,
            reason=reason,
            # The slides' code halves the learning rate; the figure does not come from it.
            comparable=schedule == "constant"
            and protocol.model == published.model
            and protocol.recipes[schedule] == published.recipes[schedule],
        )
        for schedule, values in PUBLISHED.items()
        for quantity, (value, tolerance, reason) in values.items()
        if quantity in measured[schedule]
    ]


def _training_row(schedule: str, recipe: Recipe, data: Dataset, n_seeds: int) -> Row:
    decay = recipe.schedule
    return {
        "schedule": schedule,
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "decay_factor": getattr(decay, "factor", None),
        "decay_every_epochs": getattr(decay, "every_epochs", None),
        "n_train": data.n_train,
        "n_test": data.n_test,
        "batch_size": recipe.batch_size,
        "steps_per_epoch": data.n_train / recipe.examples_a_step(data.n_train),
        "steps": recipe.steps,
        "epochs": recipe.epochs(data.n_train),
        "n_seeds": n_seeds,
    }


def _end_rows(schedule: str, intervals: Mapping[str, Interval]) -> list[Row]:
    return [
        {
            "schedule": schedule,
            "quantity": quantity,
            "unit": unit(quantity),
            **interval.row(),
            "n_seeds": int(interval.n),
        }
        for quantity, interval in intervals.items()
    ]


def _band_rows(
    schedule: str, recipe: Recipe, data: Dataset, results: list[CellResult]
) -> list[Row]:
    steps_per_epoch = data.n_train / recipe.examples_a_step(data.n_train)
    rows = []
    for curve in CURVES:
        interval = curve_interval(curve, _curve(results, curve), data.n_train, data.n_test)
        rows += [
            {
                "schedule": schedule,
                "curve": curve,
                "step": int(step),
                "epoch": float(step / steps_per_epoch),
                **interval.row(index=i),
                "n_seeds": int(interval.n[i]),
            }
            for i, step in enumerate(results[0].steps)
        ]
    return rows


def _curve_rows(
    schedule: str, protocol: Protocol, data: Dataset, seeds: list[int], results: list[CellResult]
) -> list[Row]:
    return [
        {
            "dataset": data.name,
            "model": "MLP",
            "schedule": schedule,
            "n_parameters": protocol.model.n_parameters(data.input_shape, data.n_classes),
            "seed": seed,
            "step": int(step),
            **{name: float(getattr(result, name)[i]) for name in CURVES},
        }
        for seed, result in zip(seeds, results, strict=True)
        for i, step in enumerate(result.steps)
    ]
