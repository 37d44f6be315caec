"""`what-helps`: the fits by NumPy's, and a small run."""

import dataclasses

import numpy as np
import pytest
from experiments.quick import by, drawn, ran

from genlab.datasets import fresh_mnist1d, make_mnist1d, resample_mnist1d
from genlab.experiments.what_helps import PROTOCOLS, Protocol
from genlab.experiments.what_helps import figures as drawing
from genlab.experiments.what_helps.learning_curves import power_laws, worth_rows
from genlab.measure import error_interval
from genlab.models import MLP
from genlab.training import Recipe, Seeds, train_arrays

NAME = "what-helps"
RECIPE = Recipe.adam(learning_rate=0.01, batch_size=50, steps=60, evaluate_every=20)
MODELS = {
    "MLP": MLP(hidden=(8, 8), skip=True),
    "CNN": MLP(hidden=(12,)),  # which compiles in less time, and is nowhere taken for one
}
ORDERED, SHUFFLED = "ordered", "shuffled"
SIZES = {ORDERED: (60, 400, 1000, 4000), SHUFFLED: (400, 4000)}
TINY = Protocol(3, SIZES, {ORDERED: MODELS, SHUFFLED: MODELS}, n_test=500, recipe=RECIPE)


@pytest.fixture(scope="module")
def result():
    return ran(NAME, TINY)


@pytest.mark.parametrize("positions", [ORDERED, SHUFFLED])
def test_a_network_trained_by_hand(result, positions):
    row = by(result.tables["networks"], "positions", "model", "n_train", "seed")[
        positions, "MLP", 400, 2
    ]
    data = resample_mnist1d(2, n_train=400, n_test=500)
    if positions == SHUFFLED:
        data = make_mnist1d(900, 400.5 / 900, shuffle_seq=True, seed=2, method="fast")
    assert (data.n_train, data.n_test) == (400, 500)
    fitted = train_arrays(MODELS["MLP"], data, RECIPE, (Seeds.all(2),))
    for name, curve in fitted.curves.items():
        assert row[name] == pytest.approx(curve[0, -1], rel=1e-5)
    assert row["lowest_test_error"] == pytest.approx(fitted.curves["test_error"][0].min())


def test_samples_are_fresh_nested_and_shuffled_by_seed():
    paper = PROTOCOLS["paper"]
    assert set(paper.sizes[SHUFFLED]) >= {100, 700, 8000, 32_000, 64_000}
    for n in paper.sizes[SHUFFLED]:
        arguments = paper.data(SHUFFLED, n, 3).arguments
        assert int(arguments["n_samples"] * arguments["train_split"]) == n
        assert arguments["n_samples"] == n + paper.n_test == n + 20_000
    small, large = (paper.data(ORDERED, n, 3).make() for n in (100, 400))
    x, y = fresh_mnist1d(make_mnist1d(), 400, seed=3)
    assert (large.x_train == x).all()
    assert (large.y_train == y).all()
    assert (small.x_train == x[:100]).all()
    assert (small.x_test == large.x_test).all()
    small, large, other = (
        paper.data(SHUFFLED, n, s).make() for n, s in ((100, 3), (400, 3), (100, 4))
    )
    assert (small.x_train == large.x_train[:100]).all()
    assert not np.isclose(small.x_train, other.x_train).all()


def errors_of(result, positions, model):
    rows = by(result.tables["networks"], "positions", "model", "n_train", "seed")
    return np.array(
        [[rows[positions, model, n, s]["test_error"] for n in SIZES[positions]] for s in range(3)]
    )


def test_bands_laws_and_comparisons_by_hand(result):
    bands = by(result.tables["bands"], "positions", "model", "n_train")
    values = errors_of(result, ORDERED, "CNN")[:, 2]
    expected = error_interval(values, TINY.n_test)
    row = bands[ORDERED, "CNN", 1000]
    assert (row["low"], row["estimate"], row["high"]) == pytest.approx(
        (float(expected.low), values.mean(), float(expected.high))
    )
    law = by(result.tables["power_law"], "positions", "model", "form")[ORDERED, "CNN", "no_floor"]
    mean = errors_of(result, ORDERED, "CNN").mean(axis=0)[1:]
    slope, level = np.polyfit(np.log([400, 1000, 4000]), np.log(mean), 1)
    assert (law["exponent"], law["scale"]) == pytest.approx((-slope, np.exp(level)))
    assert (law["from"], law["to"]) == (400, 4000)
    deviations = mean / np.exp(level) * np.array([400, 1000, 4000]) ** -slope - 1
    fits = [r for r in result.tables["fits"] if (r["positions"], r["model"]) == (ORDERED, "CNN")]
    assert [r["deviation"] for r in fits] == pytest.approx(deviations)
    assert law["largest_deviation"] == pytest.approx(deviations[np.abs(deviations).argmax()])
    assert not [r for r in result.tables["power_law"] if r["positions"] == SHUFFLED]
    assert [row["published"] for row in result.published] == [32, 6, 32, 44]
    assert result.published[1]["measured"] == pytest.approx(
        100 * errors_of(result, ORDERED, "CNN")[:, 3].mean()
    )


def test_beyond_the_sizes_run_no_number_is_given():
    curve = np.array([[0.7, 0.5, 0.3], [0.71, 0.52, 0.31], [0.69, 0.5, 0.32]])
    sizes = (400, 1000, 4000)
    few, inside, more = worth_rows(
        sizes,
        np.array([[0.8, 0.6, 0.2]] * 3),
        curve,
        power_laws(sizes, curve, fit_from=400),
        n_test=500,
    )
    assert (few["bound"], inside["bound"], more["bound"]) == ("below", "", "above")
    assert np.isnan([few["mlp_examples"], more["mlp_examples"], more["ratio"]]).all()
    assert np.isnan([few["extrapolated_by_power_law"], inside["extrapolated_by_power_law"]]).all()
    slope, level = np.polyfit(np.log([400, 1000, 4000]), np.log(curve.mean(axis=0)), 1)
    assert more["extrapolated_by_power_law"] == pytest.approx(np.exp((np.log(0.2) - level) / slope))


@pytest.mark.parametrize("lacking", ["MLP", "CNN"])
def test_the_compared_models_must_be_there(lacking):
    models = {name: spec for name, spec in TINY.models[SHUFFLED].items() if name != lacking}
    with pytest.raises(ValueError, match=f"`models` must hold {lacking} with positions 'shuffled'"):
        dataclasses.replace(TINY, models={ORDERED: TINY.models[ORDERED], SHUFFLED: models})


def test_the_answer_holds_the_numbers(result):
    row = by(result.tables["worth"], "positions", "n_train")[SHUFFLED, 4000]
    value = {
        "above": "more than 4,000",
        "below": "fewer than 400",
        "": f"{row['mlp_examples'] or 0:,.0f} [",
    }[row["bound"]]
    assert f"the MLP needs {value}" in result.answer.rpartition("to match the CNN")[2]
    mean = 100 * errors_of(result, ORDERED, "MLP")[:, 3].mean()
    assert f"{mean:.1f} [" in result.answer
    assert "over 3 seeds" in result.notes[0]
    assert "The GRU, which takes longest, is left out here." in result.notes[0]


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["in-order", "shuffled", "worth"]
    layers = found["in-order"].spec()["layer"]
    assert layers[1]["data"]["values"] == drawing.errors_table(result, ORDERED)
    assert layers[3]["data"]["values"] == drawing.fits_table(result, ORDERED)
    assert {row["n_train"] for row in layers[3]["data"]["values"]} == {400, 1000, 4000}
    assert len(layers[4]["data"]["values"]) == 2
    panels = found["worth"].spec()["hconcat"]
    for panel, positions in zip(panels, (ORDERED, SHUFFLED), strict=True):
        assert panel["layer"][3]["data"]["values"] == drawing.worth_table(result, positions)
