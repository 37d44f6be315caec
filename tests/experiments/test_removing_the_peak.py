"""`removing-the-peak`: on errors that are made up, with and without a peak."""

import numpy as np
import pytest
from experiments.quick import by, drawn, held, ran_here

from genlab.experiments.removing_the_peak import PROTOCOLS, Protocol, Scan, parameters
from genlab.experiments.removing_the_peak.words import answer, finding
from genlab.measure import mean_interval, peak_test
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
    noises=(0.0, 0.15),
    decays=(0.5, 2.0),
    scans=(Scan(500, 1, (10, 30, 90)),),
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
    fits = 20 if len(cell.model.hidden) == 2 else 30
    train = np.array([0.9, 0.5, 0.0 if width >= fits else 0.2])
    test = np.array([0.9, error(cell, True), error(cell, False)])
    return CellResult(
        np.array(cell.recipe.evaluation_steps()),
        train_loss=train,
        test_loss=test,
        train_error=train,
        test_error=test,
        validation_loss=np.array([0.9, 0.5, 0.7]),
        validation_error=np.array([0.9, 0.5, 0.7]),
        diverged_at=-1,
        kept=1,
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
    assert result.answer.startswith("Without weight decay and after all steps, the curve of")
    assert "has a peak (15% label noise): test error is 5" in result.answer
    assert "Stopped at the lowest validation loss, no peak is found" in result.answer
    assert "With weight decay 0.5 and all steps, the curve still has a peak" in result.answer
    assert "in points, is none at 0% and " in result.answer
    assert "A peak is found at 15%." in result.answer
    assert result.finding.endswith("no peak is found then.")


@pytest.mark.parametrize(
    ("gain", "told", "short"),
    [
        ((0.02, 0.01, 0.03), "is 2.0 [1.0, 3.0] points lower", "lowers test error at width 20 by"),
        ((-0.02, -0.03, -0.01), "is 2.0 [1.0, 3.0] points higher", "raises test error at width"),
        ((0.01, -0.01, 0.03), "changes by −1.0 [−3.0, 1.0] points, which could", "maybe by chance"),
    ],
)
def test_a_gain_is_told_as_its_interval_says(result, gain, told, short):
    tables = {name: [dict(row) for row in rows] for name, rows in result.tables.items()}
    for row in tables["gains"]:
        row |= dict(zip(("estimate", "low", "high"), gain, strict=True))
    assert f"At width 20 test error {told}" in answer(tables, MADE)
    assert short in finding(tables, MADE)
    assert len(finding(tables, MADE).split()) <= 25
    assert finding(tables, MADE).endswith("; no peak is found then.")


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (0.0121, "and a rise of more than 1.3 points is excluded"),
        (-0.003, "and any rise is excluded"),
        (None, "but so few seeds exclude none"),
    ],
)
def test_what_is_excluded_without_a_peak(result, most, told):
    peaks = [{**row, "most": most} for row in result.tables["peaks"]]
    text = answer({**result.tables, "peaks": peaks}, MADE)
    assert f"With weight decay 2 and all steps, no peak is found, {told}." in text
    few = [{**row, "found": False, "n_seeds": 1} for row in peaks]
    assert "With one seed per width, a peak" in answer({**result.tables, "peaks": few}, MADE)


def test_peaks_and_gains_are_those_of_the_networks(result):
    networks = by(
        [row for row in result.tables["networks"] if row["n_layers"] == 2],
        *("label_noise", "weight_decay", "capacity", "seed"),
    )

    def values(decay, width, column):
        return np.array([networks[0.15, decay, width, seed][column] for seed in range(3)])

    plain = [values(0.0, width, "test_error") for width in WIDTHS]
    row = by(result.tables["peaks"], "label_noise", "weight_decay", "stopping")[0.15, 0.0, "last"]
    assert row["fall"] == pytest.approx(float(peak_test(plain, paired=True).fall.mean))
    gains = by(result.tables["gains"], "weight_decay", "stopping", "capacity")
    assert len(gains) == 5 * len(WIDTHS)
    for (decay, stopping, width), gain in gains.items():
        column = "stopped_test_error" if stopping == "validation" else "test_error"
        expected = mean_interval(values(0.0, width, "test_error") - values(decay, width, column))
        assert gain["estimate"] == pytest.approx(float(expected.mean))
        assert gain["low"] == pytest.approx(float(expected.low))


def test_thresholds_count_parameters_for_each_example_and_class(result):
    rows = by(result.tables["thresholds"], "n_train", "n_layers", "label_noise")
    two, one = rows[900, 2, 0.15], rows[450, 1, 0.15]
    assert (two["low"], two["high"]) == (10, 20)
    assert two["ratio_low"] == MLP((10, 10)).n_parameters((40,), 10) / 9000
    assert two["ratio_high"] == MLP((20, 20)).n_parameters((40,), 10) / 9000
    assert one["ratio_high"] == MLP((30,)).n_parameters((40,), 10) / 4500
    assert parameters(7.0, 3) == MLP((7, 7, 7)).n_parameters((40,), 10)


def test_the_figures_draw_the_tables(result):
    charts = drawn(result)
    lines = {row.get("line") for row in held(charts["regularised"].spec())} - {None}
    assert lines == {"no weight decay", "early stopping", "weight decay 0.5", "weight decay 2"}
    kinds = {row.get("kind") for row in held(charts["thresholds"].spec())} - {None}
    assert "1 layer, 15% noise, 450 examples" in kinds
    assert {"name": "as many parameters as examples × classes"} in held(charts["thresholds"].spec())


def test_protocols_hold_out_a_part_and_train_all_steps():
    for protocol in PROTOCOLS.values():
        assert protocol.recipe.early_stopping == EarlyStopping(0.1, patience=None)
        assert protocol.noise in protocol.noises
        assert 0.0 in protocol.noises
