"""The figures of `variance-sources`."""

from __future__ import annotations

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
    titled,
)
from genlab.experiments import ExperimentResult

_COLORS = {
    "training sample": BIAS,
    "label noise": VARIANCE,
    "initial weights": ERROR,
    "batch order": TRUTH,
    "all together": NOISE,
}
_LABELS = {"clean labels": BIAS, "15% of labels redrawn": VARIANCE}
_TEST_SET = "1,000 test examples"
# Quantity -> (factor, unit, digits).
_UNITS = {"test_error": (100, "percentage points", 2), "test_loss": (1, "nats", 3)}


def figures(result: ExperimentResult) -> list[Figure]:
    """Every change; the deviations of error and of loss; and what they sum to."""
    return [
        Figure(
            name="changes",
            caption="Draw one source anew, leave all else as it was, train again: how far the "
            "test error moves.",
            chart=_changes(result),
            wide=True,
        ),
        Figure(
            name="deviations-error",
            caption="What training anew does to the test error, beside what drawing 1,000 test "
            "examples anew would do.",
            chart=_deviations(result, "test_error"),
        ),
        Figure(
            name="deviations-loss",
            caption="The same for the test loss.",
            chart=_deviations(result, "test_loss"),
        ),
        Figure(
            name="sum",
            caption="Effects that add up would fill the bars to 100%. What lies beyond is "
            "interaction: the effect of one source depends on the others.",
            chart=_sum(result),
            wide=True,
        ),
    ]


def changes_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws: changes of the test error in percentage points."""
    return [
        {
            "labels": row["labels"],
            "source": row["source"],
            "group": row["group"],
            "change": 100 * row["test_error_change"],
        }
        for row in result.tables["changes"]
    ]


def deviations_table(result: ExperimentResult, quantity: str) -> list[Row]:
    """Standard deviations in the figures' units; for errors, that of a small test set too."""
    factor = _UNITS[quantity][0]
    rows = [
        {
            "labels": row["labels"],
            "source": row["source"],
            **{name: factor * row[name] for name in ("estimate", "low", "high")},
        }
        for row in result.tables["deviations"]
        if row["quantity"] == quantity
    ]
    if quantity == "test_error":
        rows += [
            {
                "labels": row["labels"],
                "source": _TEST_SET,
                "estimate": factor * row["deviation"],
                "low": None,
                "high": None,
            }
            for row in result.tables["sampling"]
            if row["n_test"] == 1000
        ]
    return rows


def _changes(result: ExperimentResult) -> alt.HConcatChart:
    table = changes_table(result)
    spreads = deviations_table(result, "test_error")
    furthest = max(abs(row["change"]) for row in table)
    scale = alt.Scale(domain=[-1.1 * furthest, 1.1 * furthest], nice=False)
    n = max(row["group"] for row in table) + 1
    panels: list[AnyChart] = []
    for labels in _LABELS:
        rows = [row for row in table if row["labels"] == labels]
        first = not panels
        y = alt.Y(
            "source:N",
            sort=list(_COLORS),
            scale=alt.Scale(domain=list(_COLORS)),
            title=None,
            axis=alt.Axis(labels=first, ticks=False, domain=False, labelLimit=0),
        )
        x = alt.X(
            "change:Q",
            title="change of the test error (percentage points)",
            scale=scale,
        )
        color = alt.Color("source:N", scale=colors(_COLORS), legend=None)
        zero = data([{"change": 0}]).mark_rule(strokeDash=[4, 4]).encode(x=x)
        dots = (
            data(rows)
            .mark_circle(size=55, opacity=0.75)
            .encode(
                x=x,
                y=y,
                yOffset=alt.YOffset("group:Q", scale=alt.Scale(domain=[-0.6 * n, 1.6 * n])),
                color=color,
                tooltip=["source:N", "group:Q", alt.Tooltip("change:Q", format="+.2f")],
            )
        )
        told = [
            {**row, "text": f"{row['estimate']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"}
            for row in spreads
            if row["labels"] == labels and row["source"] in _COLORS
        ]
        missing = set(_COLORS) - {row["source"] for row in told}
        told += [{"source": source, "text": "no label redrawn"} for source in missing]
        names = (
            data(told)
            .mark_text(align="left", fontSize=12)
            .encode(x=alt.value(300), y=y, text="text:N")
        )
        heading = alt.TitleParams(labels, fontSize=13, anchor="middle", offset=4)
        panels.append(alt.layer(zero, dots, names).properties(width=290, height=250, title=heading))
    return titled(
        alt.hconcat(*panels, spacing=45),
        "What moves the test error when a network is trained again",
        [
            f"each dot: two networks that differ in one source alone ({n} pairs a source), or, all "
            "together, share nothing",
            "at the right: the standard deviation of the test error that goes with it (a change's "
            "is √2 times that), 95% interval",
        ],
    )


def _deviations(result: ExperimentResult, quantity: str) -> alt.LayerChart:
    table = deviations_table(result, quantity)
    unit = _UNITS[quantity][1]
    order = [*_COLORS, *([_TEST_SET] if quantity == "test_error" else [])]
    y = alt.Y(
        "source:N",
        sort=order,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0),
        scale=alt.Scale(paddingInner=0.25),
    )
    offset = alt.YOffset("labels:N", sort=list(_LABELS), scale=alt.Scale(domain=list(_LABELS)))
    name = quantity.replace("_", " ")
    x = alt.X(
        "estimate:Q",
        title=f"standard deviation of the {name} ({unit})",
        axis=alt.Axis(tickCount=6),
    )
    color = alt.Color("labels:N", scale=colors(_LABELS), legend=alt.Legend(symbolType="square"))
    base = data(table)
    digits = f".{_UNITS[quantity][2]}f"
    shown = [
        alt.Tooltip("source:N"),
        alt.Tooltip("labels:N"),
        *(alt.Tooltip(f"{column}:Q", format=digits) for column in ("estimate", "low", "high")),
    ]
    bars = base.mark_bar(opacity=0.8).encode(x=x, y=y, yOffset=offset, color=color, tooltip=shown)
    intervals = (
        data([row for row in table if row["low"] is not None])
        .mark_rule(strokeWidth=2)
        .encode(x=alt.X("low:Q"), x2="high:Q", y=y, yOffset=offset)
    )
    n = max(row["n_groups"] for row in result.tables["deviations"])
    subtitle = [f"one source drawn anew, the others held still; 95% intervals over {n} groups of"]
    if quantity == "test_error":
        subtitle += ["networks; 1,000 test examples: closed form √(p(1 − p)/1000), no interval"]
    else:
        subtitle += ["networks, each with its own setting of the others"]
    return titled(
        alt.layer(bars, intervals).properties(width=460, height=300),
        f"How far each source moves the {name}",
        subtitle,
    )


def sum_table(result: ExperimentResult) -> list[Row]:
    """The shares of each source, one after the other, in percent of all together."""
    rows: list[Row] = []
    ends: dict[str, float] = {}
    for row in result.tables["deviations"]:
        if row["source"] == "all together":
            continue
        bar = f"{row['quantity'].replace('_', ' ')}, {row['labels']}"
        start = ends.get(bar, 0.0)
        ends[bar] = start + row["share_estimate"]
        rows.append({"bar": bar, "source": row["source"], "start": start, "end": ends[bar]})
    return rows


def _sum(result: ExperimentResult) -> alt.LayerChart:
    table = sum_table(result)
    sums = [
        {**row, "bar": f"{row['quantity'].replace('_', ' ')}, {row['labels']}"}
        for row in result.tables["sums"]
    ]
    order = [f"{q.replace('_', ' ')}, {labels}" for labels in _LABELS for q in _UNITS]
    sources = {source: color for source, color in _COLORS.items() if source != "all together"}
    y = alt.Y(
        "bar:N",
        sort=order,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0),
    )
    x = alt.X(
        "start:Q",
        title="variance of single sources, in percent of the variance of all together",
        axis=alt.Axis(format="%", tickCount=6),
    )
    bars = (
        data(table)
        .mark_bar(opacity=0.85)
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            color=alt.Color(
                "source:N", scale=colors(sources), legend=alt.Legend(symbolType="square")
            ),
            tooltip=["bar:N", "source:N"],
        )
    )
    intervals = data(sums).mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    whole = data([{"start": 1.0}]).mark_rule(strokeDash=[6, 4], strokeWidth=2).encode(x="start:Q")
    n = max(row["n_groups"] for row in result.tables["sums"])
    return titled(
        alt.layer(bars, intervals, whole).properties(width=760, height=170),
        "Do the parts add up to the whole?",
        f"95% intervals of the sums over {n} groups of networks; dashed: all together, where "
        f"effects that add up would end",
    )
