"""The figures of `mnist1d-tsne`."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from genlab.charts import Figure, config
from genlab.experiments import ExperimentResult

_CAPTIONS = {
    "MNIST": "MNIST: almost every class is an island.",
    "MNIST-1D": "MNIST-1D: the classes lie among each other.",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """One picture a data set, and the accuracies behind them."""
    names = dict.fromkeys(row["dataset"] for row in result.tables["embedding"])
    pictures = [
        Figure(f"tsne-{name.lower()}", _CAPTIONS[name], _picture(result, name)) for name in names
    ]
    neighbours = Figure(
        "neighbours",
        "How often the nearest neighbours know an example's class, with 95% Wilson intervals.",
        _neighbours(result),
    )
    return [*pictures, neighbours]


def _picture(result: ExperimentResult, name: str) -> alt.LayerChart:
    rows = [row for row in result.tables["embedding"] if row["dataset"] == name]
    free = alt.Scale(zero=False)
    x, y = alt.X("x:Q", axis=None, scale=free), alt.Y("y:Q", axis=None, scale=free)
    color = alt.Color(
        "label:N",
        scale=alt.Scale(scheme="tableau10"),
        legend=alt.Legend(columns=10, symbolType="circle"),
    )
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(size=14, opacity=0.7)
        .encode(x=x, y=y, color=color, tooltip=[alt.Tooltip("label:N", title="class")])
    )
    names = (
        alt.Chart(alt.Data(values=_centres(rows)))
        .mark_text(fontSize=20, fontWeight="bold", stroke="white", strokeWidth=0.6)
        .encode(x=x, y=y, text="label:N")
    )
    return (
        alt.layer(points, names)
        .properties(
            width=460,
            height=400,
            title=alt.TitleParams(
                f"{name} in t-SNE",
                subtitle=f"{len(rows):,} training examples; axes have no units; labels at medians",
            ),
        )
        .configure(**config())
    )


def _centres(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The median place of each class."""
    centres = []
    for label in sorted({row["label"] for row in rows}):
        places = np.array([(row["x"], row["y"]) for row in rows if row["label"] == label])
        x, y = np.median(places, axis=0)
        centres.append({"label": label, "x": float(x), "y": float(y)})
    return centres


def _neighbours(result: ExperimentResult) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=result.tables["neighbours"])).encode(
        y=alt.Y("space:N", title=None, axis=alt.Axis(labelLimit=220)),
        yOffset="dataset:N",
        color=alt.Color("dataset:N", scale=alt.Scale(scheme="tableau10")),
    )
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X(
            "low:Q",
            title="accuracy of 5 nearest neighbours",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="accuracy:Q",
        tooltip=[
            "dataset:N",
            "space:N",
            alt.Tooltip("accuracy:Q", format=".1%"),
            alt.Tooltip("low:Q", format=".1%"),
            alt.Tooltip("high:Q", format=".1%"),
        ],
    )
    return (
        alt.layer(bars, points)
        .properties(
            width=460,
            height=200,
            title=alt.TitleParams("Do neighbours share a class?", subtitle="95% Wilson intervals"),
        )
        .configure(**config())
    )
