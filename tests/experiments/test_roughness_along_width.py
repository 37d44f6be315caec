"""`roughness-along-width`: on functions that are made up, and the toy model beside simulations."""

import copy

import numpy as np
import pytest
import scipy
from experiments.quick import by, drawn, held, ran_here

from genlab.datasets import DataSpec, example_pair, make_toy_regression, path_between
from genlab.experiments.roughness_along_width import PROTOCOLS, Protocol
from genlab.experiments.roughness_along_width.figures import panel_table, path_table
from genlab.experiments.roughness_along_width.toy import exact_row, mean_absolute
from genlab.experiments.roughness_along_width.words import answer, finding
from genlab.measure import pairwise_intervals
from genlab.models import HingeRegression
from genlab.sweep import CellResult

NAME = "roughness-along-width"
WIDTHS = (3, 10, 20, 40)
MADE = Protocol(
    WIDTHS,
    (3, 20),
    5,
    n_paths=4,
    n_places=11,
    n_train=60,
    n_test=200,
    toy_capacities=(1, 4, 14, 15, 16, 60),
)
# How fast the made-up functions turn, by width: a hump.
FREQUENCY = dict(zip(WIDTHS, (0.2, 0.6, 1.0, 0.3), strict=True))
# The errors of the made-up networks, by width.
ERRORS = dict(zip(WIDTHS, (0.5, 0.55, 0.7, 0.4), strict=True))


def logits(cell, x):
    """Three waves across the inputs; the other classes are never predicted."""
    turned = np.random.default_rng(cell.seed).normal(size=(x.shape[1], 3))
    waves = 3 * np.sin(FREQUENCY[cell.model.hidden[0]] * x @ turned)
    return np.hstack([waves, np.full((len(x), 7), -9.0)])


def run_cell(cell):
    """A network whose errors on the test examples are as planned, without any training."""
    data, width = cell.data.make(), cell.model.hidden[0]
    outputs = logits(cell, data.x_test)
    rng = np.random.default_rng([width, cell.seed])
    planned = ERRORS[width] + 0.02 * (cell.seed % 3) + 0.002 * rng.standard_normal()
    right = rng.permutation(200) >= round(200 * planned)
    labels = np.where(right, data.y_test[:200], (data.y_test[:200] + 1) % 10)
    outputs[:200] = np.eye(10)[labels]
    ends = {"train_loss": 0.3, "test_loss": 0.9, "test_error": 0.77}
    ends["train_error"] = 0.0 if width >= 20 else 0.2
    return CellResult(
        np.array([2000]),
        **{name: np.array([value]) for name, value in ends.items()},
        diverged_at=-1,
        kept=0,
        test_wrong=np.zeros(len(outputs), bool),
        test_outputs=outputs.astype(np.float32),
    )


@pytest.fixture(scope="module")
def result():
    return ran_here(NAME, MADE, run_cell)


def test_roughness_is_that_of_the_functions_on_the_paths(result):
    """Total variation, curvature and classes of one network, by loops."""
    rows = by(result.tables["networks"], "label_noise", "capacity", "seed", "paths")
    assert len(rows) == 2 * 4 * 5 * 3
    sizes = {"seed": 2, "n_train": 60, "n_test": 200}
    data = DataSpec("mnist1d_resampled", sizes).make()

    class Cell:
        seed = 2
        model = type("Model", (), {"hidden": (10, 10)})

    for to in ("same", "different", "test"):
        found = {"total_variation": [], "curvature": [], "start_slope": [], "class_changes": []}
        for number in range(4):
            x = path_between(data, example_pair(data, number, to), 11)
            p = scipy.special.softmax(logits(Cell, x), axis=1)
            steps = [np.abs(p[j + 1] - p[j]).sum() / 2 for j in range(10)]
            bends = [np.abs(p[j + 1] - 2 * p[j] + p[j - 1]).sum() / 2 for j in range(1, 10)]
            found["total_variation"].append(sum(steps))
            found["curvature"].append(10 * sum(bends))
            found["start_slope"].append(10 * steps[0])
            classes = p.argmax(axis=1)
            found["class_changes"].append(sum(classes[j] != classes[j + 1] for j in range(10)))
        row = rows[0.15, 10, 2, to]
        for name, values in found.items():
            assert row[name] == pytest.approx(np.mean(values), rel=1e-5), name


def test_the_test_error_is_that_of_the_test_examples_alone(result):
    rows = by(result.tables["networks"], "label_noise", "capacity", "seed", "paths")
    for (_, width, seed, _), row in rows.items():
        rng = np.random.default_rng([width, seed])
        planned = ERRORS[width] + 0.02 * (seed % 3) + 0.002 * rng.standard_normal()
        assert row["test_error"] == round(200 * planned) / 200


def test_peaks_and_falls_are_those_of_the_networks(result):
    networks = by(result.tables["networks"], "label_noise", "capacity", "seed", "paths")
    peaks = by(result.tables["peaks"], "labels", "paths", "quantity")
    descents = by(result.tables["descents"], "labels", "paths", "quantity", "span")
    assert 2 * len(peaks) == len(descents) == 4 * (3 * 7 + 1)
    error = peaks["noisy", "none", "test_error"]
    assert error["found"]
    assert (error["before"], error["top"], error["after"]) == (3, 20, 40)
    for to in ("same", "different", "test"):
        row = descents["noisy", to, "total_variation", "second_descent"]
        assert (row["from"], row["to"], row["n_seeds"]) == (20, 40, 5)
        values = [
            [networks[0.15, width, seed, to]["total_variation"] for seed in range(5)]
            for width in WIDTHS
        ]
        pairs = pairwise_intervals(values, paired=True)
        assert row["estimate"] == pytest.approx(np.mean(values[2]) - np.mean(values[3]))
        assert row["low"] == pytest.approx(pairs.low[3, 2])
        assert row["high"] == pytest.approx(pairs.high[3, 2])
        assert row["found"] == (row["low"] > 0)
        row = descents["noisy", to, "total_variation", "all_widths"]
        assert (row["from"], row["to"]) == (3, 40)
        assert row["estimate"] == pytest.approx(np.mean(values[0]) - np.mean(values[3]))
        assert row["low"] == pytest.approx(pairs.low[3, 0])
        # No other width can have the highest value, where all intervals say so.
        highest = {
            row["capacity"]
            for row in result.tables["highest"]
            if (row["labels"], row["paths"], row["quantity"]) == ("noisy", to, "total_variation")
        }
        assert highest == {
            WIDTHS[i] for i in range(4) if not any(pairs.low[i, j] > 0 for j in range(4))
        }
    thresholds = by(result.tables["thresholds"], "labels")
    assert (thresholds["noisy"]["none_below"], thresholds["noisy"]["all_from"]) == (10, 20)


def test_the_toy_model_agrees_with_fits():
    """Expected values in closed form, and means over 4,000 fits with their standard errors."""
    problem = make_toy_regression(15, design="grid")
    samples = problem.fresh(4000, seed=5)
    places = np.linspace(0, 1, 31)
    for capacity in (3, 10, 15, 30):
        exact = exact_row(problem, capacity, 100)
        fit = HingeRegression(capacity).fit(problem.x, samples.y)
        lines = np.diff(fit.predict(np.arange(capacity + 1) / capacity), axis=1) * capacity
        measured = {
            "total_variation": np.abs(lines).mean(axis=1),
            "curvature": np.abs(np.diff(lines, axis=1)).sum(axis=1),
        }
        for name, values in measured.items():
            error = values.std() / np.sqrt(len(values))
            assert abs(values.mean() - exact[name]) < 4 * error, (capacity, name)
        # Total variation by places that hold every knot of 3, 10, 15 and 30 hidden units.
        steps = np.abs(np.diff(fit.predict(places), axis=1)).sum(axis=1)
        np.testing.assert_allclose(steps, measured["total_variation"], rtol=1e-9)


def test_the_folded_normal_distribution_is_that_of_scipy():
    mean, deviation = np.array([0.0, 0.7, -2.0, 3.0]), np.array([1.0, 0.5, 2.0, 0.01])
    truth = scipy.stats.foldnorm.mean(np.abs(mean) / deviation, scale=deviation)
    np.testing.assert_allclose(mean_absolute(mean, deviation), truth)
    assert mean_absolute(np.array([-2.0]), np.array([0.0])).tolist() == [2.0]


def test_the_toy_error_is_that_of_the_decomposition(result):
    """Noise, bias² and variance by the smoother, as in `toy-double-descent`."""
    rows = by(result.tables["toy"], "capacity")
    problem, inputs = make_toy_regression(15, design="grid"), (np.arange(100) + 0.5) / 100
    smoother = HingeRegression(4).smoother(problem.x, inputs)
    away = smoother @ problem.clean - problem.truth(inputs)
    expected = 0.09 * (1 + (smoother**2).sum(axis=1).mean()) + (away**2).mean()
    assert rows[4]["error"] == pytest.approx(expected)
    # All three are highest where there are as many hidden units as points.
    for name in ("error", "total_variation", "curvature"):
        assert max(rows.values(), key=lambda row: row[name])["capacity"] == 15
    assert "are all highest with 15 hidden units" in result.answer


def changed(result, **rows):
    """The tables with other claims of the noisy total variation and test error."""
    tables = copy.deepcopy(dict(result.tables))
    for table in ("peaks", "descents"):
        for row in tables[table]:
            if row["labels"] == "noisy" and row["quantity"] in ("total_variation", "test_error"):
                row |= rows.get(f"{table}_{row['paths']}", {})
    return tables


FALL = {"estimate": 1.0, "low": 0.5, "high": 1.5, "found": True}
CHANCE = {"estimate": 0.1, "low": -0.5, "high": 0.7, "found": False}
RISE = {"estimate": -1.0, "low": -1.5, "high": -0.5, "found": False}
PEAK = {"found": True, "top": 20}


@pytest.mark.parametrize(
    ("error", "falls", "peak", "first", "short"),
    [
        (
            True,
            [FALL] * 3,
            True,
            "test error peaks at width 20 and roughness at width 20. Both fall again.",
            "falls by",
        ),
        (True, [FALL] * 3, False, "become smoother between examples where", "falls by 1.00"),
        (True, [FALL, RISE, CHANCE], True, "on paths to an example of the same class only.", "fa"),
        (True, [CHANCE] * 3, True, "were not found to be smoother", "changes by −0.10 [−0.70, 0"),
        (False, [RISE] * 3, True, "but roughness peaks at width 20.", "rises by 1.00 [0.50, 1"),
        (False, [RISE] * 3, False, "no peak of the test error was found.", "rises by 1.00 [0.5"),
    ],
)
def test_each_outcome_is_told(result, error, falls, peak, first, short):
    kinds = ("same", "different", "test")
    claims = {f"descents_{to}": fall for to, fall in zip(kinds, falls, strict=True)}
    claims |= {f"peaks_{to}": PEAK | {"found": peak} for to in kinds}
    tables = changed(result, peaks_none={"found": error}, **claims)
    told = answer(tables, MADE)
    assert told.startswith("With 15% label noise, ")
    assert first in told.split(" Roughness is ")[0]
    assert "nan" not in told
    assert short in finding(tables)
    assert len(finding(tables).split()) <= 25
    assert ("test error falls again" in finding(tables)) == error


def test_smooth_networks_with_a_high_error_are_told(result):
    tables = changed(result, descents_same=RISE, descents_none=FALL)
    told = (
        "test error low: from width 3 to width 40 total variation rises by 1.00 [0.50, 1.50], and"
    )
    assert told in answer(tables, MADE)
    tables = changed(result, descents_same=FALL, descents_none=FALL)
    assert "Smoothness alone" not in answer(tables, MADE)


def test_the_answer_holds_the_numbers(result):
    curves = by(result.tables["curves"], "labels", "paths", "quantity", "capacity")
    value = curves["noisy", "none", "test_error", 20]["estimate"]
    assert f"peaks at {100 * value:.1f} [" in drawn(result)["roughness"].caption
    assert "training error falls below 1% between widths 10 and 20." in result.answer


def test_a_diverged_network_leaves_its_training_set_out():
    def diverged(cell):
        found = run_cell(cell)
        if cell.model.hidden[0] == 10 and cell.seed == 1:
            object.__setattr__(found, "diverged_at", 2000)
        return found

    found = ran_here(NAME, MADE, diverged)
    counts = by(found.tables["curves"], "labels", "paths", "quantity", "capacity")
    assert counts["noisy", "same", "curvature", 10]["n_seeds"] == 4
    assert counts["noisy", "same", "curvature", 20]["n_seeds"] == 5
    assert all(row["n_seeds"] == 4 for row in found.tables["peaks"])


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["roughness", "classes", "path", "toy"]
    lines = {row.get("line") for row in held(found["roughness"].spec())} - {None}
    assert lines == {
        "test error",
        "paths within a class",
        "to another class",
        "to the nearest test example",
    }
    assert {row["line"] for row in panel_table(result, "test_error", "clean")} == {"test error"}
    rows = path_table(result)
    assert {row["capacity"] for row in rows} == {3, 20}
    assert {row["class"] for row in rows} == {"0", "1", "2"}
    caption = found["path"].caption
    assert "Changes of the predicted class: " in caption
    assert "at width 20." in caption


def test_the_protocols():
    for protocol in PROTOCOLS.values():
        assert set(protocol.shown_widths) <= set(protocol.widths)
        assert protocol.label_noise.fraction == 0.15
        assert protocol.toy_points in protocol.toy_capacities
