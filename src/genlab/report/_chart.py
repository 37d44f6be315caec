"""`result.chart()` of every kind of result, in one place."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import altair as alt

from genlab.experiments import ExperimentResult
from genlab.measure import mean_interval
from genlab.report._bands import bands_chart
from genlab.report._capacity import capacity_chart
from genlab.report._decomposition import decomposition_chart
from genlab.report._figure import Figure
from genlab.report._figures import figures
from genlab.report._selection_report import figures_of
from genlab.report._theme import config
from genlab.studies import CapacityCurve, Decomposition, Selection
from genlab.training import CURVES, History


@singledispatch
def chart(result: Any) -> Any:
    """The Altair chart of a result."""
    raise TypeError(f"`result` must be a result of genlab, got {type(result).__name__}.")


@chart.register
def _(result: ExperimentResult) -> alt.VConcatChart:
    return _below_each_other(figures(result))


@chart.register
def _(result: Selection) -> alt.VConcatChart:
    return _below_each_other(figures_of(result))


def _below_each_other(drawn: list[Figure]) -> alt.VConcatChart:
    parts = []
    for figure in drawn:
        part = figure.chart.copy()
        part.config = alt.Undefined
        parts.append(part)
    return alt.vconcat(*parts).configure(**config())


@chart.register
def _(result: Decomposition) -> alt.LayerChart:
    return decomposition_chart(result)


@chart.register
def _(result: CapacityCurve) -> alt.LayerChart:
    bands = result.bands()
    counts = sorted({row["n_seeds"] for row in bands})
    return capacity_chart(
        bands,
        "error",
        title=f"{result.runs[0].cell.data.name}: error against capacity",
        subtitle=[f"mean of {' or '.join(map(str, counts))} seeds, 95% interval"],
        x_title="capacity",
        y_title="error (share of examples misclassified)",
        ticks=result.capacities,
    )


@chart.register
def _(result: History) -> alt.LayerChart:
    rows = []
    for curve in CURVES:
        interval = mean_interval(getattr(result, curve))
        rows += [
            {
                "curve": curve,
                "step": int(step),
                "mean": float(interval.mean[i]),
                "low": float(interval.low[i]),
                "high": float(interval.high[i]),
            }
            for i, step in enumerate(result.steps)
        ]
    n = len(result.seeds)
    return bands_chart(
        rows,
        "error",
        title=f"{result.data.name}: error through training",
        subtitle="one seed" if n == 1 else f"mean of {n} seeds, 95% interval",
    )
