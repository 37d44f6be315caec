"""The figures of `mnist1d-tsne`."""

from __future__ import annotations

import altair as alt
import numpy as np

from genlab._base.jsons import Row
from genlab.charts import Figure, config
from genlab.experiments import ExperimentResult
from genlab.experiments.mnist1d_tsne.words import SPACES

_CAPTIONS = {
    "MNIST": "MNIST: most classes form clusters of their own.",
    "MNIST-1D": "MNIST-1D: the classes overlap.",
}
_WIDTH, _HEIGHT, _NAME_SIZE = 460, 400, 20


def figures(result: ExperimentResult) -> list[Figure]:
    """How many examples their neighbours classify, and one embedding per data set."""
    names = dict.fromkeys(row["dataset"] for row in result.tables["embedding"])
    pictures = [
        Figure(f"tsne-{name.lower()}", _CAPTIONS[name], _picture(result, name)) for name in names
    ]
    neighbours = Figure(
        "neighbours",
        "In MNIST the nearest neighbours mostly have an example's class; in MNIST-1D they often do "
        "not.",
        _neighbours(result),
    )
    return [neighbours, *pictures]


def _picture(result: ExperimentResult, name: str) -> alt.LayerChart:
    rows = [row for row in result.tables["embedding"] if row["dataset"] == name]
    free = alt.Scale(zero=False)
    x, y = alt.X("x:Q", axis=None, scale=free), alt.Y("y:Q", axis=None, scale=free)
    color = alt.Color(
        "label:N",
        scale=alt.Scale(scheme="tableau10"),
        legend=alt.Legend(title="class", columns=10, symbolType="circle"),
    )
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(size=14, opacity=0.7)
        .encode(x=x, y=y, color=color, tooltip=[alt.Tooltip("label:N", title="class")])
    )
    names = (
        alt.Chart(alt.Data(values=_centres(rows)))
        .mark_text(fontSize=_NAME_SIZE, fontWeight="bold", stroke="white", strokeWidth=0.6)
        .encode(x=x, y=y, text="label:N")
    )
    return (
        alt.layer(points, names)
        .properties(
            width=_WIDTH,
            height=_HEIGHT,
            title=alt.TitleParams(
                f"{name} embedded by t-SNE",
                subtitle=[
                    f"{len(rows):,} training examples. Axes have no units.",
                    "Labels are at class medians, except where they would overlap.",
                ],
            ),
        )
        .configure(**config())
    )


def _centres(rows: list[Row]) -> list[Row]:
    """The median place of each class, without those too close to one before for two names."""
    everywhere = np.array([(row["x"], row["y"]) for row in rows])
    pixels = np.array([_WIDTH, _HEIGHT]) / np.ptp(everywhere, axis=0)
    centres: list[Row] = []
    for label in sorted({row["label"] for row in rows}):
        places = np.array([(row["x"], row["y"]) for row in rows if row["label"] == label])
        x, y = np.median(places, axis=0)
        apart = [np.hypot(*((row["x"] - x, row["y"] - y) * pixels)) for row in centres]
        if all(distance >= _NAME_SIZE for distance in apart):
            centres.append({"label": label, "x": float(x), "y": float(y)})
    return centres


def _neighbours(result: ExperimentResult) -> alt.LayerChart:
    rows = [{**row, "shown_space": SPACES[row["space"]]} for row in result.tables["neighbours"]]
    n = result.protocol["n_neighbours"]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y(
            "shown_space:N",
            title=None,
            sort=list(SPACES.values()),
            axis=alt.Axis(labelLimit=0),
        ),
        yOffset="dataset:N",
        color=alt.Color("dataset:N", scale=alt.Scale(scheme="tableau10")),
    )
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X(
            "low:Q",
            title="examples classified correctly",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        x2="high:Q",
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="estimate:Q",
        tooltip=[
            "dataset:N",
            alt.Tooltip("shown_space:N", title="space"),
            alt.Tooltip("estimate:Q", title="correct", format=".1%"),
            alt.Tooltip("low:Q", format=".1%"),
            alt.Tooltip("high:Q", format=".1%"),
        ],
    )
    return (
        alt.layer(bars, points)
        .properties(
            width=460,
            height=200,
            title=alt.TitleParams(
                "Nearest neighbours have the same class more often in MNIST",
                subtitle=f"classified by their {n} nearest neighbours; 95% Wilson intervals",
            ),
        )
        .configure(**config())
    )
