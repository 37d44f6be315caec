"""`hyperparameter-choice`: searches by brute force, choices by hand, and a small run."""

from itertools import combinations

import numpy as np
import pytest
from experiments.quick import by, drawn, held, pick, ran
from scipy import stats

from genlab.datasets import redraw_mnist1d
from genlab.experiments.hyperparameter_choice import PROTOCOLS, Protocol
from genlab.experiments.hyperparameter_choice import figures as drawing
from genlab.experiments.hyperparameter_choice.choices import WAYS
from genlab.experiments.hyperparameter_choice.protocol import Configuration
from genlab.experiments.hyperparameter_choice.words import WAYS as TEXTS
from genlab.models import MLP
from genlab.training import Recipe, Seeds, train_arrays

TRAINING, VALIDATION, TEST, SEALED = WAYS
TINY = Protocol(
    n_repetitions=4,
    n_searched=2,
    n_seeds=3,
    depths=(1, 2),
    widths=(8,),
    epochs=(2,),
    learning_rates=(0.1, 0.5),
    default=Configuration(2, 8, 0.1, 2),
    n_train=100,
    n_test=40,
    n_pool=200,
    n_divided=100,
    n_fresh=500,
    sizes=(10, 40, 100, 5000),
    n_trials=(1, 3, 12, 1000),
)


@pytest.fixture(scope="module")
def result():
    """Four configurations, four repetitions."""
    return ran("hyperparameter-choice", TINY)


@pytest.fixture(scope="module")
def trained():
    """The same trainings by hand: repetition -> training errors and wrong examples, 700 of them.

    The pool of 200, and behind it the 500 fresh ones.
    """
    recipes = [Recipe.sgd(rate, batch_size=50, steps=4, evaluate_every=4) for rate in (0.1, 0.5)]
    configurations = [(MLP((8,) * depth), recipe) for depth in (1, 2) for recipe in recipes]
    seeds = {0: (0, 4, 5), 1: (1, 6, 7), 2: (2,), 3: (3,)}
    found = {}
    for r, own in seeds.items():
        data = redraw_mnist1d(r, n_train=100, n_test=700)
        fits = [
            train_arrays(model, data, recipe, (Seeds.all(seed),))
            for seed in own
            for model, recipe in configurations
        ]
        found[r] = (
            np.array([fit.curves["train_error"][0, -1] for fit in fits]),
            np.array([fit.outcomes["test_wrong"][0] for fit in fits]),
        )
    return found


def chosen_by(trained, r, pair, way):
    """The configuration, its reported and its fresh error, among the first four trials."""
    train, wrong = trained[r]
    start = 80 * pair
    validation, test, fresh = (
        wrong[:4, part].mean(axis=1)
        for part in (slice(start, start + 40), slice(start + 40, start + 80), slice(200, 700))
    )
    by = {TRAINING: train[:4], VALIDATION: validation, TEST: test, SEALED: validation}[way]
    k = int(by.argmin())
    return k, (test if way == SEALED else by)[k], fresh[k]


def test_each_way_chooses_reports_and_is_evaluated(result, trained):
    rows = by(result.tables["repetitions"], "repetition", "pair", "way")
    assert len(rows) == len(result.tables["repetitions"]) == 4 * 2 * 4
    for (r, pair, way), row in rows.items():
        k, reported, fresh = chosen_by(trained, r, pair, way)
        assert row["configuration"] == k
        assert (row["depth"], row["learning_rate"]) == ((1, 0.1), (1, 0.5), (2, 0.1), (2, 0.5))[k]
        assert row["reported"] == pytest.approx(reported, abs=1e-6)
        assert row["fresh"] == pytest.approx(fresh, abs=1e-6)
        assert row["gap"] == pytest.approx(reported - fresh, abs=1e-6)
    for way, row in by(result.tables["ways"], "way").items():
        gap = [(rows[r, 0, way]["gap"] + rows[r, 1, way]["gap"]) / 2 for r in range(4)]
        limits = stats.ttest_1samp(gap, 0).confidence_interval(0.95)
        assert (row["gap_low"], row["gap_high"]) == pytest.approx(tuple(limits))
        fresh = [rows[r, pair, way]["fresh"] for r in range(4) for pair in (0, 1)]
        assert row["fresh"] == pytest.approx(np.mean(fresh))
        assert row["n_repetitions"] == 4


def test_configurations_are_means_over_repetitions(result, trained):
    for k, row in enumerate(result.tables["configurations"]):
        assert row["configuration"] == k
        fresh = [wrong[k, 80:200].mean() for _, wrong in trained.values()]
        assert row["fresh_error"] == pytest.approx(np.mean(fresh))
        assert row["train_error"] == pytest.approx(np.mean([t[k] for t, _ in trained.values()]))
        for way, column in ((TRAINING, "chosen_by_training"), (TEST, "chosen_by_test")):
            times = sum(
                chosen_by(trained, r, pair, way)[0] == k for r in range(4) for pair in (0, 1)
            )
            assert row[column] == times / 8


def searches(trained, way, m):
    """Claimed and fresh of every search of m of 12 trials, one repetition after the other."""
    means = []
    for r in (0, 1):
        wrong = trained[r][1][:, :200]
        found = []
        for pair in (0, 80):
            validation, test = wrong[:, pair : pair + 40], wrong[:, pair + 40 : pair + 80]
            rest = np.delete(wrong, np.arange(pair, pair + 80), axis=1).mean(axis=1)
            validation, test = validation.mean(axis=1), test.mean(axis=1)
            by, reported = {
                VALIDATION: (validation, validation),
                TEST: (test, test),
                SEALED: (validation, test),
            }[way]
            for trials in combinations(range(12), m):
                k = min(trials, key=lambda i, by=by: by[i])
                found.append((reported[k], rest[k]))
        means.append(np.mean(found, axis=0))
    return np.array(means)


@pytest.mark.parametrize("way", [VALIDATION, TEST, SEALED])
@pytest.mark.parametrize("m", [1, 3, 12])
def test_searches_by_brute_force(result, trained, way, m):
    row = pick(result.tables["against_trials"], way=way, n_trials=m)
    reported, fresh = searches(trained, way, m).T
    assert row["reported"] == pytest.approx(reported.mean())
    assert row["fresh"] == pytest.approx(fresh.mean())
    limits = stats.ttest_1samp(reported - fresh, 0).confidence_interval(0.95)
    assert (row["gap_low"], row["gap_high"]) == pytest.approx(tuple(limits))
    assert {row["n_trials"] for row in result.tables["against_trials"]} == {1, 3, 12}


@pytest.mark.parametrize("size", [10, 40, 100])
def test_sizes_by_brute_force(result, trained, size):
    pairs = []
    for _, wrong in trained.values():
        found = []
        for start in range(0, 100 - size + 1, size):
            errors = wrong[:4, start : start + size].mean(axis=1)
            found.append((errors.min(), wrong[errors.argmin(), 100:200].mean()))
        pairs.append(np.mean(found, axis=0))
    reported, fresh = np.array(pairs).T
    row = pick(result.tables["against_size"], n_validation=size)
    assert row["reported"] == pytest.approx(reported.mean())
    assert row["gap"] == pytest.approx((reported - fresh).mean())
    assert len(result.tables["against_size"]) == 3


def test_the_estimates_are_set_beside_what_was_measured(result):
    rows = by(result.tables["estimates"], "quantity", "method")
    ways = by(result.tables["ways"], "way")
    choices = by(result.tables["repetitions"], "repetition", "pair", "way")
    row = rows["optimism", "measured"]
    assert row["estimate"] == pytest.approx(-ways[VALIDATION]["gap"])
    assert row["high"] == pytest.approx(-ways[VALIDATION]["gap_low"])
    row = rows["other_winner", "measured"]
    others = [
        choices[r, pair, TEST]["configuration"] != choices[r, pair, VALIDATION]["configuration"]
        for r in range(4)
        for pair in (0, 1)
    ]
    assert row["estimate"] == pytest.approx(np.mean(others))
    assert len(rows) == 8


def test_the_answer_and_the_notes_hold_the_numbers(result):
    row = by(result.tables["ways"], "way")[TEST]
    low, value, high = (100 * row[name] for name in ("gap_low", "gap", "gap_high"))
    assert f"{value:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−") in result.answer
    assert "Among 12 trials" in result.answer
    sealed = by(result.tables["ways"], "way")[SEALED]
    within = abs(sealed["gap_low"]) <= 0.005 and abs(sealed["gap_high"]) <= 0.005
    assert ("an interval within ±0.5" in result.answer) == within
    assert "4 repetitions" in result.notes[1]
    assert "2 pairs" in result.notes[1]


def test_the_spaces_hold_the_chapters_network():
    for protocol in PROTOCOLS.values():
        assert protocol.default == Configuration(2, 100, 0.1, 40)
        assert protocol.default in protocol.configurations
    default = PROTOCOLS["default"].configurations
    assert len(default) == len(set(default)) == 60
    for scale, protocol in PROTOCOLS.items():
        assert len(protocol.configurations) * protocol.n_seeds >= (
            100 if scale == "quick" else 1000
        )


def test_the_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["ways", "against-trials", "against-size", "errors", "estimates"]
    ways = drawing.ways_table(result)
    assert all(row in held(found["ways"].spec()) for row in ways)
    for name in ("trials", "size"):
        rows = [{"way": VALIDATION, **row} for row in result.tables[f"against_{name}"]]
        gaps = drawing.gaps_table(rows)
        assert found[f"against-{name}"].spec()["layer"][0]["data"]["values"] == gaps
        assert gaps[0]["way"] == TEXTS[VALIDATION]
        assert gaps[0]["estimate"] == pytest.approx(100 * rows[0]["gap"])
        errors = drawing.errors_table(result, f"against_{name}")
        assert all(row in held(found["errors"].spec()) for row in errors)
    shown = held(found["estimates"].spec())
    assert all(row in shown for row in drawing.estimates_table(result))
