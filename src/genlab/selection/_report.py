"""A finished search as tables and sentences."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from genlab._base.jsons import Row, finite
from genlab._base.version import __version__
from genlab._base.words import label, percent
from genlab.measure import Interval
from genlab.selection._choosing_cost import ChoosingCost
from genlab.selection._dimensions import plain
from genlab.selection._selection import Selection, distinct_trials
from genlab.sweep import processor

_OF_GROUPS = (
    "Validation keeps each group of examples together. The intervals take examples as independent, "
    "so that with groups they may be too narrow."
)


@dataclass(frozen=True)
class SelectionReport:
    """A finished search in JSON values: the content of selection.json.

    Attributes
    ----------
    name, configuration, chosen
        Name of the search in the store, the chosen configuration, and the number of its trial.
    search
        What was searched: space, sampler, validation, seed, number of trials.
    interval
        What kind of interval the validation errors have.
    tables
        Long tables by name: trials, axes, curves, best_so_far, importance, errors.
    costs
        What choosing costs: see `costs_of`.
    opening
        The rows of the sealed test set's opening, or None.
    answer, notes
        The summary in sentences, and what a reader must know besides.
    command, seconds, version, machine
        How the report was made.
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
    grouped: bool = False,
) -> SelectionReport:
    """The report of a search.

    `sealed` is the state of a test set that it did not open, and `grouped` says whether the
    examples come in groups.
    """
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
            "n_trials": selection.n_trials,
            **_tried_first(selection),
            **_rule(selection),
        },
        interval=selection.interval_description,
        tables={
            "errors": errors_table(selection, cost),
            "trials": selection.rows(),
            "best_so_far": selection.best_so_far(),
            "importance": importance,
            "axes": selection.axes(),
            "curves": selection.validation_curves(),
            **_candidates(selection),
        },
        costs=costs_of(cost),
        opening=None if selection.opening is None else selection.opening.rows(),
        answer=answer_of(selection, cost, sealed),
        notes=[*_notes(selection, cost, importance), *([_OF_GROUPS] if grouped else [])],
        command=command,
        seconds=seconds,
        machine=_machine(),
    )


def _tried_first(selection: Selection) -> Row:
    """The configurations that were tried first, where any were given."""
    searched = selection.space.dimensions
    first = [
        {name: plain(searched[name].value(value)) for name, value in point.items()}
        for point in selection._proposals.first
    ]
    return {"try_first": first} if first else {}


def _rule(selection: Selection) -> Row:
    """The rule that chose, where it is not the lowest error."""
    rule = selection.rule
    if rule is None:
        return {}
    return {
        "choose": "one-standard-error",
        "simplest": rule.simplicity.description,
        "standard_error": rule.standard_error,
        "limit": rule.limit,
        "within": len(rule.within),
        "lowest": selection.lowest.number,
    }


def _candidates(selection: Selection) -> dict[str, list[Row]]:
    rows = selection.within_one_standard_error()
    return {"within_one_standard_error": rows} if rows else {}


def errors_table(selection: Selection, cost: ChoosingCost) -> list[Row]:
    """The errors to compare: one row each, with its interval and the kind of interval."""

    def row(kind: str, what: str, error: Interval, interval: str) -> Row:
        return {"kind": kind, "what": what, **error.row("error"), "interval": interval}

    of_validation = selection.interval_description
    rows = []
    trivial = "the most frequent class, validation"
    rows.append(row("trivial", trivial, selection.trivial_error, of_validation))
    if cost.default is not None:
        error = cost.default.validation_error
        rows.append(row("default", "default, validation", error, of_validation))
    if selection.rule is not None:
        error = selection.lowest.validation_error
        rows.append(row("lowest", "lowest, validation", error, of_validation))
    rows.append(row("claimed", "chosen, validation", selection.validation_error, of_validation))
    halves = "95% Student's t interval, chosen on one half and evaluated on the other"
    corrected = cost.optimism.corrected
    rows.append(row("corrected", "chosen, corrected for selection", corrected, halves))
    opening = selection.opening
    if opening is not None and opening.n_wrong is not None:
        name = "Wilson" if opening.n_openings == 1 else "Clopper–Pearson"
        exact = f"{100 * opening.confidence:.3g}% {name} interval over {opening.n:,} test examples"
        rows.append(row("sealed", "chosen, sealed test set", opening.interval, exact))
    return rows


def costs_of(cost: ChoosingCost) -> Row:
    """What choosing costs, as JSON values; errors and differences are fractions."""
    gain = cost.gain
    return {
        "optimism_nested": cost.optimism.nested.row("difference"),
        "optimism_bootstrap": cost.optimism.bootstrap.row("difference"),
        "corrected": cost.optimism.corrected.row("error"),
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
            "difference": gain.difference.row("difference"),
            "corrected": gain.corrected.row("difference"),
            "p_value": gain.p_value,
            "beyond_noise": gain.beyond_noise,
        },
    }


def answer_of(selection: Selection, cost: ChoosingCost, sealed: str = "") -> str:
    """The summary: chosen configuration, its error, what choosing costs, the sealed result."""
    corrected = cost.optimism.corrected
    states = [trial.state for trial in selection.trials]
    n = len(distinct_trials(selection.trials, selection.best))
    others = "".join(
        f", {states.count(state)} {state}" for state in ("pruned", "failed") if state in states
    )
    sentences = [_choice_sentence(selection, f"{n} configurations{others}")]
    if selection.rule is None:
        start = "The minimum of several estimates is biased downwards; corrected"
    else:
        start = "An error that was chosen by is biased downwards; corrected"
    sentences.append(f"{start} for selection it is {percent(corrected.row())}.")
    if n > 1:
        sentences.append(
            "On a fresh validation set of this size another configuration would have the lowest "
            f"error in at least {cost.ranking.another:.0%} of cases."
        )
    sentences += [
        _time_sentence(selection),
        _gain_sentence(cost),
        _sealed_sentence(selection, sealed),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _choice_sentence(selection: Selection, tried: str) -> str:
    """Which configuration was chosen, by which rule, and its error."""
    chosen = configuration_text(selection.parameters)
    error, rule = percent(selection.validation_error.row()), selection.rule
    if rule is None:
        return f"{chosen} has the lowest validation error of {tried}: {error}."
    lowest = "It has the lowest validation error as well."
    if selection.lowest is not selection.best:
        lowest = (
            f"The lowest, {percent(selection.lowest.validation_error.row())}, is that of "
            f"{configuration_text(selection.lowest.parameters)}."
        )
    return (
        f"{chosen} is chosen by the one-standard-error rule: it is the simplest "
        f"({rule.simplicity.description}) of {tried} whose validation error is at most one "
        f"standard error, {100 * rule.standard_error:.1f} points, above the lowest. Its validation "
        f"error is {error}. {lowest}"
    )


def configuration_text(parameters: Mapping[str, Any]) -> str:
    """A configuration in one line.

    >>> configuration_text({"depth": 2, "learning_rate": 0.012345})
    'depth=2, learning_rate=0.0123'
    """
    return ", ".join(f"{name}={label(plain(value))}" for name, value in parameters.items())


def _gain_sentence(cost: ChoosingCost) -> str:
    if cost.default is None:
        return ""
    default = configuration_text(cost.default.parameters)
    error = f"{float(cost.default.validation_error.mean):.1%}"
    if cost.gain is None:
        return f"The default configuration ({default}) has a lower error still: {error}."
    corrected = cost.gain.corrected
    points = [-100 * float(end) for end in (corrected.mean, corrected.high, corrected.low)]
    verdict = (
        "more than noise explains" if cost.gain.beyond_noise else "no more than noise explains"
    )
    return (
        f"The default configuration ({default}) has {error}: corrected for selection the gain is "
        f"{points[0]:.1f} [{points[1]:.1f}, {points[2]:.1f}] points, {verdict}."
    ).replace("-", "−")


def _time_sentence(selection: Selection) -> str:
    n = len(selection.trials)
    if n == selection.n_trials:
        return ""
    return (
        f"The time limit ended the search after {n} of {selection.n_trials} trials; the same "
        "search continues where it ended."
    )


def _sealed_sentence(selection: Selection, sealed: str) -> str:
    if selection.opening is None:
        return sealed
    return f"On the sealed test set: {selection.opening.sentence}."


def _notes(selection: Selection, cost: ChoosingCost, importance: list[Row]) -> list[str]:
    optimism = cost.optimism
    notes = [
        f"Validation errors: {selection.interval_description}.",
        "The correction for selection: configurations are chosen on one half of the validation "
        "examples and evaluated on the other half. This estimates an optimism of "
        f"{100 * float(optimism.nested.mean):.1f} points; the bootstrap over validation examples "
        f"estimates {100 * float(optimism.bootstrap.mean):.1f} points.",
        "How often another configuration would win is a lower bound: the bootstrap treats the "
        "noise of the validation errors as real differences.",
    ]
    if selection.rule is not None:
        notes.append(_standard_error_note(selection))
    if cost.default is None:
        notes.append(
            "No gain over the default is stated: the default configuration could not be trained."
        )
    if not importance:
        notes.append(
            "No importances are stated: they need at least 4 complete trials whose errors differ."
        )
    if selection.opening is not None:
        description = selection.opening.description
        notes += [f"{description[:1].upper()}{description[1:]}.", *selection.opening.notes]
    if selection.space.model is not None:
        _, recipe = selection.space.model_and_recipe(selection.parameters)
        n_fitted = min(map(len, selection.validation.fitted))
        notes += recipe.for_examples(n_fitted).notes
    return [note.replace(" -", " −") for note in notes]


def _standard_error_note(selection: Selection) -> str:
    """What the standard error of the rule is, and where it falls short."""
    if len(selection.validation) == 1:
        what = "that of a fraction of the validation examples. The chance in training is not in it."
    else:
        what = (
            "the standard deviation of the error over divisions, divided by the square root of "
            "their number. Divisions share training examples, so that it is mostly too small."
        )
    return f"The standard error of the one-standard-error rule is {what}"


def _machine() -> dict[str, str]:
    names = ("numpy", "scipy", "scikit-learn", "optuna", "jax", "altair")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
