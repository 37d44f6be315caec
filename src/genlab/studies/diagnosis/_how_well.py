"""How well: the error of the model compared with the trivial one and a linear one."""

from __future__ import annotations

from collections.abc import Mapping

from genlab._base.jsons import Row
from genlab._base.words import percent
from genlab.sealing import Opening
from genlab.studies.diagnosis._divided import gain_interval
from genlab.studies.diagnosis._part import QUESTIONS, Part, change, is_known
from genlab.studies.diagnosis._tried import Tried

#: What is measured, in the order of the table.
ROLES = ("trivial", "linear", "asked")
_MEASURES = {
    "classification": "The model misclassifies {} of held-out examples",
    "regression": "The model leaves {} of the target's variance unexplained in held-out examples",
}


def how_well(
    found: Mapping[str, Tried], names: Mapping[str, str], test: Opening | None, why_closed: str
) -> Part:
    """The part, from fits of the trivial, the linear and the model that is asked about."""
    asked = found["asked"]
    rows: list[Row] = []
    for role in ROLES:
        row = {"model": names[role], "role": role, **found[role].row()}
        if role == "asked":
            row |= {"difference": 0.0, "difference_low": None, "difference_high": None}
        else:
            row |= gain_interval(
                found[role].losses(), asked.losses(), asked.pairs, n_tried=len(ROLES) - 1
            ).row("difference")
        rows.append(row)
    by_role = {row["role"]: row for row in rows}
    n = len(asked.fits)
    answer = (
        f"{_MEASURES[asked.data.task].format(percent(by_role['asked']))} ({n} fits to "
        f"{_mean_n(asked):,} examples each, by cross-validation). "
        f"{_beside(by_role['trivial'], 'The trivial model, which always predicts the {},')} "
        f"{_beside(by_role['linear'], 'A linear model ({})')}"
    )
    tables = {"standing": rows}
    notes = []
    if test is not None:
        tables["test"] = [{"role": "test", "estimate": test.error, **_ends(test)}]
        answer += (
            " On the test set, which is opened only once, the model's error is "
            f"{percent(tables['test'][0])}."
        )
    if why_closed:
        notes.append(why_closed)
    return Part("how well", QUESTIONS["how well"], answer, tables, tuple(notes))


def _mean_n(tried: Tried) -> int:
    return round(sum(fit.n_train for fit in tried.fits) / len(tried.fits))


def _ends(test: Opening) -> Row:
    row = test.interval.row()
    return {"low": row["low"], "high": row["high"], "n": test.n}


def _beside(row: Row, name: str) -> str:
    """How the model compares with another, by the difference of errors on the same splits."""
    fall = {
        "estimate": row["difference"],
        "low": row["difference_low"],
        "high": row["difference_high"],
    }
    error = f"{name.format(row['model'])} has an error of {percent(row)}"
    if not is_known(fall["low"]):
        return f"{error}."
    if fall["low"] == fall["high"] == 0:
        return f"{error}, too."
    said = f"{error}: the model is {change(fall, 'better', 'worse')}"
    if fall["low"] <= 0 <= fall["high"]:
        return f"{said}. The difference could be chance."
    return f"{said}."
