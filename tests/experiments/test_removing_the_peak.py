"""`removing-the-peak`: on errors that are made up, with and without a peak."""

import numpy as np
import pytest
from experiments.quick import by, drawn, held, ran_here

from genlab.experiments.removing_the_peak import PROTOCOLS, Protocol, Scan
from genlab.experiments.removing_the_peak.series import parameters
from genlab.experiments.removing_the_peak.words import (
    answer,
    finding,
    gains_told,
    settings,
    thresholds_told,
)
from genlab.measure import mean_interval, pairwise_intervals, peak_test
from genlab.models import MLP
from genlab.sweep import CellResult
from genlab.training import EarlyStopping, Recipe

NAME = "removing-the-peak"
WIDTHS = (5, 10, 20, 40)
RECIPE = Recipe.adam(
    0.01, batch_size=None, steps=30, evaluate_at=(10,), early_stopping=EarlyStopping(0.1)
)
MADE = Protocol(
    WIDTHS,
    3,
    (
        Scan(500, 2, 0.15, (5, 10, 15, 20, 25)),
        Scan(500, 1, 0.15, (10, 30, 60, 90)),
        Scan(500, 2, 0.0, (5, 10, 15, 20, 25)),
    ),
    3,
    first_seed=100,
    noises=(0.0, 0.15),
    noise=0.15,
    decays=(0.5, 2.0),
    n_train=1000,
    n_test=500,
    recipe=RECIPE,
)
HUMP = dict(zip(WIDTHS, (0.5, 0.55, 0.6, 0.45), strict=True))
FALL = dict(zip(WIDTHS, (0.5, 0.47, 0.44, 0.4), strict=True))


def error(cell, stopped):
    """A hump after the last step with noise and little decay; a fall in all other cases."""
    width, plain = cell.model.hidden[0], cell.label_noise is not None
    hump = plain and cell.recipe.weight_decay < 1 and not stopped
    # Seeds differ in level, the same at all widths.
    rng = np.random.default_rng([width, cell.seed, round(10 * cell.recipe.weight_decay)])
    level = (0.03, -0.02, 0.01)[cell.seed % 3]
    return (HUMP if hump else FALL).get(width, 0.4) + level + 0.002 * rng.standard_normal()


def run_cell(cell):
    width = cell.model.hidden[0]
    fits = 20 if len(cell.model.hidden) == 2 else 60
    if cell.data.arguments["n_train"] == 500 and cell.label_noise is None:
        fits = (10, 15, 15)[cell.seed % 3]
    train = np.array([0.9, 0.5, 0.0 if width >= fits else 0.2])
    test = np.array([0.9, error(cell, True), error(cell, False)])
    if cell.recipe.early_stopping is None:
        return made(cell, train[[0, 2]], test[[0, 2]], {}, 1)
    losses = np.array([0.9, 0.5, 0.7])
    return made(cell, train, test, {"validation_loss": losses, "validation_error": losses}, 1)


def made(cell, train, test, validation, kept):
    return CellResult(
        np.array(cell.recipe.evaluation_steps()),
        train_loss=train,
        test_loss=test,
        train_error=train,
        test_error=test,
        **validation,
        diverged_at=-1,
        kept=kept,
        test_confusion=np.zeros((1, 1)),
        test_confidence=np.zeros((3, 1)),
        test_wrong=np.zeros(0, bool),
    )


@pytest.fixture(scope="module")
def result():
    return ran_here(NAME, MADE, run_cell)


def test_where_a_peak_is_found(result):
    peaks = by(result.tables["peaks"], "label_noise", "weight_decay", "stopping")
    found = {key for key, row in peaks.items() if row["found"]}
    assert found == {(0.15, 0.0, "last"), (0.15, 0.5, "last")}
    plain = peaks[0.15, 0.0, "last"]
    assert (plain["before"], plain["top"], plain["after"]) == (5, 20, 40)
    assert plain["rise_low"] < 0.1 < plain["rise_high"]
    text = result.answer
    assert text.startswith("Without regularisation and with 15% label noise, test error peaks at")
    assert "Training error falls below 1% at width 20 [10, 20]." in text
    for name in ("with early stopping (the same rise is 1", "weight decay 2 (", "clean labels ("):
        assert name in text.split(" No peak is found ")[1].split(". With")[0]
    assert "With weight decay 0.5 there is still a peak, at width 20. Test error there is " in text
    assert "not settled" not in text
    charts = drawn(result)
    told = "Excluded is any rise with early stopping, any rise with weight decay 2 and any rise"
    assert told in charts["rises"].caption
    assert result.finding.startswith("Test error peaks at width 20, 1")
    assert result.finding.endswith(
        "with early stopping, weight decay 2 and clean labels none is found."
    )


def test_changes_of_the_rise_are_of_the_same_seeds(result):
    networks = by(
        [row for row in result.tables["networks"] if row["n_train"] == 900],
        *("label_noise", "weight_decay", "capacity", "seed"),
    )
    rows = by(result.tables["changes"], "label_noise", "weight_decay", "stopping", "change")
    kinds = [(0.15, 0.0, "validation"), (0.15, 0.5, "last"), (0.15, 2.0, "last")]
    kinds.append((0.0, 0.0, "last"))
    assert list(rows) == [(*one, name) for one in kinds for name in ("rise", "fall")]
    seeds = sorted({key[3] for key in networks})

    def less(noise, decay, width, column):
        return np.array(
            [
                networks[0.15, 0.0, width, seed]["test_error"]
                - networks[noise, decay, width, seed][column]
                for seed in seeds
            ]
        )

    for (noise, decay, stopping, name), row in rows.items():
        column = "stopped_test_error" if stopping == "validation" else "test_error"
        assert (row["from"], row["to"]) == ({"rise": 5, "fall": 40}[name], 20)
        ends = [less(noise, decay, width, column) for width in WIDTHS]
        i, j = WIDTHS.index(row["from"]), WIDTHS.index(row["to"])
        assert row["estimate"] == pytest.approx(np.mean(ends[j] - ends[i]))
        # Each of the four settings has a confidence of 1 − 0.05 / 4: all hold at once.
        pairs = pairwise_intervals(ends, 0.9875, paired=True)
        assert row["low"] == pytest.approx(float(pairs.low[i, j]))
        alone = pairwise_intervals(ends, paired=True).low[i, j]
        assert row["low"] < alone or np.ptp(ends[j] - ends[i]) < 1e-9
        assert row["n_seeds"] == 3


def test_what_is_said_where_nothing_is_settled(result):
    tables = {name: [dict(row) for row in rows] for name, rows in result.tables.items()}
    for row in tables["changes"]:
        row["low"] = -0.01
    told = answer(tables, MADE)
    for name in ("early stopping", "weight decay 2", "clean labels"):
        assert f"For {name} this is not settled: no peak is found, but the rise " in told
    assert "points, which could be chance" in told
    assert finding(tables, MADE).endswith("none of 4 other settings is shown to remove the peak.")
    tables["peaks"] = [{**row, "found": False} for row in tables["peaks"]]
    told = answer(tables, MADE)
    assert told.startswith("Without regularisation and with 15% label noise, no peak of the test")
    assert "So at this noise level it cannot be told what removes a peak." in told
    assert "what removes it cannot be told" in finding(tables, MADE)
    assert len(finding(tables, MADE).split()) <= 25


def test_a_peak_beyond_the_widths_is_not_excluded(result):
    tables = {name: [dict(row) for row in rows] for name, rows in result.tables.items()}
    for row in tables["thresholds"]:
        row["n_fitted"] = 0 if row["weight_decay"] == 2 else row["n_fitted"]
    told = (
        "With weight decay 2, training error does not fall below 1% for every seed up to width 40"
    )
    assert f"{told}, so a peak at larger widths is possible." in answer(tables, MADE)
    assert "so a peak at larger" not in result.answer


@pytest.mark.parametrize(
    ("gain", "told"),
    [
        ((0.02, 0.01, 0.03), "2.0 [1.0, 3.0] points lower"),
        ((-0.02, -0.03, -0.01), "2.0 [1.0, 3.0] points higher"),
        ((0.01, -0.01, 0.03), "1.0 [−1.0, 3.0] points lower (could be chance)"),
    ],
)
def test_a_gain_is_told_as_its_interval_says(result, gain, told):
    tables = {name: [dict(row) for row in rows] for name, rows in result.tables.items()}
    for row in tables["gains"]:
        row |= dict(zip(("estimate", "low", "high"), gain, strict=True))
    caption = gains_told(tables, settings(0.15, (0.5, 2.0), (0.0, 0.15)), 0.15)
    assert caption.startswith(f"At width 20 test error is {told} with early stopping, ")
    assert f" Test error there is {told}." in answer(tables, MADE)


def test_peaks_and_gains_are_those_of_the_networks(result):
    networks = by(
        [row for row in result.tables["networks"] if row["n_train"] == 900],
        *("label_noise", "weight_decay", "capacity", "seed"),
    )

    def values(decay, width, column):
        return np.array([networks[0.15, decay, width, seed][column] for seed in (100, 101, 102)])

    plain = [values(0.0, width, "test_error") for width in WIDTHS]
    row = by(result.tables["peaks"], "label_noise", "weight_decay", "stopping")[0.15, 0.0, "last"]
    assert row["fall"] == pytest.approx(float(peak_test(plain, paired=True).fall.mean))
    gains = by(result.tables["gains"], "weight_decay", "stopping", "capacity")
    assert len(gains) == 3 * len(WIDTHS)
    for (decay, stopping, width), gain in gains.items():
        column = "stopped_test_error" if stopping == "validation" else "test_error"
        less = values(0.0, width, "test_error") - values(decay, width, column)
        expected = mean_interval(less, confidence=1 - 0.05 / (3 * len(WIDTHS)))
        assert gain["estimate"] == pytest.approx(float(expected.mean))
        assert gain["low"] == pytest.approx(float(expected.low))


def test_thresholds_count_parameters_for_each_example_and_class(result):
    rows = by(result.tables["thresholds"], "n_train", "n_layers", "label_noise", "weight_decay")
    two, one, clean = rows[500, 2, 0.15, 0], rows[500, 1, 0.15, 0], rows[500, 2, 0.0, 0]
    assert (rows[900, 2, 0.15, 0.5]["low"], rows[900, 2, 0.15, 0.5]["high"]) == (10, 20)
    assert (two["low"], two["high"], two["scanned"]) == (15, 20, True)
    assert two["ratio_low"] == MLP((15, 15)).n_parameters((40,), 10) / 5000
    assert two["ratio_high"] == MLP((20, 20)).n_parameters((40,), 10) / 5000
    assert one["ratio_high"] == MLP((60,)).n_parameters((40,), 10) / 5000
    assert parameters(7.0, 3) == MLP((7, 7, 7)).n_parameters((40,), 10)
    assert two["change"] is None

    def ratio(width, n_layers=2):
        return parameters(width, n_layers) / 5000

    # All seeds of the first lie between widths 15 and 20, those of one layer between 30 and 60.
    assert one["change_low"] == pytest.approx(ratio(30, 1) - ratio(20))
    assert one["change_high"] == pytest.approx(ratio(60, 1) - ratio(15))
    assert one["change_low"] < one["change"] < one["change_high"]
    # With clean labels seeds 100, 101 and 102 cross at 15, 15 and 10.
    less = np.array([ratio(10), ratio(10), ratio(5)]) - ratio(20)
    low = mean_interval(less, confidence=1 - 0.05 / 2).low
    assert clean["change_low"] == pytest.approx(float(low))
    assert "It changes by" in thresholds_told(result.tables)
    assert thresholds_told(result.tables) in drawn(result)["thresholds"].caption
    chance = [
        row if row["change"] is None else row | {"change_low": -1.0, "change_high": 1.0}
        for row in result.tables["thresholds"]
    ]
    told = thresholds_told({"thresholds": chance})
    assert "Its changes with 1 layer and clean labels could be chance" in told


def test_the_figures_draw_the_tables(result):
    charts = drawn(result)
    lines = {row.get("line") for row in held(charts["regularised"].spec())} - {None}
    assert lines == {"no weight decay", "early stopping", "weight decay 0.5", "weight decay 2"}
    kinds = {row.get("kind") for row in held(charts["thresholds"].spec())} - {None}
    assert kinds == {
        "2 layers, 15% label noise, 500 examples",
        "1 layer, 15% label noise, 500 examples",
        "2 layers, clean labels, 500 examples",
    }
    names = [row.get("name") for row in held(charts["rises"].spec())]
    assert [name for name in dict.fromkeys(names) if name] == [
        "early stopping",
        "weight decay 0.5",
        "weight decay 2",
        "clean labels",
    ]


def test_protocols_hold_out_a_part_and_train_all_steps():
    for protocol in PROTOCOLS.values():
        assert protocol.recipe.early_stopping == EarlyStopping(0.1, patience=None)
        assert protocol.noise in protocol.noises
        assert 0.0 in protocol.noises
        assert protocol.scan_recipe.early_stopping is None
        assert protocol.scan_recipe.evaluation_steps() == [0, protocol.recipe.steps]
        base = protocol.scans[0]
        for scan in protocol.scans[1:]:
            assert sum(a != b for a, b in zip(base_of(scan), base_of(base), strict=True)) == 1


def base_of(scan):
    return scan.n_train, scan.n_layers, scan.label_noise
