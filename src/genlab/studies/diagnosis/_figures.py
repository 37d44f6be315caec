"""The figure of each part of a diagnosis, drawn from its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    TEST,
    TRUTH,
    Figure,
    compared_chart,
    learning_chart,
    loss_parts_chart,
    parameter_chart,
    reliability_chart,
)
from genlab.studies.diagnosis._part import Part, interval_of

_ERRORS = {
    "classification": "error (fraction misclassified)",
    "regression": "error (fraction of variance unexplained)",
}
_LEGEND = {"train": "training", "test": "validation"}
# Role -> its words and its colour.
_ROLES = {
    "trivial": ("trivial model", NOISE),
    "linear": ("linear model", BIAS),
    "asked": ("the model", TEST),
    "test": ("the model, on the test set", TRUTH),
}
_OVER = "95% intervals over training and validation sets"


class Of(NamedTuple):
    """What a diagnosis is of: the model's name, the task, the number of bootstrap samples."""

    model: str
    task: str
    n_samples: int


def figures_of(of: Of, parts: Sequence[Part]) -> dict[str, Figure]:
    """Name of a part -> its figure; parts that were not measured have none."""
    drawn = {}
    for part in parts:
        figure = None if part.skipped else _FIGURES[part.name](of, part)
        if figure is not None:
            drawn[part.name] = figure
    return drawn


def _how_well(of: Of, part: Part) -> Figure:
    standing = part.tables["standing"]
    rows = [
        {**row, "name": _ROLES[row["role"]][0]} for row in [*standing, *part.tables.get("test", [])]
    ]
    ranges = {_ROLES[row["role"]][0]: _ROLES[row["role"]][1] for row in rows}
    named = {row["role"]: row["model"] for row in standing}
    subtitle = [
        f"trivial: {named['trivial']}; linear: {named['linear']};",
        f"mean of {standing[-1]['n_fits']} fits by cross-validation, {_OVER}",
    ]
    if "test" in part.tables:
        subtitle[-1] += ";"
        subtitle.append("test set: one fit to all training examples, interval over test examples")
    return Figure(
        "how-well",
        "The trivial model predicts the same for every example. A useful model has a lower error, "
        "so it lies further left. A model that is worth its complexity also lies to the left of "
        "the linear model.",
        compared_chart(
            rows,
            title=f"Error of {of.model} compared with simple models",
            subtitle=subtitle,
            x_title=_ERRORS[of.task],
            ranges=ranges,
        ),
    )


def _more_data(of: Of, part: Part) -> Figure:
    curve, forecast = part.tables["learning"], part.tables.get("forecast", [])
    backtests = part.tables.get("backtests", [])
    subtitle = [f"mean of {curve[-1]['n_fits']} fits by cross-validation; {_OVER}"]
    caption = (
        "If the validation curve still falls at its right end, more examples are likely to "
        "lower the error."
    )
    if forecast:
        caption += " The dashed line is the forecast, with its 95% interval."
    if backtests:
        caption += (
            " Hollow marks are forecasts made from half (circles) or a quarter (squares) of that "
            "number of examples. A forecast was right if its interval crosses the curve."
        )
    return Figure(
        "more-data",
        caption,
        learning_chart(
            curve,
            title="Error against the number of training examples",
            subtitle=subtitle,
            y_title=_ERRORS[of.task],
            forecast=forecast,
            backtests=backtests,
            names=_LEGEND,
        ),
    )


def _capacity(of: Of, part: Part) -> Figure:
    rows = part.tables["capacity"]
    (position,) = part.tables["position"]
    values = [row["value"] for row in rows if not row["own"] and isinstance(row["value"], float)]
    values += [row["value"] for row in rows if not row["own"] and isinstance(row["value"], int)]
    turned = len(values) > 1 and values[0] > values[-1]
    more = "smaller values are more capacity →" if turned else "more capacity →"
    caption = (
        "With too little capacity, both errors are high. With too much, the training error is low "
        "but the validation error is not. Diamonds mark the model as it was given."
    )
    if position.get("threshold") is not None:
        caption += " From the interpolation threshold on, the training error is below 1%."
    return Figure(
        "capacity",
        caption,
        parameter_chart(
            rows,
            title=f"Training and validation error against {position['parameter']}",
            subtitle=[f"mean of {rows[-1]['n_fits']} fits by cross-validation; {_OVER}"],
            x_title=[position["parameter"].rpartition("__")[2], more],
            y_title=_ERRORS[of.task],
            threshold=position.get("threshold"),
        ),
    )


def _why(of: Of, part: Part) -> Figure | None:
    if not any(row["estimate"] for row in part.tables["parts"]):
        return None  # no error has no parts
    named = {
        "classification": "loss (fraction misclassified)",
        "regression": "squared error",
    }
    return Figure(
        "why",
        "Variance is the part of the loss that comes from differences between fits to different "
        "samples. More data, or the average of several fits, lowers it. Bias is what all fits get "
        "wrong. More capacity or better inputs lower it. Noise cannot be lowered. With one data "
        "set it cannot be separated from bias.",
        loss_parts_chart(
            part.tables["parts"],
            title=f"Parts of the loss of {of.model}",
            subtitle=[
                f"fits to {of.n_samples} bootstrap samples; 95% intervals over fits"
                + ("; in the squared unit of the target" if of.task == "regression" else "")
            ],
            x_title=named[of.task],
            percent=of.task == "classification",
        ),
    )


def _probabilities(_: Of, part: Part) -> Figure | None:
    rows = part.tables.get("reliability")
    if not rows:
        return None
    most = max(row["count"] for row in rows)
    return Figure(
        "probabilities",
        "A point below the dashed line means overconfidence: the model is right less often than "
        "its confidence says. Grey bars show the number of examples at each confidence.",
        reliability_chart(
            rows,
            title="Calibration: accuracy against confidence",
            subtitle=[
                "held-out training examples; 95% intervals over examples;",
                f"the tallest bar holds {most:,} examples",
            ],
        ),
    )


def _choosing(of: Of, part: Part) -> Figure | None:
    if "choosing" not in part.tables:
        return None
    (row,) = part.tables["choosing"]
    rows = [
        interval_of(row, "lowest") | {"name": f"lowest of {row['n_candidates']} errors"},
        interval_of(row, "honest") | {"name": "chosen on other examples"},
    ]
    return Figure(
        "choosing",
        "The lowest of several errors is partly lowest by luck. The second error is measured on "
        "examples that were not used for the choice. The difference is the optimism that comes "
        "from choosing.",
        compared_chart(
            rows,
            title="The lowest error, and the error on examples not used for choosing",
            subtitle=[_OVER],
            x_title=_ERRORS[of.task],
            ranges={rows[0]["name"]: NOISE, rows[1]["name"]: ERROR},
        ),
    )


_FIGURES: Mapping[str, Callable[[Of, Part], Figure | None]] = {
    "how well": _how_well,
    "more data": _more_data,
    "capacity": _capacity,
    "why": _why,
    "probabilities": _probabilities,
    "choosing": _choosing,
}
