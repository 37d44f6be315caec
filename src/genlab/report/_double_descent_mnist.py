"""The figures of `double-descent-mnist`."""

from __future__ import annotations

import altair as alt

from genlab.experiments import ExperimentResult
from genlab.report._capacity import capacity_chart, regimes
from genlab.report._figure import Figure

_TICKS = (3_000, 10_000, 40_000, 100_000, 300_000, 800_000)


def figures(result: ExperimentResult) -> list[Figure]:
    """Loss and error against number of parameters; untrained, the published alone."""
    if "bands" not in result.tables:
        return [Figure("loss", "The published values alone; no network was trained.",
                       _chart(result, "loss"))]  # fmt: skip
    return [
        Figure("loss", "Test loss peaks at as many parameters as examples times classes.",
               _chart(result, "loss")),
        Figure("error", "So does the share of digits misclassified.", _chart(result, "error")),
    ]  # fmt: skip


def _chart(result: ExperimentResult, quantity: str) -> alt.LayerChart:
    bands = result.tables.get("bands", [])
    marks = {row["landmark"]: row for row in result.tables.get("landmarks", [])}
    shaded = []
    if marks and quantity == "loss":
        test = [row for row in bands if row["curve"] == "test_loss"]
        first = marks["first minimum"]["capacity"]
        shaded = regimes(first, marks["peak"], marks["second minimum"], test)
    counts = {row["n_seeds"] for row in bands}
    seeds = f"mean of {max(counts)} seeds, 95% interval" if counts - {1} else "one seed"
    return capacity_chart(
        bands,
        quantity,
        title=f"MNIST, one hidden layer: {quantity} against parameters",
        subtitle=[
            "4,000 digits, squared loss, SGD with momentum; up to the dashed line each network",
            f"starts from the next smaller one; {seeds if bands else 'published values alone'}",
        ],
        x_title="weights and biases",
        y_title="squared loss, summed over classes"
        if quantity == "loss"
        else "error (share of digits misclassified)",
        ticks=_TICKS,
        published=result.tables["published_points"],
        mark=(40_000.0, "parameters = examples × classes"),
        shaded=shaded,
    )
