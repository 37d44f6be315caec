"""Charts of curves against training step hold their tables."""

from genlab.charts import bands_chart, bands_table

BANDS = [
    {"curve": f"{part}_{quantity}", "step": step, "estimate": 0.5, "low": 0.4, "high": 0.6 + step}
    for part in ("train", "test")
    for quantity in ("error", "loss")
    for step in (0, 10)
]


def test_the_table_of_bands():
    table = bands_table(BANDS, "error")
    assert [(row["set"], row["step"], row["high"]) for row in table] == [
        ("train", 0, 0.6),
        ("train", 10, 10.6),
        ("test", 0, 0.6),
        ("test", 10, 10.6),
    ]


def test_the_chart_holds_the_table():
    points = [{"curve": "test_error", "step": 10, "value": 0.3, "source": "a book"}]
    spec = bands_chart(BANDS, "error", title="T", subtitle="S", published=points).to_dict()
    held = [layer["data"]["values"] for layer in spec["layer"]]
    assert held[0] == held[1] == bands_table(BANDS, "error")
    assert held[2][0]["value"] == 0.3
    assert held[3][0]["test"] == "50.0% [40.0%, 60.0%]"
    assert "fraction of examples" in spec["layer"][1]["encoding"]["y"]["title"]
    unpublished = bands_chart(BANDS, "loss", title="T", subtitle="S").to_dict()
    assert len(unpublished["layer"]) == 3


def test_missing_numbers_are_null():
    rows = [row | {"low": float("nan"), "high": float("nan")} for row in BANDS]
    chart = bands_chart(rows, "error", title="T", subtitle="S")
    assert "NaN" not in chart.to_json()
    assert chart.to_dict()["layer"][2]["data"]["values"][0]["train"] == "50.0% [no value, no value]"
