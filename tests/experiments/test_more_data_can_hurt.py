"""`more-data-can-hurt`: on errors that are made up, with and without a rise."""

from dataclasses import replace

import numpy as np
import pytest
from experiments.quick import by, drawn, held, pick, ran_here

from genlab._base.words import percent
from genlab.experiments.more_data_can_hurt import PROTOCOLS, Protocol
from genlab.measure import error_interval, pairwise_intervals
from genlab.sweep import CellResult
from genlab.training import Recipe

SIZES = (100, 200, 400, 800)
RECIPE = Recipe.adam(0.01, batch_size=None, steps=20, evaluate_every=20)
MADE = Protocol((4, 9), SIZES, (0.0, 0.3), 3, n_test=500, recipe=RECIPE)
HURTS = dict(zip(SIZES, (0.6, 0.55, 0.62, 0.4), strict=True))
HELPS = dict(zip(SIZES, (0.6, 0.58, 0.5, 0.4), strict=True))


def error(noise, width, n, seed):
    """A rise with noise at width 4; levels of seeds differ by more than it."""
    rng = np.random.default_rng([width, n, seed, round(10 * noise)])
    base = HURTS if noise and width == 4 else HELPS
    return base[n] + (0.08, -0.05, 0.0)[seed] + 0.002 * rng.standard_normal()


def run_cell(cell):
    noise = 0.0 if cell.label_noise is None else cell.label_noise.fraction
    n = cell.data.arguments["n_train"]
    test = np.array([0.9, error(noise, cell.model.hidden[0], n, cell.seed)])
    train = np.array([0.9, 0.0 if n <= 200 else 0.1])
    return CellResult(
        np.array([0, 20]),
        train_loss=train,
        test_loss=test,
        train_error=train,
        test_error=test,
        diverged_at=-1,
        kept=1,
        test_confusion=np.zeros((1, 1)),
        test_confidence=np.zeros((3, 1)),
        test_wrong=np.zeros(0, bool),
    )


@pytest.fixture(scope="module")
def result():
    return ran_here("more-data-can-hurt", MADE, run_cell)


def test_a_rise_is_found_where_there_is_one(result):
    rises = by(result.tables["rises"], "label_noise", "capacity")
    assert {key for key, row in rises.items() if row["found"]} == {(0.3, 4)}
    row = rises[0.3, 4]
    assert (row["from_n"], row["to_n"]) == (200, 400)
    assert row["low"] < 0.07 < row["high"]
    assert "for 1 of 4 curves: from 200 to 400 examples by 6." in result.answer
    charts = drawn(result)
    told = "Training error is below 1% up to 200 examples (width 4, 0% noise), up to 200 examples ("
    assert told in charts["training-error"].caption
    first = percent(pick(result.tables["curves"], n_train=100, curve="test_error"))
    assert f"With 100 and with 800 examples it is {first} and " in charts["test-error"].caption
    assert result.finding.startswith("At width 4 with 30% label noise, more examples (200 to 400)")


def test_rises_and_curves_are_those_of_the_errors(result):
    values = np.array([[error(0.0, 9, n, seed) for seed in range(3)] for n in SIZES])
    pairs = pairwise_intervals(values, paired=True)
    row = by(result.tables["rises"], "label_noise", "capacity")[0.0, 9]
    later = np.triu_indices(4, 1)
    assert row["estimate"] == pytest.approx(pairs.mean[later].max())
    assert row["most"] == pytest.approx(pairs.high[later].max())
    curves = by(result.tables["curves"], "label_noise", "capacity", "n_train", "curve")
    interval = error_interval(values[2], 500)
    assert curves[0.0, 9, 400, "test_error"]["low"] == pytest.approx(float(interval.low))
    lines = {row.get("line") for row in held(drawn(result)["test-error"].spec())} - {None}
    assert lines == {"width 4, 0% noise", "width 9, 0% noise"} | {
        "width 4, 30% noise",
        "width 9, 30% noise",
    }


def test_without_a_rise_the_answer_says_what_is_excluded():
    made = ran_here(
        "more-data-can-hurt",
        Protocol((9,), SIZES, (0.0,), 3, n_test=500, recipe=RECIPE),
        run_cell,
    )
    assert made.answer.startswith(
        "No rise of the test error with more training examples was found."
    )
    # Its errors fall from each size to the next by more than chance.
    assert made.tables["rises"][0]["most"] < 0
    assert "Excluded is any rise (width 9, 0% noise)." in made.answer


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_few_seeds_exclude_no_rise(n_seeds):
    made = ran_here(
        "more-data-can-hurt",
        Protocol((9,), SIZES, (0.0,), n_seeds, n_test=500, recipe=RECIPE),
        run_cell,
    )
    assert "So few seeds exclude none" in made.answer
    assert "nan" not in made.answer + made.finding


def test_without_a_whole_seed_there_is_nothing_to_compare():
    def diverges(cell):
        result = run_cell(cell)
        lost = cell.data.arguments["n_train"] == SIZES[cell.seed]
        return replace(result, test_error=np.array([0.9, np.nan])) if lost else result

    protocol = Protocol((9,), SIZES, (0.0,), 3, n_test=500, recipe=RECIPE)
    with pytest.raises(ValueError, match="no seed has a finite test error at every number of"):
        ran_here("more-data-can-hurt", protocol, diverges)


def test_protocols_have_several_sizes_and_seeds():
    for protocol in PROTOCOLS.values():
        assert list(protocol.sizes) == sorted(set(protocol.sizes))
        assert protocol.n_seeds >= 3
