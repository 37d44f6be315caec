"""The errors of a search, or its scores, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row, finite
from genlab._base.words import capital, interval, number
from genlab.charts._figure import AnyChart
from genlab.charts._marks import colors, data, titled
from genlab.charts._selection_axes import ERROR_SHOWN, ScoreShown
from genlab.charts._theme import BIAS, ERROR, NOISE, TRUTH, VARIANCE


def errors_caption(shown: ScoreShown) -> str:
    """What the chart of the errors, or scores, shows."""
    if shown == ERROR_SHOWN:
        return (
            "The error of the default and of the chosen configuration on validation examples, the "
            "error of the chosen one corrected for selection, and its error on sealed test "
            "examples."
        )
    return (
        f"The {_of(shown)} of the trivial model, of the default and of the chosen configuration on "
        "validation examples. That of the chosen one is also shown corrected for selection."
    )


def _of(shown: ScoreShown) -> str:
    """The score's name without the examples that it is on."""
    return shown.words.removeprefix("validation ")


def errors_chart(rows: Sequence[Row], shown: ScoreShown) -> AnyChart:
    """One row for each error, or score, with its interval."""
    table = finite(rows)
    name = "error" if shown == ERROR_SHOWN else "score"
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
        f"{name}:Q",
        title=_of(shown),
        axis=plain_axis(shown.percent, 7),
        scale=alt.Scale(zero=False, padding=45),
    )
    rows = [{**row, "text": _interval_text(row, name, shown)} for row in table]
    base = data(rows)
    chart = alt.layer(
        data([row for row in rows if row[f"{name}_low"] is not None])
        .mark_rule(strokeWidth=3)
        .encode(x=alt.X(f"{name}_low:Q"), x2=f"{name}_high:Q", y=y, color=color),
        base.mark_circle(size=130, opacity=1).encode(
            x=x, y=y, color=color, tooltip=["what:N", "text:N", "interval:N"]
        ),
        base.mark_text(dy=-17, fontSize=12.5).encode(x=x, y=y, text="text:N"),
    )
    return titled(
        chart.properties(width=720, height=alt.Step(62)),
        f"{capital(_of(shown))} of the chosen configuration",
        "95% intervals; the table below names the kind of each",
    )


def _with_color(row: Row) -> Row:
    named = {
        "trivial": NOISE,
        "default": NOISE,
        "leader": BIAS,
        "claimed": VARIANCE,
        "corrected": ERROR,
        "sealed": TRUTH,
    }
    return {**row, "color": named.get(row["kind"], BIAS)}


def _interval_text(row: Row, name: str, shown: ScoreShown) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if low is None:
        return shown.text(value)
    if not shown.percent:
        return f"{number(value)} {interval(low, high)}"
    return f"{value:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


def plain_axis(percent: bool, n_ticks: int) -> alt.Axis:
    """An axis of percents or of numbers."""
    return alt.Axis(format="%", tickCount=n_ticks) if percent else alt.Axis(tickCount=n_ticks)
