"""Parallel axes: each option has a place and a label of its own."""

from genlab.charts._selection_axes import axis_table, place

AXIS = {"parameter": "a", "kind": "Choice", "low": None, "high": None, "log": False}


def test_options_that_are_written_alike_lie_apart():
    """Two rates of the label 0.123 were drawn as one."""
    axis = {**AXIS, "options": [0.12341, 0.12344, 0.2]}
    assert [place(axis, value) for value in axis["options"]] == [0.0, 0.5, 1.0]
    trials = [{"state": "complete", "validation_error": 0.1}]
    labels = [row["label"] for row in axis_table(trials, [axis]) if row["axis"] == "a"]
    assert labels == ["0.12341", "0.12344", "0.2"]


def test_options_of_several_kinds():
    axis = {**AXIS, "options": [1, True, None, "none", [100, 100]]}
    assert [place(axis, value) for value in axis["options"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert place(axis, (100, 100)) == 1.0
    assert place(axis, 3) is None
