"""The figures of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    SERIES,
    AnyChart,
    Figure,
    colors,
    data,
    dots_with_bars,
    line_with_band,
    reference_line,
    threshold_band,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments._peak_words import noise_text
from genlab.experiments._rows import missing
from genlab.experiments.removing_the_peak.words import (
    Setting,
    excluded_told,
    fits_told,
    gains_told,
    settings,
    threshold,
    threshold_name,
    thresholds_told,
)

_PLAIN, _STOPPED = "no weight decay", "early stopping"


def figures(result: ExperimentResult) -> list[Figure]:
    """Curves by regularisation and by label noise, how much smaller the rise is, thresholds."""
    noise, tables = result.protocol["noise"], result.tables
    told = _settings(result)
    rise = next(row for row in result.tables["changes"] if row["change"] == "rise")
    return [
        Figure(
            name="regularised",
            caption=f"Test error against width with {noise:.0%} label noise. Early stopping: "
            "at the lowest validation loss, without weight decay. All others: after all steps. "
            "Grey: the widths between which training error falls below 1% without weight decay. "
            + gains_told(tables, told, noise),
            chart=_chart(
                regularised_table(result),
                "Test error with weight decay and with early stopping",
                result,
                threshold(tables, noise, 0.0),
            ),
        ),
        Figure(
            name="noise",
            caption="Test error against width by label noise, after all steps and without weight "
            f"decay. {fits_told(tables, result.protocol['noises'])}".rstrip(),
            chart=_chart(noise_table(result), "Test error by label noise", result),
        ),
        Figure(
            name="rises",
            caption=f"The rise of test error from width {rise['from']} to width {rise['to']} "
            f"without regularisation and with {noise:.0%} label noise, minus the same rise in "
            "each other case. Above 0 the rise is smaller than without. Bars: intervals that hold "
            f"for all cases at once. {excluded_told(tables, told)}".rstrip(),
            chart=_rises(result),
            wide=True,
        ),
        Figure(
            name="thresholds",
            caption="Parameters for each training example and class at the interpolation "
            "threshold, from which the network fits the training labels, without regularisation. "
            f"{thresholds_told(tables)} At 1 there would be as many parameters as examples × "
            "classes. Bars: 95% intervals, from the widths between which training error falls "
            "below 1%.",
            chart=_thresholds(result),
            wide=True,
        ),
    ]


def _settings(result: ExperimentResult) -> list[Setting]:
    return settings(*(result.protocol[name] for name in ("noise", "decays", "noises")))


def regularised_table(result: ExperimentResult) -> list[Row]:
    """Curves at one noise level: plain, with each weight decay, and stopped early without one."""
    rows = []
    for row in result.tables["curves"]:
        if row["label_noise"] != result.protocol["noise"]:
            continue
        decay, stopping = row["weight_decay"], row["stopping"]
        if stopping == "validation" and decay:
            continue
        name = _STOPPED if stopping == "validation" else _decay_name(decay)
        rows.append({**row, "line": name})
    return rows


def _decay_name(decay: float) -> str:
    return f"weight decay {decay:g}" if decay else _PLAIN


def noise_table(result: ExperimentResult) -> list[Row]:
    """Curves without weight decay after all steps, by noise level."""
    return [
        {**row, "line": noise_text(row["label_noise"])}
        for row in result.tables["curves"]
        if row["weight_decay"] == 0 and row["stopping"] == "last"
    ]


def _chart(
    rows: Sequence[Row], title: str, result: ExperimentResult, fitted: Row | None = None
) -> AnyChart:
    names = list(dict.fromkeys(row["line"] for row in rows))
    widths = result.protocol["widths"]
    scale = alt.Scale(type="log", domain=[widths[0], widths[-1]], nice=False)
    x = alt.X(
        "capacity:Q",
        title="hidden units per layer",
        scale=scale,
        axis=alt.Axis(values=widths, labelOverlap="greedy", labelSeparation=6, grid=False),
    )
    y = alt.Y(
        "estimate:Q",
        title="test error (fraction of examples misclassified)",
        axis=alt.Axis(format="%"),
        scale=alt.Scale(zero=False),
    )
    color = alt.Color(
        "line:N",
        scale=colors(dict(zip(names, SERIES, strict=False))),
        legend=alt.Legend(symbolType="stroke", columns=3),
    )
    shown = [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("estimate", "low", "high")]
    layers = []
    if fitted is not None and not (missing(fitted["low"]) or missing(fitted["high"])):
        layers += threshold_band((fitted["low"], fitted["high"]), widths, scale)
    layers += line_with_band(
        data(rows), x, y, color, tooltip=["line:N", "capacity:Q", *shown], opacity=0.15
    )
    chart = alt.layer(*layers).properties(width=460, height=300)
    return titled(chart, title, _subtitle(result))


def rises_table(result: ExperimentResult) -> list[Row]:
    """How much smaller the rise is, in points: with early stopping, weight decay or other noise."""
    names = {one[:3]: one.name for one in _settings(result)}
    return [
        {
            **row,
            "name": names[row["label_noise"], row["weight_decay"], row["stopping"]],
            **{
                end: None if row[end] is None else 100 * row[end]
                for end in ("estimate", "low", "high")
            },
        }
        for row in result.tables["changes"]
        if row["change"] == "rise"
    ]


def _rises(result: ExperimentResult) -> AnyChart:
    rows = rises_table(result)
    x = alt.X(
        "estimate:Q",
        title="rise without regularisation minus rise (points of test error)",
        axis=alt.Axis(tickCount=6),
    )
    y = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=0, ticks=False))
    shown = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("estimate", "low", "high")]
    layers = dots_with_bars(
        data(rows), x, y, alt.ColorValue(BIAS), tooltip=["name:N", *shown], along="x"
    )
    chart = alt.layer(*layers, *reference_line(0)).properties(width=460, height=40 * len(rows))
    return titled(chart, "How much smaller the rise of test error is", _subtitle(result))


def thresholds_table(result: ExperimentResult) -> list[Row]:
    """The thresholds that every seed reaches, as parameters for each example and class."""
    return [
        {
            "kind": threshold_name(row),
            "estimate": row["ratio"],
            "low": row["ratio_low"],
            "high": row["ratio_high"],
            "width": row["estimate"],
        }
        for row in result.tables["thresholds"]
        if row["scanned"] and row["n_fitted"] == row["n_seeds"] and row["ratio"] is not None
    ]


def _thresholds(result: ExperimentResult) -> AnyChart:
    rows = thresholds_table(result)
    x = alt.X(
        "estimate:Q",
        title="parameters / (examples × classes)",
        scale=alt.Scale(zero=True),
        axis=alt.Axis(tickCount=6),
    )
    # Names have three lines on a phone, and room for them below the last dot.
    y = alt.Y(
        "kind:N",
        title=None,
        sort=None,
        scale=alt.Scale(padding=0.8),
        axis=alt.Axis(labelLimit=0, ticks=False),
    )
    shown = [
        alt.Tooltip("width:Q", format=".1f"),
        *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("estimate", "low", "high")),
    ]
    layers = dots_with_bars(
        data(rows), x, y, alt.ColorValue(BIAS), tooltip=["kind:N", *shown], along="x"
    )
    chart = alt.layer(*layers).properties(width=460, height=56 * max(1, len(rows)))
    n = result.protocol["n_scan_seeds"]
    steps = result.protocol["recipe"]["steps"]
    lines = [
        f"MNIST-1D, Adam, {steps:,} full batches;",
        "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval",
    ]
    return titled(chart, "How many parameters fit the training labels", lines)


def _subtitle(result: ExperimentResult) -> list[str]:
    protocol = result.protocol
    n = protocol["n_seeds"]
    return [
        f"MNIST-1D, {protocol['n_train']:,} training examples, a tenth of them held out, Adam, "
        f"{protocol['recipe']['steps']:,} full batches;",
        "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval",
    ]
