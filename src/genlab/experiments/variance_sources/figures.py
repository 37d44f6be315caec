"""The figures of `variance-sources`."""

from __future__ import annotations

import math

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
from genlab.experiments._peak_words import labels_text
from genlab.experiments.variance_sources.protocol import LABELS, QUANTITIES
from genlab.experiments.variance_sources.words import QUANTITY_NAMES, SOURCE_NAMES

_SOURCE_COLORS = {
    "training_sample": BIAS,
    "label_noise": VARIANCE,
    "initial_weights": ERROR,
    "batch_order": TRUTH,
    "all": NOISE,
}
# Name -> colour, in the order of the axes.
_COLORS = {SOURCE_NAMES[source]: color for source, color in _SOURCE_COLORS.items()}
_LABELS_COLORS = {"clean": BIAS, "noisy": VARIANCE}
# Quantity -> (factor, unit, digits).
_UNITS = {"test_error": (100, "percentage points", 2), "test_loss": (1, "nats", 3)}


def figures(result: ExperimentResult) -> list[Figure]:
    """Every change; the standard deviations of error and loss; and the sum of the variances."""
    n_test = result.protocol["n_published_test"]
    return [
        Figure(
            name="changes",
            caption="Change in test error when one source of randomness is resampled and all else "
            "is held fixed.",
            chart=_changes(result),
            wide=True,
        ),
        Figure(
            name="deviations-error",
            caption="Standard deviation of the test error due to each source, compared with that "
            f"due to a resampled test set of {n_test:,} examples.",
            chart=_deviations(result, "test_error"),
        ),
        Figure(
            name="deviations-loss",
            caption="Standard deviation of the test loss due to each source.",
            chart=_deviations(result, "test_loss"),
        ),
        Figure(
            name="sum",
            caption="If the effects of the sources add up, the bars end at 100%. A longer bar "
            "shows interaction: the effect of one source depends on the others.",
            chart=_sum(result),
            wide=True,
        ),
    ]


def changes_table(result: ExperimentResult) -> list[Row]:
    """What the first figure draws: changes in the test error in percentage points."""
    return [
        {
            "labels": row["labels"],
            "source": SOURCE_NAMES[row["source"]],
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
            "labels": _labels(row["labels"], result),
            "source": SOURCE_NAMES[row["source"]],
            **{name: factor * row[name] for name in ("estimate", "low", "high")},
        }
        for row in result.tables["deviations"]
        if row["quantity"] == quantity
    ]
    if quantity == "test_error":
        rows += [
            {
                "labels": _labels(row["labels"], result),
                "source": _test_set(result),
                "estimate": factor * row["standard_deviation"],
                "low": None,
                "high": None,
            }
            for row in result.tables["sampling"]
            if row["n_test"] == result.protocol["n_published_test"]
        ]
    return rows


def _labels(labels: str, result: ExperimentResult) -> str:
    return labels_text(labels, result.protocol["label_noise"]["fraction"])


def _test_set(result: ExperimentResult) -> str:
    return f"{result.protocol['n_published_test']:,} test examples"


def _changes(result: ExperimentResult) -> alt.HConcatChart:
    table = changes_table(result)
    spreads = deviations_table(result, "test_error")
    furthest = max(abs(row["change"]) for row in table)
    scale = alt.Scale(domain=[-1.1 * furthest, 1.1 * furthest], nice=False)
    n = max(row["group"] for row in table) + 1
    panels: list[AnyChart] = []
    for labels in LABELS:
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
            title="change in test error (percentage points)",
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
        beside = [
            {**row, "text": f"{row['estimate']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"}
            for row in spreads
            if row["labels"] == _labels(labels, result) and row["source"] in _COLORS
        ]
        absent = set(_COLORS) - {row["source"] for row in beside}
        beside += [{"source": source, "text": "no label noise"} for source in absent]
        names = (
            data(beside)
            .mark_text(align="left", fontSize=12, dx=10)
            .encode(x=alt.value("width"), y=y, text="text:N")
        )
        name = _labels(labels, result)
        heading = alt.TitleParams(name, fontSize=13, anchor="middle", offset=4)
        panels.append(alt.layer(zero, dots, names).properties(width=290, height=250, title=heading))
    return titled(
        alt.hconcat(*panels, spacing=45),
        "Change in test error when a network is trained again",
        [
            f"each dot: two networks that differ in one source alone ({n} pairs per source); all "
            "together: two that share nothing;",
            "on the right: standard deviation of the test error (that of a change is √2 times as "
            "large), 95% interval",
        ],
    )


def _deviations(result: ExperimentResult, quantity: str) -> alt.LayerChart:
    table = deviations_table(result, quantity)
    unit = _UNITS[quantity][1]
    order = [*_COLORS, *([_test_set(result)] if quantity == "test_error" else [])]
    of_labels = {_labels(labels, result): color for labels, color in _LABELS_COLORS.items()}
    y = alt.Y(
        "source:N",
        sort=order,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0),
        scale=alt.Scale(paddingInner=0.25),
    )
    offset = alt.YOffset("labels:N", sort=list(of_labels), scale=alt.Scale(domain=list(of_labels)))
    name = QUANTITY_NAMES[quantity]
    x = alt.X(
        "estimate:Q",
        title=f"standard deviation of the {name} ({unit})",
        axis=alt.Axis(tickCount=6),
    )
    color = alt.Color("labels:N", scale=colors(of_labels), legend=alt.Legend(symbolType="square"))
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
    subtitle = ["one source resampled, the others held fixed; 95% intervals over"]
    if quantity == "test_error":
        n_test = result.protocol["n_published_test"]
        subtitle += [
            f"{n} groups of networks; {_test_set(result)}: √(p(1 − p)/{n_test:,}), no interval"
        ]
    else:
        subtitle += [f"{n} groups of networks"]
    return titled(
        alt.layer(bars, intervals).properties(width=460, height=300),
        f"Standard deviation of the {name}, by source",
        subtitle,
    )


# Where the axis of the sums ends, if no bar reaches further.
_CUT = 4.0


def sum_table(result: ExperimentResult) -> list[Row]:
    """The variance of each source, one after the other, as a fraction of that of all together."""
    rows: list[Row] = []
    ends: dict[str, float] = {}
    for row in result.tables["deviations"]:
        if row["source"] == "all":
            continue
        bar = _bar(row["quantity"], row["labels"], result)
        start = ends.get(bar, 0.0)
        ends[bar] = start + row["share"]
        name = SOURCE_NAMES[row["source"]]
        rows.append({"bar": bar, "source": name, "start": start, "end": ends[bar]})
    return rows


def _bar(quantity: str, labels: str, result: ExperimentResult) -> str:
    return f"{QUANTITY_NAMES[quantity]}, {_labels(labels, result)}"


def _sum(result: ExperimentResult) -> alt.LayerChart:
    table = sum_table(result)
    sums = [
        {**row, "bar": _bar(row["quantity"], row["labels"], result)}
        for row in result.tables["sums"]
    ]
    order = [_bar(quantity, labels, result) for labels in LABELS for quantity in QUANTITIES]
    sources = {name: color for name, color in _COLORS.items() if name != SOURCE_NAMES["all"]}
    y = alt.Y(
        "bar:N",
        sort=order,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0),
    )
    cut = float(max(_CUT, math.ceil(max(row["end"] for row in table))))
    x = alt.X(
        "start:Q",
        title="variance due to single sources (% of the variance of all together)",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(domain=[0, cut], nice=False),
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
    intervals = (
        data(sums).mark_rule(strokeWidth=2, clip=True).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    )
    beyond = [
        {**row, "start": cut, "text": f"► {row['high']:,.0%}"} for row in sums if row["high"] > cut
    ]
    ends = data(beyond).mark_text(align="left", dx=1, fontSize=12).encode(x=x, y=y, text="text:N")
    whole = data([{"start": 1.0}]).mark_rule(strokeDash=[6, 4], strokeWidth=2).encode(x="start:Q")
    n = max(row["n_groups"] for row in result.tables["sums"])
    subtitle = [
        f"lines: 95% intervals of the sums over {n} groups of networks; dashed: the variance of "
        f"all together"
    ]
    if beyond:
        subtitle = [f"{subtitle[0]};", f"intervals that end beyond {cut:.0%} are cut there"]
        subtitle[1] += ", and their ends are written beside the arrow"
    return titled(
        alt.layer(bars, intervals, whole, ends).properties(width=700, height=170),
        "Variances of single sources, summed",
        subtitle,
    )
