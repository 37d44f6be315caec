"""`mnist1d-mlp`: the chapter's network on MNIST-1D, through 150 epochs of SGD.

Figure 8.2 of S. Prince, "Understanding Deep Learning": training error falls to almost
nothing, test error levels off, and test loss rises again. The slides' code halves the
learning rate every 10 epochs; both schedules are run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import Dataset, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.measure import Comparison, Interval, compare, mean_interval
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES, Recipe, StepDecay

_BOOK = "Prince, Understanding Deep Learning, ch. 8"
_N_SEEDS = {"quick": 5, "default": 5, "paper": 20}

_NOTE = "Intervals: 95%, Student's t over seeds, as they come out: near 0 they may reach below it."

_MODEL = MLP(hidden=(100, 100), init="fan_in")
_RECIPES = {
    "constant": Recipe.sgd(learning_rate=0.1, batch_size=100, steps=6000),
    "halving": Recipe.sgd(
        learning_rate=0.1, batch_size=100, steps=6000, schedule=StepDecay(10, 0.5)
    ),
}


def run(context: Context) -> Findings:
    """Train both schedules with several seeds and set their curves beside the book's."""
    data = make_mnist1d()
    seeds = context.seeds(_N_SEEDS[context.scale])
    cells = [
        TrainingCell(data.spec, _MODEL, recipe, seed)
        for recipe in _RECIPES.values()
        for seed in seeds
    ]
    results = context.run_cells(cells)
    runs = {name: results[i * len(seeds) : (i + 1) * len(seeds)] for i, name in enumerate(_RECIPES)}
    measured = {name: _measured(runs[name]) for name in runs}
    published = _published(measured)
    tables = {
        "layers": _MODEL.layer_table(data.input_shape, data.n_classes),
        "training": [_training_row(name, data, seeds) for name in _RECIPES],
        "end": [row for name in runs for row in _interval_rows(name, measured[name])],
        "bands": [row for name in runs for row in _band_rows(name, data, runs[name])],
        "curves": [row for name in runs for row in _curve_rows(name, data, seeds, runs[name])],
        "published_points": _published_points(),
    }
    return Findings(tables, published, _answer(measured, len(seeds)), cells, [_NOTE])


def _curve(results: list[CellResult], name: str) -> Float[np.ndarray, "seeds steps"]:
    return np.array([getattr(result, name) for result in results])


def _measured(results: list[CellResult]) -> dict[str, Float[np.ndarray, " seeds"]]:
    """The numbers the book's curves are compared by, one a seed, errors in percent."""
    steps = results[0].steps
    test_loss = _curve(results, "test_loss")
    train_error = 100 * _curve(results, "train_error")
    lowest = np.where(np.isnan(test_loss), np.inf, test_loss).argmin(axis=1)
    finite = np.isfinite(test_loss).all(axis=1)
    measured = {
        "test error at the end (%)": 100 * _curve(results, "test_error")[:, -1],
        "train error at the end (%)": train_error[:, -1],
        "test loss at the end (nats)": test_loss[:, -1],
        "train loss at the end (nats)": _curve(results, "train_loss")[:, -1],
        **{
            f"train error at step {step} (%)": train_error[:, np.flatnonzero(steps == step)[0]]
            for step in (1000, 2000, 4000)
        },
        "lowest test loss (nats)": np.take_along_axis(test_loss, lowest[:, None], axis=1)[:, 0],
        "step of the lowest test loss": steps[lowest].astype(np.float64),
    }
    return {name: np.where(finite, values, np.nan) for name, values in measured.items()}


# name -> (published value, difference that counts as agreement)
_AT_THE_END = {
    "test error at the end (%)": (37.5, 2.5),
    "train error at the end (%)": (0.6, 2.4),
    "test loss at the end (nats)": (2.2, 0.5),
    "train loss at the end (nats)": (0.03, 0.03),
}
_ALONG_THE_WAY = {
    "train error at step 1000 (%)": (38.0, 4.0),
    "train error at step 2000 (%)": (24.0, 4.0),
    "train error at step 4000 (%)": (6.0, 4.0),
    "lowest test loss (nats)": (1.3, 0.2),
    "step of the lowest test loss": (2000.0, 500.0),
}


def _published(measured: dict[str, dict[str, np.ndarray]]) -> list[Comparison]:
    expected = {"constant": {**_AT_THE_END, **_ALONG_THE_WAY}, "halving": _AT_THE_END}
    return [
        compare(f"{schedule} rate: {name}", value, measured[schedule][name], tolerance, _BOOK)
        for schedule, values in expected.items()
        for name, (value, tolerance) in values.items()
    ]


def _published_points() -> list[Row]:
    """The book's values as points of the figures: errors as fractions."""
    points = (
        ("test_error", 6000, 0.375),
        ("train_error", 6000, 0.006),
        ("test_loss", 6000, 2.2),
        ("train_loss", 6000, 0.03),
        ("train_error", 1000, 0.38),
        ("train_error", 2000, 0.24),
        ("train_error", 4000, 0.06),
        ("test_loss", 2000, 1.3),
    )
    return [
        {"curve": curve, "step": step, "value": value, "source": _BOOK}
        for curve, step, value in points
    ]


def _training_row(schedule: str, data: Dataset, seeds: list[int]) -> Row:
    recipe = _RECIPES[schedule]
    return {
        "schedule": schedule,
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "rate_times_a_half_every": "" if recipe.schedule is None else "10 epochs",
        "n_train": data.n_train,
        "n_test": data.n_test,
        "batch_size": recipe.batch_size,
        "steps_an_epoch": data.n_train / recipe.examples_a_step(data.n_train),
        "steps": recipe.steps,
        "epochs": recipe.epochs(data.n_train),
        "seeds": len(seeds),
    }


def _interval_rows(schedule: str, measured: dict[str, np.ndarray]) -> list[Row]:
    rows = []
    for name, values in measured.items():
        interval = mean_interval(values)
        rows.append({"schedule": schedule, "measured": name, **_numbers(interval, ())})
    return rows


def _band_rows(schedule: str, data: Dataset, results: list[CellResult]) -> list[Row]:
    steps_an_epoch = data.n_train / _RECIPES[schedule].examples_a_step(data.n_train)
    rows = []
    for curve in CURVES:
        interval = mean_interval(_curve(results, curve))
        for i, step in enumerate(results[0].steps):
            where = {"step": int(step), "epoch": float(step / steps_an_epoch)}
            rows.append({"schedule": schedule, "curve": curve, **where, **_numbers(interval, i)})
    return rows


def _numbers(interval: Interval, index: Any) -> Row:
    return {
        "mean": float(interval.mean[index]),
        "low": float(interval.low[index]),
        "high": float(interval.high[index]),
        "n_seeds": int(interval.n[index]),
    }


def _curve_rows(
    schedule: str, data: Dataset, seeds: list[int], results: list[CellResult]
) -> list[Row]:
    return [
        {
            "dataset": data.name,
            "model": "MLP",
            "schedule": schedule,
            "n_parameters": _MODEL.n_parameters(data.input_shape, data.n_classes),
            "seed": seed,
            "step": int(step),
            **{name: float(getattr(result, name)[i]) for name in CURVES},
        }
        for seed, result in zip(seeds, results, strict=True)
        for i, step in enumerate(result.steps)
    ]


def _answer(measured: dict[str, dict[str, np.ndarray]], n_seeds: int) -> str:
    def text(schedule: str, name: str, digits: int) -> str:
        interval = mean_interval(measured[schedule][name])
        low, high = float(interval.low), float(interval.high)
        return f"{float(interval.mean):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    return (
        f"They part early and for good. After 6000 steps (150 epochs) at a constant rate, the "
        f"network misclassifies {text('constant', 'train error at the end (%)', 2)}% of the "
        f"training examples and {text('constant', 'test error at the end (%)', 1)}% of the test "
        f"examples; test loss is lowest, {text('constant', 'lowest test loss (nats)', 2)} nats, at "
        f"step {text('constant', 'step of the lowest test loss', 0)} and then rises to "
        f"{text('constant', 'test loss at the end (nats)', 2)}. With the rate halved every 10 "
        f"epochs, training stops early: "
        f"{text('halving', 'train error at the end (%)', 1)}% training error. "
        f"Means over {n_seeds} seeds with 95% intervals{_diverged(measured)}."
    )


def _diverged(measured: dict[str, dict[str, np.ndarray]]) -> str:
    """What to add where a seed is missing from the means."""
    missing = {
        schedule: int(np.isnan(values["test error at the end (%)"]).sum())
        for schedule, values in measured.items()
    }
    if not any(missing.values()):
        return ""
    told = " and ".join(f"{n} with the {schedule} rate" for schedule, n in missing.items())
    return f", but for those that diverged ({told})"
