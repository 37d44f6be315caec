"""Errors side by side, and the diagram of stated confidence: each holds its table."""

import math

import numpy as np

from genlab.charts import (
    compared_chart,
    compared_table,
    learning_chart,
    reliability_chart,
    reliability_table,
)
from genlab.measure import reliability

ROWS = [
    {"name": "trivial model", "estimate": 0.5, "low": 0.4, "high": 0.6},
    {"name": "the model", "estimate": 0.125, "low": math.nan, "high": math.nan},
    {"name": "lowest", "estimate": 0.25},
]
TEXTS = {"title": "t", "subtitle": ["s"]}


def test_errors_have_their_numbers_beside_their_names():
    table = compared_table(ROWS)
    assert [row["text"] for row in table] == [
        "trivial model: 50.0 [40.0, 60.0]%",
        "the model: 12.5%",
        "lowest: 25.0%",
    ]
    assert (table[1]["low"], table[2]["high"]) == (None, None)
    spec = compared_chart(ROWS, **TEXTS, x_title="error", ranges={"lowest": "#123456"}).to_dict()
    assert spec["data"]["values"] == table
    x = spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert x[0] == 0
    assert x[1] > 0.6
    color = spec["layer"][0]["encoding"]["color"]["scale"]
    assert color["range"][color["domain"].index("lowest")] == "#123456"


def test_errors_of_zero_have_an_axis():
    spec = compared_chart([{"name": "a", "estimate": 0.0}], **TEXTS, x_title="error").to_dict()
    low, high = spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert low == 0 < high


def test_bins_without_examples_are_left_out():
    stated = np.array([[0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.55, 0.45]])
    rows = reliability(stated, np.array([0, 0, 1, 1]), n_bins=5).rows()
    table = reliability_table(rows)
    assert [row["count"] for row in table] == [row["count"] for row in rows if row["count"]]
    assert max(row["bar"] for row in table) == 0.2
    spec = reliability_chart(rows, **TEXTS).to_dict()
    assert table in [layer.get("data", {}).get("values") for layer in spec["layer"]]


def test_backtests_are_hollow_marks_beside_their_size():
    bands = [
        {"curve": f"{part}_error", "n_train": n, "estimate": 0.2, "low": 0.1, "high": 0.3}
        | {"n_fits": 3}
        for part in ("train", "test")
        for n in (10, 20)
    ]
    backtests = [
        {"from_n": 10, "n_train": 20, "times": times, "estimate": 0.2, "low": 0.1, "high": 0.3}
        | {"measured": 0.2, "held": True}
        for times in (2, 4)
    ]
    names = {"train": "training", "test": "validation"}
    spec = learning_chart(
        bands, **TEXTS, y_title="error", forecast=[bands[-1] | {"n_train": 40}],
        backtests=backtests, names=names,
    ).to_dict()  # fmt: skip
    hollow = [layer for layer in spec["layer"] if layer["mark"].get("filled") is False]
    assert [layer["mark"]["shape"] for layer in hollow] == ["circle", "square"]
    assert [layer["data"]["values"] for layer in hollow] == [[row] for row in backtests]
    dashed = [layer for layer in spec["layer"] if "strokeDash" in layer["mark"]]
    assert [row["set"] for row in dashed[0]["data"]["values"]] == ["validation"] * 2
