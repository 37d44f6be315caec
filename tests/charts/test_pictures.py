"""Pictures of figures: small files that look the same, narrow ones, those for slides and papers."""

import copy
import json
import re
import struct
import xml.etree.ElementTree as ET

import altair as alt
import pytest
import vl_convert

from genlab.charts import (
    NARROW,
    TEST,
    TRAIN,
    Figure,
    colors,
    config,
    data,
    diamonds,
    export,
    line_with_band,
    picture_size,
    shared_data,
    titled,
)
from genlab.charts._layout import Drawn, narrow, untitled
from genlab.charts._still import compact, drawn, flat, light_and_dark

ROWS = [
    {"set": name, "n": n, "estimate": 0.5 / n, "low": 0.4 / n, "high": 0.7 / n + 0.01}
    for name in ("a set of training examples", "a set of fresh test examples")
    for n in (1, 2, 4, 8)
]


def panel(name):
    scale = colors({row["set"]: color for row, color in zip(ROWS[::4], (TRAIN, TEST), strict=True)})
    color = alt.Color("set:N", scale=scale, legend=alt.Legend(symbolType="stroke"))
    x = alt.X("n:Q", title="a number of training examples, which has a long name", axis=alt.Axis())
    y = alt.Y("estimate:Q", title=None if name else "test error")
    layers = line_with_band(data(ROWS), x, y, color, tooltip=["n:Q"])
    layers.append(diamonds([{"n": 2, "value": 0.3, "set": ROWS[0]["set"]}], x, color, ["n:Q"]))
    return alt.layer(*layers).properties(width=300, height=200, title=f"panel {name}")


@pytest.fixture(scope="module")
def figure():
    chart = titled(alt.hconcat(panel(0), panel(1)), "A title", ["a first line", "and a second"])
    return Figure("panels", "Two panels & a legend.", chart, wide=True)


@pytest.fixture(scope="module")
def full(figure):
    return Drawn.of(untitled(figure.spec()))


def test_the_small_picture_is_the_same_picture(full):
    small = compact(full.svg, digits=9)
    assert vl_convert.svg_to_png(small) == vl_convert.svg_to_png(flat(full.svg))
    assert len(compact(full.svg)) < 0.7 * len(full.svg)
    marks = '<path fill="#000" opacity="0.3"/><line stroke="#000" opacity="0.3"/>'
    in_paint = '<path fill="#000" fill-opacity="0.3"/><line stroke="#000" stroke-opacity="0.3"/>'
    assert flat(marks) == in_paint
    both = '<path fill="#000" stroke="#111" opacity="0.3"/>'
    assert flat(both) == both


def test_a_text_keeps_its_digits():
    """Axes of small numbers: 0.001 is not 0."""
    assert compact('<svg><text x="1.2345">0.0014</text></svg>') == (
        '<svg><text x="1.23">0.0014</text></svg>'
    )


def test_a_picture_for_light_and_dark(figure):
    files = figure.files()
    svg = files["panels.svg"].decode()
    root = ET.fromstring(svg)
    title, description, style = ("".join(root[i].itertext()) for i in range(3))
    assert (title, description) == ("A title", "Two panels & a legend.")
    assert style.startswith("@media screen and (prefers-color-scheme:dark)")
    # Programs that know no such style show the attributes, which are light.
    assert 'fill="white"' in svg
    assert 'fill="#1d232c"' in svg
    assert '[fill="#1d232c"]{fill:#e4e7ec}' in style
    assert light_and_dark("<svg a='b'><g/></svg>").endswith("</style><g/></svg>")
    assert set(files) == {"panels.svg", "panels-narrow.svg", "panels.pdf"}
    assert figure.files(png=True)["panels.png"].startswith(b"\x89PNG")


def test_panels_stand_below_each_other_in_a_narrow_column(full):
    before = copy.deepcopy(full.spec)
    column = narrow(full)
    assert full.spec == before
    assert full.width > 600
    assert column.width <= NARROW
    assert "hconcat" not in column.spec
    first, second = column.spec["vconcat"]
    assert first["width"] == second["width"] < 300
    # The second panel has the title of the axis that it had beside it, in both layers.
    assert {layer["encoding"]["y"]["title"] for layer in second["layer"][1:3]} == {"test error"}
    x = first["layer"][1]["encoding"]["x"]
    assert " ".join(x["title"]) == "a number of training examples, which has a long name"


def test_a_facet_and_long_names_on_an_axis():
    rows = [{"class": str(i), "name": "a name that is very long", "v": i} for i in range(10)]
    chart = data(rows).mark_point().properties(width=84, height=60)
    bare = chart.encode(x=alt.X("v:Q", axis=None), y=alt.Y("v:Q", axis=None))
    facet = bare.facet(column="class:N").configure(**config())
    column = narrow(Drawn.of(facet.to_dict()))
    assert column.width <= NARROW
    assert column.spec["columns"] == 5
    named = chart.encode(x="v:Q", y="name:N").configure(**config())
    labels = narrow(Drawn.of(named.to_dict())).spec["encoding"]["y"]["axis"]["labelExpr"]
    assert json.loads(labels.partition("[datum")[0]) == {
        rows[0]["name"]: ["a name that is", "very long"]
    }


def test_rows_that_layers_share_are_held_once(full):
    shared = shared_data({"full": full.spec, "again": full.spec})
    points = {"n": 2, "value": 0.3, "set": ROWS[0]["set"], "key": "published"}
    assert sorted(map(len, shared["datasets"].values())) == [1, len(ROWS)]
    assert [points] in shared["datasets"].values()
    assert [{**row, "high": float(f"{row['high']:.6g}")} for row in ROWS] in list(
        shared["datasets"].values()
    )
    # The same picture, from what a page is given.
    spec = {**shared["full"], "datasets": shared["datasets"], "config": full.spec["config"]}
    assert drawn(spec) == full.svg
    assert json.dumps(shared).count("a set of fresh test examples") < 30


def test_a_thumbnail_has_no_text(figure):
    svg = figure.thumbnail()
    assert "<text" not in svg
    assert picture_size(svg)[0] < 330
    assert svg.count("<path") >= 4  # the first panel's bands and lines


@pytest.mark.parametrize(("style", "width"), [("page", None), ("slides", 1280), ("paper", 321.6)])
def test_a_figure_for_a_place(figure, style, width):
    svg = export(figure, ".svg", style).decode()
    own = picture_size(svg)[0]
    if width is not None:
        assert own == width
    assert ("A title</text>" in svg) == (style != "paper")
    png = export(figure, ".png", style)
    pixels = struct.unpack(">I", png[16:20])[0]
    assert pixels == {"page": pytest.approx(2 * own, abs=1), "slides": 1920, "paper": 2010}[style]
    pdf = export(figure, ".pdf", style)
    points = float(re.search(rb"/MediaBox \[0 0 ([\d.]+)", pdf)[1])
    assert points == pytest.approx(own if width is None else 0.75 * width, abs=0.01)


def test_what_cannot_be_exported(figure):
    with pytest.raises(ValueError, match=r"`suffix` must be one of .svg, .pdf, .png, got '.gif'"):
        export(figure, ".gif")
    with pytest.raises(ValueError, match="`style` must be one of page, slides, paper, got"):
        export(figure, ".svg", "poster")


def test_layers_without_numbers_are_not_drawn(figure):
    alone = data([{**row, "low": None, "high": None} for row in ROWS])
    layers = line_with_band(alone, alt.X("n:Q"), alt.Y("estimate:Q"), alt.Color("set:N"))
    nothing = data([]).mark_circle().encode(x="n:Q", y="estimate:Q")
    chart = titled(alt.layer(*layers, nothing).properties(width=300), "A title", "")
    spec = Figure("one", "A line.", chart).layouts["full"].spec
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line"]
    assert len(chart.to_dict()["layer"]) == 3
