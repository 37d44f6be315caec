"""`why-double-descent`: a small run by hand, and what its sentences claim."""

import copy
import dataclasses

import numpy as np
import pytest
from experiments.quick import by, drawn, pick, ran
from scipy import stats

from genlab.datasets import LabelNoise
from genlab.experiments._peak_words import threshold_ends, threshold_said
from genlab.experiments.why_double_descent import PROTOCOLS, Protocol
from genlab.experiments.why_double_descent.figures import parts_rows
from genlab.experiments.why_double_descent.words import answer, finding
from genlab.measure import pairwise_intervals
from genlab.training import Recipe

RECIPE = Recipe.adam(0.05, batch_size=None, steps=40, evaluate_every=40)
TINY = Protocol((2, 4, 8), 6, n_train=40, n_test=30, recipe=RECIPE)


@pytest.fixture(scope="module")
def result():
    """Six training sets at three widths, twice."""
    return ran("why-double-descent", TINY)


def test_the_protocols():
    for protocol in PROTOCOLS.values():
        assert protocol.label_noise == LabelNoise(0.15, "redraw")
        assert protocol.n_datasets >= 4 * protocol.n_groups
        assert protocol.recipe.evaluation_steps()[-1] == protocol.recipe.steps
    # What quick has trained, default need not train again.
    quick, default = PROTOCOLS["quick"], PROTOCOLS["default"]
    assert set(quick.widths) < set(default.widths)
    same = dataclasses.replace(quick, widths=default.widths, n_datasets=default.n_datasets)
    assert same == default


def test_the_parts_sum_to_the_loss(result):
    rows = by(result.tables["parts"], "labels", "loss", "capacity", "part")
    assert len(rows) == len(result.tables["parts"]) == 2 * 4 * 3 * 3
    for (labels, loss, capacity, part), row in rows.items():
        if part == "loss":
            terms = [
                other["estimate"]
                for key, other in rows.items()
                if key[:3] == (labels, loss, capacity) and key[3] != "loss"
            ]
            assert sum(terms) == pytest.approx(row["estimate"], abs=1e-12)
    bands = by(result.tables["bands"], "labels", "capacity", "curve")
    for (labels, capacity, curve), row in bands.items():
        if curve == "test_error":
            for loss in ("zero_one", "kohavi_wolpert"):
                found = rows[labels, loss, capacity, "loss"]["estimate"]
                assert found == pytest.approx(row["estimate"])


def test_claims_are_those_of_the_groups(result):
    """Tukey's intervals from the table of groups."""
    groups = by(result.tables["groups"], "labels", "loss", "part", "capacity", "group")
    for row in result.tables["tests"]:
        key = (row["labels"], row["loss"], row["part"])
        values = [[groups[*key, c, g]["estimate"] for g in range(3)] for c in TINY.widths]
        means = np.mean(values, axis=1)
        places = [TINY.widths.index(row[name]) for name in ("from", "to")]
        change = means[places[1]] - means[places[0]]
        sign = -1 if row["claim"] == "peak_fall" else 1
        assert row["estimate"] == pytest.approx(sign * change)
        pairs = pairwise_intervals(values)
        if row["claim"] == "change":
            assert (places[0], places[1]) == (0, 2)
            assert row["found"] == (row["low"] > 0 or row["high"] < 0)
        if row["claim"] == "largest_rise":
            upper = [pairs.high[i, j] for i in range(3) for j in range(i + 1, 3)]
            assert row["most"] == pytest.approx(max(upper))
            assert row["found"] == any(
                pairs.low[i, j] > 0 for i in range(3) for j in range(i + 1, 3)
            )
    # One interval from the studentised range, of groups pooled over widths or own, whichever
    # is wider.
    values = np.array(
        [
            [groups["noisy", "brier", "variance", c, g]["estimate"] for g in range(3)]
            for c in (2, 4, 8)
        ]
    )
    row = by(result.tables["tests"], "labels", "loss", "part", "claim")[
        "noisy", "brier", "variance", "change"
    ]
    own = values.var(axis=1, ddof=1)
    largest = np.maximum(own, own.mean())
    half = stats.studentized_range.ppf(0.95, 3, 6) * np.sqrt((largest[0] + largest[2]) / 2 / 3)
    assert row["high"] - row["estimate"] == pytest.approx(half, rel=1e-6)


def test_the_answer_holds_the_numbers(result):
    rows = by(result.tables["parts"], "labels", "loss", "capacity", "part")
    for labels in ("noisy", "clean"):
        value = rows[labels, "kohavi_wolpert", 2, "loss"]["estimate"]
        change = rows[labels, "kohavi_wolpert", 8, "loss"]["estimate"] - value
        row = pick(
            result.tables["tests"],
            labels=labels,
            loss="kohavi_wolpert",
            part="loss",
            claim="change",
        )
        told = f"it changes by {100 * change:.1f} ["
        if row["low"] > 0 or row["high"] < 0:
            told = f"it {'rises' if change > 0 else 'falls'} by {abs(100 * change):.1f} ["
        assert told.replace("-", "−") in result.answer
    assert result.answer.startswith("With 15% label noise, ")
    assert " With clean labels, " in result.answer
    assert len(result.finding.split()) <= 25
    assert f"{TINY.n_datasets} fresh training sets" in result.notes[0]


def changed(result, **claims):
    """The tables with other claims of the noisy parts."""
    tables = copy.deepcopy(dict(result.tables))
    for row in tables["tests"]:
        key = f"{row['part'].split('_')[0]}_{row['claim']}"
        if row["labels"] == "noisy" and key in claims:
            row["found"] = claims[key]
    for row in tables["thresholds"]:
        row |= {"none_below": 2, "all_from": 8}
    return tables


@pytest.mark.parametrize(
    ("peak", "rise", "first", "short"),
    [
        (
            True,
            False,
            "variance peaks at the interpolation threshold. No rise of bias² was found.",
            "; no rise of bias² was found.",
        ),
        (True, True, "variance peaks, and bias² does not only fall.", "; bias² rises too."),
        (False, False, "no peak of the variance was found.", "no peak of the variance was found"),
    ],
)
def test_each_outcome_is_told(result, peak, rise, first, short):
    tables = changed(
        result, variance_peak_rise=peak, variance_peak_fall=peak, bias_largest_rise=rise
    )
    assert answer(tables, TINY).startswith(f"With 15% label noise, {first}")
    told = finding(tables, TINY)
    assert short in told
    assert len(told.split()) <= 25
    assert "nan" not in answer(tables, TINY)


def test_a_peak_of_one_loss_and_one_beside_the_threshold(result):
    tables = changed(result, variance_peak_rise=True, bias_largest_rise=False)
    for row in tables["tests"]:
        if row["labels"] == "noisy" and row["loss"] == "kohavi_wolpert":
            row["found"] = False
    told = answer(tables, TINY)
    assert "the variance of the Brier score peaks. No peak of the variance of the 0–1 loss" in told
    tables = changed(result, variance_peak_rise=True, bias_largest_rise=False)
    tables["highest"] = [
        {"labels": "noisy", "loss": loss, "part": "variance", "capacity": width}
        for loss in ("brier", "kohavi_wolpert", "cross_entropy")
        for width in (2, 4)
    ]
    for lowest, where in (
        (2, "at the interpolation threshold"),
        (4, "near the interpolation threshold"),
        (8, "at width "),
    ):
        tables["thresholds"][0] |= {"none_below": lowest, "all_from": 8}
        assert f"variance peaks {where}" in finding(tables, TINY)


@pytest.mark.parametrize(
    ("most", "told"),
    [(None, "no rise"), (np.nan, "no rise"), (-0.01, "any rise"), (0.0121, "more than 0.013")],
)
def test_which_rises_of_the_bias_are_excluded(result, most, told):
    tables = changed(result, bias_largest_rise=False)
    for row in tables["tests"]:
        row["most"] = most if row["labels"] == "noisy" else 9.0
    noisy = answer(tables, TINY).split("With clean labels,")[0]
    assert f"{told} between two widths is excluded." in noisy.lower()


@pytest.mark.parametrize(
    ("below", "above", "ends", "told"),
    [
        (10.0, 20.0, (10, 20), "falls below 1% between widths 10 and 20."),
        (None, 20.0, (0, 20), "is below 1% from width 20 on."),
        (np.nan, np.nan, None, "of every width have a training error of at least 1%."),
    ],
)
def test_the_threshold_is_told(below, above, ends, told):
    rows = [{"labels": "noisy", "none_below": below, "all_from": above}]
    assert threshold_ends(rows, "noisy") == ends
    assert threshold_said(rows, "noisy").endswith(told)


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["parts", "error-noisy", "error-clean"]
    rows = found["parts"].spec()["vconcat"]
    assert len(rows) == 3
    shown = [
        row
        for layer in rows[0]["hconcat"][1]["layer"]
        for row in layer.get("data", rows[0]["hconcat"][1].get("data", {})).get("values", [])
        if "part" in row
    ]
    table = parts_rows(result, "brier", "clean")
    assert {row["estimate"] for row in shown} == {row["estimate"] for row in table}
