"""The figures of a search hold its tables, values lie where they should, the page is whole."""

import csv
import json
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from genlab.charts import (
    ERROR_AXIS,
    axis_table,
    best_trials,
    curves_table,
    lines_table,
    place,
    selection_figures,
)
from genlab.report import write_selection
from genlab.selection import SelectionReport, configuration_text

NAN = math.nan
WORDS = "95% Wilson interval over 50 validation examples"
AXES = [
    {"parameter": name, "kind": kind, "low": low, "high": high, "log": log, "options": options}
    for name, kind, low, high, log, options in (
        ("rate", "Real", 1e-4, 0.1, True, None),
        ("width", "Integer", 10, 410, False, None),
        ("depth", "Choice", None, None, False, [1, 2, None]),
    )
]


def interval_of(name, value, low, high):
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def trial(number, error, state="complete", first=NAN, **parameters):
    configuration = {"rate": 0.01, "width": 100, "depth": 1} | parameters
    ends = interval_of("validation_error", error, error - 0.1, error + 0.1)
    rest = {"seconds": 1.0, "first_error": first, "error": "x" if state == "failed" else ""}
    return {"number": number, **configuration, **ends, "state": state, **rest}


TRIALS = [
    trial(0, 0.5),
    trial(1, NAN, "failed"),
    trial(2, 0.3, rate=1e-3, depth=2),
    trial(3, NAN, "pruned", first=0.7),
    trial(4, 0.4, width=None, depth=None),
]
TABLES = {
    "trials": TRIALS,
    "axes": AXES,
    "errors": [
        {"kind": kind, "what": kind, **interval_of("error", 0.3, 0.2, 0.4), "interval": "one"}
        for kind in ("default", "claimed", "corrected", "sealed")
    ],
    "best_so_far": [
        {"number": number, "best": best, **interval_of("validation_error", error, 0.2, 0.6)}
        for number, best, error in ((0, 0, 0.5), (2, 2, 0.3), (4, 2, 0.3))
    ],
    "importance": [
        {"parameter": name, **interval_of("importance", share, 0.1, 0.9), "n": 3}
        for name, share in (("rate", 0.6), ("width", 0.3), ("depth", 0.1))
    ],
    "curves": [
        {"number": number, "step": step, **interval_of("validation_error", error, NAN, NAN)}
        for number, end in ((0, 0.5), (2, 0.3), (4, 0.4))
        for step, error in ((0, 0.9), (10, end))
    ],
}


def report():
    return SelectionReport(
        name="a search",
        configuration={"rate": 1e-3},
        chosen=2,
        search={"seed": 0},
        interval=WORDS,
        tables=TABLES,
        costs={},
        opening=None,
        answer="rate=0.001 has 30.0%.",
        notes=["A <note>."],
        command="genlab select 'a & b.toml'",
        seconds=1.5,
        machine={"cores": "2"},
    )


def held(spec):
    """The rows of every layer of a figure."""
    if "values" in spec.get("data", {}):
        return [spec["data"]["values"]]
    return [layer["data"]["values"] for layer in spec["layer"]]


@pytest.fixture(scope="module")
def drawn():
    found = selection_figures(TABLES, 2, WORDS)
    for figure in found:
        figure.chart.to_dict()  # which Altair compares with Vega-Lite's schema
    return {figure.name: figure for figure in found}


def test_values_lie_where_their_axis_says():
    lines = {(row["number"], row["axis"]): row for row in lines_table(TRIALS, AXES)}
    assert [number for number, _ in lines][::4] == [0, 4, 2]  # bad ones are drawn first
    for number, rate in ((0, 0.01), (2, 1e-3)):
        expected = np.interp(np.log10(rate), [-4, -1], [0, 1])
        assert lines[number, "rate"]["y"] == pytest.approx(expected)
    assert lines[0, "width"]["y"] == pytest.approx(90 / 400)
    assert lines[4, "width"]["y"] is None  # it does not apply there
    assert [lines[n, "depth"]["y"] for n in (0, 2, 4)] == [0, 0.5, 1]
    assert [lines[n, ERROR_AXIS]["y"] for n in (2, 4, 0)] == pytest.approx([0, 0.5, 1])


def test_what_is_written_beside_an_axis_lies_at_its_value():
    ticks = axis_table(TRIALS, AXES)
    of = {
        axis: [row for row in ticks if row["axis"] == axis] for axis in ("rate", "width", "depth")
    }
    upwards = sorted(of["rate"], key=lambda row: row["y"])
    assert [row["label"] for row in upwards] == ["0.0001", "0.001", "0.01", "0.1"]
    for row in of["rate"]:
        assert row["y"] == pytest.approx((math.log10(float(row["label"])) + 4) / 3)
    for row in of["width"]:
        assert row["y"] == pytest.approx((float(row["label"]) - 10) / 400)
    assert {"10", "410"} <= {row["label"] for row in of["width"]}
    places = sorted(row["y"] for row in of["width"])
    assert min(np.diff(places)) > 0.05
    assert [row["label"] for row in of["depth"]] == ["1", "2", "none"]


@pytest.mark.parametrize(("low", "high"), [(1, 3), (10, 400), (0.5, 0.6), (0, 1e6), (7, 7)])
@pytest.mark.parametrize("log", [False, True])
def test_axes_of_every_length_have_their_ends(low, high, log):
    low = max(low, 1e-3) if log else low
    axis = {"parameter": "a", "kind": "Real", "low": low, "high": high, "log": log, "options": None}
    places = [row["y"] for row in axis_table(TRIALS, [axis]) if row["axis"] == "a"]
    assert {0.0, 1.0} <= set(places) or places == [0.5]
    assert len(set(places)) == len(places) <= 15
    assert place(axis, None) is None


def test_the_best_few_curves_are_told_from_the_others():
    curves = [
        {"number": n, "step": 1, **interval_of("validation_error", n / 10, 0.0, NAN)}
        for n in range(8)
    ]
    trials = [trial(n, n / 10) for n in range(8)]
    best, others = curves_table(curves, trials, 0)
    assert [row["number"] for row in best] == [0, 1, 2, 3]
    assert best[0]["label"] == "trial 0, chosen: 0.0%"
    assert best[1]["label"] == "trial 1: 10.0%"
    assert [row["number"] for row in others] == [4, 5, 6, 7]
    assert best[0]["validation_error_high"] is None
    assert best_trials(TRIALS, 2, 9) == [2, 4, 0]


def test_the_figures_hold_the_tables(drawn):
    assert list(drawn) == ["configurations", "errors", "trials", "importance", "curves"]
    lines = lines_table(TRIALS, AXES)
    others, chosen = held(drawn["configurations"].spec())[1:3]
    assert others + chosen == [r for r in lines if r["number"] != 2] + [
        r for r in lines if r["number"] == 2
    ]
    assert held(drawn["importance"].spec())[1] == TABLES["importance"]
    assert held(drawn["trials"].spec())[0] == TABLES["best_so_far"]
    dots = held(drawn["trials"].spec())[1]
    assert [(row["number"], row["validation_error"], row["state"]) for row in dots] == [
        (0, 0.5, "complete"),
        (2, 0.3, "chosen"),
        (3, 0.7, "pruned"),
        (4, 0.4, "complete"),
    ]
    assert [row["text"] for row in held(drawn["errors"].spec())[2]] == ["30.0% [20.0, 40.0]"] * 4


def test_the_figures_say_what_they_are(drawn):
    text = {name: " ".join(f.spec()["title"]["subtitle"]) for name, f in drawn.items()}
    assert (
        "2 pruned or failed trials are left out"
        in drawn["configurations"].spec()["title"]["subtitle"][0]
    )
    assert WORDS in text["trials"]
    assert "1 failed trials have no error" in text["trials"]
    assert "random forest fitted to 3 trials" in text["importance"]
    assert "there is no band" in text["curves"]  # the curves have no intervals
    for figure in drawn.values():
        assert "NaN" not in json.dumps(figure.spec())
        files = figure.files()
        assert ET.fromstring(files[f"{figure.name}.svg"]).tag.endswith("svg")
        assert files[f"{figure.name}.pdf"].startswith(b"%PDF")


def test_a_band_where_curves_have_intervals():
    ends = {"validation_error_low": 0.2, "validation_error_high": 0.6}
    curves = [{**row, **ends} for row in TABLES["curves"]]
    drawn = selection_figures({**TABLES, "curves": curves}, 2, WORDS)[-1]
    band = held(drawn.spec())[1]
    assert {row["number"] for row in band} == {2}
    assert f"band: {WORDS} of the chosen trial" in drawn.spec()["title"]["subtitle"][-1]


def test_few_trials_that_are_all_alike():
    one = {**TABLES, "trials": [trial(0, 0.0)], "importance": [], "curves": []}
    names = [figure.name for figure in selection_figures(one, 0, WORDS)]
    assert names == ["configurations", "errors", "trials"]
    for figure in selection_figures(one, 0, WORDS):
        assert figure.files()


def test_the_folder_is_whole(tmp_path):
    tmp_path /= "new"
    page = write_selection(report(), tmp_path)
    html = page.read_text()
    assert page == tmp_path / "index.html"
    for link in re.findall(r'(?:href|src|srcset|data-spec|data-library)="([^#"]+)"', html):
        assert link.startswith("data:") or (tmp_path / link).is_file(), link
    for name, rows in TABLES.items():
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == len(rows)
    for part in (
        "rate=0.001 has 30.0%.",
        "A &lt;note&gt;.",
        "genlab select &#39;a &amp; b.toml&#39;",
    ):
        assert part in html
    without_script = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", without_script)
    assert "<script src" not in html
    values = json.loads((tmp_path / "selection.json").read_text())
    assert values["tables"]["trials"][1]["validation_error"] is None
    assert values == report().to_json()
    assert not list(tmp_path.glob(".*"))


def test_the_page_in_a_browser(tmp_path, page_in_browser):
    page_in_browser(write_selection(report(), tmp_path), "selection")


def test_a_setting_in_words():
    assert configuration_text({"a": None, "b": (100, 100), "c": True, "d": 0.5}) == (
        "a=none, b=100 × 100, c=yes, d=0.5"
    )
