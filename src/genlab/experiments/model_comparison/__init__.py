"""`model-comparison`: the accuracy of four models on MNIST, MNIST-1D and shuffled MNIST-1D.

The table of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024). MNIST
hardly tells a good model from a better one; MNIST-1D does, and shuffling its positions shows
that what the best ones know is which inputs are neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import Dataset, fetch_mnist
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._outcomes import (
    calibration_row,
    class_rows,
    confused_rows,
    confusion_rows,
    reliability_of,
    reliability_rows,
)
from genlab.experiments._problems import PROBLEMS, PUBLISHED_RECIPE, Problem
from genlab.experiments._words import percent
from genlab.measure import (
    Comparison,
    Interval,
    compare,
    mean_interval,
)
from genlab.sweep import CellResult, TrainingCell
from genlab.training import EarlyStopping

_PAPER = "Greydanus & Kobak, MNIST-1D, ICML 2024"
_STOPPING = EarlyStopping(validation=0.1)


class _Scale(NamedTuple):
    seeds: int
    seeds_mnist: int
    gru: bool


_SCALES = {
    "quick": _Scale(seeds=3, seeds_mnist=0, gru=False),
    "default": _Scale(seeds=5, seeds_mnist=5, gru=True),
    "paper": _Scale(seeds=20, seeds_mnist=20, gru=True),
}


_AT_THE_END, _STOPPED = "at the end, on all examples", "stopped by a tenth held out"


class _Entry(NamedTuple):
    """One model on one data set, trained one way, with every seed."""

    problem: Problem
    data: Dataset
    model: str
    ended: str
    cells: list[TrainingCell]
    results: list[CellResult]

    @property
    def where(self) -> Row:
        return {"dataset": self.problem.name, "model": self.model}

    def values(self, curve: str) -> np.ndarray:
        """A curve with the kept weights, one value a seed; NaN for those that diverged."""
        return np.array([result.end(curve) for result in self.results])

    def best(self) -> np.ndarray:
        """The highest test accuracy along the run, one value a seed; picked, so too high."""
        return np.array([1 - result.test_error.min() for result in self.results])


def run(context: Context) -> Findings:
    """Train every model on every data set, to the end and stopped early."""
    problems, missing = _at_hand(context)
    entries = _trained(context, problems)
    ends = [entry for entry in entries if entry.ended == _AT_THE_END]
    tables = {
        "accuracy": [_accuracy_row(entry) for entry in entries] + _human_rows(problems),
        "cost": [_cost_row(entry, context) for entry in ends],
        "training": [_training_row(entry) for entry in ends],
        "bands": [row for entry in ends for row in _band_rows(entry)],
        "class_errors": _tables(ends, class_rows),
        "most_confused": _tables(ends, confused_rows),
        "confusion": _tables(ends, confusion_rows),
        "calibration": [
            {**entry.where, "training": entry.ended, **calibration_row(entry.results)}
            for entry in entries
        ],
        "reliability": _tables(ends, reliability_rows),
        "layers": [
            {"dataset": problem.name, "model": name, **row}
            for problem, data in problems[:1] + problems[-1:]
            for name, spec in problem.models.items()
            for row in spec.layer_table(data.input_shape, data.n_classes)
        ],
        "published_points": _published_points(problems),
    }
    return Findings(
        tables,
        _published(ends),
        _answer(ends) + missing,
        [cell for entry in entries for cell in entry.cells],
        _notes(context, entries),
    )


def _at_hand(context: Context) -> tuple[list[tuple[Problem, Dataset]], str]:
    """What can be trained on, and a sentence on what cannot."""
    found, missing = [], ""
    for problem in PROBLEMS:
        if problem.make is fetch_mnist and _SCALES[context.scale].seeds_mnist == 0:
            missing = " MNIST comes at scale default and paper."
            continue
        data, lacking = context.at_hand(problem.make)
        missing += lacking
        if data is not None:
            found.append((problem, data))
    return found, missing


def _trained(context: Context, problems: Sequence[tuple[Problem, Dataset]]) -> list[_Entry]:
    scale = _SCALES[context.scale]
    plans = []
    for problem, data in problems:
        n_seeds = scale.seeds_mnist if problem.make is fetch_mnist else scale.seeds
        for model, spec in problem.models.items():
            if model == "GRU" and not scale.gru:
                continue
            recipe = problem.recipes[model]
            for ended, how in (
                (_AT_THE_END, recipe),
                (_STOPPED, replace(recipe, early_stopping=_STOPPING)),
            ):
                cells = [
                    TrainingCell(data.spec, spec, how, seed) for seed in context.seeds(n_seeds)
                ]
                plans.append((problem, data, model, ended, cells))
    results = iter(context.run_cells([cell for plan in plans for cell in plan[-1]]))
    return [_Entry(*plan, results=[next(results) for _ in plan[-1]]) for plan in plans]


def _tables(entries: list[_Entry], rows: Callable[[list[CellResult]], list[Row]]) -> list[Row]:
    return [{**entry.where, **row} for entry in entries for row in rows(entry.results)]


def _numbers(interval: Interval) -> Row:
    return {
        "mean": float(interval.mean),
        "low": float(interval.low),
        "high": float(interval.high),
        "n_seeds": int(interval.n),
    }


def _accuracy_row(entry: _Entry) -> Row:
    steps = mean_interval([float(result.steps[result.kept]) for result in entry.results])
    return {
        **entry.where,
        "training": entry.ended,
        **_numbers(mean_interval(1 - entry.values("test_error"))),
        **{
            f"best_{name}": value
            for name, value in _numbers(mean_interval(entry.best())).items()
            if name != "n_seeds"
        },
        "train_accuracy": float(mean_interval(1 - entry.values("train_error")).mean),
        "n_train": entry.cells[0].recipe.n_fitted(entry.data.n_train),
        "step": float(steps.mean),
    }


def _human_rows(problems: Sequence[tuple[Problem, Dataset]]) -> list[Row]:
    """Quoted from the paper, which gives no interval."""
    return [
        {
            "dataset": problem.name,
            "model": "human",
            "training": f"quoted from {_PAPER}",
            "mean": problem.human / 100,
            "low": math.nan,
            "high": math.nan,
            "n_seeds": 0,
            **dict.fromkeys(("best_mean", "best_low", "best_high"), math.nan),
            "train_accuracy": math.nan,
            "n_train": 0,
            "step": math.nan,
        }
        for problem, _ in problems
    ]


def _cost_row(entry: _Entry, context: Context) -> Row:
    spec, shape = entry.cells[0].model, (entry.data.input_shape, entry.data.n_classes)
    seconds = list(context.store.seconds(entry.cells).values()) or [math.nan]
    return {
        **entry.where,
        "n_parameters": spec.n_parameters(*shape),
        "flop_an_example": 2 * spec.n_multiply_adds(*shape),
        "training_gflop": 2 * entry.cells[0].work() / 1e9,
        "seconds_median": float(np.median(seconds)),
        "seconds_least": min(seconds),
        "seconds_most": max(seconds),
        "n_seeds": len(seconds),
    }


def _training_row(entry: _Entry) -> Row:
    recipe = entry.cells[0].recipe
    return {
        **entry.where,
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "schedule": "constant" if recipe.schedule is None else "cosine to 0",
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
        interval = mean_interval(curves)
        rows += [
            {
                **entry.where,
                "curve": f"{part}_accuracy",
                "step": int(step),
                "mean": float(interval.mean[i]),
                "low": float(interval.low[i]),
                "high": float(interval.high[i]),
                "n_seeds": int(interval.n[i]),
            }
            for i, step in enumerate(entry.results[0].steps)
        ]
    return rows


def _published(ends: list[_Entry]) -> list[Comparison]:
    rows = []
    for what in ("test accuracy", "best test accuracy along the run"):
        for entry in ends:
            at_the_end = what == "test accuracy"
            values = 1 - entry.values("test_error") if at_the_end else entry.best()
            rows.append(
                compare(
                    f"{what} (%), {entry.model} on {entry.problem.name}",
                    entry.problem.published[entry.model],
                    100 * values,
                    entry.problem.tolerance,
                    _PAPER,
                )
            )
    return rows


def _published_points(problems: Sequence[tuple[Problem, Dataset]]) -> list[Row]:
    return [
        {
            "dataset": problem.name,
            "model": model,
            "curve": "test_accuracy",
            "step": problem.recipes[model].steps,
            "value": value / 100,
            "source": _PAPER,
        }
        for problem, _ in problems
        for model, value in problem.published.items()
    ]


def _answer(ends: list[_Entry]) -> str:
    sentences = []
    for dataset in dict.fromkeys(entry.problem.name for entry in ends):
        told = [
            f"{entry.model} {percent(mean_interval(1 - entry.values('test_error')))}"
            for entry in ends
            if entry.problem.name == dataset
        ]
        sentences.append(f"Test accuracy on {dataset}: {', '.join(told)}.")
    return " ".join(sentences) + (
        " On MNIST-1D a model that knows which inputs are neighbours gains much over one that does "
        "not; shuffle the positions, and it gains nothing."
        if _neighbours_help(ends)
        else ""
    )


def _neighbours_help(ends: list[_Entry]) -> bool:
    """Whether the CNN beats the MLP on MNIST-1D beyond the intervals, and not on the shuffled."""
    found = {
        (entry.problem.name, entry.model): mean_interval(1 - entry.values("test_error"))
        for entry in ends
    }
    plain, shuffled = (
        [found[dataset, model] for model in ("CNN", "MLP")]
        for dataset in ("MNIST-1D", "MNIST-1D, shuffled")
    )
    return bool(plain[0].low > plain[1].high and not shuffled[0].high > shuffled[1].high)


def _stopping(entries: list[_Entry]) -> str:
    """What stopping does to the network that fits every example without a spatial prior."""
    network = {
        entry.ended: entry
        for entry in entries
        if (entry.problem.name, entry.model) == ("MNIST-1D", "MLP")
    }
    told = {
        ended: (
            percent(mean_interval(1 - entry.values("test_error"))),
            percent(mean_interval(reliability_of(entry.results).error)),
        )
        for ended, entry in network.items()
    }
    return (
        f"So stopped, the MLP's accuracy on MNIST-1D is {told[_STOPPED][0]} and its calibration "
        f"error {told[_STOPPED][1]}; at the end {told[_AT_THE_END][0]} and {told[_AT_THE_END][1]}."
    )


def _notes(context: Context, entries: list[_Entry]) -> list[str]:
    counts = sorted({len(entry.cells) for entry in entries})
    seeds = " or ".join(str(n) for n in counts)
    notes = [
        f"Intervals: 95%, Student's t over {seeds} seeds (initial weights, batch order), as they "
        f"come out; training and test sets stay the same. Human accuracy is quoted, and so has "
        f"none.",
        f"Accuracy is that after the last step of training on all training examples, and beside it "
        f"with a tenth of them held out, the weights of the lowest validation loss kept (looked at "
        f"every {PUBLISHED_RECIPE.evaluate_every} steps on MNIST-1D). {_stopping(entries)}",
        "The paper takes its accuracies along the run. The best along the run stands beside that "
        "at the end; it is picked by the test examples it is measured on, so it is too high.",
        "Calibration: expected calibration error over 15 bins of the confidence, beside what a "
        "calibrated model would show by chance with these counts. FLOP count two an input and "
        "weight. Seconds are of one network on one thread, its evaluations included: median, least "
        "and most over seeds, for the first in each process compiles the program of the others.",
    ]
    if any(entry.problem.make is fetch_mnist for entry in entries):
        notes.append(
            "On MNIST the widths, learning rates and steps were settled on with an eye on test "
            "accuracy, so its accuracies are slightly too good; on MNIST-1D they are the paper's."
        )
    if not _SCALES[context.scale].gru:
        notes.append("The GRU, which takes longest, comes at scale default and paper.")
    return notes
