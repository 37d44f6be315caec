"""The figures of `mnist1d-construction`: values from left to right, positions downwards."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import SERIES, TEST, TRAIN, Figure, config
from genlab.experiments import ExperimentResult
from genlab.experiments.mnist1d_construction.words import row_title

_WIDTH, _HEIGHT = 84, 120
_COLORS = {"train": TRAIN, "test": TEST}


def figures(result: ExperimentResult) -> list[Figure]:
    """One example through every stage, the templates, and rows of examples."""
    return [
        Figure(
            name="stages",
            caption="One example after each stage of its construction, from its template to the "
            "finished example.",
            chart=_stages(result),
            wide=True,
        ),
        Figure(
            name="templates",
            caption="The ten templates, below the digits that they stand for."
            if result.tables["digits"]
            else "The ten templates.",
            chart=_templates(result),
            wide=True,
        ),
        Figure(
            name="examples",
            caption="The first training examples (blue) and test examples (orange) of each class.",
            chart=_examples(result),
            wide=True,
        ),
    ]


def _signal(rows: list[Row], color: str) -> alt.Chart:
    """A signal: value from left to right, position downwards."""
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=color, strokeWidth=2)
        .encode(
            x=alt.X("value:Q", title=None, axis=None),
            y=alt.Y("position:Q", title=None, scale=alt.Scale(reverse=True, nice=False), axis=None),
            order="position:Q",
            tooltip=["position:Q", alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    return chart


def _length(rows: list[Row]) -> int:
    """Points of each signal."""
    return 1 + max(int(row["position"]) for row in rows)


def _by_class(title: str | None) -> alt.Column:
    header = alt.Header(title=title, labelFontSize=14, titleOrient="top")
    return alt.Column("label:O", header=header)


def _templates(result: ExperimentResult) -> alt.VConcatChart:
    templates = (
        _signal(result.tables["templates"], TRAIN)
        .facet(column=_by_class("class"))
        .properties(spacing=8)
    )
    parts: list[alt.FacetChart] = [templates]
    if result.tables["digits"]:
        pixels = (
            alt.Chart(alt.Data(values=result.tables["digits"]))
            .mark_rect(color=SERIES[5])
            .encode(
                x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(28)))),
                y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(28)))),
                opacity=alt.Opacity("value:Q", legend=None, scale=alt.Scale(range=[0, 1])),
            )
            .properties(width=_WIDTH, height=_WIDTH)
        )
        parts = [pixels.facet(column=_by_class("MNIST digit")).properties(spacing=8), templates]
    n = _length(result.tables["templates"])
    return (
        alt.vconcat(*parts)
        .properties(
            title=alt.TitleParams(
                "The templates of MNIST-1D",
                subtitle=f"Horizontal: value; vertical: position ({n} points)",
            )
        )
        .configure(**config())
    )


def _stages(result: ExperimentResult) -> alt.FacetChart:
    rows = result.tables["stages"]
    names = list(dict.fromkeys(row["stage"] for row in rows))
    header = alt.Header(title=None, labelFontSize=12)
    return (
        _signal(rows, TRAIN)
        .facet(column=alt.Column("stage:N", sort=names, header=header))
        .resolve_scale(x="independent", y="independent")
        .properties(
            spacing=8,
            title=alt.TitleParams(
                "One example of MNIST-1D after each stage of its construction",
                subtitle="Horizontal: value; vertical: position. Each panel has its own scales, so "
                "scaling is not visible.",
            ),
        )
        .configure(**config())
    )


def _examples(result: ExperimentResult) -> alt.VConcatChart:
    rows = result.tables["examples"]
    parts = []
    for part, number in dict.fromkeys((row["set"], row["row"]) for row in rows):
        own = [row for row in rows if (row["set"], row["row"]) == (part, number)]
        title = row_title(part, number)
        parts.append(
            _signal(own, _COLORS[part])
            .facet(column=_by_class(title))
            .properties(spacing=8, bounds="flush")
        )
    return (
        alt.vconcat(*parts, spacing=18)
        .properties(
            title=alt.TitleParams(
                "Examples of MNIST-1D",
                subtitle=f"Horizontal: value; vertical: position ({_length(rows)} points)",
            )
        )
        .configure(**config())
    )
