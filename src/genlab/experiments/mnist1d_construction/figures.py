"""The figures of `mnist1d-construction`: signals across, time downwards."""

from __future__ import annotations

import altair as alt

from genlab.charts import TEST, TRAIN, Figure, config
from genlab.experiments import ExperimentResult

_WIDTH, _HEIGHT = 84, 120


def figures(result: ExperimentResult) -> list[Figure]:
    """The templates, one example through every stage, and rows of examples."""
    return [
        Figure(
            name="templates",
            caption="The ten templates, under the digits that they stand for."
            if result.tables["digits"]
            else "The ten templates.",
            chart=_templates(result),
            wide=True,
        ),
        Figure(
            name="stages",
            caption="The first training example after each stage of its making.",
            chart=_stages(result),
            wide=True,
        ),
        Figure(
            name="examples",
            caption="The first examples of each class, three of the training and two of the test "
            "set.",
            chart=_examples(result),
            wide=True,
        ),
    ]


def _signal(rows: list[dict[str, object]], color: str) -> alt.Chart:
    """Value across, position downwards."""
    chart: alt.Chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=color, strokeWidth=2)
        .encode(
            x=alt.X("value:Q", title=None, axis=None),
            y=alt.Y("position:Q", title=None, scale=alt.Scale(reverse=True), axis=None),
            order="position:Q",
            tooltip=["position:Q", alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    return chart


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
            .mark_rect(color="#6f7b8c")
            .encode(
                x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(28)))),
                y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(28)))),
                opacity=alt.Opacity("value:Q", legend=None, scale=alt.Scale(range=[0, 1])),
            )
            .properties(width=_WIDTH, height=_WIDTH)
        )
        parts = [pixels.facet(column=_by_class("MNIST digit")).properties(spacing=8), templates]
    return (
        alt.vconcat(*parts)
        .properties(
            title=alt.TitleParams(
                "The templates of MNIST-1D", subtitle="value across, position downwards (12 points)"
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
                "One example of MNIST-1D after each stage",
                subtitle="value across, position downwards; each panel on its own scale",
            ),
        )
        .configure(**config())
    )


def _examples(result: ExperimentResult) -> alt.VConcatChart:
    rows = result.tables["examples"]
    parts = []
    for i, name in enumerate(dict.fromkeys(row["row"] for row in rows)):
        part = [row for row in rows if row["row"] == name]
        color = TRAIN if name.startswith("train") else TEST
        title = f"{name} (of each class)" if i == 0 else name
        parts.append(_signal(part, color).facet(column=_by_class(title)).properties(spacing=8))
    return (
        alt.vconcat(*parts, spacing=4)
        .properties(
            title=alt.TitleParams(
                "Examples of MNIST-1D", subtitle="value across, position downwards (40 points)"
            )
        )
        .configure(**config())
    )
