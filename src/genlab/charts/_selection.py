"""The figures of a search, drawn from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from genlab._base.jsons import Row, finite
from genlab._base.words import capital
from genlab.charts._figure import AnyChart, Figure
from genlab.charts._marks import colors, data, titled
from genlab.charts._selection_axes import ERROR_SHOWN, ScoreShown, axis_table, lines_table
from genlab.charts._selection_scores import errors_caption, errors_chart, plain_axis
from genlab.charts._theme import BIAS, ERROR, NOISE, TRUTH, VARIANCE

# Good configurations, middling ones and bad ones: apart on white and on dark.
_RAMP = [BIAS, "#a07fb8", VARIANCE]
_BEST = [BIAS, VARIANCE, TRUTH, ERROR]
_MOST_CURVES = 200
_NUMBERS = tuple(f"validation_error{end}" for end in ("", "_low", "_high"))
_STATES = {"complete": BIAS, "pruned": NOISE, "chosen": VARIANCE}


def selection_figures(
    tables: Mapping[str, Sequence[Row]],
    chosen: int,
    interval: str,
    shown: ScoreShown = ERROR_SHOWN,
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
        What kind of interval the validation errors, or scores, have.
    shown
        How the score is shown that trials were compared by; by default the error.
    """
    drawn = [
        Figure(
            "configurations",
            "Each line is one trial. It crosses each axis at the trial's value. The thick line is "
            "the chosen configuration.",
            _parallel(tables["trials"], tables["axes"], chosen, shown),
            wide=True,
        ),
        Figure(
            "trials",
            f"Once the band no longer {'rises' if shown.greater_is_better else 'falls'}, more "
            "trials bring no gain that these validation examples can show.",
            _trials(
                tables["trials"],
                tables["best_so_far"],
                chosen,
                interval,
                shown,
                tables.get("within_one_standard_error", ()),
            ),
        ),
    ]
    if tables.get("errors"):
        drawn.insert(
            1,
            Figure(
                "errors",
                errors_caption(shown),
                errors_chart(tables["errors"], shown),
                wide=True,
            ),
        )
    if tables.get("importance"):
        drawn.append(
            Figure(
                "importance",
                "Importance is measured over the whole searched space, including its poor "
                "regions. A parameter with little importance here may still matter near the best "
                "configurations.",
                _importance(tables["importance"], shown),
            )
        )
    if tables["curves"]:
        drawn.append(
            Figure(
                "curves",
                "A curve that still falls at its end suggests more training steps. A curve that "
                "rises suggests fewer.",
                _curves(tables["curves"], tables["trials"], chosen, interval, shown),
                wide=True,
            )
        )
    return drawn


def best_trials(
    trials: Sequence[Row], chosen: int, n: int, shown: ScoreShown = ERROR_SHOWN
) -> list[int]:
    """The numbers of the chosen trial and of those that come next."""
    complete = [row for row in trials if row["state"] == "complete"]
    complete.sort(key=lambda row: (row["number"] != chosen, shown.loss(row[shown.column])))
    return [row["number"] for row in complete[:n]]


def curves_table(
    curves: Sequence[Row], trials: Sequence[Row], chosen: int, shown: ScoreShown = ERROR_SHOWN
) -> tuple[list[Row], list[Row]]:
    """The curves of the best few trials, each with a label, and those of the others, at most 200.

    Numbers that are missing are None.
    """
    few = best_trials(trials, chosen, len(_BEST), shown)
    name = "" if shown == ERROR_SHOWN else f"{shown.words.removeprefix('validation ')} "
    scores = {
        row["number"]: shown.text(row[shown.column]) for row in trials if row["number"] in few
    }
    labels = {
        number: f"trial {number}{', chosen' if number == chosen else ''}: {name}{scores[number]}"
        for number in few
    }
    rows = finite(curves)
    drawn = set(best_trials(trials, chosen, _MOST_CURVES, shown))
    best = [
        {**row, "label": labels[number]}
        for number in few
        for row in rows
        if row["number"] == number
    ]
    return best, [row for row in rows if row["number"] in drawn and row["number"] not in labels]


def _parallel(
    trials: Sequence[Row], axes: Sequence[Row], chosen: int, shown: ScoreShown
) -> AnyChart:
    lines = lines_table(trials, axes, shown)
    ticks = axis_table(trials, axes, shown)
    names = list(dict.fromkeys(row["axis"] for row in ticks))
    values = sorted({row[shown.column] for row in lines})
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
    ramp = _ramp(values, shown.greater_is_better)
    color = alt.Color(f"{shown.column}:Q", scale=ramp, legend=_legend(shown))
    tooltip = [
        "number:N",
        "axis:N",
        "value:N",
        _tooltip(shown),
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
    subtitle = f"{n} complete trials, coloured by {shown.words}"
    missing = sum(row["state"] != "complete" for row in trials)
    if missing:
        subtitle += f"; {missing} pruned or failed trials are left out"
    if any(row["y"] is None for row in lines):
        subtitle += "; a line is broken where a parameter does not apply"
    return titled(
        alt.layer(*layers).properties(width=980, height=330), "All configurations", subtitle
    )


def _ramp(values: Sequence[float], greater_is_better: bool) -> alt.Scale:
    """From the best value over the median to the worst: one bad trial hides no others."""
    ramp = _RAMP[::-1] if greater_is_better else _RAMP
    if len(values) < 3:
        return alt.Scale(domain=[values[0], values[-1] + 1e-9], range=[ramp[0], ramp[-1]])
    middle = values[len(values) // 2]
    return alt.Scale(domain=[values[0], middle, values[-1]], range=ramp)


def _tooltip(shown: ScoreShown) -> alt.Tooltip:
    text = ".1%" if shown.percent else ".4~g"
    return alt.Tooltip(f"{shown.column}:Q", format=text, title=shown.words)


def _legend(shown: ScoreShown) -> alt.Legend:
    return alt.Legend(
        title=shown.words,
        format=".0%" if shown.percent else ".3~g",
        titleLimit=0,
        titleFontWeight="normal",
        orient="bottom",
    )


def _trials(
    trials: Sequence[Row],
    best_so_far: Sequence[Row],
    chosen: int,
    kind: str,
    shown: ScoreShown,
    within: Sequence[Row],
) -> AnyChart:
    low, high = shown.ends()
    dots = [
        {
            "number": row["number"],
            shown.column: row[shown.column] if row["state"] == "complete" else row["first_error"],
            "state": "chosen" if row["number"] == chosen else row["state"],
        }
        for row in finite(trials)
        if row["state"] in _STATES
    ]
    dots = [row for row in dots if row[shown.column] is not None]
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
        f"{shown.column}:Q",
        title=shown.words,
        axis=plain_axis(shown.percent, 6),
        scale=alt.Scale(zero=False),
    )
    best = data(finite(best_so_far))
    band = best.mark_area(color=VARIANCE, opacity=0.2, interpolate="step-after")
    line = best.mark_line(color=VARIANCE, strokeWidth=2.2, interpolate="step-after")
    chart = alt.layer(
        band.encode(x=x, y=alt.Y(f"{low}:Q"), y2=f"{high}:Q"),
        data(dots)
        .mark_circle(size=42, opacity=0.75)
        .encode(
            x=x,
            y=y,
            color=alt.Color("state:N", scale=colors(states), legend=alt.Legend(title=None)),
            tooltip=[
                "number:Q",
                "state:N",
                _tooltip(shown),
            ],
        ),
        line.encode(x=x, y=y),
        data([row for row in dots if row["state"] == "chosen"])
        .mark_circle(size=110, opacity=1, color=VARIANCE)
        .encode(x=x, y=y),
    )
    besides = []
    extreme = "highest" if shown.greater_is_better else "lowest"
    what = "error" if shown == ERROR_SHOWN else "value"
    line_of = f"line: {extreme} {what} so far, with its {kind}"
    if within:
        limit = data([{"limit": within[0]["limit"]}]).mark_rule(strokeDash=[6, 4], color=NOISE)
        chart = chart + limit.encode(y=alt.Y("limit:Q"))
        side = "minus" if shown.greater_is_better else "plus"
        besides.append(f"dashed: the {extreme} {what} {side} one standard error")
    subtitle = line_of.replace(" (", "\n(", 1).split("\n")
    n_failed = sum(row["state"] == "failed" for row in trials)
    if any(row["state"] == "pruned" for row in dots):
        besides.append("pruned: after a quarter of the steps")
    if n_failed:
        besides.append(f"{n_failed} failed trials have no {what}")
    if besides:
        subtitle = [*subtitle[:-1], f"{subtitle[-1]};", "; ".join(besides)]
    title = f"{capital(shown.words)} by trial"
    return titled(chart.properties(width=460, height=300), title, subtitle)


def _importance(rows: Sequence[Row], shown: ScoreShown) -> AnyChart:
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
        title=f"fraction of the {shown.words}'s variance",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    tooltip = ["parameter:N"] + [
        alt.Tooltip(f"{name}:Q", format=".0%")
        for name in ("importance", "importance_low", "importance_high")
    ]
    chart = alt.layer(
        data(rows)
        .mark_rule(strokeWidth=3, color=BIAS)
        .encode(x=alt.X("importance_low:Q"), x2="importance_high:Q", y=y),
        data(rows).mark_circle(size=120, opacity=1, color=BIAS).encode(x=x, y=y, tooltip=tooltip),
    )
    return titled(
        chart.properties(width=460, height=300),
        "Which parameters matter",
        [
            f"functional ANOVA of a random forest fitted to {rows[0]['n']} trials;",
            "95% intervals from 100 forests fitted to resampled trials",
        ],
    )


def _curves(
    curves: Sequence[Row], trials: Sequence[Row], chosen: int, kind: str, shown: ScoreShown
) -> AnyChart:
    best, others = curves_table(curves, trials, chosen, shown)
    labels = list(dict.fromkeys(row["label"] for row in best))
    ranges = dict(zip(labels, _BEST, strict=False))
    x = alt.X("step:Q", title="training step", axis=alt.Axis(tickCount=8, format=",d"))
    y = alt.Y(
        "validation_error:Q",
        title="validation error" if shown.curve_percent else "validation error (1 − R²)",
        axis=plain_axis(shown.curve_percent, 6),
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
        data(best)
        .mark_line(strokeWidth=2.2)
        .encode(x=x, y=y, color=color, tooltip=_at_step(shown)),
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
        subtitle.append(f"band: {kind} of the chosen trial")
    elif shown != ERROR_SHOWN:
        subtitle.append("the error is recorded without an interval, so there is no band")
    else:
        subtitle.append(
            "means over splits; the curve of each split is not stored, so there is no band"
        )
    return titled(
        alt.layer(*layers).properties(width=980, height=330),
        "Validation error during training",
        subtitle,
    )


def _at_step(shown: ScoreShown) -> list[Any]:
    text = ".1%" if shown.curve_percent else ".4~g"
    return [
        "label:N",
        "step:Q",
        *(alt.Tooltip(f"{name}:Q", format=text) for name in _NUMBERS),
    ]
