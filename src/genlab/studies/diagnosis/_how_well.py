"""How well: the error of the model beside the trivial one and a linear one."""

from __future__ import annotations

from collections.abc import Mapping

from genlab._base.jsons import Row
from genlab.sealing import Opening
from genlab.studies.diagnosis._divided import gain_interval
from genlab.studies.diagnosis._part import QUESTIONS, Part, points, shown
from genlab.studies.diagnosis._tried import Tried

#: Role of a model -> its words.
ROLES = {"trivial": "the trivial model", "linear": "a linear model", "asked": "the model"}
_MEASURES = {
    "classification": "It misclassifies {} of the examples it has not seen",
    "regression": "It leaves {} of the target's variance unexplained, in examples it has not seen",
}


def how_well(
    found: Mapping[str, Tried], names: Mapping[str, str], test: Opening | None, why_closed: str
) -> Part:
    """The part, from fits of the trivial, the linear and the model that is asked about."""
    asked = found["asked"]
    rows: list[Row] = []
    for role in ROLES:
        row = {"model": names[role], "role": role, **found[role].row()}
        gain = gain_interval(
            found[role].losses(), asked.losses(), asked.pairs, n_tried=len(ROLES) - 1
        )
        nothing = {"difference": 0.0, "difference_low": None, "difference_high": None}
        rows.append(row | (nothing if role == "asked" else gain.row("difference")))
    by_role = {row["role"]: row for row in rows}
    n = len(asked.fits)
    answer = (
        f"{_MEASURES[asked.data.task].format(shown(by_role['asked']))} ({n} fits to "
        f"{_mean_n(asked):,} examples, by cross-validation). "
        + " ".join(_beside(by_role[role]) for role in ("trivial", "linear"))
    )
    tables = {"standing": rows}
    notes = []
    if test is not None:
        tables["test"] = [{"role": "test", "estimate": test.error, **_ends(test)}]
        if not why_closed:
            answer += f" On the test set, opened once for this, it is {shown(tables['test'][0])}."
    if why_closed:
        notes.append(why_closed)
    return Part("how well", QUESTIONS["how well"], answer, tables, tuple(notes))


def _mean_n(tried: Tried) -> int:
    return round(sum(fit.n_train for fit in tried.fits) / len(tried.fits))


def _ends(test: Opening) -> Row:
    row = test.interval.row()
    return {"low": row["low"], "high": row["high"], "n": test.n}


def _beside(row: Row) -> str:
    """How the model compares with another, by the difference of errors on the same divisions."""
    ends = {name: row[f"difference_{name}"] for name in ("low", "high")}
    difference = {"estimate": row["difference"], **ends}
    name = ROLES[row["role"]]
    error = f"{name} has {shown(row)}"
    error = error[0].upper() + error[1:]
    if difference["low"] is None or difference["low"] != difference["low"]:
        return f"{error}."
    if difference["low"] > 0:
        return f"{error}: the model is better by {points(difference)}."
    if difference["high"] < 0:
        worse = {"estimate": -row["difference"], "low": -ends["high"], "high": -ends["low"]}
        return f"{error}: the model is worse by {points(worse)}."
    return f"{error}: the two do not differ by more than chance ({points(difference)})."
