"""Marks of estimates hold the rows and draw their columns."""

import altair as alt
import pytest

from genlab.charts import capacity_chart, data, dots_with_bars, line_with_band, reference_line

ROWS = [
    {"n": n, "model": model, "estimate": n / 10, "low": n / 20, "high": n / 5}
    for model in ("MLP", "CNN")
    for n in (1, 2, 4)
]
X, Y, COLOR = alt.X("n:Q"), alt.Y("estimate:Q", title="error"), alt.Color("model:N")


def encodings(layers):
    """Mark -> channel -> column, as Vega-Lite is given them."""
    spec = alt.layer(*layers).to_dict()
    rows = next(iter(spec["datasets"].values())) if "datasets" in spec else None
    for layer in spec["layer"]:
        assert layer.get("data", spec.get("data")).get("values", rows) == ROWS
    return {
        layer["mark"]["type"]: {
            channel: of["field"] for channel, of in layer["encoding"].items() if "field" in of
        }
        for layer in spec["layer"]
    }


def test_a_line_with_its_band():
    found = encodings(line_with_band(data(ROWS), X, Y, COLOR, strokeDash="model:N"))
    same = {"x": "n", "color": "model", "strokeDash": "model"}
    assert found == {
        "area": same | {"y": "low", "y2": "high"},
        "line": same | {"y": "estimate"},
    }
    *_, dots = line_with_band(data(ROWS), X, Y, COLOR, tooltip=["n:Q"])
    assert dots.to_dict()["mark"]["type"] == "circle"
    assert dots.to_dict()["encoding"]["tooltip"][0]["field"] == "n"


@pytest.mark.parametrize("along", ["x", "y"])
def test_dots_with_bars(along):
    x, y = (X, Y) if along == "y" else (alt.X("estimate:Q"), alt.Y("n:O"))
    found = encodings(dots_with_bars(data(ROWS), x, y, COLOR, tooltip=["n:Q"], along=along))
    other = "x" if along == "y" else "y"
    assert found == {
        "rule": {other: "n", along: "low", f"{along}2": "high", "color": "model"},
        "circle": {other: "n", along: "estimate", "color": "model"},
    }


@pytest.mark.parametrize(("axis", "across"), [("x", "y"), ("y", "x")])
def test_a_reference_line(axis, across):
    line, text = reference_line(77, "threshold", axis=axis, scale=alt.Scale(type="log"))
    for layer in (line, text):
        at = layer.to_dict()["encoding"][axis]
        assert (at["datum"], at["scale"]) == (77, {"type": "log"})
    assert text.to_dict()["data"]["values"] == [{"name": "threshold"}]
    # A name stands above an upright line, and along a level one.
    assert text.to_dict()["encoding"][across] == {"value": 0 if axis == "x" else 100}
    assert len(reference_line(0)) == 1


def test_a_capacity_curve_with_regimes_and_a_threshold():
    bands = [
        {"curve": f"{part}_error", "capacity": c, "estimate": 0.1, "low": 0.0, "high": 0.2}
        | {"n_parameters": 10 * c, "n_fits": 3}
        for part in ("train", "test")
        for c in (2, 8)
    ]
    chart = capacity_chart(
        bands, "error", title="T", subtitle=["S"], x_title="width", y_title="error",
        ticks=[1, 2, 5], mark=(4, "threshold"),
        shaded=[
            {"name": "classical", "from": 2, "to": 4}, {"name": "critical", "from": 4, "to": 8}
        ],
    )  # fmt: skip
    layers = chart.to_dict()["layer"]
    marks = [layer["mark"]["type"] for layer in layers]
    assert marks == ["rect", "rect", "text", "text", "area", "line", "circle", "rule", "text"]
    assert [layer["mark"]["opacity"] for layer in layers[:2]] == [0, 0.18]
    assert layers[4]["encoding"]["x"]["axis"]["values"] == [2, 5]
    assert layers[7]["encoding"]["x"]["datum"] == 4
    assert [row["set"] for row in layers[5]["data"]["values"]] == ["train"] * 2 + ["test"] * 2


def test_the_marks_can_be_drawn():
    """The layers together are a chart that Vega-Lite draws."""
    import vl_convert

    layers = [
        *line_with_band(data(ROWS), X, Y, COLOR, tooltip=["n:Q"]),
        *dots_with_bars(data(ROWS), X, Y, COLOR, tooltip=["n:Q"]),
        *reference_line(0.2, "a level", axis="y"),
    ]
    assert "a level" in vl_convert.vegalite_to_svg(alt.layer(*layers).to_dict())
