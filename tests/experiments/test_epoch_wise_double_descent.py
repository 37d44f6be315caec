"""`epoch-wise-double-descent`: on courses that are made up, and on networks trained by hand."""

import numpy as np
import pytest
from experiments.quick import by, charted, drawn, held, ran, ran_here

from genlab.datasets import LabelNoise, resample_mnist1d
from genlab.experiments.epoch_wise_double_descent import PROTOCOLS, Protocol
from genlab.experiments.epoch_wise_double_descent import figures as drawing
from genlab.measure import error_interval, pairwise_intervals, peak_test
from genlab.models import MLP
from genlab.sweep import CellResult
from genlab.training import Recipe, Seeds, log_spaced_steps, train_arrays

NAME = "epoch-wise-double-descent"
RECIPE = Recipe.adam(0.02, batch_size=None, steps=60, evaluate_at=log_spaced_steps(60, 9))
SMALL = Protocol((4, 8), (4, 8, 8), 2, n_train=200, n_test=100, recipe=RECIPE)
LONG = Recipe.adam(0.005, batch_size=None, steps=1000, evaluate_at=log_spaced_steps(1000, 29))
MADE = Protocol((5, 20, 80), (5, 20, 80), 3, n_train=1000, recipe=LONG)
NO_COUNTS = {
    "kept": 29,
    "test_confusion": np.zeros((1, 1)),
    "test_confidence": np.zeros((3, 1)),
    "test_wrong": np.zeros(0, bool),
}


def course(width, steps, *, second):
    """Test error falls to 50%, rises by 10 points, and where it is wide enough falls again."""
    t = np.log10(np.maximum(steps, 1))
    error = 0.9 - 0.4 * np.minimum(t / 1.5, 1) + 0.1 * np.clip((t - 1.5) / 0.7, 0, 1)
    if second and width >= 20:
        error -= 0.08 * np.clip((t - 2.2) / 0.8, 0, 1)
    return error


def made(*, second=False, flat=False, diverged=()):
    def run_cell(cell):
        width, steps = cell.model.hidden[0], np.array(cell.recipe.evaluation_steps())
        rng = np.random.default_rng([width, cell.seed])
        test = np.full(len(steps), 0.6) if flat else course(width, steps, second=second)
        test = test + 0.02 * rng.standard_normal() + 0.003 * rng.standard_normal(len(steps))
        train = np.where((steps > 200) & (width > 5), 0.0, 0.3)
        gone = width in diverged
        if gone:
            test, train = test * np.nan, train * np.nan
        return CellResult(
            steps, train, test, train, test, diverged_at=0 if gone else -1, **NO_COUNTS
        )

    return ran_here(NAME, MADE, run_cell)


def test_the_map_is_that_of_networks_trained_by_hand():
    result = ran(NAME, SMALL)
    rows = by(result.tables["map"], "capacity", "step", "curve")
    assert {step for _, step, _ in rows} == set(RECIPE.evaluation_steps())
    curves = []
    for seed in (0, 1):
        data = resample_mnist1d(seed, n_train=200, n_test=100)
        curves.append(
            train_arrays(
                MLP(hidden=(8, 8)), data, RECIPE, (Seeds.all(seed),), label_noise=LabelNoise(0.15)
            ).curves
        )
    for name, n in (("train_error", 200), ("test_error", 100)):
        interval = error_interval(np.array([one[name][0] for one in curves]), n)
        for i, step in enumerate(RECIPE.evaluation_steps()):
            row = rows[8, step, name]
            assert row["estimate"] == pytest.approx(float(interval.mean[i]))
            assert row["low"] == pytest.approx(float(interval.low[i]))
            assert row["n_seeds"] == 2
    charted(result)


def test_a_rise_without_a_second_descent():
    result = made()
    assert (
        "at none of 3 widths do these seeds show that test error rises and then falls"
        in result.answer
    )
    assert "At 3 of 3 widths the test error after the last step is above its" in result.answer
    changes = by(result.tables["changes"], "capacity", "change")
    for width in MADE.widths:
        end = changes[width, "end"]
        assert end["found"]
        assert 0.05 < end["low"] < 0.1 < end["high"] < 0.15
        assert not changes[width, "fall"]["found"]
    # Every training error of the narrow network stays above 1%.
    fitted = by(result.tables["fitted"], "capacity")
    assert (fitted[5]["estimate"], fitted[5]["n_fitted"], fitted[5]["n_seeds"]) == (None, 0, 3)
    assert fitted[20]["low"] <= 200 < fitted[20]["high"]


def test_a_second_descent_is_found_where_there_is_one():
    result = made(second=True)
    changes = by(result.tables["changes"], "capacity", "change")
    assert [changes[width, "fall"]["found"] for width in MADE.widths] == [False, True, True]
    assert "again in the course of training at 2 of 3 widths" in result.answer
    assert "2 of 3 widths test error rises and falls again" in result.finding
    rise, fall = changes[80, "rise"], changes[80, "fall"]
    assert rise["from_step"] < rise["to_step"] == fall["to_step"] < fall["from_step"]
    assert 20 < rise["from_step"] < 60
    assert 100 < rise["to_step"] < 250
    assert fall["from_step"] > 700


def test_the_changes_are_those_of_the_paired_test():
    result = made(second=True)
    steps = LONG.evaluation_steps()
    errors = np.array(
        [
            course(20, np.array(steps), second=True)
            + 0.02 * rng.standard_normal()
            + 0.003 * rng.standard_normal(len(steps))
            for rng in (np.random.default_rng([20, seed]) for seed in range(3))
        ]
    ).T[np.array(steps) >= MADE.tested_from]
    steps = [step for step in steps if step >= MADE.tested_from]
    test, pairs = peak_test(errors, paired=True), pairwise_intervals(errors, paired=True)
    changes = by(result.tables["changes"], "capacity", "change")
    assert changes[20, "rise"]["estimate"] == pytest.approx(float(test.rise.mean))
    assert changes[20, "fall"]["low"] == pytest.approx(float(test.fall.low))
    lowest = int(errors.mean(axis=1).argmin())
    assert changes[20, "end"]["from_step"] == steps[lowest]
    assert changes[20, "end"]["high"] == pytest.approx(float(pairs.high[lowest, -1]))


def test_flat_courses_claim_nothing():
    result = made(flat=True)
    assert (
        "At no width is it shown that the test error after the last step is above" in result.answer
    )
    assert result.finding.startswith("No rise of the test error in the course of training was")
    assert not any(row["found"] for row in result.tables["changes"])


def test_a_width_at_which_every_network_diverged():
    result = made(diverged=[20])
    assert "at none of 2 widths" in result.answer
    assert "nan" not in result.answer
    drawn(result)


def test_the_figures_draw_the_tables():
    result = made(second=True)
    rows = by(drawing.map_table(result), "capacity", "step")
    means = by(result.tables["map"], "capacity", "step", "curve")
    for (width, step), row in rows.items():
        assert row["estimate"] == means[width, step, "test_error"]["estimate"]
        assert row["left"] <= width <= row["right"]
        assert row["below"] <= step <= row["above"]
    # The cells cover the map without gaps.
    assert rows[20, 1000]["left"] == rows[5, 1000]["right"] == 10
    assert rows[20, 1000]["right"] == rows[80, 1000]["left"] == 40
    for row in drawing.lowest_table(result):
        width = row["capacity"]
        assert row["estimate"] == min(r["estimate"] for (w, _), r in rows.items() if w == width)
    assert {row["step"] for row in drawing.widths_table(result)} >= {1000}
    charts = drawn(result)
    assert set(charts) == {"map", "training", "widths"}
    assert {row.get("width") for row in held(charts["training"].spec())} >= {"width 5", "width 80"}


def test_the_protocols_evaluate_evenly_in_the_logarithm_of_the_step():
    default = PROTOCOLS["default"]
    assert (len(default.widths), len(default.recipe.evaluation_steps())) == (20, 60)
    for protocol in PROTOCOLS.values():
        assert set(protocol.shown) <= set(protocol.widths)
        assert sorted(set(protocol.widths)) == list(protocol.widths)
        assert protocol.n_seeds >= 3
        assert protocol.tested_from < protocol.recipe.steps
