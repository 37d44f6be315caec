"""The parts of a loss against capacity: the chart holds its table."""

import math

import pytest

from genlab.charts import parts_chart, parts_table

ROWS = [
    {"capacity": c, "part": part, "estimate": value, "low": value - 1, "high": math.inf}
    for c in (2, 8)
    for part, value in (("noise", 0.5), ("bias_squared", 2.0), ("variance", 3.0), ("loss", 5.5))
]


def test_the_table_names_the_parts_and_leaves_out_what_cannot_be_drawn():
    table = parts_table(ROWS)
    assert [row["part"] for row in table[:4]] == ["noise", "bias", "variance", "mean loss"]
    assert {row["high"] for row in table} == {None}
    assert table[0] == {
        "capacity": 2,
        "part": "noise",
        "estimate": 0.5,
        "low": -0.5,
        "high": None,
    }
    assert parts_table(ROWS, log=True)[0]["low"] is None


@pytest.mark.parametrize("log", [False, True])
def test_the_chart_holds_the_table_and_the_threshold(log):
    chart = parts_chart(
        ROWS, x_title="width", y_title="loss", ticks=[2, 8], threshold=(0.0, 4.0), log=log
    ).to_dict()
    shade, name, *lines = chart["layer"]
    assert name["encoding"]["text"]["value"] == "threshold"
    assert 2 < name["data"]["values"][0]["capacity"] < 4
    assert shade["data"]["values"] == [{"from": 2, "to": 4.0, "what": "interpolation threshold"}]
    for layer in lines:
        assert layer["data"]["values"] == parts_table(ROWS, log=log)
    y = lines[1]["encoding"]["y"]
    assert (y["scale"].get("type") == "log") == log
    assert lines[1]["encoding"]["color"]["scale"]["domain"] == [
        "mean loss",
        "noise",
        "bias",
        "variance",
    ]
    bare = parts_chart(ROWS, x_title=None, y_title=None, ticks=[2, 8]).to_dict()
    assert bare["data"]["values"] == parts_table(ROWS)
