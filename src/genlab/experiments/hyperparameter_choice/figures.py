"""The figures of `hyperparameter-choice`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import BIAS, NOISE, TRUTH, VARIANCE, AnyChart, Figure, colors, data, titled
from genlab.experiments import ExperimentResult

_TRAINING, _VALIDATION, _TEST, _SEALED = (
    "lowest training error",
    "lowest validation error",
    "lowest test error",
    "validation, then the test set once",
)
_COLORS = {_TRAINING: NOISE, _VALIDATION: BIAS, _TEST: VARIANCE, _SEALED: TRUTH}
_CLAIMED, _FRESH = "claimed", "on fresh examples"
_ERRORS = {_CLAIMED: VARIANCE, _FRESH: BIAS}
_GAP = "claimed less fresh error (percentage points)"


def figures(result: ExperimentResult) -> list[Figure]:
    """The ways beside each other, what trials and validation examples do, and the estimates."""
    return [
        Figure(
            "ways",
            "What is claimed of the chosen setting, and what it is worth. Only a set that "
            "nothing was chosen by tells the truth.",
            _ways(result),
            wide=True,
        ),
        Figure(
            "against-trials",
            "The more trials a set chooses from, the less its lowest error can be believed. A test "
            "set that is chosen by is a validation set: the two lines differ by chance.",
            _gaps(
                result.tables["against_trials"],
                _trials(result),
                "More trials, a larger gap",
                _over(result, "against_trials", "and pairs of sets"),
            ),
        ),
        Figure(
            "against-size",
            "A large validation set is hard to be fooled by.",
            _gaps(
                [{"way": _VALIDATION, **row} for row in result.tables["against_size"]],
                _size(),
                "More validation examples, a smaller gap",
                _over(result, "against_size", "and sets of that size"),
            ),
        ),
        Figure(
            "errors",
            "What choosing gains is the blue line's fall; what it pretends to gain is the "
            "orange line's.",
            _errors(result),
            wide=True,
        ),
        Figure(
            "estimates",
            "The validation set itself tells about how much too good its lowest error is. Halves "
            "choose somewhat worse than the whole, so that the nested estimate errs on the high "
            "side; the bootstrap takes the leader for the best, and underrates the others.",
            _estimates(result),
            wide=True,
        ),
    ]


def ways_table(result: ExperimentResult) -> list[Row]:
    """Claimed and fresh errors as fractions, a row a way and kind."""
    return [
        {
            "way": row["way"],
            "error": kind,
            "estimate": row[column],
            "low": row[f"{column}_low"],
            "high": row[f"{column}_high"],
        }
        for row in result.tables["ways"]
        for kind, column in ((_CLAIMED, "claimed"), (_FRESH, "fresh"))
    ]


def gaps_table(rows: Sequence[Row]) -> list[Row]:
    """Claimed less fresh error in percentage points, beside the rows' other columns."""
    ends = {"estimate": "fooled", "low": "fooled_low", "high": "fooled_high"}
    return [{**row, **{name: 100 * row[of] for name, of in ends.items()}} for row in rows]


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
    color = alt.Color("error:N", scale=colors(_ERRORS), legend=alt.Legend(symbolType="circle"))
    gap = data(result.tables["ways"]).mark_rule(strokeWidth=5, opacity=0.25)
    bars = data(rows).mark_rule(strokeWidth=2.5)
    # Apart, so that errors that agree are both seen.
    offset = alt.YOffset(
        "error:N",
        sort=list(_ERRORS),
        scale=alt.Scale(domain=list(_ERRORS), paddingOuter=0.8),
    )
    shown = ["way:N", "error:N"]
    numbers = [alt.Tooltip(f"{name}:Q", format=".2%") for name in ("estimate", "low", "high")]
    left = alt.layer(
        gap.encode(x=alt.X("claimed:Q", title="error"), x2="fresh:Q", y=y),
        bars.encode(x=alt.X("low:Q"), x2="high:Q", y=y, yOffset=offset, color=color),
        data(rows)
        .mark_circle(size=80, opacity=1)
        .encode(x=x, y=y, yOffset=offset, color=color, tooltip=[*shown, *numbers]),
    ).properties(width=270, height=230, title=_heading("claimed and true"))
    # The training error's gap is a hundred times the others'.
    gaps = [row for row in gaps_table(result.tables["ways"]) if row["way"] != _TRAINING]
    told = [
        {**row, "text": f"{row['estimate']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"}
        for row in gaps_table(result.tables["ways"])
    ]
    for row in told:
        row["text"] = row["text"].replace("-", "−")
    most = 1.15 * max(0.5, *(abs(row[name]) for row in gaps for name in ("low", "high")))
    x = alt.X("estimate:Q", title=_GAP, scale=alt.Scale(domain=[-most, most], nice=False))
    blank = alt.Y(
        "way:N",
        sort=list(_COLORS),
        scale=alt.Scale(domain=list(_COLORS)),
        title=None,
        axis=alt.Axis(labels=False, ticks=False, domain=False),
    )
    own = alt.Color("way:N", scale=colors(_COLORS), legend=None)
    band = data([{"low": -0.5, "high": 0.5}]).mark_rect(opacity=0.12, color=NOISE)
    right = alt.layer(
        band.encode(x=alt.X("low:Q"), x2="high:Q"),
        data([{"estimate": 0}]).mark_rule(strokeDash=[4, 4]).encode(x=x),
        data(gaps)
        .mark_rule(strokeWidth=3)
        .encode(x=alt.X("low:Q"), x2="high:Q", y=blank, color=own),
        data(gaps).mark_circle(size=80, opacity=1).encode(x=x, y=blank, color=own),
        data(told)
        .mark_text(align="left", fontSize=12)
        .encode(x=alt.value(285), y=blank, text="text:N"),
    ).properties(width=275, height=230, title=_heading("claimed less true"))
    n = result.tables["ways"][0]["n_repetitions"]
    n_settings = len(result.tables["settings"])
    return titled(
        alt.hconcat(left, right, spacing=25).resolve_scale(color="independent"),
        f"The best of {n_settings} settings, chosen in three ways",
        [
            f"means of {n} repetitions, each with all sets drawn anew, and 95% intervals; true: on "
            f"100,000 fresh examples",
            "at the right, at another scale: the difference within each repetition (that of the "
            "training error is far off the left); grey: ±0.5 points",
        ],
    )


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


def _size() -> alt.X:
    return alt.X(
        "n_validation:Q",
        title="validation examples (log)",
        scale=alt.Scale(type="log", domain=[50, 5000], nice=False),
        axis=alt.Axis(values=[50, 100, 200, 500, 1000, 2000, 5000], format="~g", grid=False),
    )


def _over(result: ExperimentResult, table: str, averaged: str) -> list[str]:
    n = result.tables[table][0]["n_repetitions"]
    return [f"means of {n} repetitions {averaged};", "bands: 95% intervals over the repetitions"]


def _gaps(rows: Sequence[Row], x: alt.X, title: str, subtitle: list[str]) -> alt.LayerChart:
    table = gaps_table(rows)
    shown = {way: color for way, color in _COLORS.items() if way in {row["way"] for row in table}}
    legend = alt.Legend(symbolType="stroke", columns=2)
    color = alt.Color("way:N", scale=colors(shown), legend=legend)
    base = data(table)
    column = x.shorthand
    y = alt.Y("estimate:Q", title=_GAP)
    bands = base.mark_area(opacity=0.22).encode(
        x=x, y=alt.Y("low:Q", title=_GAP), y2="high:Q", color=color
    )
    lines = base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=color)
    points = base.mark_circle(size=36, opacity=1).encode(
        x=x,
        y=y,
        color=color,
        tooltip=[
            "way:N",
            alt.Tooltip(column),
            *(alt.Tooltip(f"{name}:Q", format="+.2f") for name in ("estimate", "low", "high")),
        ],
    )
    zero = data([{"estimate": 0}]).mark_rule(strokeDash=[4, 4]).encode(y=y)
    return titled(
        alt.layer(bands, zero, lines, points).properties(width=460, height=300), title, subtitle
    )


def errors_table(result: ExperimentResult, table: str) -> list[Row]:
    """Claimed and fresh errors of the choice by validation, a row a kind and point."""
    return [
        {
            **row,
            "error": kind,
            "estimate": row[column],
            "low": row[f"{column}_low"],
            "high": row[f"{column}_high"],
        }
        for row in result.tables[table]
        if row.get("way", _VALIDATION) == _VALIDATION
        for kind, column in ((_CLAIMED, "claimed"), (_FRESH, "fresh"))
    ]


def _errors(result: ExperimentResult) -> alt.HConcatChart:
    panels: list[AnyChart] = []
    for table, x in (("against_trials", _trials(result)), ("against_size", _size())):
        base = data(errors_table(result, table))
        color = alt.Color(
            "error:N",
            scale=colors(_ERRORS),
            legend=None if panels else alt.Legend(symbolType="stroke"),
        )
        scale = alt.Scale(zero=False)
        y = alt.Y(
            "estimate:Q",
            title=None if panels else "error of the chosen setting",
            axis=alt.Axis(format="%", tickCount=6),
            scale=scale,
        )
        layers = alt.layer(
            base.mark_area(opacity=0.22).encode(
                x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=color
            ),
            base.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=color),
            base.mark_circle(size=36, opacity=1).encode(
                x=x,
                y=y,
                color=color,
                tooltip=[
                    "error:N",
                    *(alt.Tooltip(f"{name}:Q", format=".2%") for name in ("estimate", "low")),
                    alt.Tooltip("high:Q", format=".2%"),
                ],
            ),
        )
        n = result.tables[table][0]["n_repetitions"]
        heading = _heading(f"{n} repetitions")
        panels.append(layers.properties(width=370, height=260, title=heading))
    return titled(
        alt.hconcat(*panels, spacing=40),
        "What choosing by validation error claims, and what it gains",
        "means over repetitions and 95% intervals; at the left 2,000 validation examples, at the "
        "right all settings once",
    )


def estimates_table(result: ExperimentResult) -> list[Row]:
    """The estimates in percentage points, and the share of other winners in percent."""
    return [
        {**row, **{name: 100 * row[name] for name in ("estimate", "low", "high")}}
        for row in result.tables["estimates"]
    ]


_SOURCES = {"measured": TRUTH, "bootstrap": BIAS, "nested halves": VARIANCE, "as validated": NOISE}
_TITLES = {
    "true error less the lowest validation error": ("how much too good", "percentage points"),
    "another setting wins on a new set": ("another winner on a new set", "% of new sets"),
    "error less that of the chapter's network": (
        "gain over the chapter's network",
        "percentage points",
    ),
}


def _estimates(result: ExperimentResult) -> alt.HConcatChart:
    table = estimates_table(result)
    panels: list[AnyChart] = []
    for quantity, (title, unit) in _TITLES.items():
        base = data([row for row in table if row["quantity"] == quantity])
        y = alt.Y(
            "from:N",
            sort=list(_SOURCES),
            scale=alt.Scale(domain=list(_SOURCES)),
            title=None,
            axis=alt.Axis(labels=not panels, ticks=False, domain=False, labelFontSize=13),
        )
        color = alt.Color("from:N", scale=colors(_SOURCES), legend=None)
        x = alt.X("estimate:Q", title=unit, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=True))
        layers = alt.layer(
            base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=color),
            base.mark_circle(size=80, opacity=1).encode(
                x=x,
                y=y,
                color=color,
                tooltip=[
                    "from:N",
                    *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("estimate", "low")),
                    alt.Tooltip("high:Q", format=".2f"),
                ],
            ),
        )
        panels.append(layers.properties(width=225, height=150, title=_heading(title)))
    n = result.tables["ways"][0]["n_repetitions"]
    return titled(
        alt.hconcat(*panels, spacing=30),
        "What the validation set alone tells of the cost of choosing",
        f"means of {n} repetitions and 95% intervals; measured: on fresh examples, or, of winners, "
        f"on the test set",
    )
