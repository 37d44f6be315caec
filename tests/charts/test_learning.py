"""The chart of a learning curve holds its table."""

import math

from genlab.charts import learning_chart, learning_table

BANDS = [
    {"n_train": n, "curve": f"{name}_error", "estimate": e, "low": low, "high": 0.5, "n_fits": 3}
    for name, e, low in (("train", 0.1, 0.05), ("test", 0.3, math.nan))
    for n in (10, 100)
]
AHEAD = [{"n_train": 400, "estimate": 0.2, "low": 0.1, "high": 0.3}]


def test_the_table_names_the_set_and_has_none_for_nan():
    table = learning_table(BANDS)
    assert [row["set"] for row in table] == ["train", "train", "test", "test"]
    assert [row["low"] for row in table] == [0.05, 0.05, None, None]


def test_the_chart_holds_the_table_and_the_forecast():
    texts = {"title": "t", "subtitle": ["s"], "y_title": "error"}
    plain = learning_chart(BANDS, **texts).to_dict()
    assert plain["data"]["values"] == learning_table(BANDS)
    assert len(plain["layer"]) == 3
    layers = learning_chart(BANDS, **texts, forecast=AHEAD).to_dict()["layer"]
    values = layers[3]["data"]["values"]
    assert [row["n_train"] for row in values] == [100, 400]
    assert values[0]["low"] == values[0]["high"] == 0.3  # it starts from the last test error
    assert layers[0]["encoding"]["x"]["scale"]["domain"] == [10, 400]
