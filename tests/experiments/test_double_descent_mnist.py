"""`double-descent-mnist`, shrunken: the chain, its tables, and a machine without MNIST."""

from dataclasses import replace

import pytest
from experiments.quick import by, drawn

from genlab.datasets import fetch_mnist
from genlab.experiments import Context, ExperimentResult
from genlab.experiments import double_descent_mnist as experiment
from genlab.measure import mean_interval
from genlab.models import MLP
from genlab.training import Recipe, StepDecay


class InProcess(Context):
    """Runs cells where the small files are known."""

    def run_cells(self, cells):
        return [cell.run() for cell in cells]


def result_of(context):
    found = experiment.run(context)
    return ExperimentResult.from_json(
        ExperimentResult(
            "double-descent-mnist", "default", 0, found.tables,
            [row.row() for row in found.published], found.answer, 1.0, notes=found.notes,
        ).to_json()
    )  # fmt: skip


@pytest.fixture
def shrunken(small_mnist, monkeypatch):
    data = fetch_mnist()
    n_train = min(data.n_train, 40)
    monkeypatch.setattr(experiment, "_N_TRAIN", n_train)
    monkeypatch.setattr(experiment, "_N_TEST", min(data.n_test, 20))
    monkeypatch.setattr(experiment, "_CHAIN", (4, 13, 50))
    monkeypatch.setattr(experiment, "_FRESH", (13, 50))
    monkeypatch.setattr(experiment, "_BEYOND", {"default": (57, 200)})
    monkeypatch.setattr(experiment, "_N_SEEDS", {"default": 2})
    monkeypatch.setattr(experiment, "_EPOCHS", {"default": 2})
    monkeypatch.setattr(experiment, "_PLAIN_STEPS", {"default": 8})
    return n_train


def test_the_published_protocol():
    recipe = experiment._recipe("paper", chained=True)
    expected = Recipe.sgd(
        0.001,
        momentum=0.95,
        batch_size=20,
        steps=1_200_000,
        schedule=StepDecay(500, 0.9),
        loss="squared",
        evaluate_every=120_000,
    )
    assert recipe == expected
    assert recipe.epochs(4000) == 6000
    assert experiment._recipe("paper", chained=False) == replace(recipe, schedule=None)
    for hidden in (4, 50, 1000):
        assert experiment._n_parameters(hidden) == MLP((hidden,)).n_parameters((28, 28), 10)
    assert experiment._n_parameters(experiment._CHAIN[-1]) < 40_000
    assert experiment._n_parameters(experiment._BEYOND["default"][0]) > 40_000


def test_networks_start_from_the_next_smaller_up_to_the_threshold(shrunken):
    data = experiment._digits()
    runs = experiment._networks(data, "default", 3, (57, 200))
    by_size = {run.cell.model.hidden[0]: run.cell for run in runs}
    assert by_size[4].start is None
    assert by_size[4].model.init == "glorot"
    assert by_size[13].start == by_size[4]
    assert by_size[50].start == by_size[13]
    assert by_size[57].start is by_size[200].start is None
    assert {cell.model.init for size, cell in by_size.items() if size > 4} == {"normal"}
    assert data.spec.make().n_train == shrunken


def test_tables_figures_and_answer(shrunken):
    result = result_of(InProcess("default", 0, None))
    networks = result.tables["networks"]
    assert len(networks) == 2 * 5 + 2 * 2 * 2
    recipes = by(result.tables["recipes"], "recipe", "capacity")
    assert len(recipes) == 6
    bands = by(result.tables["bands"], "curve", "capacity")
    for (curve, size), band in bands.items():
        values = [row[curve] for row in networks[:10] if row["n_parameters"] == size]
        assert band["mean"] == pytest.approx(float(mean_interval(values).mean))
    published = by(result.published, "name")
    row = published["test loss, 10,345 parameters"]
    assert row["published"] == 0.28
    assert row["measured"] == pytest.approx(bands["test_loss", 10_345]["mean"])
    marks = by(result.tables["landmarks"], "landmark")
    assert marks["first minimum"]["capacity"] <= 40_000
    peak = marks["peak"]
    assert f"{peak['mean']:.3f}" in result.answer
    found = drawn(result)
    assert list(found) == ["loss", "recipes", "error"]
    for name in ("fresh", "plain"):
        part = [row for row in networks if row["recipe"] == name]
        ends = [row["test_loss"] for row in part if row["n_parameters"] == 39_760]
        assert recipes[name, 39_760]["mean"] == pytest.approx(sum(ends) / 2)
    assert recipes["reused", 39_760]["mean"] == bands["test_loss", 39_760]["mean"]
    assert "so no intervals" not in result.notes[0]
    assert f"{recipes['plain', 39_760]['mean']:.3f}" in result.notes[3]


def test_without_mnist_it_says_how_to_provide_it(no_mnist):
    result = result_of(Context("default", 0, None))
    assert "No network was trained. Without MNIST: train-images-idx3-ubyte.gz" in result.answer
    assert "$GENLAB_DATA_HOME" in result.answer
    assert list(drawn(result)) == ["loss"]
