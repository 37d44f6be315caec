"""A search for a configuration as tables and sentences."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from genlab._base.jsons import Row, finite
from genlab._base.version import __version__
from genlab._base.words import label
from genlab.measure import Interval
from genlab.selection._choosing_cost import ChoosingCost
from genlab.selection._dimensions import plain
from genlab.selection._selection import Selection, interval_row
from genlab.sweep import processor


@dataclass(frozen=True)
class SelectionReport:
    """A finished search in JSON values: the content of selection.json.

    Attributes
    ----------
    name, configuration, chosen
        Of the search in the store; the chosen configuration, and the number of its trial.
    search
        What was searched: space, sampler, validation, seed, number of trials.
    interval
        What the intervals of validation errors are.
    tables
        Long tables by name: trials, axes, curves, best_so_far, importance, errors.
    costs
        What the choice costs: see `costs_of`.
    opening
        The rows of the sealed test set's opening, or None.
    answer, notes
        The summary in sentences, and what must be known beside it.
    command, seconds, version, machine
        What made it.
    """

    name: str
    configuration: Row
    chosen: int
    search: Row
    interval: str
    tables: dict[str, list[Row]]
    costs: Row
    opening: list[Row] | None
    answer: str
    notes: list[str]
    command: str
    seconds: float
    version: str = __version__
    machine: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> Row:
        """JSON values, with NaN and infinities as null."""
        values: Row = finite(vars(self))
        return values


def selection_report(
    selection: Selection,
    cost: ChoosingCost,
    importance: list[Row],
    *,
    command: str,
    seconds: float,
    sealed: str = "",
) -> SelectionReport:
    """The report of a search; `sealed` says what became of the test set where nothing opened it."""
    return SelectionReport(
        name=selection.name,
        configuration={name: plain(value) for name, value in selection.parameters.items()},
        chosen=selection.best.number,
        search={
            "space": selection.space.to_dict(),
            "sampler": selection.sampler,
            "validation": dict(selection.validation.definition),
            "seed": selection.seed,
            "trials": len(selection.trials),
        },
        interval=selection.interval_description,
        tables={
            "errors": errors_table(selection, cost),
            "trials": selection.rows(),
            "best_so_far": selection.best_so_far(),
            "importance": importance,
            "axes": selection.axes(),
            "curves": selection.validation_curves(),
        },
        costs=costs_of(cost),
        opening=None if selection.opening is None else selection.opening.rows(),
        answer=answer_of(selection, cost, sealed),
        notes=_notes(selection, cost, importance),
        command=command,
        seconds=seconds,
        machine=_machine(),
    )


def errors_table(selection: Selection, cost: ChoosingCost) -> list[Row]:
    """The errors that are to be compared: a row each, with its interval and what that is."""
    words = selection.interval_description
    rows = []
    if cost.default is not None:
        rows.append(_error_row("default", "default, validation", cost.default, words))
    rows.append(_error_row("claimed", "chosen, validation", selection.best, words))
    corrected = {"kind": "corrected", "what": "chosen, corrected for the choice"}
    told = "95% Student's t interval, chosen and looked at on halves"
    rows.append({**corrected, **interval_row(cost.optimism.corrected, "error"), "interval": told})
    opening = selection.opening
    if opening is not None and opening.n_wrong is not None:
        name = "Wilson" if opening.n_openings == 1 else "Clopper–Pearson"
        told = f"{100 * opening.confidence:.3g}% {name} interval over {opening.n:,} test examples"
        sealed = {"kind": "sealed", "what": "chosen, sealed test set"}
        rows.append({**sealed, **interval_row(opening.interval, "error"), "interval": told})
    return rows


def costs_of(cost: ChoosingCost) -> Row:
    """What choosing costs, as JSON values; errors and differences are fractions."""
    gain = cost.gain
    return {
        "optimism_nested": interval_row(cost.optimism.nested, "difference"),
        "optimism_bootstrap": interval_row(cost.optimism.bootstrap, "difference"),
        "corrected": interval_row(cost.optimism.corrected, "error"),
        "another_would_win": cost.ranking.another,
        "winning": [
            {"number": number, "probability": float(p)}
            for number, p in zip(cost.numbers, cost.ranking.winning, strict=True)
        ],
        "default": None
        if cost.default is None
        else {name: plain(value) for name, value in cost.default.parameters.items()},
        "gain": None
        if gain is None
        else {
            "difference": interval_row(gain.difference, "difference"),
            "corrected": interval_row(gain.corrected, "difference"),
            "p_value": gain.p_value,
            "beyond_noise": gain.beyond_noise,
        },
    }


def answer_of(selection: Selection, cost: ChoosingCost, sealed: str = "") -> str:
    """The summary: chosen configuration, its validation error, what choosing costs, the sealed result."""
    error, corrected = selection.validation_error, cost.optimism.corrected
    states = [trial.state for trial in selection.trials]
    n = states.count("complete")
    others = "".join(
        f", {states.count(state)} {state}" for state in ("pruned", "failed") if state in states
    )
    sentences = [
        f"{configuration_text(selection.parameters)} has the lowest validation error of {n} "
        f"configurations{others}: {_percent(error)}.",
        f"The lowest of several is too good: with the choice accounted for it is "
        f"{_percent(corrected)}.",
    ]
    if n > 1:
        sentences.append(
            "On a fresh validation set of this size another of the configurations would have the lowest "
            f"error in at least {cost.ranking.another:.0%} of cases."
        )
    sentences += [_gain_words(cost), _sealed_words(selection, sealed)]
    return " ".join(sentence for sentence in sentences if sentence)


def configuration_text(parameters: Mapping[str, Any]) -> str:
    """A configuration in a line.

    >>> configuration_text({"depth": 2, "learning_rate": 0.012345})
    'depth=2, learning_rate=0.0123'
    """
    return ", ".join(f"{name}={label(plain(value))}" for name, value in parameters.items())


def _gain_words(cost: ChoosingCost) -> str:
    if cost.default is None:
        return ""
    words = configuration_text(cost.default.parameters)
    error = f"{float(cost.default.validation_error.mean):.1%}"
    if cost.gain is None:
        return f"The default configuration ({words}) is better still: {error}."
    corrected = cost.gain.corrected
    points = [-100 * float(end) for end in (corrected.mean, corrected.high, corrected.low)]
    verdict = "more than noise" if cost.gain.beyond_noise else "not more than noise would give"
    return (
        f"The default configuration ({words}) has {error}: the gain, with the choice accounted for, is "
        f"{points[0]:.1f} [{points[1]:.1f}, {points[2]:.1f}] points, {verdict}."
    ).replace("-", "−")


def _sealed_words(selection: Selection, sealed: str) -> str:
    if selection.opening is None:
        return sealed
    return f"On the sealed test set: {selection.opening.sentence}."


def _notes(selection: Selection, cost: ChoosingCost, importance: list[Row]) -> list[str]:
    optimism = cost.optimism
    notes = [
        f"Validation errors: {selection.interval_description}.",
        "With the choice accounted for: configurations are chosen on one half of the validation examples "
        "and looked at on the other. The bootstrap over validation examples puts the optimism at "
        f"{100 * float(optimism.bootstrap.mean):.1f} points, the halves at "
        f"{100 * float(optimism.nested.mean):.1f}.",
        "How often another configuration would win is a lower bound: the bootstrap takes what scatters "
        "the validation errors for real differences.",
    ]
    if cost.default is None:
        notes.append(
            "No gain over the default is stated: it could not be trained as one of the configurations."
        )
    if not importance:
        notes.append(
            "No importances are stated: they need at least 4 complete trials whose errors differ."
        )
    if selection.opening is not None:
        told = selection.opening.description
        notes += [f"{told[:1].upper()}{told[1:]}.", *selection.opening.notes]
    return [note.replace(" -", " −") for note in notes]


def _error_row(kind: str, what: str, trial: Any, words: str) -> Row:
    ends = interval_row(trial.validation_error, "error")
    return {"kind": kind, "what": what, **ends, "interval": words}


def _percent(interval: Interval) -> str:
    mean, low, high = (100 * float(end) for end in (interval.mean, interval.low, interval.high))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]%".replace("-", "−")


def _machine() -> dict[str, str]:
    names = ("numpy", "scipy", "scikit-learn", "optuna", "jax", "altair")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
