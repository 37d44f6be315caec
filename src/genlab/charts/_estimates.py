"""Marks of estimates with intervals: a line with its band, dots with bars, a reference line.

Each takes a chart of rows with the columns `estimate`, `low` and `high`, and returns layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt

from genlab.charts._marks import data
from genlab.charts._theme import NOISE

_DASHES = [5, 4]


def line_with_band(
    base: alt.Chart,
    x: alt.X,
    y: alt.Y,
    color: alt.Color,
    *,
    tooltip: Sequence[str | alt.Tooltip] | None = None,
    opacity: float = 0.25,
    **encode: Any,
) -> list[alt.Chart]:
    """A line through the estimates and a band from `low` to `high`, against a quantity on x.

    Parameters
    ----------
    base
        Chart of the rows, from `data`.
    x, y, color
        Encodings; `y` is that of the column `estimate`, with the title of the axis.
    tooltip
        What a dot at each estimate shows under the pointer; None draws no dots.
    opacity
        Opacity of the band.
    encode
        Further encodings of all layers, such as `strokeDash` or `detail`.

    Returns
    -------
    list of altair.Chart
        The band, the line and, with a tooltip, the dots.
    """
    layers = [
        base.mark_area(opacity=opacity).encode(x=x, y="low:Q", y2="high:Q", color=color, **encode),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=color, **encode),
    ]
    if tooltip is not None:
        dots = base.mark_circle(size=36, opacity=1)
        layers.append(dots.encode(x=x, y=y, color=color, tooltip=list(tooltip), **encode))
    return layers


def dots_with_bars(
    base: alt.Chart,
    x: alt.X,
    y: alt.Y,
    color: alt.Color | alt.ColorValue,
    *,
    tooltip: Sequence[str | alt.Tooltip],
    along: Literal["x", "y"] = "y",
    size: float = 60,
    width: float = 2.5,
    **encode: Any,
) -> list[alt.Chart]:
    """A dot at each estimate and a bar from `low` to `high`.

    Parameters
    ----------
    base
        Chart of the rows, from `data`.
    x, y, color
        Encodings; the one named by `along` is that of the column `estimate`.
    tooltip
        What a dot shows under the pointer.
    along
        "y" for upright bars, "x" for level ones.
    size, width
        Area of a dot and width of a bar, in pixels.
    encode
        Further encodings of both layers, such as `xOffset`.

    Returns
    -------
    list of altair.Chart
        The bars and the dots.
    """
    ends: dict[str, Any] = (
        {"x": x, "y": "low:Q", "y2": "high:Q"}
        if along == "y"
        else {"x": "low:Q", "x2": "high:Q", "y": y}
    )
    return [
        base.mark_rule(strokeWidth=width).encode(color=color, **ends, **encode),
        base.mark_circle(size=size, opacity=1).encode(
            x=x, y=y, color=color, tooltip=list(tooltip), **encode
        ),
    ]


def reference_line(
    value: float,
    name: str = "",
    *,
    axis: Literal["x", "y"] = "x",
    scale: alt.Scale | None = None,
    name_at: float = 100,
) -> list[alt.Chart]:
    """A dashed line at a value of an axis, such as a threshold or zero, with its name.

    Parameters
    ----------
    value
        Where the line crosses the axis, in the axis' unit.
    name
        Text above the upper end of the line (`axis` "x") or along it ("y"); "" draws none.
    axis
        Axis that the line crosses.
    scale
        Scale of that axis in the other layers, where it is not linear from the data.
    name_at
        Pixels from the left end of a level line (`axis` "y") to the middle of the name.

    Returns
    -------
    list of altair.Chart
        The line and, with a name, its text.
    """
    kept: Any = alt.Undefined if scale is None else scale
    channel: Any = alt.XDatum if axis == "x" else alt.YDatum
    at = {axis: channel(value, type="quantitative", scale=kept)}
    base = alt.Chart(alt.Data(values=[{"name": name}]))
    layers = [base.mark_rule(strokeDash=_DASHES).encode(**at)]
    if name:
        place = {"y": alt.value(0)} if axis == "x" else {"x": alt.value(name_at)}
        text = base.mark_text(baseline="bottom", dy=-4, fontSize=11)
        layers.append(text.encode(**at, **place, text="name:N"))
    return layers


def threshold_band(
    threshold: tuple[float, float], sizes: Sequence[float], scale: alt.Scale
) -> list[alt.Chart]:
    """The capacities between which the interpolation threshold lies: shaded, and named above.

    Parameters
    ----------
    threshold
        Its two ends; what lies beyond `sizes` is cut off.
    sizes
        Capacities of the panel, in increasing order.
    scale
        Scale of the capacities in the other layers.

    Returns
    -------
    list of altair.Chart
        The shade, to be drawn below all else, and its name.
    """
    low, high = (min(max(end, sizes[0]), sizes[-1]) for end in threshold)
    shade = data([{"from": low, "to": high, "what": "interpolation threshold"}])
    named = data([{"capacity": (low * high) ** 0.5}])
    return [
        shade.mark_rect(color=NOISE, opacity=0.35).encode(
            x=alt.X("from:Q", scale=scale), x2="to:Q", tooltip="what:N"
        ),
        # Above the panel, where no line is.
        named.mark_text(baseline="bottom", dy=-3, fontSize=11, style="ink").encode(
            x=alt.X("capacity:Q", scale=scale), y=alt.value(0), text=alt.value("threshold")
        ),
    ]
