"""`variance-sources`: its variances by brute force and by closed forms, and a small run."""

from types import SimpleNamespace

import numpy as np
import pytest
from experiments.quick import by, drawn, ran
from scipy import stats

from genlab.datasets import LabelNoise, resample_mnist1d
from genlab.experiments.variance_sources import PROTOCOLS, Network, Protocol, ends_of
from genlab.experiments.variance_sources.figures import (
    changes_table,
    deviations_table,
    sum_table,
)
from genlab.models import MLP
from genlab.training import Recipe, Seeds, train_arrays

RECIPE = Recipe.sgd(0.1, batch_size=50, steps=30, evaluate_every=30)
TINY = Protocol(5, MLP(hidden=(8,)), RECIPE, n_train=200, n_test=500)
SOURCES = ["training_sample", "label_noise", "initial_weights", "batch_order"]


@pytest.fixture(scope="module")
def result():
    """Five groups of tiny networks."""
    return ran("variance-sources", TINY)


def test_the_published_protocol():
    for protocol in PROTOCOLS.values():
        assert protocol.model == MLP(hidden=(100, 100), init="fan_in")
        assert protocol.recipe == Recipe.sgd(0.1, batch_size=100, steps=6000, evaluate_every=6000)
        assert protocol.label_noise == LabelNoise(0.15, "redraw")
        assert (protocol.n_train, protocol.n_test) == (4000, 200_000)


@pytest.mark.parametrize(
    ("resampled", "noise", "data_seed", "seeds"),
    [
        ("", 0.15, 4, Seeds.all(4)),
        ("training_sample", 0.0, 5, Seeds.all(4)),
        ("label_noise", 0.15, 4, Seeds(5, 4, 4)),
        ("initial_weights", 0.0, 4, Seeds(4, 5, 4)),
        ("batch_order", 0.15, 4, Seeds(4, 4, 5)),
    ],
)
def test_one_source_alone_is_resampled(result, resampled, noise, data_seed, seeds):
    """Group 2, trained by hand."""
    rows = by(result.tables["runs"], "label_noise", "group", "resampled")
    assert len(rows) == len(result.tables["runs"]) == 5 * 4 + 5 * 5
    data = resample_mnist1d(data_seed, n_train=200, n_test=500)
    fitted = train_arrays(
        MLP(hidden=(8,)), data, RECIPE, (seeds,), label_noise=LabelNoise.of(noise)
    )
    row = rows[noise, 2, resampled]
    for name, curve in fitted.curves.items():
        assert row[name] == pytest.approx(curve[0, -1], rel=1e-5)
    assert row["n_parameters"] == 8 * 41 + 10 * 9


def values_of(result, noise, quantity):
    rows = by(result.tables["runs"], "label_noise", "group", "resampled")
    columns = ["", *(source for source in SOURCES if noise or source != "label_noise")]
    return np.array([[rows[noise, g, source][quantity] for source in columns] for g in range(5)])


def plain_variances(ends):
    """Half the mean squared difference, pair by pair."""
    alone = [np.mean([(row[k] - row[0]) ** 2 / 2 for row in ends]) for k in range(1, ends.shape[1])]
    together = [
        (a - b) ** 2 / 2
        for i, row in enumerate(ends)
        for j, other in enumerate(ends)
        for a in row
        for b in other
        if i != j
    ]
    return [*alone, np.mean(together)]


@pytest.mark.parametrize("quantity", ["test_error", "test_loss"])
@pytest.mark.parametrize(("labels", "noise"), [("clean", 0.0), ("noisy", 0.15)])
def test_deviations_and_sums_by_brute_force(result, labels, noise, quantity):
    ends = values_of(result, noise, quantity)
    *alone, together = plain_variances(ends)
    rows = [
        row
        for row in result.tables["deviations"]
        if (row["labels"], row["quantity"]) == (labels, quantity)
    ]
    assert [row["source"] for row in rows] == [
        *(source for source in SOURCES if noise or source != "label_noise"),
        "all",
    ]
    for row, variance in zip(rows, [*alone, together], strict=True):
        assert row["estimate"] == pytest.approx(np.sqrt(variance))
        assert row["share"] == pytest.approx(variance / together)
        assert row["low"] < row["estimate"] < row["high"]
        assert row["n_groups"] == 5
    change = ends[:, 1] - ends[:, 0]
    kurtosis = 5 * (change**4).sum() / (change**2).sum() ** 2 * 7 / 5
    freedom = 2 * 5 / (max(kurtosis, 3) - 1)
    limits = np.sqrt(alone[0] * freedom / stats.chi2.ppf([0.975, 0.025], freedom))
    assert (rows[0]["low"], rows[0]["high"]) == pytest.approx(tuple(limits))
    total = by(result.tables["sums"], "labels", "quantity")[labels, quantity]
    assert total["estimate"] == pytest.approx(sum(alone) / together)
    changes = [
        row[f"{quantity}_change"]
        for row in result.tables["changes"]
        if (row["labels"], row["source"]) == (labels, "batch_order")
    ]
    assert changes == pytest.approx(list(ends[:, -1] - ends[:, 0]))


def test_a_group_with_a_diverged_network_is_left_out():
    def ended(group, resampled):
        value = np.nan if (group, resampled) == (1, "batch_order") else group
        return SimpleNamespace(test_loss=np.array([9.0, value]))

    results = {
        Network("clean", group, source): ended(group, source)
        for group in range(3)
        for source in (None, *SOURCES)
    }
    ends = ends_of(results, "clean", "test_loss", 3)
    assert ends.tolist() == [[0.0] * 4, [2.0] * 4]


def test_sampling_is_binomial(result):
    for row in result.tables["sampling"]:
        noise = 0.0 if row["labels"] == "clean" else 0.15
        p = values_of(result, noise, "test_error").mean()
        assert row["test_error"] == pytest.approx(p)
        assert row["standard_deviation"] == pytest.approx(
            stats.binom(row["n_test"], p).std() / row["n_test"]
        )
    assert {row["n_test"] for row in result.tables["sampling"]} == {1000, 500}


def test_the_answer_and_the_notes_hold_the_numbers(result):
    rows = by(result.tables["deviations"], "labels", "quantity", "source")
    row = rows["noisy", "test_error", "initial_weights"]
    low, value, high = (100 * row[name] for name in ("low", "estimate", "high"))
    assert f"{value:.2f} [{low:.2f}, {high:.2f}] (initial weights)" in result.answer
    total = by(result.tables["sums"], "labels", "quantity")["clean", "test_error"]
    assert f"sum to {total['estimate']:.1f} [{total['low']:.1f}, " in result.answer
    above = [row for row in result.tables["sums"] if row["low"] > 1]
    assert ("sum is above 1 for" in result.notes[2]) == bool(above)
    assert "5 groups of networks" in result.notes[0]


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["changes", "deviations-error", "deviations-loss", "sum"]
    changes = changes_table(result)
    assert len(changes) == 5 * 3 + 4 + 5 * 4 + 4
    panels = found["changes"].spec()["hconcat"]
    shown = [panel["layer"][1]["data"]["values"] for panel in panels]
    assert [row for rows in shown for row in rows] == changes
    assert panels[0]["layer"][2]["data"]["values"][-1]["text"] == "no label noise"
    errors = deviations_table(result, "test_error")
    assert found["deviations-error"].spec()["layer"][0]["data"]["values"] == errors
    assert [row["source"] for row in errors[-2:]] == ["1,000 test examples"] * 2
    ends = [row for row in sum_table(result) if row["source"] == "batch order"]
    for row, total in zip(ends, result.tables["sums"], strict=True):
        assert row["end"] == pytest.approx(total["estimate"])
