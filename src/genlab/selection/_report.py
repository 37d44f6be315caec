"""A finished search as tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from genlab._base.environment import machine
from genlab._base.jsons import Row, finite
from genlab._base.version import __version__
from genlab._base.words import capital, label
from genlab.datasets import Encoder
from genlab.measure import Interval
from genlab.sealing import Opening
from genlab.selection._choosing_cost import ChoosingCost
from genlab.selection._dimensions import plain
from genlab.selection._scoring import Scoring
from genlab.selection._selection import Selection, distinct_trials

# Scores of a regression, and the measures of an opening that they are.
_OPENED = {"r2": "r_squared", "rmse": "root_mean_squared_error", "mae": "mean_absolute_error"}
_OF_GROUPS = (
    "Validation keeps each group of examples together. The intervals treat examples as "
    "independent, so they may be too narrow."
)


@dataclass(frozen=True)
class SelectionReport:
    """A finished search in JSON values: the content of selection.json.

    Attributes
    ----------
    name, configuration, chosen
        Name of the search in the store, the chosen configuration, and the number of its trial.
    search
        What was searched: space, sampler, validation, scoring, seed, number of trials.
    interval
        What kind of interval the validation errors, or scores, have.
    tables
        Long tables by name: trials, axes, curves, best_so_far, importance, errors; for data from
        a table also columns. In a search by another score than the error of a classification,
        the columns error, error_low and error_high of the table errors are score, score_low and
        score_high.
    costs
        What choosing costs: see `costs_of`.
    opening
        The rows of the sealed test set's opening, or None.
    answer, notes
        The summary in sentences, and what else a reader must know.
    command, seconds, version, machine
        How the report was made.
    score_shown
        How charts show what configurations were compared by: the fields of
        `genlab.charts.ScoreShown`.
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
    score_shown: Row = field(default_factory=dict)

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
            "scoring": selection.scoring.name,
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
        costs=costs_of(cost, "error" if selection.scoring.is_error else "score"),
        opening=None if selection.opening is None else selection.opening.rows(),
        answer=answer_of(selection, cost, sealed),
        notes=[*_notes(selection, cost, importance), *([_OF_GROUPS] if grouped else [])],
        command=command,
        seconds=seconds,
        machine=machine(),
        score_shown=selection.scoring.shown._asdict(),
    )


def _tried_first(selection: Selection) -> Row:
    """The configurations that were tried first, where any were given."""
    searched = selection.space.dimensions
    first = [
        {name: plain(searched[name].value(value)) for name, value in point.items()}
        for point in selection._proposals.first
    ]
    return {"try_first": first} if first else {}


def with_columns(report: SelectionReport, encoder: Encoder | None) -> SelectionReport:
    """The report with what became of a table's columns, and what was decided about it."""
    if encoder is None:
        return report
    columns: list[Row] = [
        {str(name): value for name, value in row.items()}
        for row in encoder.to_frame().to_dict("records")
    ]
    return replace(
        report,
        tables={**report.tables, "columns": columns},
        notes=[*report.notes, *encoder.notes],
    )


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
        "leader": selection.leader.number,
    }


def _candidates(selection: Selection) -> dict[str, list[Row]]:
    rows = selection.within_one_standard_error()
    return {"within_one_standard_error": rows} if rows else {}


def errors_table(selection: Selection, cost: ChoosingCost) -> list[Row]:
    """The errors, or scores, to compare: one row each, with its interval and the kind of it."""
    scoring = selection.scoring
    name = "error" if scoring.is_error else "score"

    def row(kind: str, what: str, score: Interval, interval: str) -> Row:
        return {"kind": kind, "what": what, **score.row(name), "interval": interval}

    of_validation = selection.interval_description
    rows = []
    trivial = f"{_trivial_model(selection)}, validation"
    rows.append(row("trivial", trivial, selection.trivial_score, of_validation))
    if cost.default is not None:
        rows.append(row("default", "default, validation", cost.default.score, of_validation))
    if selection.rule is not None:
        lowest = f"{scoring.extreme}, validation"
        rows.append(row("leader", lowest, selection.leader.score, of_validation))
    rows.append(row("claimed", "chosen, validation", selection.score, of_validation))
    halves = "95% Student's t interval, chosen on one half and evaluated on the other"
    corrected = cost.optimism.corrected
    rows.append(row("corrected", "chosen, corrected for selection", corrected, halves))
    if selection.opening is not None:
        opened = _opened(selection.opening, scoring)
        if opened is not None:
            rows.append(row("sealed", "chosen, sealed test set", *opened))
    return rows


def _opened(opening: Opening, scoring: Scoring) -> tuple[Interval, str] | None:
    """What an opening says of the score of a search, and of its interval; None where nothing."""
    kind = "Student's t"
    if scoring.name in _OPENED and opening.task == "regression":
        found = opening.measure(_OPENED[scoring.name])
    elif scoring.name == "log_loss" and opening.loss is not None:
        found, kind = opening.loss_interval, "bootstrap"
    elif scoring.name == "error" and opening.has_result:
        found = opening.interval
        if opening.task == "classification":
            kind = "Wilson" if opening.n_openings == 1 else "Clopper–Pearson"
    else:
        return None
    of = f"{100 * opening.confidence:.3g}% {kind} interval over {opening.n:,} test examples"
    return found, of


def _trivial_model(selection: Selection) -> str:
    """What the trivial model predicts."""
    if selection.scoring.task == "regression":
        return "the mean of the targets"
    if selection.scoring.needs in ("probabilities", "ranking"):
        return "the frequencies of the classes"
    return "the most frequent class"


def costs_of(cost: ChoosingCost, name: str = "error") -> Row:
    """What choosing costs, as JSON values; errors and their differences are fractions."""
    gain = cost.gain
    return {
        "optimism_nested": cost.optimism.nested.row("difference"),
        "optimism_bootstrap": cost.optimism.bootstrap.row("difference"),
        "corrected": cost.optimism.corrected.row(name),
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
    """The summary: chosen configuration, its score, what choosing costs, the sealed result."""
    scoring, corrected = selection.scoring, cost.optimism.corrected
    states = [trial.state for trial in selection.trials]
    n = len(distinct_trials(selection.trials, selection.best))
    others = "".join(
        f", {states.count(state)} {state}" for state in ("pruned", "failed") if state in states
    )
    sentences = [_choice_sentence(selection, f"{n} configurations{others}")]
    if not scoring.is_error:
        sentences.append(
            f"The trivial model, {_trivial_model(selection)}, has "
            f"{scoring.text(selection.trivial_score.row())}."
        )
    if selection.rule is not None:
        way = "upwards" if scoring.greater_is_better else "downwards"
        biased = f"A validation {scoring.words} that was used for choosing is biased {way}"
    elif scoring.greater_is_better:
        biased = "The maximum of several estimates is biased upwards"
    else:
        biased = "The minimum of several estimates is biased downwards"
    sentences.append(f"{biased}. Corrected for selection it is {scoring.text(corrected.row())}.")
    if n > 1:
        sentences.append(
            "On a fresh validation set of this size another configuration would have the "
            f"{scoring.extreme} {scoring.words} in at least {cost.ranking.another:.0%} of cases."
        )
    sentences += [
        _time_sentence(selection),
        _gain_sentence(cost, scoring),
        _sealed_sentence(selection, sealed),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _choice_sentence(selection: Selection, tried: str) -> str:
    """Which configuration was chosen, by which rule, and its error."""
    scoring, rule = selection.scoring, selection.rule
    chosen, score = configuration_text(selection.parameters), scoring.text(selection.score.row())
    extreme, words = scoring.extreme, scoring.words
    if rule is None:
        return f"{chosen} has the {extreme} validation {words} of {tried}: {score}."
    best = f"It has the {extreme} validation {words} as well."
    if selection.leader is not selection.best:
        best = (
            f"The {extreme}, {scoring.text(selection.leader.score.row())}, is that of "
            f"{configuration_text(selection.leader.parameters)}."
        )
    side = "below the highest" if scoring.greater_is_better else "above the lowest"
    return (
        f"{chosen} is chosen by the one-standard-error rule: it is the simplest "
        f"({rule.simplicity.description}) of {tried} whose validation {words} is at most one "
        f"standard error, {scoring.difference_text(rule.standard_error)}, {side}. Its validation "
        f"{words} is {score}. {best}"
    )


def configuration_text(parameters: Mapping[str, Any]) -> str:
    """A configuration in one line.

    >>> configuration_text({"depth": 2, "learning_rate": 0.012345})
    'depth=2, learning_rate=0.0123'
    """
    return ", ".join(f"{name}={label(plain(value))}" for name, value in parameters.items())


def _gain_sentence(cost: ChoosingCost, scoring: Scoring) -> str:
    if cost.default is None:
        return ""
    default = configuration_text(cost.default.parameters)
    score = scoring.value_text(float(cost.default.score.mean))
    if cost.gain is None:
        better = "an even higher" if scoring.greater_is_better else "an even lower"
        what = f"{better} {scoring.words}"
        return f"The default configuration ({default}) has {what}: {score}."
    corrected = cost.gain.corrected
    if scoring.greater_is_better:
        ends = [float(end) for end in (corrected.mean, corrected.low, corrected.high)]
    else:
        ends = [-float(end) for end in (corrected.mean, corrected.high, corrected.low)]
    verdict = "more than chance explains" if cost.gain.beyond_noise else "which could be chance"
    return (
        f"The default configuration ({default}) has {score}: corrected for selection the gain is "
        f"{scoring.difference_text(*ends)}, {verdict}."
    ).replace("-", "−")


def _time_sentence(selection: Selection) -> str:
    n = len(selection.trials)
    if n == selection.n_trials:
        return ""
    return (
        f"The time limit ended the search after {n} of {selection.n_trials} trials. Run the same "
        "search again to continue."
    )


def _sealed_sentence(selection: Selection, sealed: str) -> str:
    if selection.opening is None:
        return sealed
    return f"On the sealed test set: {selection.opening.sentence}."


def _notes(selection: Selection, cost: ChoosingCost, importance: list[Row]) -> list[str]:
    optimism, scoring = cost.optimism, selection.scoring
    what = "error" if scoring.is_error else "score"
    sign = -1 if scoring.greater_is_better else 1  # what is claimed is better than the truth
    nested, bootstrap = (
        scoring.difference_text(sign * float(one.mean))
        for one in (optimism.nested, optimism.bootstrap)
    )
    notes = [
        f"Validation {what}s: {selection.interval_description}.",
        "To correct for selection, configurations are chosen on one half of the validation "
        f"examples and evaluated on the other half. This estimates an optimism of {nested}; the "
        f"bootstrap over validation examples estimates {bootstrap}.",
        "The fraction of cases in which another configuration would be best is a lower bound, "
        f"because the bootstrap treats the noise of the validation {what}s as real differences.",
    ]
    if selection.rule is not None:
        notes.append(_standard_error_note(selection))
    if cost.default is None:
        notes.append(
            "The gain over the default is not given, because the default configuration could not "
            "be trained."
        )
    if not importance:
        notes.append(
            "The importance of parameters is not given, because it needs at least 4 complete "
            f"trials whose {what}s differ."
        )
    if selection.opening is not None:
        description = selection.opening.description
        notes += [f"{capital(description)}.", *selection.opening.notes]
    if selection.space.model is not None:
        _, recipe = selection.space.model_and_recipe(selection.parameters)
        n_fitted = min(map(len, selection.validation.fitted))
        notes += recipe.for_examples(n_fitted, scoring.task).notes
    if scoring.needs == "model":
        notes.append(
            f"{scoring.name} is a score of all validation examples together. Its interval and the "
            "correction for selection come from leaving out a tenth of them at a time."
        )
    elif not scoring.is_mean:
        notes.append(
            f"The {scoring.words} is not a mean over examples. Its interval and the correction for "
            "selection use each example's influence on it (the delta method)."
        )
    return [note.replace(" -", " −") for note in notes]


def _standard_error_note(selection: Selection) -> str:
    """What the standard error of the rule is, and where it falls short."""
    words = selection.scoring.words
    if len(selection.validation) == 1:
        what = (
            f"that of the {words} on the validation examples. It does not include the randomness "
            "of training."
        )
    else:
        what = (
            f"the standard deviation of the {words} over splits, divided by the square root of "
            "their number. Splits share training examples, so it is usually too small."
        )
    return f"The standard error of the one-standard-error rule is {what}"
