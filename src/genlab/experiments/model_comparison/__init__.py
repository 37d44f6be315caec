"""`model-comparison`: the accuracy of four models on MNIST, MNIST-1D and shuffled MNIST-1D.

The table of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024). MNIST
hardly distinguishes a good model from a better one. MNIST-1D does, and shuffling its positions
shows why: the best models use which inputs are neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import Dataset, DataSpec, MNIST1DSettings
from genlab.experiments._experiment import Context, Findings, Missing, PublishedRun
from genlab.experiments.model_comparison import words
from genlab.experiments.model_comparison.outcomes import (
    calibration_row,
    class_rows,
    confused_rows,
    confusion_rows,
    reliability_of,
    reliability_rows,
)
from genlab.experiments.model_comparison.protocol import (
    DATASETS,
    HUMAN,
    PAPER,
    PROTOCOLS,
    PUBLISHED,
    PUBLISHED_RECIPE,
    REASON,
    TOLERANCE,
    Protocol,
)
from genlab.experiments.model_comparison.tables import TABLES
from genlab.measure import (
    Comparison,
    Interval,
    compare,
    error_interval,
    mean_interval,
    percent_interval,
)
from genlab.sweep import CellResult, TrainingCell

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "published_runs", "run"]

_Available = dict[str, Dataset]


class _Entry(NamedTuple):
    """One model on one data set, trained one way, with every seed."""

    dataset: str
    data: Dataset
    model: str
    training: str
    cells: list[TrainingCell]
    results: list[CellResult]

    @property
    def where(self) -> Row:
        return {"dataset": self.dataset, "model": self.model}

    def values(self, curve: str) -> np.ndarray:
        """A curve with the kept weights, one value per seed; NaN for those that diverged."""
        return np.array([result.end(curve) for result in self.results])

    def accuracy(self) -> Interval:
        """Mean test accuracy with the kept weights over seeds."""
        return error_interval(1 - self.values("test_error"), self.data.n_test)

    def best(self) -> np.ndarray:
        """The highest test accuracy during training, one value per seed; optimistic."""
        return np.array([1 - result.test_error.min() for result in self.results])


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every model on every data set, to the last step and with early stopping."""
    available, missing = _available(context, protocol)
    entries = _trained(context, protocol, available)
    ends = [entry for entry in entries if entry.training == "last_step"]
    layered = list(available)[:1] + list(available)[-1:]
    tables = {
        "accuracy": [_accuracy_row(entry) for entry in entries] + _human_rows(available),
        "cost": [_cost_row(entry, context) for entry in ends],
        "training": [_training_row(entry) for entry in ends],
        "bands": [row for entry in ends for row in _band_rows(entry)],
        "class_errors": _tables(ends, class_rows),
        "most_confused": _tables(ends, confused_rows),
        "confusion": _tables(ends, confusion_rows),
        "calibration": [
            {**entry.where, "training": entry.training, **calibration_row(entry.results)}
            for entry in entries
        ],
        "reliability": _tables(ends, reliability_rows),
        "layers": [
            {"dataset": dataset, "model": name, **row}
            for dataset in layered
            for name, spec in protocol.problems[dataset].models.items()
            for row in spec.layer_table(
                available[dataset].input_shape, available[dataset].n_classes
            )
        ],
        "published_points": _published_points(protocol, available),
    }
    accuracies = {(entry.dataset, entry.model): entry.accuracy() for entry in ends}
    return Findings(
        tables,
        _published(ends),
        words.answer(accuracies),
        [cell for entry in entries for cell in entry.cells],
        words.notes(protocol, list(available), _stopping(entries)),
        missing,
        words.finding(accuracies),
    )


def _available(context: Context, protocol: Protocol) -> tuple[_Available, list[Missing]]:
    """The data sets of the protocol that can be had, and those that cannot."""
    available, missing = {}, []
    for dataset in protocol.problems:
        data, lacking = context.available(words.DATASETS[dataset], DATASETS[dataset])
        missing += lacking
        if data is not None:
            available[dataset] = data
    return available, missing


def _trained(context: Context, protocol: Protocol, available: _Available) -> list[_Entry]:
    plans = []
    for dataset, data in available.items():
        problem = protocol.problems[dataset]
        for model, spec in problem.models.items():
            if model not in protocol.trained:
                continue
            recipe = problem.recipes[model]
            for training, how in (
                ("last_step", recipe),
                ("early_stopping", replace(recipe, early_stopping=protocol.early_stopping)),
            ):
                seeds = context.seeds(problem.n_seeds)
                cells = [TrainingCell(data.spec, spec, how, seed) for seed in seeds]
                plans.append((dataset, data, model, training, cells))
    results = iter(context.run_cells([cell for plan in plans for cell in plan[-1]]))
    return [_Entry(*plan, results=[next(results) for _ in plan[-1]]) for plan in plans]


def _tables(entries: list[_Entry], rows: Callable[[list[CellResult]], list[Row]]) -> list[Row]:
    return [{**entry.where, **row} for entry in entries for row in rows(entry.results)]


def _accuracy_row(entry: _Entry) -> Row:
    accuracy = entry.accuracy()
    steps = mean_interval([float(result.steps[result.kept]) for result in entry.results])
    return {
        **entry.where,
        "training": entry.training,
        **accuracy.row(),
        "n_seeds": int(accuracy.n),
        **error_interval(entry.best(), entry.data.n_test).row("best"),
        "train_accuracy": float(mean_interval(1 - entry.values("train_error")).mean),
        "n_train": entry.cells[0].recipe.n_fitted(entry.data.n_train),
        "step": float(steps.mean),
    }


def _human_rows(datasets: Iterable[str]) -> list[Row]:
    """Quoted from the paper, which gives no interval."""
    return [
        {
            "dataset": dataset,
            "model": "human",
            "training": "quoted",
            "estimate": HUMAN[dataset] / 100,
            "low": math.nan,
            "high": math.nan,
            "n_seeds": 0,
            **dict.fromkeys(("best", "best_low", "best_high"), math.nan),
            "train_accuracy": math.nan,
            "n_train": 0,
            "step": math.nan,
        }
        for dataset in datasets
    ]


def _cost_row(entry: _Entry, context: Context) -> Row:
    spec, shape = entry.cells[0].model, (entry.data.input_shape, entry.data.n_classes)
    seconds = list(context.store.seconds(entry.cells).values()) or [math.nan]
    return {
        **entry.where,
        "n_parameters": spec.n_parameters(*shape),
        "flop_per_example": 2 * spec.n_multiply_adds(*shape),
        "training_gflop": 2 * entry.cells[0].work() / 1e9,
        "seconds_median": float(np.median(seconds)),
        "seconds_min": min(seconds),
        "seconds_max": max(seconds),
        "n_seeds": len(seconds),
    }


def _training_row(entry: _Entry) -> Row:
    recipe = entry.cells[0].recipe
    return {
        **entry.where,
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "schedule": "constant" if recipe.schedule is None else "cosine",
        "batch_size": recipe.batch_size,
        "steps": recipe.steps,
        "epochs": recipe.epochs(entry.data.n_train),
        "n_train": entry.data.n_train,
        "n_test": entry.data.n_test,
    }


def _band_rows(entry: _Entry) -> list[Row]:
    """Accuracy through training: mean over seeds and its interval."""
    rows = []
    for part in ("train", "test"):
        curves = 1 - np.array([getattr(result, f"{part}_error") for result in entry.results])
        n = entry.data.n_test if part == "test" else entry.data.n_train
        interval = error_interval(curves, n)
        rows += [
            {
                **entry.where,
                "curve": f"{part}_accuracy",
                "step": int(step),
                **interval.row(index=i),
                "n_seeds": int(interval.n[i]),
            }
            for i, step in enumerate(entry.results[0].steps)
        ]
    return rows


def _published(ends: list[_Entry]) -> list[Comparison]:
    accuracies = {
        "test accuracy": lambda entry: 1 - entry.values("test_error"),
        "best test accuracy during training": _Entry.best,
    }
    return [
        compare(
            f"{name} (%), {entry.model} on {words.DATASETS[entry.dataset]}",
            PUBLISHED[entry.dataset][entry.model],
            percent_interval(100 * values(entry), entry.data.n_test),
            TOLERANCE,
            PAPER,
            reason=REASON,
            # The paper does not give its recipes and models for MNIST.
            comparable=entry.dataset != "mnist" and entry.cells[0].recipe == PUBLISHED_RECIPE,
        )
        for name, values in accuracies.items()
        for entry in ends
    ]


def published_runs() -> list[PublishedRun]:
    """The networks of the paper's table; it does not give its recipes and models for MNIST."""
    runs = []
    for dataset, settings in (
        ("mnist1d", MNIST1DSettings()),
        ("mnist1d_shuffled", MNIST1DSettings(shuffle_seq=True)),
    ):
        data = DataSpec("mnist1d", settings.arguments(5000, 0.8, "exact"))
        problem = PROTOCOLS["paper"].problems[dataset]
        for model, recipe in problem.recipes.items():
            end = ("test_error", recipe.steps, (100 - PUBLISHED[dataset][model]) / 100)
            cell = TrainingCell(data, problem.models[model], recipe, 0)
            runs.append(PublishedRun(cell, [end], f"{PAPER}, table of accuracies"))
    return runs


def _published_points(protocol: Protocol, datasets: Iterable[str]) -> list[Row]:
    return [
        {
            "dataset": dataset,
            "model": model,
            "curve": "test_accuracy",
            "step": recipe.steps,
            "value": PUBLISHED[dataset][model] / 100,
            "source": PAPER,
        }
        for dataset in datasets
        for model, recipe in protocol.problems[dataset].recipes.items()
    ]


def _stopping(entries: list[_Entry]) -> str:
    """A sentence on early stopping of the network that fits every example of MNIST-1D."""
    network = {
        entry.training: entry
        for entry in entries
        if (entry.dataset, entry.model) == ("mnist1d", "MLP")
    }
    if not network:
        return ""
    return words.stopping(
        {name: entry.accuracy() for name, entry in network.items()},
        {
            name: error_interval(reliability_of(entry.results).error)
            for name, entry in network.items()
        },
        network["last_step"].cells[0].recipe.evaluate_every,
    )
