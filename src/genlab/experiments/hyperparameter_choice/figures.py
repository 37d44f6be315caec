"""The figures of `hyperparameter-choice`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    ERROR,
    NOISE,
    TRUTH,
    VARIANCE,
    AnyChart,
    Figure,
    colors,
    data,
    dots_with_bars,
    line_with_band,
    reference_line,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.hyperparameter_choice.choices import (
    BY_TEST,
    BY_TRAINING,
    BY_VALIDATION,
    SEALED,
)
from genlab.experiments.hyperparameter_choice.words import WAYS

_COLORS = {
    WAYS[BY_TRAINING]: NOISE,
    WAYS[BY_VALIDATION]: BIAS,
    WAYS[BY_TEST]: VARIANCE,
    WAYS[SEALED]: TRUTH,
}
# Column -> its text in the legend.
_ERRORS = {"reported": "reported", "fresh": "true (fresh examples)"}
_ERROR_COLORS = {_ERRORS["reported"]: VARIANCE, _ERRORS["fresh"]: BIAS}
_GAP = "reported minus true error (percentage points)"


def figures(result: ExperimentResult) -> list[Figure]:
    """The ways of choosing, the effect of trials and validation examples, and the estimates."""
    return [
        Figure(
            "ways",
            "Reported and true error of the chosen configuration. Only a set that was not used "
            "for choosing gives an unbiased error.",
            _ways(result),
            wide=True,
        ),
        Figure(
            "against-trials",
            "The more trials are compared on a set, the more optimistic the lowest error on it. A "
            "test set that is used for choosing acts as a validation set: the two lines differ "
            "only by chance.",
            _gaps(
                result.tables["against_trials"],
                _trials(result),
                "More trials make the reported error more optimistic",
                _over(result, "against_trials", "and pairs of sets"),
            ),
        ),
        Figure(
            "against-size",
            "Larger validation sets make the reported error less optimistic.",
            _gaps(
                [{"way": BY_VALIDATION, **row} for row in result.tables["against_size"]],
                _size(result),
                "More validation examples make the reported error less optimistic",
                _over(result, "against_size", "and sets of that size"),
            ),
        ),
        Figure(
            "errors",
            "As the number of trials grows, the fall of the blue line is what choosing gains. The "
            "fall of the orange line is what choosing seems to gain.",
            _errors(result),
            wide=True,
        ),
        Figure(
            "estimates",
            "The validation set alone shows roughly how optimistic its lowest error is. The "
            "nested estimate is too high, because half of the examples choose somewhat worse than "
            "all of them. The bootstrap treats the apparent best configuration as the true best, "
            "so it underestimates how often another one wins.",
            _estimates(result),
            wide=True,
        ),
    ]


def ways_table(result: ExperimentResult) -> list[Row]:
    """Reported and true errors as fractions, one row per way and kind of error."""
    return [
        {
            "way": WAYS[row["way"]],
            "error": text,
            "estimate": row[column],
            "low": row[f"{column}_low"],
            "high": row[f"{column}_high"],
        }
        for row in result.tables["ways"]
        for column, text in _ERRORS.items()
    ]


def gaps_table(rows: Sequence[Row]) -> list[Row]:
    """Reported minus true error in percentage points, with the rows' other columns."""
    ends = {"estimate": "gap", "low": "gap_low", "high": "gap_high"}
    return [
        {**row, "way": WAYS[row["way"]], **{name: 100 * row[end] for name, end in ends.items()}}
        for row in rows
    ]


def _ways(result: ExperimentResult) -> alt.HConcatChart:
    rows = ways_table(result)
    y = alt.Y(
        "way:N",
        sort=list(_COLORS),
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0, labelFontSize=13),
    )
    x = alt.X(
        "estimate:Q",
        title="error",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(zero=True),
    )
    color = alt.Color(
        "error:N", scale=colors(_ERROR_COLORS), legend=alt.Legend(symbolType="circle")
    )
    gaps = gaps_table(result.tables["ways"])
    between = data(gaps).mark_rule(strokeWidth=5, opacity=0.25)
    # Apart, so that errors that agree are both seen.
    offset = alt.YOffset(
        "error:N",
        sort=list(_ERROR_COLORS),
        scale=alt.Scale(domain=list(_ERROR_COLORS), paddingOuter=0.8),
    )
    left = alt.layer(
        between.encode(x=alt.X("reported:Q", title="error"), x2="fresh:Q", y=y),
        *dots_with_bars(
            data(rows),
            x,
            y,
            color,
            tooltip=["way:N", "error:N", *_tooltip(".2%")],
            along="x",
            size=80,
            yOffset=offset,
        ),
    ).properties(width=270, height=230, title=_heading("reported and true"))
    # The training error's gap is a hundred times the others'.
    near = [row for row in gaps if row["way"] != WAYS[BY_TRAINING]]
    written = [{**row, "text": _signed(row)} for row in gaps]
    most = 1.15 * max(abs(row[name]) for row in near for name in ("low", "high"))
    scale = alt.Scale(domain=[-most, most], nice=False)
    x = alt.X("estimate:Q", title=_GAP, scale=scale)
    blank = alt.Y(
        "way:N",
        sort=list(_COLORS),
        scale=alt.Scale(domain=list(_COLORS)),
        title=None,
        axis=alt.Axis(labels=False, ticks=False, domain=False),
    )
    right = alt.layer(
        *reference_line(0, scale=scale),
        *dots_with_bars(
            data(near),
            x,
            blank,
            alt.ColorValue(ERROR),
            tooltip=["way:N", *_tooltip("+.2f")],
            along="x",
            size=80,
        ),
        data(written)
        .mark_text(align="left", fontSize=12, dx=10)
        .encode(x=alt.value("width"), y=blank, text="text:N"),
    ).properties(width=275, height=230, title=_heading("reported minus true"))
    n = result.tables["ways"][0]["n_repetitions"]
    n_configurations = len(result.tables["configurations"])
    return titled(
        alt.hconcat(left, right, spacing=25),
        "The chosen configuration: reported and true error",
        [
            f"{n_configurations} configurations; means of {n} repetitions, each with all sets "
            f"resampled, and 95% intervals; true: on {result.protocol['n_fresh']:,} fresh "
            f"examples;",
            "right, on another scale: the difference within each repetition (that of the training "
            "error lies far to the left)",
        ],
    )


def _signed(row: Row) -> str:
    text = f"{row['estimate']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
    return text.replace("-", "−")


def _heading(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=13, anchor="middle", offset=4)


def _trials(result: ExperimentResult) -> alt.X:
    most = max(row["n_trials"] for row in result.tables["against_trials"])
    return alt.X(
        "n_trials:Q",
        title="trials (log)",
        scale=alt.Scale(type="log", domain=[1, most], nice=False),
        axis=alt.Axis(values=[1, 2, 5, 10, 20, 50, 100, 200, 1000], format="~g", grid=False),
    )


def _size(result: ExperimentResult) -> alt.X:
    sizes = [row["n_validation"] for row in result.tables["against_size"]]
    return alt.X(
        "n_validation:Q",
        title="validation examples (log)",
        scale=alt.Scale(type="log", domain=[min(sizes), max(sizes)], nice=False),
        axis=alt.Axis(values=sizes, format="~g", grid=False),
    )


def _over(result: ExperimentResult, table: str, averaged: str) -> list[str]:
    n = result.tables[table][0]["n_repetitions"]
    return [f"means of {n} repetitions {averaged};", "bands: 95% intervals over the repetitions"]


def _gaps(rows: Sequence[Row], x: alt.X, title: str, subtitle: list[str]) -> alt.LayerChart:
    table = gaps_table(rows)
    shown = {way: color for way, color in _COLORS.items() if way in {row["way"] for row in table}}
    legend = alt.Legend(symbolType="stroke", columns=1)
    color = alt.Color("way:N", scale=colors(shown), legend=legend)
    layers = line_with_band(
        data(table),
        x,
        alt.Y("estimate:Q", title=_GAP),
        color,
        tooltip=["way:N", alt.Tooltip(x.shorthand), *_tooltip("+.2f")],
    )
    return titled(
        alt.layer(*layers, *reference_line(0, axis="y")).properties(width=460, height=300),
        title,
        subtitle,
    )


def _tooltip(form: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format=form) for name in ("estimate", "low", "high")]


def errors_table(result: ExperimentResult, table: str) -> list[Row]:
    """Reported and true errors of the choice by validation, one row per kind and point."""
    return [
        {
            **row,
            "error": text,
            "estimate": row[column],
            "low": row[f"{column}_low"],
            "high": row[f"{column}_high"],
        }
        for row in result.tables[table]
        if row.get("way", BY_VALIDATION) == BY_VALIDATION
        for column, text in _ERRORS.items()
    ]


def _errors(result: ExperimentResult) -> alt.HConcatChart:
    panels: list[AnyChart] = []
    for table, x in (("against_trials", _trials(result)), ("against_size", _size(result))):
        color = alt.Color(
            "error:N",
            scale=colors(_ERROR_COLORS),
            legend=alt.Legend(symbolType="stroke"),
        )
        y = alt.Y(
            "estimate:Q",
            title=None if panels else "error of the chosen configuration",
            axis=alt.Axis(format="%", tickCount=6),
            scale=alt.Scale(zero=False),
        )
        base = data(errors_table(result, table))
        tooltip: list[str | alt.Tooltip] = ["error:N", *_tooltip(".2%")]
        layers = alt.layer(*line_with_band(base, x, y, color, tooltip=tooltip))
        n = result.tables[table][0]["n_repetitions"]
        heading = _heading(f"{n} repetitions")
        panels.append(layers.properties(width=370, height=260, title=heading))
    return titled(
        alt.hconcat(*panels, spacing=40),
        "Choosing by validation error: reported and true error",
        f"means over repetitions and 95% intervals; left: {result.protocol['n_test']:,} validation "
        "examples, right: all configurations once",
    )


# Method -> its text and its colour.
_METHODS = {
    "measured": ("measured", TRUTH),
    "bootstrap": ("bootstrap", BIAS),
    "nested": ("nested halves", VARIANCE),
    "validated": ("as validated", NOISE),
}
_QUANTITIES = {
    "optimism": ("optimism", "percentage points"),
    "other_winner": ("another winner on a new set", "% of new sets"),
    "gain": ("change from the book's network", "percentage points"),
}


def estimates_table(result: ExperimentResult) -> list[Row]:
    """The estimates in percentage points, and how often another one wins in percent."""
    return [
        {
            **row,
            "method": _METHODS[row["method"]][0],
            **{name: 100 * row[name] for name in ("estimate", "low", "high")},
        }
        for row in result.tables["estimates"]
    ]


def _estimates(result: ExperimentResult) -> alt.HConcatChart:
    table = estimates_table(result)
    shades = dict(_METHODS.values())
    panels: list[AnyChart] = []
    for quantity, (title, unit) in _QUANTITIES.items():
        rows = [row for row in table if row["quantity"] == quantity]
        y = alt.Y(
            "method:N",
            sort=list(shades),
            scale=alt.Scale(domain=list(shades)),
            title=None,
            axis=alt.Axis(labels=not panels, ticks=False, domain=False, labelFontSize=13),
        )
        color = alt.Color("method:N", scale=colors(shades), legend=None)
        x = alt.X("estimate:Q", title=unit, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=True))
        layers = alt.layer(
            *dots_with_bars(
                data(rows),
                x,
                y,
                color,
                tooltip=["method:N", *_tooltip(".2f")],
                along="x",
                size=80,
                width=3,
            )
        )
        panels.append(layers.properties(width=225, height=150, title=_heading(title)))
    n = result.tables["ways"][0]["n_repetitions"]
    return titled(
        alt.hconcat(*panels, spacing=30),
        "The cost of choosing, estimated from the validation set alone",
        f"means of {n} repetitions and 95% intervals; measured: on fresh examples, for winners on "
        f"the test set",
    )
