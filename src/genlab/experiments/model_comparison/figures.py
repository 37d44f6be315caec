"""The figures of `model-comparison`."""

from __future__ import annotations

import altair as alt

from genlab._base.jsons import Row
from genlab.charts import (
    BIAS,
    MODEL_COLORS,
    NOISE,
    TRUTH,
    AnyChart,
    Figure,
    colors,
    data,
    titled,
)
from genlab.experiments import ExperimentResult
from genlab.experiments.model_comparison.words import DATASETS, TRAININGS


def figures(result: ExperimentResult) -> list[Figure]:
    """The accuracy table drawn, learning curves, confusion and calibration."""
    easy = any(row["dataset"] == "mnist" for row in result.tables["accuracy"])
    return [
        Figure(
            "accuracy",
            ("MNIST hardly distinguishes the models. " if easy else "")
            + "MNIST-1D separates the models, until its positions are shuffled.",
            _accuracy(result),
            wide=True,
        ),
        Figure(
            "learning",
            "Training accuracy (dashed) does not show which model will do well on new examples.",
            _learning(result),
            wide=True,
        ),
        Figure("confusion", "Confusion matrices on MNIST-1D.", _confusion(result), wide=True),
        Figure(
            "reliability",
            "Points below the diagonal indicate overconfidence.",
            _reliability(result),
            wide=True,
        ),
    ]


def _models(rows: list[Row]) -> dict[str, str]:
    """Those that were trained, and their colours."""
    trained = {row["model"] for row in rows}
    return {name: color for name, color in MODEL_COLORS.items() if name in trained}


def accuracy_table(result: ExperimentResult, dataset: str) -> list[Row]:
    """Accuracy of each model and of humans; ways of training by their texts in the legend."""
    return [
        {**row, "training": TRAININGS.get(row["training"], row["training"])}
        for row in result.tables["accuracy"]
        if row["dataset"] == dataset
    ]


def _accuracy(result: ExperimentResult) -> alt.HConcatChart:
    datasets = list(dict.fromkeys(row["dataset"] for row in result.tables["accuracy"]))
    models = _models(result.tables["accuracy"])
    trainings = list(TRAININGS.values())
    panels: list[AnyChart] = []
    for dataset in datasets:
        rows = accuracy_table(result, dataset)
        x = alt.X(
            "estimate:Q",
            title="test accuracy",
            scale=alt.Scale(domain=[0, 1], nice=False),
            axis=alt.Axis(format="%", tickCount=6),
        )
        y = alt.Y(
            "model:N",
            sort=list(models),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labels=not panels, labelFontSize=13),
        )
        offset = alt.YOffset("training:N", sort=trainings, scale=alt.Scale(domain=trainings))
        color = alt.Color("model:N", scale=colors(models), legend=None)
        trained = [row for row in rows if row["model"] != "human"]
        dots = (
            data(trained)
            .mark_point(size=55, filled=True, opacity=1)
            .encode(
                x=x,
                y=y,
                yOffset=offset,
                color=color,
                shape=alt.Shape(
                    "training:N",
                    scale=alt.Scale(
                        domain=[*trainings, "published"],
                        range=["circle", "triangle-up", "diamond"],
                    ),
                    legend=alt.Legend(symbolFillColor="#888888", symbolStrokeWidth=0, columns=2),
                ),
                tooltip=[
                    "model:N",
                    "training:N",
                    *(
                        alt.Tooltip(f"{name}:Q", format=".1%")
                        for name in ("estimate", "low", "high")
                    ),
                ],
            )
        )
        intervals = (
            data([row for row in trained if row["low"] is not None])
            .mark_rule(strokeWidth=2.5)
            .encode(x=alt.X("low:Q"), x2="high:Q", y=y, yOffset=offset, color=color)
        )
        published = [
            {"estimate": row["value"], "model": row["model"], "training": "published"}
            for row in result.tables["published_points"]
            if row["dataset"] == dataset and row["model"] in models
        ]
        marks = (
            data(published)
            .mark_point(size=70, shape="diamond", filled=True, opacity=1, color=NOISE)
            .encode(x=x, y=y, tooltip=["model:N", alt.Tooltip("estimate:Q", format=".0%")])
        )
        human_rows = [row for row in rows if row["model"] == "human"]
        human = data(human_rows).mark_rule(strokeDash=[5, 4], strokeWidth=2).encode(x=x)
        name = (
            data([{**row, "text": "human"} for row in human_rows])
            .mark_text(align="center", baseline="bottom", fontSize=11)
            .encode(x=x, y=alt.value(-2), text="text:N")
        )
        heading = alt.TitleParams(DATASETS[dataset], fontSize=13, anchor="middle", offset=16)
        panels.append(
            alt.layer(human, marks, intervals, dots, name).properties(
                width=700 // len(datasets), height=60 * len(models), title=heading
            )
        )
    return titled(
        alt.hconcat(*panels, spacing=25),
        "Test accuracy of each model",
        [f"mean of {_seeds(result)}, 95% interval; dashed: human accuracy, quoted from the paper"],
    )


def _seeds(result: ExperimentResult) -> str:
    counts = sorted({row["n_seeds"] for row in result.tables["accuracy"] if row["n_seeds"]})
    return " or ".join(str(n) for n in counts) + " seeds"


def _learning(result: ExperimentResult) -> alt.HConcatChart:
    """Accuracy against step before and after shuffling, as in the paper."""
    models = _models(result.tables["accuracy"])
    panels: list[AnyChart] = []
    for dataset in ("mnist1d", "mnist1d_shuffled"):
        rows = [
            {**row, "set": row["curve"].removesuffix("_accuracy")}
            for row in result.tables["bands"]
            if row["dataset"] == dataset
        ]
        x = alt.X("step:Q", title="training step (40 steps = 1 epoch)", axis=alt.Axis(tickCount=6))
        y = alt.Y(
            "estimate:Q",
            title="accuracy" if not panels else None,
            scale=alt.Scale(domain=[0, 1], nice=False),
            axis=alt.Axis(format="%"),
        )
        color = alt.Color(
            "model:N",
            scale=colors(models),
            legend=alt.Legend(symbolType="stroke"),
        )
        test = [row for row in rows if row["set"] == "test"]
        band = (
            data(test)
            .mark_area(opacity=0.25, clip=True)
            .encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=color)
        )
        lines = (
            data(rows)
            .mark_line(strokeWidth=2)
            .encode(
                x=x,
                y=y,
                color=color,
                strokeDash=alt.StrokeDash(
                    "set:N",
                    scale=alt.Scale(domain=["test", "train"], range=[[1, 0], [4, 3]]),
                    legend=alt.Legend(symbolStrokeColor="#888888", symbolType="stroke"),
                ),
                tooltip=["model:N", "set:N", "step:Q", alt.Tooltip("estimate:Q", format=".1%")],
            )
        )
        marks = (
            data([row for row in result.tables["published_points"]
                  if row["dataset"] == dataset and row["model"] in models])
            .mark_point(size=90, shape="diamond", filled=True, opacity=1, stroke="white",
                        strokeWidth=1)
            .encode(x=x, y="value:Q", color=color)
        )  # fmt: skip
        heading = alt.TitleParams(DATASETS[dataset], fontSize=13, anchor="middle", offset=4)
        panels.append(
            alt.layer(band, lines, marks).properties(width=350, height=290, title=heading)
        )
    return titled(
        alt.hconcat(*panels, spacing=30),
        "Learning curves with positions in order and shuffled",
        [f"mean of {_seeds(result)}; band: 95% interval of test accuracy; diamonds: published"],
    )


def _confusion(result: ExperimentResult) -> alt.HConcatChart:
    models = _models(result.tables["accuracy"])
    panels: list[AnyChart] = []
    for model in models:
        rows = [
            row
            for row in result.tables["confusion"]
            if row["dataset"] == "mnist1d" and row["model"] == model
        ]
        x = alt.X("predicted:O", title="predicted class", axis=alt.Axis(labelAngle=0, ticks=False))
        y = alt.Y(
            "true:O",
            title="true class" if not panels else None,
            axis=alt.Axis(ticks=False, labels=not panels),
        )
        cells = (
            data(rows)
            .mark_rect()
            .encode(
                x=x,
                y=y,
                color=alt.Color(
                    "fraction:Q",
                    scale=alt.Scale(domain=[0, 1], range=["#f3f5f8", BIAS]),
                    legend=alt.Legend(
                        title="fraction of the true class", format="%", gradientLength=160
                    ),
                ),
                tooltip=[
                    "true:O",
                    "predicted:O",
                    "count:Q",
                    alt.Tooltip("fraction:Q", format=".1%"),
                ],
            )
        )
        written = [
            {**row, "text": f"{100 * row['fraction']:.0f}"}
            for row in rows
            if row["fraction"] >= 0.1
        ]
        dark = alt.when(alt.datum.fraction > 0.55).then(alt.value("white"))
        text = (
            data(written)
            .mark_text(fontSize=9)
            .encode(x=x, y=y, text="text:N", color=dark.otherwise(alt.value("black")))
        )
        heading = alt.TitleParams(model, fontSize=13, anchor="middle", offset=4)
        side = 720 // len(models)
        panels.append(alt.layer(cells, text).properties(width=side, height=side, title=heading))
    return titled(
        alt.hconcat(*panels, spacing=18),
        "Confusion matrices on MNIST-1D",
        [
            f"test examples of each true class by predicted class, in percent; {_seeds(result)};",
            "values of 10% or more are shown; the table `confusion` has the counts",
        ],
    )


def _reliability(result: ExperimentResult) -> alt.HConcatChart:
    models = _models(result.tables["accuracy"])
    panels: list[AnyChart] = []
    errors = {
        row["model"]: row
        for row in result.tables["calibration"]
        if row["dataset"] == "mnist1d" and row["training"] == "last_step"
    }
    axis = alt.Axis(format="%", values=[0, 0.5, 1])
    scale = alt.Scale(domain=[0, 1], nice=False)
    for model, color in models.items():
        rows = [
            row
            for row in result.tables["reliability"]
            if row["dataset"] == "mnist1d" and row["model"] == model and row["count"]
        ]
        x = alt.X("confidence:Q", title="confidence", scale=scale, axis=axis)
        y = alt.Y("accuracy:Q", title="accuracy" if not panels else None, scale=scale, axis=axis)
        diagonal = (
            data([{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}])
            .mark_line(color=TRUTH, strokeDash=[5, 4], strokeWidth=1.5)
            .encode(x=x, y=y)
        )
        dots = (
            data(rows)
            .mark_circle(color=color, opacity=0.9)
            .encode(
                x=x,
                y=y,
                size=alt.Size(
                    "count:Q",
                    scale=alt.Scale(range=[15, 260]),
                    legend=None,
                ),
                tooltip=[
                    "count:Q",
                    *(
                        alt.Tooltip(f"{name}:Q", format=".1%")
                        for name in ("confidence", "accuracy", "low", "high")
                    ),
                ],
            )
        )
        intervals = (
            data([row for row in rows if row["low"] is not None])
            .mark_rule(color=color, strokeWidth=1.5, clip=True)
            .encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
        )
        heading = alt.TitleParams(
            model,
            subtitle=f"calibration error {100 * errors[model]['estimate']:.1f}%",
            fontSize=13,
            anchor="middle",
            offset=4,
        )
        side = 680 // len(models)
        panels.append(
            alt.layer(diagonal, intervals, dots).properties(width=side, height=side, title=heading)
        )
    return titled(
        alt.hconcat(*panels, spacing=22),
        "Calibration on MNIST-1D: accuracy against confidence",
        [
            "test examples in 15 bins of confidence; the area of a dot shows their number;",
            f"{_seeds(result)}, 95% intervals; dashed: perfectly calibrated",
        ],
    )
