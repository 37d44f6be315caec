"""Why: bias and variance of the model on these data, and the rows and regions behind them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.jsons import Row
from genlab._base.words import capital, percent, some
from genlab.datasets import Dataset
from genlab.measure import label_issues, unusual_targets
from genlab.studies._decompose import decompose
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies.diagnosis._effort import Work
from genlab.studies.diagnosis._part import QUESTIONS, Part, interval_of
from genlab.studies.diagnosis._regions import error_regions
from genlab.studies.diagnosis._rows import RowFindings, noise_bound, row_findings
from genlab.training import Recipe

# The parts of the mean, and those of each row; equal fits, so that the second costs nothing.
_LOSSES = {
    "classification": ("kohavi_wolpert", "zero_one"),
    "regression": ("squared", "squared"),
}
_N_ROWS = 10
# What limits the shares, where it may change a decision; the manual says the rest.
_SAMPLES = (
    "These numbers come from fits to bootstrap samples, each with about 63% of the different "
    "examples. Their error and variance are usually higher than those of fits to all examples."
)
# With more than this share of certain predictions a mistake cannot be told from a wrong label.
_CERTAIN = 0.99


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
    by_loss = {
        loss: decompose(
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
        for loss in dict.fromkeys(_LOSSES[data.task])
    }
    averages, rows = (by_loss[loss] for loss in _LOSSES[data.task])
    terms = {name: interval.row() for name, interval in averages.average.terms.items()}
    loss = averages.average.loss.row()
    mean = loss["estimate"]
    share = terms["variance"]["estimate"] / mean if mean > 0 else float("nan")
    unit = float(data.y_train.var()) if data.task == "regression" else 1.0
    found = row_findings(rows, data, _N_ROWS)
    regions = error_regions(_losses(rows), data, seed=seed)
    answer = _shares(terms, loss, unit)
    if mean > 0:
        answer += f" {_of_rows(found, data.task)}"
    if regions.regions:
        answer += f" {_of_region(regions.regions[0], unit)}"
    notes = [_SAMPLES] if mean > 0 else []
    if found.pure is not None and found.pure.n_conflicting:
        notes.append(noise_bound(found.pure))
    notes.append(regions.reason)
    tables: dict[str, list[Row]] = {
        "parts": averages.averages(),
        "biased_rows": _named(found.biased, data),
        "varying_rows": _named(found.varying, data),
        "regions": regions.regions,
    }
    part = Part("why", QUESTIONS["why"], answer, tables, tuple(map(capital, filter(None, notes))))
    return Why(part, share)


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
        f"The loss is {whole}. Variance contributes {variance}: fits to different samples of these "
        f"data disagree. Bias and noise contribute {rest}, which is common to all fits."
    )


def _of_rows(found: RowFindings, task: str) -> str:
    """On how many rows the fits are wrong, and disagree; numbers always differ a little."""
    if task == "regression":
        return (
            f"On {found.n_biased:,} of {found.n_rows:,} rows the mean of the fits differs from the "
            "target by more than chance."
        )
    return (
        f"Most fits are wrong on {found.n_biased:,} of {found.n_rows:,} rows, and the fits "
        f"disagree on {found.n_varying:,} rows, in both cases by more than chance."
    )


def _of_region(row: Row, unit: float) -> str:
    """The error in a region and elsewhere; a squared error in units of the target's variance."""
    here, there = (percent(interval_of(row, name, unit)) for name in ("error", "elsewhere"))
    return f"Where {row['condition']}, the error is {here}; elsewhere it is {there}."


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
        are = "target is" if len(table) == 1 else "targets are"
        words = f"{len(table):,} {are} unusually far from the prediction: {_look(table)}."
        return words if table else "", table
    if (stated.max(axis=1) >= 1).mean() > _CERTAIN:
        return (
            "Wrong labels cannot be found with this model, because nearly all of its predictions "
            "have a probability of 1.",
            [],
        )
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
    look = "label looks" if len(table) == 1 else "labels look"
    words = f"{len(table):,} {look} wrong: {_look(table)}."
    return words if table else "No label looks wrong.", table


def _look(table: list[Row]) -> str:
    """The first rows of a table of suspects."""
    numbers = [f"{row['row']:,}" for row in table]
    return f"look at row{'s' if len(numbers) > 1 else ''} {some(numbers, 3)} (counted from 0)"
