"""The registry, and `mnist1d-mlp` at its full protocol, once."""

import importlib
import json

import numpy as np
import pytest

from genlab.experiments import (
    EXPERIMENTS,
    SCALES,
    Context,
    ExperimentResult,
    get_experiment,
    run_experiment,
)
from genlab.measure import mean_interval
from genlab.sweep import Store


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_every_experiment_is_whole(experiment):
    assert set(experiment.seconds) == set(SCALES)
    assert experiment.question.endswith("?")
    assert callable(importlib.import_module(experiment.module).run)
    assert callable(importlib.import_module(f"{experiment.module}.figures").figures)


def test_an_unknown_name_lists_the_names():
    with pytest.raises(
        ValueError,
        match=r"unknown experiment 'mnist2d'; there are: mnist1d-construction, .*mnist1d-mlp",
    ):
        get_experiment("mnist2d")


def test_the_seeds_of_different_seeds_do_not_meet():
    one, two = (set(Context("quick", seed, None).seeds(100)) for seed in (0, 1))
    assert not one & two


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"scale": "huge"}, ValueError, "`scale` must be one of 'quick', 'default', 'paper'"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
        ({"seed": 1.5}, TypeError, r"`seed` must be an integer, got 1\.5"),
        ({"jobs": 0}, ValueError, "`jobs` must be an integer >= 1, got 0"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with Store("sqlite://") as store, pytest.raises(error, match=message):
        run_experiment(EXPERIMENTS["mnist1d-mlp"], store, **arguments)


def measured(result, name):
    return next(row for row in result.published if row["name"] == name)


def test_the_published_curves(mnist1d_mlp):
    """Each of the published errors, by the tolerances of the page; five seeds."""
    constant = {
        row["name"].removeprefix("constant rate: "): row
        for row in mnist1d_mlp.published
        if row["name"].startswith("constant")
    }
    for name in (
        "test error at the end (%)",
        "train error at the end (%)",
        "test loss at the end (nats)",
        "train error at step 1000 (%)",
        "train error at step 2000 (%)",
        "train error at step 4000 (%)",
    ):
        assert constant[name]["ok"], constant[name]
    assert measured(mnist1d_mlp, "halving rate: train error at the end (%)")["measured"] > 35


def test_its_tables_agree_with_each_other(mnist1d_mlp):
    tables = mnist1d_mlp.tables
    assert tables["layers"][-1]["n_parameters"] == 15210
    assert {row["epochs"] for row in tables["training"]} == {150.0}
    assert {row["steps"] for row in tables["training"]} == {6000}
    assert len(tables["curves"]) == 2 * 5 * 61
    for schedule in ("constant", "halving"):
        final = [
            row["test_error"]
            for row in tables["curves"]
            if row["schedule"] == schedule and row["step"] == 6000
        ]
        interval = mean_interval(final)
        band = next(
            row
            for row in tables["bands"]
            if (row["schedule"], row["curve"], row["step"]) == (schedule, "test_error", 6000)
        )
        assert band["mean"] == pytest.approx(float(interval.mean))
        assert band["low"] == pytest.approx(float(interval.low))
        assert band["n_seeds"] == 5
        row = measured(mnist1d_mlp, f"{schedule} rate: test error at the end (%)")
        assert row["measured"] == pytest.approx(100 * float(interval.mean))
        assert row["high"] == pytest.approx(100 * float(interval.high))


def test_the_answer_holds_the_numbers(mnist1d_mlp):
    row = measured(mnist1d_mlp, "constant rate: test error at the end (%)")
    assert f"{row['measured']:.1f} [{row['low']:.1f}, {row['high']:.1f}]% of the test" in (
        mnist1d_mlp.answer
    )


def test_results_survive_json(mnist1d_mlp):
    values = json.loads(json.dumps(mnist1d_mlp.to_json(), allow_nan=False))
    assert ExperimentResult.from_json(values).to_json() == values
    assert "jax" in values["machine"]["trained with"]


def test_missing_numbers_are_null():
    result = ExperimentResult("x", "quick", 0, {"t": [{"a": float("nan")}]}, [], "", np.inf)
    assert result.to_json()["tables"] == {"t": [{"a": None}]}
    assert result.to_json()["seconds"] is None


def test_frames(mnist1d_mlp):
    assert len(mnist1d_mlp.to_frame("curves")) == 610
    assert list(mnist1d_mlp.to_frame()["name"]) == [row["name"] for row in mnist1d_mlp.published]
    assert "<table" in mnist1d_mlp._repr_html_()
    with pytest.raises(ValueError, match="`table` must be one of layers, training"):
        mnist1d_mlp.to_frame("nothing")
