"""`mnist1d-mlp` at its full protocol, once."""

import pytest

from genlab.experiments.mnist1d_mlp import PROTOCOLS
from genlab.experiments.mnist1d_mlp.words import SCHEDULES
from genlab.measure import agreement, error_interval
from genlab.models import MLP
from genlab.training import Recipe, StepDecay


def test_the_published_protocol():
    for protocol in PROTOCOLS.values():
        assert protocol.model == MLP(hidden=(100, 100), init="fan_in")
        assert protocol.recipes == {
            "constant": Recipe.sgd(0.1, batch_size=100, steps=6000),
            "halving": Recipe.sgd(0.1, batch_size=100, steps=6000, schedule=StepDecay(10, 0.5)),
        }
    assert [protocol.n_seeds for protocol in PROTOCOLS.values()] == [5, 5, 20]


def measured(result, name):
    return next(row for row in result.published if row["name"] == name)


def test_the_published_curves(mnist1d_mlp):
    """Each of the published errors, by the tolerances of the page; five seeds."""
    constant = {
        row["name"].removesuffix(", constant learning rate"): row
        for row in mnist1d_mlp.published
        if row["name"].endswith("constant learning rate")
    }
    for name in (
        "test error at the end (%)",
        "training error at the end (%)",
        "test loss at the end (nats)",
        "training error at step 1000 (%)",
        "training error at step 2000 (%)",
        "training error at step 4000 (%)",
    ):
        assert abs(constant[name]["measured"] - constant[name]["published"]) < 3, constant[name]
    for row in constant.values():
        assert row["mark"] == agreement(row["low"], row["high"], row["published"], row["tolerance"])
        assert row["tolerance"] < row["published"]
        assert row["reason"]
    assert constant["training error at step 2000 (%)"]["mark"] == "agrees"
    assert constant["lowest test loss (nats)"]["mark"] == "differs"
    for row in mnist1d_mlp.published:
        assert 0 <= row["low"] < row["measured"] < row["high"]
    halved = "training error at the end (%), learning rate halved every 10 epochs"
    row = measured(mnist1d_mlp, halved)
    assert row["measured"] > 35


def test_its_tables_agree_with_each_other(mnist1d_mlp):
    tables = mnist1d_mlp.tables
    assert tables["layers"][-1]["n_parameters"] == 15210
    assert {row["epochs"] for row in tables["training"]} == {150.0}
    assert {row["steps"] for row in tables["training"]} == {6000}
    assert len(tables["curves"]) == 2 * 5 * 61
    for schedule, text in SCHEDULES.items():
        final = [
            row["test_error"]
            for row in tables["curves"]
            if row["schedule"] == schedule and row["step"] == 6000
        ]
        interval = error_interval(final, 1000)
        band = next(
            row
            for row in tables["bands"]
            if (row["schedule"], row["curve"], row["step"]) == (schedule, "test_error", 6000)
        )
        assert band["estimate"] == pytest.approx(float(interval.mean))
        assert band["low"] == pytest.approx(float(interval.low))
        assert band["n_seeds"] == 5
        row = measured(mnist1d_mlp, f"test error at the end (%), {text}")
        assert row["measured"] == pytest.approx(100 * float(interval.mean))
        assert row["high"] == pytest.approx(100 * float(interval.high))


def test_the_answer_holds_the_numbers(mnist1d_mlp):
    row = measured(mnist1d_mlp, "test error at the end (%), constant learning rate")
    assert f"{row['measured']:.1f} [{row['low']:.1f}, {row['high']:.1f}]% of the test" in (
        mnist1d_mlp.answer
    )
