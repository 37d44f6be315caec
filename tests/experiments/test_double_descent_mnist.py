"""`double-descent-mnist`, shrunken: reused weights, its tables, and a machine without MNIST."""

from dataclasses import replace

import pytest
from experiments.quick import by, drawn, ran, ran_here

from genlab.datasets import fetch_mnist
from genlab.experiments import missing_sentences
from genlab.experiments.double_descent_mnist import PROTOCOLS, Protocol, reused_runs
from genlab.measure import mean_interval
from genlab.training import Recipe, StepDecay

NAME = "double-descent-mnist"
TINY = Protocol(
    widths=(4, 13, 50, 57, 200),
    n_seeds=2,
    recipe=Recipe.sgd(0.001, momentum=0.95, batch_size=20, steps=4, loss="squared"),
    plain=Recipe.adam(0.001, batch_size=None, steps=8, loss="squared"),
    compared=(13, 50),
    n_train=40,
    n_test=20,
)


def test_the_published_protocol():
    paper = PROTOCOLS["paper"]
    expected = Recipe.sgd(
        0.001,
        momentum=0.95,
        batch_size=20,
        steps=1_200_000,
        schedule=StepDecay(500, 0.9),
        loss="squared",
        evaluate_every=120_000,
    )
    assert replace(paper.recipe, schedule=paper.decay) == expected
    assert expected.epochs(4000) == 6000
    assert paper.recipe.schedule is None
    for protocol in PROTOCOLS.values():
        assert protocol.threshold == protocol.n_train * 10 == 40_000
        assert protocol.n_test == 10_000
        sizes = [(784 + 1) * hidden + (hidden + 1) * 10 for hidden in protocol.widths]
        assert sizes == sorted(sizes)
        assert sum(size <= 40_000 for size in sizes) == 11
        assert set(protocol.compared) <= set(protocol.widths)
    assert paper.widths[10:] == (50, 57, 88, 200, 400, 1000)


def test_networks_start_from_the_next_smaller_up_to_the_threshold(small_mnist):
    data = fetch_mnist(n_train=40, n_test=20)
    runs = reused_runs(data, TINY, 3)
    by_size = {run.cell.model.hidden[0]: run.cell for run in runs}
    assert by_size[4].start is None
    assert by_size[4].model.init == "glorot"
    assert by_size[13].start == by_size[4]
    assert by_size[50].start == by_size[13]
    assert by_size[57].start is by_size[200].start is None
    assert {cell.model.init for size, cell in by_size.items() if size > 4} == {"normal"}
    for size, cell in by_size.items():
        assert cell.recipe.schedule == (StepDecay(500, 0.9) if size <= 50 else None)
    for run in runs:
        assert run.n_parameters == run.cell.model.n_parameters((28, 28), 10)
    assert data.spec.make().n_train == 40


def test_tables_figures_and_answer(small_mnist):
    result = ran_here(NAME, replace(TINY, widths=(13, 50, 200)))  # of which each is compiled
    assert result.missing == []
    networks = result.tables["networks"]
    assert len(networks) == 2 * 3 + 2 * 2 * 2
    recipes = by(result.tables["recipes"], "recipe", "capacity")
    assert len(recipes) == 6
    bands = by(result.tables["bands"], "curve", "capacity")
    for (curve, size), band in bands.items():
        values = [row[curve] for row in networks[:6] if row["n_parameters"] == size]
        assert band["estimate"] == pytest.approx(float(mean_interval(values).mean))
    published = by(result.published, "name")
    row = published["test loss, 10,345 parameters"]
    assert row["published"] == 0.28
    assert row["measured"] == pytest.approx(bands["test_loss", 10_345]["estimate"])
    marks = by(result.tables["landmarks"], "landmark")
    assert marks["first_minimum"]["capacity"] <= 40_000
    peak = marks["peak"]
    assert f"{peak['estimate']:.3f}" in result.answer
    found = drawn(result)
    assert list(found) == ["loss", "recipes", "error"]
    for name in ("fresh", "plain"):
        part = [row for row in networks if row["recipe"] == name]
        ends = [row["test_loss"] for row in part if row["n_parameters"] == 39_760]
        assert recipes[name, 39_760]["estimate"] == pytest.approx(sum(ends) / 2)
    assert recipes["reused", 39_760]["estimate"] == bands["test_loss", 39_760]["estimate"]
    assert f"not {recipes['reused', 39_760]['estimate']:.3f}" in result.answer
    assert "so no intervals" not in result.notes[0]
    assert f"{recipes['plain', 39_760]['estimate']:.3f}" in result.notes[4]


def test_without_mnist_it_says_how_to_provide_it(no_mnist):
    result = ran(NAME)
    assert result.answer.startswith("No network was trained")
    (sentence,) = missing_sentences([result])
    assert "ran without MNIST: " in sentence
    assert "train-images-idx3-ubyte.gz is not there" in sentence
    assert "$GENLAB_DATA_HOME" in sentence
    assert [name for name, rows in result.tables.items() if rows] == ["published_points"]
    assert list(drawn(result)) == ["loss"]
