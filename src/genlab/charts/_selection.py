"""The figures of a search, drawn from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row, finite
from genlab.charts._figure import AnyChart, Figure
from genlab.charts._marks import colors, data, titled
from genlab.charts._selection_axes import axis_table, lines_table
from genlab.charts._theme import BIAS, ERROR, NOISE, TRUTH, VARIANCE

# Good configurations, middling ones and bad ones: apart on white and on dark.
_RAMP = [BIAS, "#a07fb8", VARIANCE]
_BEST = [BIAS, VARIANCE, TRUTH, ERROR]
_MOST_CURVES = 200
_NUMBERS = tuple(f"validation_error{end}" for end in ("", "_low", "_high"))
_STATES = {"complete": BIAS, "pruned": NOISE, "chosen": VARIANCE}


def selection_figures(
    tables: Mapping[str, Sequence[Row]], chosen: int, interval: str
) -> list[Figure]:
    """Every figure that the tables have rows for.

    Parameters
    ----------
    tables
        "trials", "axes", "curves", "best_so_far" and, where there are any, "importance",
        "errors" and "within_one_standard_error": those of a `SelectionReport`.
    chosen
        The number of the chosen trial.
    interval
        What kind of interval the validation errors have.
    """
    drawn = [
        Figure(
            "configurations",
            "Each line is a trial; it crosses each axis at the trial's value. The thick line is "
            "the chosen configuration.",
            _parallel(tables["trials"], tables["axes"], chosen),
            wide=True,
        ),
        Figure(
            "trials",
            "Where the band no longer falls, more trials bring no gain that these validation "
            "examples could show.",
            _trials(
                tables["trials"],
                tables["best_so_far"],
                chosen,
                interval,
                tables.get("within_one_standard_error", ()),
            ),
        ),
    ]
    if tables.get("errors"):
        drawn.insert(
            1,
            Figure(
                "errors",
                "Errors of the default and of the chosen configuration on validation examples, the "
                "latter corrected for selection, and its error on sealed test examples.",
                _errors(tables["errors"]),
                wide=True,
            ),
        )
    if tables.get("importance"):
        drawn.append(
            Figure(
                "importance",
                "Importance over the whole searched space, poor regions included: a parameter "
                "with little importance here may still matter near the best configurations.",
                _importance(tables["importance"]),
            )
        )
    if tables["curves"]:
        drawn.append(
            Figure(
                "curves",
                "A curve that still falls at its end suggests more training steps; one that rises, "
                "fewer.",
                _curves(tables["curves"], tables["trials"], chosen, interval),
                wide=True,
            )
        )
    return drawn


def best_trials(trials: Sequence[Row], chosen: int, n: int) -> list[int]:
    """The numbers of the chosen trial and of those that come next."""
    complete = [row for row in trials if row["state"] == "complete"]
    complete.sort(key=lambda row: (row["number"] != chosen, row["validation_error"]))
    return [row["number"] for row in complete[:n]]


def curves_table(
    curves: Sequence[Row], trials: Sequence[Row], chosen: int
) -> tuple[list[Row], list[Row]]:
    """The curves of the best few trials, each with a label, and those of the others, at most 200.

    Numbers that are missing are None.
    """
    few = best_trials(trials, chosen, len(_BEST))
    errors = {row["number"]: row["validation_error"] for row in trials}
    labels = {
        number: f"trial {number}{', chosen' if number == chosen else ''}: {errors[number]:.1%}"
        for number in few
    }
    rows = finite(curves)
    shown = set(best_trials(trials, chosen, _MOST_CURVES))
    best = [
        {**row, "label": labels[number]}
        for number in few
        for row in rows
        if row["number"] == number
    ]
    return best, [row for row in rows if row["number"] in shown and row["number"] not in labels]


def _parallel(trials: Sequence[Row], axes: Sequence[Row], chosen: int) -> AnyChart:
    lines = lines_table(trials, axes)
    ticks = axis_table(trials, axes)
    names = list(dict.fromkeys(row["axis"] for row in ticks))
    errors = sorted({row["validation_error"] for row in lines})
    x = alt.X(
        "axis:N",
        sort=names,
        scale=alt.Scale(type="point", domain=names, padding=0.35),
        axis=alt.Axis(
            title=None,
            orient="top",
            domain=False,
            ticks=False,
            labelAngle=0,
            labelFontSize=13,
            labelPadding=12,
            labelLimit=0,
            grid=False,
        ),
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-0.03, 1.03], nice=False), axis=None)
    color = alt.Color("validation_error:Q", scale=_ramp(errors), legend=_legend())
    tooltip = [
        "number:N",
        "axis:N",
        "value:N",
        alt.Tooltip("validation_error:Q", format=".1%", title="validation error"),
    ]
    uprights = [{"axis": name, "y": 0.0, "end": 1.0} for name in names]
    others = [row for row in lines if row["number"] != chosen]
    best = [row for row in lines if row["number"] == chosen]
    layers = [
        data(uprights).mark_rule(strokeWidth=1.2).encode(x=x, y=y, y2="end:Q"),
        data(others)
        .mark_line(strokeWidth=1.6, opacity=0.65)
        .encode(x=x, y=y, detail="number:N", color=color, tooltip=tooltip),
        data(best)
        .mark_line(strokeWidth=4.5, opacity=1, point=alt.OverlayMarkDef(size=110, opacity=1))
        .encode(x=x, y=y, detail="number:N", color=color, tooltip=tooltip),
        data(ticks)
        .mark_text(align="right", dx=-9, fontSize=11.5, fontWeight=600)
        .encode(x=x, y=y, text="label:N"),
        data(ticks)
        .mark_tick(thickness=1.5, width=9, orient="horizontal", color=NOISE)
        .encode(x=x, y=y),
    ]
    n = len({row["number"] for row in lines})
    subtitle = f"{n} complete trials, coloured by validation error"
    missing = sum(row["state"] != "complete" for row in trials)
    if missing:
        subtitle += f"; {missing} pruned or failed trials are left out"
    if any(row["y"] is None for row in lines):
        subtitle += "; a line is broken where a parameter does not apply"
    return titled(
        alt.layer(*layers).properties(width=980, height=330), "All configurations", subtitle
    )


def _ramp(errors: Sequence[float]) -> alt.Scale:
    """From the lowest error over the median to the highest: one bad trial hides no others."""
    if len(errors) < 3:
        return alt.Scale(domain=[errors[0], errors[-1] + 1e-9], range=[_RAMP[0], _RAMP[-1]])
    middle = errors[len(errors) // 2]
    return alt.Scale(domain=[errors[0], middle, errors[-1]], range=_RAMP)


def _legend() -> alt.Legend:
    return alt.Legend(
        title="validation error",
        format=".0%",
        titleLimit=0,
        titleFontWeight="normal",
        orient="bottom",
    )


def _errors(rows: Sequence[Row]) -> AnyChart:
    table = finite(rows)
    kinds = [row["what"] for row in table]
    ranges = dict(zip(kinds, (row["color"] for row in map(_with_color, table)), strict=True))
    y = alt.Y(
        "what:N",
        sort=kinds,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0, labelFontSize=13),
        scale=alt.Scale(paddingOuter=0.4),
    )
    color = alt.Color("what:N", scale=colors(ranges), legend=None)
    x = alt.X(
        "error:Q",
        title="error",
        axis=alt.Axis(format="%", tickCount=7),
        scale=alt.Scale(zero=False, padding=45),
    )
    rows = [{**row, "text": _interval_text(row)} for row in table]
    base = data(rows)
    chart = alt.layer(
        data([row for row in rows if row["error_low"] is not None])
        .mark_rule(strokeWidth=3)
        .encode(x=alt.X("error_low:Q"), x2="error_high:Q", y=y, color=color),
        base.mark_circle(size=130, opacity=1).encode(
            x=x, y=y, color=color, tooltip=["what:N", "text:N", "interval:N"]
        ),
        base.mark_text(dy=-17, fontSize=12.5).encode(x=x, y=y, text="text:N"),
    )
    return titled(
        chart.properties(width=720, height=alt.Step(62)),
        "Error of the chosen configuration",
        "95% intervals; the table below names the kind of each",
    )


def _with_color(row: Row) -> Row:
    named = {
        "trivial": NOISE,
        "default": NOISE,
        "lowest": BIAS,
        "claimed": VARIANCE,
        "corrected": ERROR,
        "sealed": TRUTH,
    }
    return {**row, "color": named.get(row["kind"], BIAS)}


def _interval_text(row: Row) -> str:
    if row["error_low"] is None:
        return f"{row['error']:.1%}"
    low, high = 100 * row["error_low"], 100 * row["error_high"]
    return f"{row['error']:.1%} [{low:.1f}, {high:.1f}]"


def _trials(
    trials: Sequence[Row],
    best_so_far: Sequence[Row],
    chosen: int,
    interval: str,
    within: Sequence[Row],
) -> AnyChart:
    dots = [
        {
            "number": row["number"],
            "validation_error": row["validation_error"]
            if row["state"] == "complete"
            else row["first_error"],
            "state": "chosen" if row["number"] == chosen else row["state"],
        }
        for row in finite(trials)
        if row["state"] in _STATES
    ]
    dots = [row for row in dots if row["validation_error"] is not None]
    states = {
        name: color for name, color in _STATES.items() if any(d["state"] == name for d in dots)
    }
    x = alt.X(
        "number:Q",
        title="trial",
        axis=alt.Axis(tickMinStep=1, tickCount=8, format="d"),
        scale=alt.Scale(domain=[-0.5, max(row["number"] for row in trials) + 0.5], nice=False),
    )
    y = alt.Y(
        "validation_error:Q",
        title="validation error",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(zero=False),
    )
    best = data(finite(best_so_far))
    band = best.mark_area(color=VARIANCE, opacity=0.2, interpolate="step-after")
    line = best.mark_line(color=VARIANCE, strokeWidth=2.2, interpolate="step-after")
    chart = alt.layer(
        band.encode(x=x, y=alt.Y("validation_error_low:Q"), y2="validation_error_high:Q"),
        data(dots)
        .mark_circle(size=42, opacity=0.75)
        .encode(
            x=x,
            y=y,
            color=alt.Color("state:N", scale=colors(states), legend=alt.Legend(title=None)),
            tooltip=[
                "number:Q",
                "state:N",
                alt.Tooltip("validation_error:Q", format=".1%", title="validation error"),
            ],
        ),
        line.encode(x=x, y=y),
        data([row for row in dots if row["state"] == "chosen"])
        .mark_circle(size=110, opacity=1, color=VARIANCE)
        .encode(x=x, y=y),
    )
    besides = []
    if within:
        limit = data([{"limit": within[0]["limit"]}]).mark_rule(strokeDash=[6, 4], color=NOISE)
        chart = chart + limit.encode(y=alt.Y("limit:Q"))
        besides.append("dashed: the lowest error plus one standard error")
    subtitle = f"line: lowest error so far, with its {interval}".replace(" (", "\n(").split("\n")
    n_failed = sum(row["state"] == "failed" for row in trials)
    if any(row["state"] == "pruned" for row in dots):
        besides.append("pruned: after a quarter of the steps")
    if n_failed:
        besides.append(f"{n_failed} failed trials have no error")
    if besides:
        subtitle = [*subtitle[:-1], f"{subtitle[-1]};", "; ".join(besides)]
    return titled(chart.properties(width=460, height=300), "Validation error by trial", subtitle)


def _importance(rows: Sequence[Row]) -> AnyChart:
    names = [row["parameter"] for row in rows]
    y = alt.Y(
        "parameter:N",
        sort=names,
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=0, labelFontSize=13),
        scale=alt.Scale(paddingOuter=0.3),
    )
    x = alt.X(
        "importance:Q",
        title="fraction of the validation error's variance",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    shown = ["parameter:N"] + [
        alt.Tooltip(f"{name}:Q", format=".0%")
        for name in ("importance", "importance_low", "importance_high")
    ]
    chart = alt.layer(
        data(rows)
        .mark_rule(strokeWidth=3, color=BIAS)
        .encode(x=alt.X("importance_low:Q"), x2="importance_high:Q", y=y),
        data(rows).mark_circle(size=120, opacity=1, color=BIAS).encode(x=x, y=y, tooltip=shown),
    )
    return titled(
        chart.properties(width=460, height=300),
        "Which parameters matter",
        [
            f"functional ANOVA of a random forest of {rows[0]['n']} trials;",
            "95% intervals: 100 forests of resampled trials",
        ],
    )


def _curves(curves: Sequence[Row], trials: Sequence[Row], chosen: int, interval: str) -> AnyChart:
    best, others = curves_table(curves, trials, chosen)
    labels = list(dict.fromkeys(row["label"] for row in best))
    ranges = dict(zip(labels, _BEST, strict=False))
    x = alt.X("step:Q", title="training step", axis=alt.Axis(tickCount=8, format=",d"))
    y = alt.Y(
        "validation_error:Q",
        title="validation error",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(zero=False),
    )
    color = alt.Color(
        "label:N",
        scale=colors(ranges),
        legend=alt.Legend(title=None, columns=2, symbolType="stroke"),
    )
    band = [
        row for row in best if row["number"] == chosen and row["validation_error_low"] is not None
    ]
    layers = [
        data(others)
        .mark_line(strokeWidth=1, opacity=0.35, color=NOISE)
        .encode(x=x, y=y, detail="number:N"),
        data(best).mark_line(strokeWidth=2.2).encode(x=x, y=y, color=color, tooltip=_at_step()),
    ]
    subtitle_start = "the best trials in colour, all others grey"
    n_trials = len({row["number"] for row in (*best, *others)})
    n_all = len({row["number"] for row in curves})
    if n_trials < n_all:
        subtitle_start += f" (the best {n_trials} of {n_all} trials)"
    subtitle = [f"{subtitle_start};"]
    if band:
        layers.insert(
            1,
            data(band)
            .mark_area(opacity=0.2, color=_BEST[0])
            .encode(x=x, y=alt.Y("validation_error_low:Q"), y2="validation_error_high:Q"),
        )
        subtitle.append(f"band: {interval} of the chosen trial")
    else:
        subtitle.append("means over divisions; single curves are not stored, so there is no band")
    return titled(
        alt.layer(*layers).properties(width=980, height=330),
        "Validation error through training",
        subtitle,
    )


def _at_step() -> list[Any]:
    return [
        "label:N",
        "step:Q",
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in _NUMBERS),
    ]
