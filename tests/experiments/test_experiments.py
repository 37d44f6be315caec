"""The registry, and what holds of every result."""

import importlib
import json

import numpy as np
import pytest
from scipy import stats

from genlab.datasets import make_mnist1d
from genlab.experiments import (
    EXPERIMENTS,
    SCALES,
    Context,
    ExperimentResult,
    figures,
    get_experiment,
    mnist1d_tsne,
    run_experiment,
)
from genlab.report import render_page
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
    one, two = (set(Context(seed, None).seeds(100)) for seed in (0, 1))
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


def run(name, scale="quick"):
    with Store("sqlite://") as store:
        return run_experiment(EXPERIMENTS[name], store, scale=scale)


def test_construction_with_and_without_mnist(small_mnist):
    result = run("mnist1d-construction")
    data = make_mnist1d()
    stages = {}
    for row in result.tables["stages"]:
        stages.setdefault(row["stage"], []).append(row["value"])
    assert stages["standardise"] == data.x_train[0].tolist()
    examples = {}
    for row in result.tables["examples"]:
        examples.setdefault((row["set"], row["index"], row["label"]), []).append(row["value"])
    assert len(examples) == 50
    for (part, index, label), values in examples.items():
        assert values == getattr(data, f"x_{part}")[index].tolist()
        assert label == getattr(data, f"y_{part}")[index]
    assert {row["label"] for row in result.tables["digits"]} == set(range(10))
    assert len(figures(result)) == 3
    assert "under the digits" in figures(result)[0].caption


def test_construction_without_mnist(no_mnist):
    result = run("mnist1d-construction")
    assert result.tables["digits"] == []
    assert "Without MNIST: train-images-idx3-ubyte.gz is not there" in result.answer
    assert "$GENLAB_DATA_HOME" in result.answer
    assert [figure.files() for figure in figures(result)]


def test_tsne(small_mnist, monkeypatch):
    monkeypatch.setattr(mnist1d_tsne, "_EMBEDDED", {"quick": 60})
    monkeypatch.setattr(mnist1d_tsne, "_PERPLEXITY", 5)
    result = run("mnist1d-tsne")
    accuracy = {(row["dataset"], row["space"]): row for row in result.tables["neighbours"]}
    mnist = accuracy["MNIST", "inputs, test set"]
    assert mnist["accuracy"] == 1.0  # its classes are far apart
    one = accuracy["MNIST-1D", "inputs, test set"]
    data = make_mnist1d()
    distances = ((data.x_test[:, None] - data.x_train[None]) ** 2).sum(axis=2)
    votes = data.y_train[np.argsort(distances, axis=1)[:, :5]]
    winners = [np.bincount(row, minlength=10).argmax() for row in votes]
    assert one["accuracy"] == pytest.approx(np.mean(winners == data.y_test), abs=0.002)
    wilson = stats.binomtest(round(one["accuracy"] * 1000), 1000).proportion_ci(method="wilson")
    assert (one["low"], one["high"]) == pytest.approx((wilson.low, wilson.high))
    assert len(result.tables["embedding"]) == 120
    assert [figure.name for figure in figures(result)] == [
        "tsne-mnist", "tsne-mnist-1d", "neighbours"
    ]  # fmt: skip
    again = run("mnist1d-tsne")
    assert again.tables == result.tables


def test_tsne_without_mnist(no_mnist, monkeypatch):
    monkeypatch.setattr(mnist1d_tsne, "_EMBEDDED", {"quick": 60})
    monkeypatch.setattr(mnist1d_tsne, "_PERPLEXITY", 5)
    result = run("mnist1d-tsne")
    assert {row["dataset"] for row in result.tables["embedding"]} == {"MNIST-1D"}
    assert "Without MNIST: train-images-idx3-ubyte.gz is not there" in result.answer
    assert render_page([result], "genlab reproduce")
