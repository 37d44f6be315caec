"""`model-comparison`, shrunken: its tables against training and counting by hand."""

import json
import re
from dataclasses import replace

import jax
import numpy as np
import pytest
from experiments.quick import by, drawn, pick, ran
from sklearn.metrics import confusion_matrix
from sweep.here import no_workers

from genlab import train
from genlab.datasets import make_mnist1d
from genlab.experiments import EXPERIMENTS, ExperimentResult, run_experiment
from genlab.experiments.model_comparison import PROTOCOLS, Protocol
from genlab.experiments.model_comparison.figures import accuracy_table
from genlab.experiments.model_comparison.protocol import DATASETS, Problem
from genlab.measure import error_interval
from genlab.models import MLP, Logistic
from genlab.sweep import Store
from genlab.training import Recipe

RECIPE = Recipe.adam(0.01, batch_size=100, steps=80, evaluate_every=20)
MODELS = {"logistic": Logistic(), "MLP": MLP((8, 8), skip=True), "CNN": MLP((5,)), "GRU": MLP(())}
SMALL = Problem(3, MODELS, dict.fromkeys(MODELS, RECIPE))
TINY = replace(PROTOCOLS["quick"], problems={"mnist1d": SMALL, "mnist1d_shuffled": SMALL})


@pytest.fixture(scope="module")
def result():
    """As the page gets it: from JSON; a second run that takes it from the store agrees."""
    with Store("sqlite://") as store, no_workers():
        first, again = (
            run_experiment(EXPERIMENTS["model-comparison"], store, protocol=TINY).to_json()
            for _ in range(2)
        )
    assert again["tables"] == first["tables"]
    return ExperimentResult.from_json(json.loads(json.dumps(first, allow_nan=False)))


@pytest.fixture(scope="module")
def by_hand():
    """The MLP on plain MNIST-1D, its accuracies and confusion by NumPy and scikit-learn."""
    data = make_mnist1d()
    run = train(MODELS["MLP"], data, RECIPE, range(3))
    predicted = [
        np.asarray(jax.vmap(module)(np.float32(data.x_test))).argmax(1) for module in run.modules
    ]
    return data, predicted


def test_accuracy_is_of_all_seeds(result, by_hand):
    data, predicted = by_hand
    accuracies = [np.mean(one == data.y_test) for one in predicted]
    row = pick(result.tables["accuracy"], dataset="mnist1d", model="MLP", training="last_step")
    expected = error_interval(accuracies, 1000)
    assert row["estimate"] == pytest.approx(np.mean(accuracies), abs=1e-6)
    assert (row["low"], row["high"]) == pytest.approx(
        (float(expected.low), float(expected.high)), abs=1e-6
    )
    assert (row["n_seeds"], row["n_train"], row["step"]) == (3, 4000, 80)
    stopped = pick(result.tables["accuracy"], dataset="mnist1d", model="MLP", n_train=3600)
    assert stopped["step"] <= 80
    human = by(result.tables["accuracy"], "dataset", "model")["mnist1d_shuffled", "human"]
    assert (human["estimate"], human["low"], human["n_seeds"]) == (0.3, None, 0)


def test_confusion_and_class_errors(result, by_hand):
    data, predicted = by_hand
    counts = sum(confusion_matrix(data.y_test, one) for one in predicted)
    cells = by(result.tables["confusion"], "dataset", "model", "true", "predicted")
    errors = by(result.tables["class_errors"], "dataset", "model", "class")
    for true in range(10):
        found = [cells["mnist1d", "MLP", true, guess]["count"] for guess in range(10)]
        assert found == counts[true].tolist()
        wrong = 1 - counts[true, true] / counts[true].sum()
        assert errors["mnist1d", "MLP", true]["estimate"] == pytest.approx(wrong)
    worst = pick(result.tables["most_confused"], dataset="mnist1d", model="MLP")
    np.fill_diagonal(counts, 0)
    assert worst["count"] == counts.max()


def test_calibration_is_that_of_the_counts(result):
    rows = [
        row
        for row in result.tables["reliability"]
        if (row["dataset"], row["model"]) == ("mnist1d", "MLP") and row["count"]
    ]
    assert sum(row["count"] for row in rows) == 3 * 1000
    row = pick(result.tables["calibration"], dataset="mnist1d", model="MLP", training="last_step")
    together = sum(row["count"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / 3000
    assert row["estimate"] >= together - 1e-9  # seeds apart hide less than seeds together
    assert 0 < row["by_chance"] < 0.1


def test_cost_counts_what_is_done(result):
    row = by(result.tables["cost"], "dataset", "model")["mnist1d", "MLP"]
    weights = 40 * 8 + 8 * 8 + 8 * 10
    assert row["flop_per_example"] == 2 * weights
    examples = 3 * 80 * 100 + 5 * 5000  # steps forward and back, five evaluations
    assert row["training_gflop"] == pytest.approx(2 * weights * examples / 1e9)
    assert 0 < row["seconds_min"] <= row["seconds_median"] <= row["seconds_max"]


def test_published_and_answer(result):
    published = by(result.published, "name")
    assert len(published) == 2 * 2 * 3
    best = published["best test accuracy during training (%), MLP on MNIST-1D"]
    assert best["measured"] >= published["test accuracy (%), MLP on MNIST-1D"]["measured"]
    row = published["test accuracy (%), CNN on shuffled MNIST-1D"]
    assert (row["published"], row["tolerance"]) == (56, 3)
    # Eighty steps are not the published 6,000.
    assert {row["mark"] for row in result.published} == {"not comparable"}
    accuracy = pick(result.tables["accuracy"], dataset="mnist1d", model="MLP", training="last_step")
    assert f"MLP {100 * accuracy['estimate']:.1f} [" in result.answer
    assert result.notes[-2] == "MNIST is left out here."
    assert re.search(
        r"On MNIST-1D, .* every 20 steps, early stopping gives the MLP an accuracy of [\d.]+ \[",
        result.notes[1],
    )
    assert "The GRU, which takes longest, is left out here." in result.notes[-1]
    assert result.missing == []


def test_figures_hold_the_tables(result):
    assert list(drawn(result)) == ["accuracy", "learning", "confusion", "reliability"]
    table = accuracy_table(result, "mnist1d")
    assert {row["model"] for row in table} == {"logistic", "MLP", "CNN", "human"}


def test_the_published_protocol():
    for protocol in PROTOCOLS.values():
        plain, shuffled = (protocol.problems[name] for name in ("mnist1d", "mnist1d_shuffled"))
        for problem in (plain, shuffled):
            for recipe in problem.recipes.values():
                assert recipe == Recipe.adam(0.01, batch_size=100, steps=6000)
            counts = [spec.n_parameters((40,), 10) for spec in problem.models.values()]
            assert counts == [410, 15_210, 5_210, 5_134]
    assert not np.array_equal(DATASETS["mnist1d"]().x_train, DATASETS["mnist1d_shuffled"]().x_train)
    assert list(PROTOCOLS["default"].problems) == ["mnist", "mnist1d", "mnist1d_shuffled"]
    assert "GRU" in PROTOCOLS["default"].trained


def test_without_mnist_it_says_how_to_provide_it(no_mnist):
    result = ran("model-comparison", Protocol(dict.fromkeys(DATASETS, Problem(2, {}, {}))))
    assert [row["dataset"] for row in result.tables["accuracy"]] == ["mnist1d", "mnist1d_shuffled"]
    (missing,) = result.missing
    assert missing["name"] == "MNIST"
    assert "train-images-idx3-ubyte.gz" in missing["reason"]
    assert "$GENLAB_DATA_HOME" in missing["reason"]
    assert "left out" not in " ".join(result.notes)
