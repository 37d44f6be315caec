"""The figures of `what-helps`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    MODEL_COLORS,
    NOISE,
    AnyChart,
    Figure,
    colors,
    data,
    diamonds,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.what_helps.words import POSITIONS

_SIZES = (100, 400, 1000, 4000, 16_000, 64_000)
_ERRORS = (0.02, 0.05, 0.1, 0.2, 0.5, 1)
# Bound -> its shape and its text in the legend.
_BOUNDS = {
    "": ("circle", "measured"),
    "above": ("triangle-up", "more than was run"),
    "below": ("triangle-down", "fewer than was run"),
}
# Beyond the sizes run by this factor lie bounds, and by that one triangles of the GRU are moved.
_STRIP, _SIDEWAYS = 1.3, 1.12


def figures(result: ExperimentResult) -> list[Figure]:
    """Errors against examples, in order and shuffled, and examples the MLP needs."""
    return [
        Figure(
            name="in-order",
            caption="More examples help every model. A model that makes use of neighbouring "
            "positions gains more from each example, once there are enough of them.",
            chart=_errors(result, "ordered"),
        ),
        Figure(
            name="shuffled",
            caption="With the positions of all examples in another order, a different one for each "
            f"seed, neighbouring positions have nothing in common{_shuffled_cnn(result)}.",
            chart=_errors(result, "shuffled"),
        ),
        Figure(
            name="worth",
            caption="Training examples the MLP needs to match each model. On the dashed diagonal "
            "it needs as many as the other model has, above it more, below it fewer.",
            chart=_worth(result),
            wide=True,
        ),
    ]


def _shuffled_cnn(result: ExperimentResult) -> str:
    """How the CNN does without neighbours, on as many examples as were run."""
    rows = {
        (row["model"], row["n_train"]): row
        for row in result.tables["bands"]
        if row["positions"] == "shuffled"
    }
    most = max(n for _, n in rows)
    cnn, mlp = rows["CNN", most], rows["MLP", most]
    if None in (cnn["low"], cnn["high"], mlp["low"], mlp["high"]):
        return ""
    if cnn["low"] > mlp["high"]:
        return f": with {most:,} examples the CNN does worse than the MLP"
    if cnn["high"] < mlp["low"]:
        return f": with {most:,} examples the CNN still does better than the MLP"
    return f": with {most:,} examples the CNN has no clear advantage"


def errors_table(result: ExperimentResult, positions: str) -> list[Row]:
    """The means and bands of one order of positions; on a log axis a band ends above 0.1%."""
    return [
        {
            **{name: row[name] for name in ("model", "n_train", "estimate", "low", "high")},
            # What lies below the axis cannot be drawn on a logarithmic one.
            "drawn_low": None if row["low"] is None else max(row["low"], 0.001),
        }
        for row in result.tables["bands"]
        if row["positions"] == positions
    ]


def fits_table(result: ExperimentResult, positions: str) -> list[Row]:
    """The fit that is drawn of each model: with a floor where its interval lies above 0."""
    floored = {
        row["model"]
        for row in result.tables["power_law"]
        if row["positions"] == positions and row["form"] == "floor" and (row["floor_low"] or 0) > 0
    }
    return [
        {name: row[name] for name in ("model", "n_train", "fit", "deviation", "residual")}
        for row in result.tables["fits"]
        if row["positions"] == positions
        and row["form"] == ("floor" if row["model"] in floored else "no_floor")
    ]


def worth_table(result: ExperimentResult, positions: str) -> list[Row]:
    """Examples the MLP needs; where only a bound is known, the size that is the bound.

    A bound is drawn beyond the sizes that were run.
    """
    least, most = _ends(result, positions)
    rows = []
    for row in result.tables["worth"]:
        if row["positions"] != positions:
            continue
        inside, more = not row["bound"], row["bound"] == "above"
        rows.append(
            {
                "model": row["model"],
                "n_train": row["n_train"],
                "examples": row["mlp_examples"] if inside else (most if more else least),
                "drawn_at": row["mlp_examples"]
                if inside
                else (most * _STRIP if more else least / _STRIP),
                # Triangles of two models would hide each other.
                "drawn_n": row["n_train"]
                * (_SIDEWAYS if row["model"] == "GRU" and not inside else 1),
                # An open end of an interval is drawn to the last size run.
                "low": (row["mlp_examples_low"] or least) if inside else None,
                "high": (row["mlp_examples_high"] or most) if inside else None,
                "bound": row["bound"],
                "kind": _BOUNDS[row["bound"]][1],
                "error": row["error"],
            }
        )
    return rows


def _ends(result: ExperimentResult, positions: str) -> tuple[int, int]:
    """The smallest and the largest number of examples that was run."""
    sizes = [row["n_train"] for row in result.tables["bands"] if row["positions"] == positions]
    return min(sizes), max(sizes)


def _size_axis(title: str, domain: list[float], column: str = "n_train") -> alt.X:
    return alt.X(
        f"{column}:Q",
        title=title,
        scale=alt.Scale(type="log", domain=domain, nice=False),
        axis=alt.Axis(values=[n for n in _SIZES if domain[0] <= n <= domain[1]], format="~s"),
    )


def _errors(result: ExperimentResult, positions: str) -> alt.LayerChart:
    table, fits = errors_table(result, positions), fits_table(result, positions)
    bands = result.tables["bands"]
    sizes = [row["n_train"] for row in bands]
    x = _size_axis("training examples", [min(sizes) / 1.1, max(sizes) * 1.1])
    lowest = min([row["estimate"] for row in bands] + [0.05])
    scale = alt.Scale(type="log", domain=[0.02 if lowest > 0.02 else 0.005, 1], nice=False)
    axis = alt.Axis(format="~%", values=list(_ERRORS))
    y_title = "test error (fraction of examples misclassified)"
    y = alt.Y("estimate:Q", title=y_title, scale=scale, axis=axis)
    used = {row["model"] for row in table}
    shown = {model: color for model, color in MODEL_COLORS.items() if model in used}
    color = alt.Color("model:N", scale=colors(shown), legend=alt.Legend(symbolType="stroke"))
    number = [alt.Tooltip(f"{name}:Q", format=".2%") for name in ("estimate", "low", "high")]
    with_band = [row for row in table if row["low"] is not None]
    layers = [
        data(with_band)
        .mark_area(opacity=0.25, clip=True)
        .encode(x=x, y=alt.Y("drawn_low:Q", scale=scale), y2="high:Q", color=color),
        data(table).mark_line(strokeWidth=2, clip=True).encode(x=x, y=y, color=color),
        data(table)
        .mark_circle(size=36, opacity=1)
        .encode(x=x, y=y, color=color, tooltip=["model:N", "n_train:Q", *number]),
    ]
    if fits:
        distances = [
            alt.Tooltip("deviation:Q", format="+.1%"),
            alt.Tooltip("residual:Q", format="+.1f"),
        ]
        layers.append(
            data(fits)
            .mark_line(strokeWidth=1.2, strokeDash=[5, 4], clip=True)
            .encode(
                x=x, y=alt.Y("fit:Q", scale=scale), color=color, tooltip=["model:N", *distances]
            )
        )
    points = [row for row in result.tables["published_points"] if row["positions"] == positions]
    value = alt.Tooltip("value:Q", title="published", format=".0%")
    layers.append(diamonds(points, x, color, ["model:N", value, "source:N"]))
    n = max(row["n_seeds"] for row in bands)
    subtitle = [f"bands: 95% intervals of the mean over {n} seeds, each with examples of its own;"]
    if fits:
        most = max(fits, key=lambda row: abs(row["deviation"]))
        subtitle.append(
            f"dashed: fitted power laws; the means differ from them by up to "
            f"{abs(most['deviation']):.0%} ({most['model']})"
        )
    else:
        subtitle.append(
            "no power law is fitted: it takes three sizes from "
            f"{result.protocol['fit_from']:,} examples on"
        )
    title = f"{POSITIONS[positions].capitalize()}: test error against training examples"
    return titled(alt.layer(*layers).properties(width=460, height=300), title, subtitle)


def _worth(result: ExperimentResult) -> alt.HConcatChart:
    panels: list[AnyChart] = []
    sizes = [row["n_train"] for row in result.tables["bands"]]
    domain = [min(sizes) / 1.6, max(sizes) * 1.6]
    tables = {positions: worth_table(result, positions) for positions in POSITIONS}
    used = {row["model"] for table in tables.values() for row in table}
    shown = {model: color for model, color in MODEL_COLORS.items() if model in used}
    bounds = {row["bound"] for table in tables.values() for row in table}
    shapes = [_BOUNDS[bound] for bound in _BOUNDS if bound in bounds]
    for positions, table in tables.items():
        least, most = _ends(result, positions)
        x = _size_axis("examples that the other model has", domain)
        scale = alt.Scale(type="log", domain=domain, nice=False)
        ticks = [n for n in _SIZES if domain[0] <= n <= domain[1]]
        y = alt.Y(
            "drawn_at:Q",
            title="examples that the MLP needs" if not panels else None,
            scale=scale,
            axis=alt.Axis(values=ticks, format="~s"),
        )
        color = alt.Color("model:N", scale=colors(shown), legend=alt.Legend(symbolType="square"))
        shape = alt.Shape(
            "kind:N",
            scale=alt.Scale(
                domain=[text for _, text in shapes], range=[shape for shape, _ in shapes]
            ),
            legend=alt.Legend(symbolFillColor="#888888", symbolStrokeWidth=0, labelLimit=0),
        )
        ends = [{"n_train": n, "drawn_at": n} for n in (min(sizes), max(sizes))]
        strips = [
            {"drawn_at": at, "name": name}
            for bound, at, name in (
                ("above", most * _STRIP, f"more than {most:,}"),
                ("below", least / _STRIP, f"fewer than {least:,}"),
            )
            if any(row["bound"] == bound for row in table)
        ]
        inside = [row for row in table if not row["bound"]]
        layers = [
            data(ends).mark_line(color=NOISE, strokeDash=[6, 4]).encode(x=x, y=y),
            data(inside).mark_line(strokeWidth=2).encode(x=x, y=y, color=color),
            data(inside)
            .mark_rule(strokeWidth=2)
            .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=color),
            data(table)
            .mark_point(size=60, filled=True, opacity=1)
            .encode(
                x=_size_axis("examples that the other model has", domain, "drawn_n"),
                y=y,
                color=color,
                shape=shape,
                tooltip=[
                    "model:N",
                    "kind:N",
                    alt.Tooltip("n_train:Q", format=","),
                    alt.Tooltip("error:Q", format=".1%"),
                    *(alt.Tooltip(f"{c}:Q", format=",.0f") for c in ("examples", "low", "high")),
                ],
            ),
            data(strips)
            .mark_text(align="left", dx=6, fontSize=11)
            .encode(x=alt.value(0), y=y, text="name:N"),
        ]
        heading = alt.TitleParams(POSITIONS[positions], fontSize=13, anchor="middle", offset=4)
        panels.append(alt.layer(*layers).properties(width=370, height=320, title=heading))
    n = max(row["n_seeds"] for row in result.tables["worth"])
    return titled(
        alt.hconcat(*panels, spacing=40),
        "Training examples the MLP needs to match each model",
        f"read from the MLP's measured curve; bars: 95% intervals over {n} seeds",
    )
