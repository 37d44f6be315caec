"""The chart of the parts of a loss holds its table."""

import math

from genlab.charts import loss_parts_chart, loss_parts_table

ROWS = [
    {"part": "bias_and_noise", "estimate": 0.2, "low": 0.1, "high": 0.3},
    {"part": "variance", "estimate": math.inf, "low": math.nan, "high": math.nan},
]


def test_the_table_has_words_and_none_for_what_is_not_finite():
    assert loss_parts_table(ROWS) == [
        {"part": "bias and noise", "estimate": 0.2, "low": 0.1, "high": 0.3},
        {"part": "variance", "estimate": None, "low": None, "high": None},
    ]


def test_the_chart_holds_the_table_in_its_order():
    chart = loss_parts_chart(ROWS, title="t", subtitle=["s"], x_title="0–1 loss").to_dict()
    assert chart["data"]["values"] == loss_parts_table(ROWS)
    assert chart["layer"][0]["encoding"]["y"]["sort"] == ["bias and noise", "variance"]
    assert chart["layer"][0]["encoding"]["x"]["title"] == "0–1 loss"
