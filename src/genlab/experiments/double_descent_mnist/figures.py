"""The figures of `double-descent-mnist`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import TEST, TRAIN, TRUTH, Figure, capacity_chart, colors, data, titled
from genlab.experiments import ExperimentResult
from genlab.measure import peak_test, regimes

_TICKS = (3_000, 10_000, 40_000, 100_000, 300_000, 800_000)
_COLORS = {"reused": TEST, "fresh": TRAIN, "plain": TRUTH}
_Y_TITLES = {
    "loss": "loss (squared, summed over classes)",
    "error": "error (fraction of digits misclassified)",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """Loss and error against number of parameters; untrained, the published values alone."""
    if not result.tables["bands"]:
        return [
            Figure(
                "loss",
                "The published values alone; no network was trained.",
                _chart(result, "loss"),
            )
        ]
    return [
        Figure(
            "loss",
            "Training and test loss against number of parameters, compared with the published "
            "values.",
            _chart(result, "loss"),
        ),
        Figure(
            "recipes",
            "The same network sizes trained by three recipes, one of which reuses trained weights.",
            _recipes(result),
        ),
        Figure("error", "Training and test error of the same networks.", _chart(result, "error")),
    ]


def _recipes(result: ExperimentResult) -> alt.LayerChart:
    """Test loss with reused and with fresh weights, and by the plain recipe."""
    rows = result.tables["recipes"]
    sizes = sorted({row["capacity"] for row in rows})
    x = alt.X(
        "capacity:Q",
        title="parameters (weights and biases)",
        scale=alt.Scale(type="log", domain=[sizes[0], sizes[-1]], nice=False),
        axis=alt.Axis(values=sizes, format=",", grid=False),
    )
    color = alt.Color("recipe:N", scale=colors(_COLORS), legend=alt.Legend(symbolType="stroke"))
    base = data(rows)
    title = "test loss (squared, summed over classes)"
    layers = (
        base.mark_area(opacity=0.25).encode(x=x, y="low:Q", y2="high:Q", color=color),
        base.mark_line(strokeWidth=2, point=True).encode(
            x=x, y=alt.Y("estimate:Q", title=title, scale=alt.Scale(zero=True)), color=color
        ),
    )
    chart: alt.LayerChart = titled(
        alt.layer(*layers).properties(width=460, height=300),
        "Test loss against parameters, by recipe",
        [
            f"reused: up to {result.protocol['threshold']:,} parameters each starts from the next "
            "smaller network;",
            f"fresh: none does; plain: Adam on full batches; {_seeds(rows)}",
        ],
    )
    return chart


def _chart(result: ExperimentResult, quantity: str) -> alt.LayerChart:
    bands, protocol = result.tables["bands"], result.protocol
    return capacity_chart(
        bands,
        quantity,
        title=f"MNIST, one hidden layer: {quantity} against parameters",
        subtitle=[
            f"{protocol['n_train']:,} digits, squared loss, SGD with momentum; up to the dashed "
            "line each network",
            f"starts from the next smaller one; {_seeds(bands)}",
        ],
        x_title="parameters (weights and biases)",
        y_title=_Y_TITLES[quantity],
        ticks=_TICKS,
        published=result.tables["published_points"],
        mark=(float(protocol["threshold"]), "parameters = examples × classes"),
        shaded=_shaded(result) if bands and quantity == "loss" else (),
    )


def _seeds(rows: list[Row]) -> str:
    if not rows:
        return "published values alone"
    n = max(row["n_fits"] for row in rows)
    return "one seed, so no interval" if n == 1 else f"mean of {n} seeds, 95% interval"


def _shaded(result: ExperimentResult) -> list[Row]:
    """The regimes, from the landmarks of test loss; none where no peak is found."""
    values: dict[int, list[float]] = {}
    for row in result.tables["networks"]:
        if row["recipe"] == "reused":
            values.setdefault(row["capacity"], []).append(row["test_loss"])
    if not peak_test([values[size] for size in sorted(values)]).found:
        return []
    marks = {row["landmark"]: row for row in result.tables["landmarks"]}
    test = [row for row in result.tables["bands"] if row["curve"] == "test_loss"]
    first = marks["first_minimum"]["capacity"]
    return regimes(first, marks["peak"], marks["second_minimum"], test)
