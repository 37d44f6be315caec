"""The chart of a capacity parameter: values lie where their capacity is."""

import math

import pytest

from genlab.charts import parameter_chart, parameter_table


def rows(values, own):
    return [
        {"value": value, "curve": f"{part}_error", "estimate": 0.2, "low": 0.1, "high": math.nan}
        | {"n_fits": 3, "own": mine}
        for value, mine in [*((value, False) for value in values), (own, True)]
        for part in ("train", "test")
    ]


@pytest.mark.parametrize(
    ("values", "own", "places", "at"),
    [
        ([1, 10, 100], 1000, [0, 0.5, 1], 1.12),  # logarithms; a value beyond lies just beyond
        ([1, 10, 100], 10, [0, 0.5, 1], 0.5),
        ([100.0, 10.0, 1.0], math.sqrt(10), [0, 0.5, 1], 0.75),  # smaller is more capacity
        ([2, 4, 6], 5, [0, 0.5, 1], 0.75),  # less than a decade: in proportion
        ([0, 50, 100], 25, [0, 0.5, 1], 0.25),  # no logarithm of 0
        ([1, 10, 100], None, [0, 0.5, 1], 1.12),  # no limit: at the right end
        ([1, 100, None], None, [0, 1, 1.12], 1.12),
        (["linear", "poly", "rbf"], "poly", [0, 0.5, 1], 0.5),
        ([[10], [20, 20], [5, 5, 5]], None, [0, 0.5, 1], 1.12),
        ([1, 10, 5], 7, [0, 0.5, 1], 1.12),  # in no order: equal steps
    ],
)
def test_capacity_grows_to_the_right(values, own, places, at):
    table = parameter_table(rows(values, own))
    found = [row["place"] for row in table if row["set"] == "training"]
    assert found == pytest.approx([*places, at])
    assert table[0]["high"] is None


def test_values_are_texts():
    table = parameter_table(rows([0.0001, 10000.0, "auto"], None))
    assert [row["value"] for row in table][::2] == ["0.0001", "10,000", "auto", "no limit"]


def test_the_chart_holds_the_table_and_names_what_it_marks():
    given = rows([1, 10, 100], None)
    texts = {"title": "t", "subtitle": ["s"], "x_title": "depth", "y_title": "error"}
    spec = parameter_chart(given, **texts, threshold=10).to_dict()
    sets = [list(found) for found in spec["datasets"].values()] if "datasets" in spec else []
    sets += [layer["data"]["values"] for layer in spec["layer"] if "data" in layer]
    table = parameter_table(given)
    assert [row for row in table if not row["own"]] in sets
    assert [row for row in table if row["own"]] in sets
    assert [{"place": 0.5, "name": "interpolation threshold"}] in sets
    assert [{"place": 1.12, "name": "the model"}] in sets
    axis = next(
        layer["encoding"]["x"]["axis"] for layer in spec["layer"] if "y2" in layer["encoding"]
    )
    assert axis["values"] == [0.0, 0.5, 1.0, 1.12]
    assert "'no limit'" in axis["labelExpr"]
