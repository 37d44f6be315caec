"""What a link holds, and the numbers of it."""

import json

import numpy as np
import pytest

import genlab
from genlab.explorer import State, parts_of, read_state


def test_a_link_is_read():
    drawn = ",".join(["0.5"] * 41)
    link = "#fit?hidden=7&noise=0.1&ridge=1e-3&function=drawn&points=0.1,2&seed=1&predict=1"
    link += f"&drawn={drawn}"
    assert read_state(link) == State(
        hidden=7, noise=0.1, ridge=0.001, function="drawn", drawn=(0.5,) * 41, seed=1
    )
    assert read_state("") == read_state("#fit") == State()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("hidden=0", "`hidden` must be an integer from 1 to 200, got 0"),
        ("n=1e9", "`n` must be an integer, got '1e9'"),
        ("noise=nan", "`noise` must be finite"),
        ("ridge=-1", "`ridge` must be a number from 0 to 1000, got -1"),
        ("function=os.system", "`function` must be one of"),
        ("function=drawn", "`drawn` must be 41 numbers, got None"),
        ("function=drawn&drawn=1,2", "`drawn` must be 41 numbers"),
        ("sets=10", "`sets` must be an integer from 20 to 1000"),
        ("store=x", "a link holds the values of a page's controls, got 'store'"),
    ],
)
def test_links_that_are_refused(query, sentence):
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        read_state(f"#fit?{query}")


def test_a_state_comes_from_json():
    state = State(function="drawn", drawn=(1.0,) * 41)
    assert State.from_json(json.loads(json.dumps({**state.to_json(), "points": None}))) == state
    with pytest.raises(TypeError, match="a state must be values by name, got"):
        State.from_json([1])
    with pytest.raises(TypeError, match="`hidden` must be an integer, got 'x'"):
        State.from_json({"hidden": "x"})


def test_numbers_are_those_of_decompose():
    values = tuple(np.round(np.sin(np.arange(41)), 2).tolist())
    parts = parts_of(State(hidden=3, n=8, sets=20, function="drawn", drawn=values, fresh=3))
    problem = genlab.datasets.make_toy_regression(
        n=8, function=lambda x: np.interp(x, np.linspace(0, 1, 41), values)
    )
    truth = genlab.decompose(genlab.models.HingeRegression(3), problem, 20, seed=3)
    assert parts["average"]["error"] == truth.average.error.row()
    assert parts["median"]["low"] == pytest.approx(float(truth.median_excess.low) + 0.09)


def test_the_command_prints_a_links_numbers(run_genlab, tmp_path):
    _, out, _ = run_genlab("explore", "--numbers", "#fit?hidden=3&sets=20", "--json")
    rows = {row["part"]: row for row in json.loads(out)["rows"]}
    assert (
        rows["variance"]["estimate"]
        == (parts_of(State(hidden=3, sets=20))["average"]["variance"]["estimate"])
    )
    assert run_genlab("explore", "-o", str(tmp_path / "fit.html"))[0] == 0
    text = (tmp_path / "fit.html").read_text("utf-8")
    assert text.count("<script") == 1
    assert "src=" not in text.replace("img-src=", "")
    status, _, error = run_genlab("explore", "--numbers", "#fit?hidden=x")
    assert (status, error) == (2, "genlab: `hidden` must be an integer, got 'x'.\n")
