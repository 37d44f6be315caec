"""`variance-sources`: its variances by brute force and by closed forms, and a small run."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from experiments.quick import by, drawn
from scipy import stats

from genlab.datasets import LabelNoise, resample_mnist1d
from genlab.experiments import Experiment, ExperimentResult, run_experiment
from genlab.experiments import variance_sources as module
from genlab.experiments.variance_sources import figures as drawing
from genlab.models import MLP
from genlab.sweep import Store
from genlab.training import Recipe, Seeds, train_arrays

NAME = "variance-sources"
RECIPE = Recipe.sgd(0.1, batch_size=50, steps=30, evaluate_every=30)
CLEAN, NOISY = "clean labels", "15% of labels redrawn"
SOURCES = ["training sample", "label noise", "initial weights", "batch order"]


@pytest.fixture(scope="module")
def result():
    """Five groups of tiny networks, as the page gets the result: from JSON."""
    with pytest.MonkeyPatch.context() as patch, Store("sqlite://") as store:
        patch.setattr(module, "_N_GROUPS", {"quick": 5})
        patch.setattr(module, "_MODEL", MLP(hidden=(8,)))
        patch.setattr(module, "_RECIPE", RECIPE)
        patch.setattr(module, "_N_TRAIN", 200)
        patch.setattr(module, "_N_TEST", 500)
        experiment = Experiment(NAME, "", "?", {}, module.__name__)
        made = run_experiment(experiment, store, scale="quick")
    return ExperimentResult.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False)))


@pytest.mark.parametrize(
    ("drawn_anew", "noise", "data_seed", "seeds"),
    [
        ("", 0.15, 4, Seeds.all(4)),
        ("training sample", 0.0, 5, Seeds.all(4)),
        ("label noise", 0.15, 4, Seeds(5, 4, 4)),
        ("initial weights", 0.0, 4, Seeds(4, 5, 4)),
        ("batch order", 0.15, 4, Seeds(4, 4, 5)),
    ],
)
def test_one_source_alone_is_drawn_anew(result, drawn_anew, noise, data_seed, seeds):
    """Group 2, trained by hand."""
    rows = by(result.tables["runs"], "label_noise", "group", "drawn_anew")
    assert len(rows) == len(result.tables["runs"]) == 5 * 4 + 5 * 5
    data = resample_mnist1d(data_seed, n_train=200, n_test=500)
    fitted = train_arrays(
        MLP(hidden=(8,)), data, RECIPE, (seeds,), label_noise=LabelNoise.of(noise)
    )
    row = rows[noise, 2, drawn_anew]
    for name, curve in fitted.curves.items():
        assert row[name] == pytest.approx(curve[0, -1], rel=1e-5)
    assert row["n_parameters"] == 8 * 41 + 10 * 9


def ends_of(result, noise, quantity):
    rows = by(result.tables["runs"], "label_noise", "group", "drawn_anew")
    columns = ["", *(source for source in SOURCES if noise or source != "label noise")]
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
@pytest.mark.parametrize(("labels", "noise"), [(CLEAN, 0.0), (NOISY, 0.15)])
def test_deviations_and_sums_by_brute_force(result, labels, noise, quantity):
    ends = ends_of(result, noise, quantity)
    *alone, together = plain_variances(ends)
    rows = [
        row
        for row in result.tables["deviations"]
        if (row["labels"], row["quantity"]) == (labels, quantity)
    ]
    assert [row["source"] for row in rows] == [
        *(source for source in SOURCES if noise or source != "label noise"),
        "all together",
    ]
    for row, variance in zip(rows, [*alone, together], strict=True):
        assert row["estimate"] == pytest.approx(np.sqrt(variance))
        assert row["share_estimate"] == pytest.approx(variance / together)
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
        if (row["labels"], row["source"]) == (labels, "batch order")
    ]
    assert changes == pytest.approx(list(ends[:, -1] - ends[:, 0]))


def groups(n, deviations, interaction, rng):
    """Errors whose sources' effects add up, and an effect of every combination of its own."""
    k = len(deviations)
    one, other = rng.normal(size=(2, n, k)) * deviations
    ends = np.column_stack([one.sum(1), one.sum(1)[:, None] - one + other])
    return ends + interaction * rng.normal(size=ends.shape)


@pytest.mark.parametrize(
    ("deviations", "interaction"), [([0.4, 0.3, 0.1], 0.0), ([0.3, 0.3, 0.2, 0.1], 0.4)]
)
def test_the_intervals_cover_known_effects(deviations, interaction):
    """Alone, a source shows its own variance and that of the interaction; so does the whole."""
    rng = np.random.default_rng(0)
    own = np.square(deviations)
    together = own.sum() + interaction**2
    truth = np.array([*(own + interaction**2), own.sum() + len(own) * interaction**2]) / together
    truth = np.append(truth, together)
    found = [module._compared(groups(20, deviations, interaction, rng)) for _ in range(600)]
    covered = np.mean([(one.low <= truth) & (one.high >= truth) for one in found], axis=0)
    # 600 samples: a standard error of 0.01 about the 0.93 to 0.95 of the docstring.
    assert (covered > 0.89).all()
    assert (covered < 0.985).all()


def test_a_group_with_a_diverged_network_is_left_out():
    def found(labels, group, drawn_anew):
        value = np.nan if (group, drawn_anew) == (1, "batch order") else group
        return SimpleNamespace(test_loss=np.array([9.0, value]))

    results = {
        module._Run(CLEAN, group, source): found(CLEAN, group, source)
        for group in range(3)
        for source in (None, *SOURCES)
    }
    ends = module._ends(results, CLEAN, "test_loss", 3)
    assert ends.tolist() == [[0.0] * 4, [2.0] * 4]


def test_sampling_is_binomial(result):
    for row in result.tables["sampling"]:
        noise = 0.0 if row["labels"] == CLEAN else 0.15
        p = ends_of(result, noise, "test_error").mean()
        assert row["test_error"] == pytest.approx(p)
        assert row["deviation"] == pytest.approx(
            stats.binom(row["n_test"], p).std() / row["n_test"]
        )
    assert {row["n_test"] for row in result.tables["sampling"]} == {1000, 500}


def test_the_answer_and_the_notes_hold_the_numbers(result):
    rows = by(result.tables["deviations"], "labels", "quantity", "source")
    row = rows[NOISY, "test_error", "initial weights"]
    low, value, high = (100 * row[name] for name in ("low", "estimate", "high"))
    assert f"{value:.2f} [{low:.2f}, {high:.2f}] (initial weights)" in result.answer
    total = by(result.tables["sums"], "labels", "quantity")[CLEAN, "test_error"]
    assert f"sum to {total['estimate']:.1f} [{total['low']:.1f}, " in result.answer
    surely = [row for row in result.tables["sums"] if row["low"] > 1]
    assert ("surely so for" in result.notes[2]) == bool(surely)
    assert "5 groups of networks" in result.notes[0]


def test_the_figures_hold_the_tables(result, monkeypatch):
    found = drawn(result)
    assert list(found) == ["changes", "deviations-error", "deviations-loss", "sum"]
    changes = drawing.changes_table(result)
    assert len(changes) == 5 * 3 + 4 + 5 * 4 + 4
    panels = found["changes"].spec()["hconcat"]
    shown = [panel["layer"][1]["data"]["values"] for panel in panels]
    assert [row for rows in shown for row in rows] == changes
    assert panels[0]["layer"][2]["data"]["values"][-1]["text"] == "no label redrawn"
    errors = drawing.deviations_table(result, "test_error")
    assert found["deviations-error"].spec()["layer"][0]["data"]["values"] == errors
    assert [row["source"] for row in errors[-2:]] == ["1,000 test examples"] * 2
    ends = [row for row in drawing.sum_table(result) if row["source"] == "batch order"]
    for row, total in zip(ends, result.tables["sums"], strict=True):
        assert row["end"] == pytest.approx(total["estimate"])
