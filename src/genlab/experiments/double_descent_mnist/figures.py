"""The figures of `double-descent-mnist`."""

from __future__ import annotations

import altair as alt

from genlab.charts import TEST, TRAIN, TRUTH, Figure, capacity_chart, colors, data, titled
from genlab.experiments import ExperimentResult
from genlab.measure import regimes

_TICKS = (3_000, 10_000, 40_000, 100_000, 300_000, 800_000)


def figures(result: ExperimentResult) -> list[Figure]:
    """Loss and error against number of parameters; untrained, the published alone."""
    if "bands" not in result.tables:
        return [Figure("loss", "The published values alone; no network was trained.",
                       _chart(result, "loss"))]  # fmt: skip
    return [
        Figure("loss", "Test loss peaks at as many parameters as examples times classes.",
               _chart(result, "loss")),
        Figure("recipes", "The same sizes by three recipes: what the peak owes to which.",
               _recipes(result)),
        Figure("error", "So does the share of digits misclassified.", _chart(result, "error")),
    ]  # fmt: skip


def _recipes(result: ExperimentResult) -> alt.LayerChart:
    """Test loss with reused and with fresh weights, and by the plain recipe."""
    rows = result.tables["recipes"]
    sizes = sorted({row["capacity"] for row in rows})
    x = alt.X(
        "capacity:Q",
        title="weights and biases",
        scale=alt.Scale(type="log", domain=[sizes[0], sizes[-1]], nice=False),
        axis=alt.Axis(values=sizes, grid=False),
    )
    color = alt.Color(
        "recipe:N",
        scale=colors({"reused": TEST, "fresh": TRAIN, "plain": TRUTH}),
        legend=alt.Legend(symbolType="stroke"),
    )
    base = data(rows)
    title = "test loss (squared, summed over classes)"
    layers = (
        base.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=color),
        base.mark_line(strokeWidth=2, point=True).encode(
            x=x, y=alt.Y("mean:Q", title=title, scale=alt.Scale(zero=True)), color=color
        ),
    )
    n_seeds = max(row["n_seeds"] for row in rows)
    seeds = "one seed" if n_seeds == 1 else f"mean of {n_seeds} seeds, 95% interval"
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=300),
        "The same networks by three recipes",
        [
            "reused: below 40,000 each starts from the next smaller one; fresh: none does;",
            f"plain: Adam on full batches; {seeds}",
        ],
    )
    return chart


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
