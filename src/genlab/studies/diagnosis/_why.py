"""Why: bias and variance of the model on these data, and the rows and regions behind them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.jsons import Row
from genlab._base.words import percent
from genlab.datasets import Dataset
from genlab.measure import label_issues, unusual_targets
from genlab.studies._decompose import decompose
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies.diagnosis._effort import Work
from genlab.studies.diagnosis._part import QUESTIONS, Part
from genlab.studies.diagnosis._regions import error_regions
from genlab.studies.diagnosis._rows import row_findings
from genlab.training import Recipe

# The parts of the mean, and those of each row; equal fits, so that the second costs nothing.
_LOSSES = {
    "classification": ("kohavi_wolpert", "zero_one"),
    "regression": ("squared", "squared"),
}
_N_ROWS = 10
_ONE_LABEL = "One label looks wrong: look at this row."


class Why(NamedTuple):
    """The part, and the share of variance in the loss."""

    part: Part
    variance_share: float


def why(
    model: Any,
    data: Dataset,
    n_samples: int,
    recipe: Recipe | None,
    *,
    work: Work,
    seed: int,
) -> Why:
    """Take the loss apart over bootstrap samples of the data, each predicting what it lacks."""
    averages, rows = (
        decompose(
            model,
            data,
            n_samples,
            loss=loss,
            sampling="bootstrap",
            rows="out_of_bag",
            recipe=recipe,
            seed=seed,
            **work.options("why"),
        )
        for loss in _LOSSES[data.task]
    )
    terms = {name: interval.row() for name, interval in averages.average.terms.items()}
    loss = averages.average.loss.row()
    mean = loss["estimate"]
    share = terms["variance"]["estimate"] / mean if mean > 0 else float("nan")
    unit = float(data.y_train.var()) if data.task == "regression" else 1.0
    found = row_findings(rows, data, _N_ROWS)
    regions = error_regions(_losses(rows), data, seed=seed)
    answer = (
        f"{_shares(terms, loss, unit)} {_of_rows(found.n_biased, found.n_varying, found.n_rows)}"
    )
    if regions.regions:
        worst = regions.regions[0]
        answer += (
            f" Where {worst['condition']} the loss is {worst['error']:.3g}, elsewhere "
            f"{worst['elsewhere']:.3g}."
        )
    notes = (*averages.notes, found.note, regions.reason)
    tables: dict[str, list[Row]] = {
        "parts": averages.averages(),
        "biased_rows": _named(found.biased, data),
        "varying_rows": _named(found.varying, data),
        "regions": regions.regions,
    }
    part = Part("why", QUESTIONS["why"], answer, tables, tuple(map(_sentence, filter(None, notes))))
    return Why(part, share)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _named(rows: list[Row], data: Dataset) -> list[Row]:
    """The rows with their numbers in the table and the names of their classes, if any."""
    if data.rows is not None:
        rows = [row | {"row": int(data.rows[row["row"]])} for row in rows]
    names = data.classes
    if names is None:
        return rows
    return [row | {name: names[row[name]] for name in ("truth", "main")} for row in rows]


def _shares(terms: dict[str, dict[str, float]], loss: dict[str, float], unit: float) -> str:
    """The parts of the loss in words; a squared error in units of the target's variance."""
    if not loss["estimate"] > 0:
        return "The model makes no error on these data."
    told = {
        name: percent({end: value / unit for end, value in row.items()})
        for name, row in {**terms, "loss": loss}.items()
    }
    variance, whole = told.pop("variance"), told.pop("loss")
    (rest,) = told.values()
    return (
        f"Of its loss of {whole}, {variance} is variance: fits to other samples of these data "
        f"disagree. The other {rest} is bias and noise, in which all fits agree."
    )


def _of_rows(n_biased: int, n_varying: int, n: int) -> str:
    return (
        f"On {n_biased:,} of {n:,} rows the fits are surely wrong on average, and on "
        f"{n_varying:,} they surely vary."
    )


def _losses(parts: LossDecomposition) -> Float[np.ndarray, " n"]:
    """The mean loss of the fits at each row; NaN where none predicts it."""
    values = np.asarray(parts.at_rows.loss.mean, np.float64)
    predicted = np.asarray(parts.at_rows.loss.n) > 0
    return np.where(predicted & np.isfinite(values), values, np.nan)


def suspects(
    data: Dataset, rows: Int[np.ndarray, " m"], stated: Float[np.ndarray, "m ..."]
) -> tuple[str, list[Row]]:
    """A sentence on the rows whose target looks wrong, and a table of them.

    From what was predicted for rows that were held out: probabilities of classes, or numbers.
    """
    truth = data.y_train[rows]
    numbers = rows if data.rows is None else data.rows[rows]
    if data.task == "regression":
        if len(truth) < 4:
            return "", []
        unusual = unusual_targets(stated, truth)
        columns = (unusual.rows, unusual.residual, unusual.z, unusual.q_value)
        table = [
            {
                "row": int(numbers[i]),
                "target": float(truth[i]),
                "residual": float(residual),
                "z": float(z),
                "q_value": float(q),
            }
            for i, residual, z, q in zip(*columns, strict=True)
        ]
        words = f"Targets that are unusually far from their prediction: {len(table):,}."
        return words if table else "", table
    issues = label_issues(stated, truth)
    names = range(data.n_classes) if data.classes is None else data.classes
    table = [
        {
            **row,
            "row": int(numbers[row["row"]]),
            "given": names[row["given"]],
            "suggested": names[row["suggested"]],
        }
        for row in issues.table()
    ]
    n = len(table)
    words = f"{n:,} labels look wrong: look at these rows." if n > 1 else _ONE_LABEL
    return words if table else "No label looks wrong.", table
