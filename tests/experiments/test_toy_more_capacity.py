"""`toy-more-capacity` against plain fits, one at a time."""

import numpy as np
import pytest
from experiments.quick import by, drawn, quick

from genlab._base.words import estimate
from genlab.datasets import make_toy_regression
from genlab.experiments import Context


@pytest.fixture(scope="module")
def result():
    return quick("toy-more-capacity")


def plain_fit(x, y, n_hidden):
    joints = np.arange(n_hidden) / n_hidden

    def features(places):
        hinges = np.maximum(places[:, None] - joints, 0)
        return np.column_stack([np.ones(len(places)), hinges])

    weights = np.linalg.lstsq(features(x), y, rcond=None)[0]
    return lambda places: features(places) @ weights


@pytest.fixture(scope="module")
def fits():
    """Plain fits to the experiment's first 400 data sets: curves and training errors."""
    samples = make_toy_regression().fresh(400, seed=Context(0, None).seeds(1)[0])
    places = np.linspace(0, 1, 201)
    fits = {}
    for n_hidden in (3, 5, 10):
        models = [plain_fit(x, y, n_hidden) for x, y, _ in zip(*samples, strict=True)]
        errors = [
            np.mean((model(x) - y) ** 2)
            for model, x, y in zip(models, samples.x, samples.y, strict=True)
        ]
        fits[n_hidden] = np.array([model(places) for model in models]), np.array(errors)
    return fits


def test_the_middle_and_the_spread_are_those_of_plain_fits(result, fits):
    for n_hidden, (curves, _) in fits.items():
        rows = [row for row in result.tables["bands"] if row["capacity"] == n_hidden]
        middle = np.array([row["middle"] for row in rows])
        width = np.array([row["high"] - row["low"] for row in rows])
        if n_hidden == 10:
            assert {row["summary"] for row in rows} == {"median"}
            low, expected, high = np.quantile(curves, [0.02275, 0.5, 0.97725], axis=0)
            deviation = (high - low) / 4
        else:
            expected, deviation = curves.mean(axis=0), curves.std(axis=0, ddof=1)
        assert (np.abs(middle - expected) < 5 * 1.3 * deviation / np.sqrt(400)).all()
        np.testing.assert_allclose(width, 4 * deviation, rtol=0.45 if n_hidden == 10 else 0.2)


def test_training_error_falls_and_test_error_turns(result, fits):
    rows = by(result.tables["errors"], "set", "capacity")
    for n_hidden, (_, errors) in fits.items():
        row = rows["train", n_hidden]
        assert row["low"] <= row["estimate"] <= row["high"]
        assert row["estimate"] == pytest.approx(np.median(errors), rel=0.15)
    train = [rows["train", n]["estimate"] for n in (3, 5, 10)]
    assert train == sorted(train, reverse=True)
    assert rows["test", 5]["high"] < rows["test", 3]["low"]
    assert rows["test", 5]["high"] < rows["test", 10]["low"]


def test_bias_falls_and_variance_rises(result):
    rows = by(result.tables["parts"], "part", "capacity")
    for a, b in ((3, 5), (5, 10)):
        assert rows["bias_squared", a]["low"] > rows["bias_squared", b]["high"]
        assert rows["variance", a]["high"] < rows["variance", b]["low"]
    assert rows["bias_squared", 3]["estimate"] == pytest.approx(0.059, abs=0.01)
    assert rows["variance", 5]["estimate"] == pytest.approx(0.040, rel=0.1)


def test_the_one_data_set(result):
    problem = make_toy_regression()
    x = (np.arange(1000) + 0.5) / 1000
    for row in result.tables["one_data_set"]:
        fit = plain_fit(problem.x, problem.y, row["capacity"])
        assert row["train_loss"] == pytest.approx(np.mean((fit(problem.x) - problem.y) ** 2))
        distance = np.mean((fit(x) - np.exp(np.sin(2 * np.pi * x))) ** 2)
        assert row["test_loss"] == pytest.approx(distance + 0.09)


def test_figures_and_answer(result):
    figures = drawn(result)
    assert list(figures) == ["spread", "overfitting", "errors"]
    assert figures["errors"].spec()["data"]["values"] == result.tables["errors"]
    for row in [*result.tables["parts"], *result.tables["errors"]]:
        digits = 3 if "set" in row else 4
        assert estimate(row, digits) in result.answer
    assert "heavy tail" in result.notes[1]
