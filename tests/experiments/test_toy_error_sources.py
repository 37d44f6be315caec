"""`toy-error-sources` against plain least squares, quadrature and simulation."""

import numpy as np
import pytest
from experiments.quick import by, drawn, quick
from scipy import integrate, stats

from genlab._base.words import estimate
from genlab.experiments.toy_error_sources import large_model
from genlab.experiments.toy_error_sources import noise_kinds as kinds
from genlab.experiments.toy_error_sources.figures import parts_table
from genlab.models import HingeRegression


@pytest.fixture(scope="module")
def result():
    return quick("toy-error-sources")


def function(x):
    return np.exp(np.sin(2 * np.pi * x))


def hinges(x, n_hidden):
    joints = np.arange(n_hidden) / n_hidden
    return np.column_stack([np.ones(len(x)), np.maximum(x[:, None] - joints, 0)])


def solve(features, y):
    return np.linalg.lstsq(features, y, rcond=None)[0]


def deviates(row, value):
    """By how many standard errors."""
    return abs(row["estimate"] - value) / ((row["high"] - row["low"]) / (2 * 1.96))


def test_the_parts_are_those_of_plain_least_squares(result):
    parts = by(result.tables["parts"], "part")
    rng = np.random.default_rng(1)
    places = (np.arange(50) + 0.5) / 50
    fits, losses = [], []
    for _ in range(3_000):
        x = (np.arange(15) + rng.random(15)) / 15
        weights = solve(hinges(x, 3), function(x) + 0.3 * rng.standard_normal(15))
        fits.append(hinges(places, 3) @ weights)
        new = rng.random(30)
        target = function(new) + 0.3 * rng.standard_normal(30)
        losses.append(np.mean((hinges(new, 3) @ weights - target) ** 2))
    fits = np.array(fits)
    variance = fits.var(axis=0, ddof=1)
    bias_squared = ((fits.mean(axis=0) - function(places)) ** 2 - variance / len(fits)).mean()
    assert parts["bias_squared"]["exact"] == pytest.approx(bias_squared, rel=0.005)
    assert parts["variance"]["exact"] == pytest.approx(variance.mean(), rel=0.05)
    assert parts["test_error"]["exact"] == pytest.approx(np.mean(losses), rel=0.02)
    assert parts["noise"]["exact"] == 0.3**2
    best = solve(hinges(places, 3), function(places))
    distance = np.mean((hinges(places, 3) @ best - function(places)) ** 2)
    assert parts["best_bias_squared"]["exact"] == pytest.approx(distance, rel=0.01)


def test_each_part_agrees_with_its_exact_value_and_they_add_up(result):
    parts = by(result.tables["parts"], "part")
    measured = [row for row in parts.values() if row["estimate"] is not None]
    assert len(measured) == 6
    assert all(deviates(row, row["exact"]) < 4 for row in measured)
    total = sum(parts[name]["estimate"] for name in ("noise", "bias_squared", "variance"))
    assert parts["sum"]["estimate"] == pytest.approx(total, abs=1e-12)
    assert parts["test_error_minus_sum"]["estimate"] == pytest.approx(
        parts["test_error"]["estimate"] - total, abs=1e-12
    )
    for name in ("noise", "bias_squared", "variance"):
        at = [row["estimate"] for row in result.tables["parts_by_x"] if row["part"] == name]
        assert np.mean(at) == pytest.approx(parts[name]["estimate"])
    cells = result.tables["test_error_by_x"]
    far = [deviates(row, row["noise_bias_variance"]) for row in cells]
    assert max(far) < 4.5
    assert np.mean(far) < 1.3


@pytest.mark.parametrize("kind", kinds.NOISE_KINDS, ids=lambda kind: kind.name)
def test_closed_forms_of_the_kinds_of_noise(kind, result):
    mean = integrate.quad(function, 0, 1)[0]
    variance = integrate.quad(lambda x: (function(x) - mean) ** 2, 0, 1)[0]
    assert mean == pytest.approx(kinds.MEAN_F)
    assert variance == pytest.approx(kinds.VARIANCE_F)
    rng = np.random.default_rng(2)
    n = 1_000_000
    f, other = function(rng.random(n)), function(rng.random(n))
    wrong = rng.random(n) < kinds.MISLABELLED_FRACTION
    y = {
        "measurement_error": f + rng.normal(0, 0.3, n),
        "unobserved_variable": f + 0.3 * np.sqrt(3) * rng.uniform(-1, 1, n),
        "mislabelled": np.where(wrong, other, f),
    }[kind.name]
    deviation = y - kind.mean(f)
    assert np.mean(deviation**2) == pytest.approx(0.09, rel=0.015)
    assert stats.kurtosis(deviation, fisher=False) == pytest.approx(kind.kurtosis, rel=0.02)
    assert np.mean(np.abs(deviation) > 0.6) == pytest.approx(kind.beyond_2_sd, rel=0.02)
    # No line through f predicts better than the mean: what is left is uncorrelated with f.
    assert np.polyfit(f, y, 1) == pytest.approx(
        [kind.weight_of_f, (1 - kind.weight_of_f) * mean], abs=0.004
    )
    rows = [row for row in result.tables["kinds_of_noise"] if row["kind"] == kind.name]
    assert len(rows) == 4
    assert all(row["estimate"] == row["exact"] or deviates(row, row["exact"]) < 4 for row in rows)
    moved = [row for row in result.tables["mean_moved"] if row["kind"] == kind.name]
    middles = np.array([row["x"] for row in moved])
    shift = (1 - kind.weight_of_f) * (mean - function(middles))
    assert [row["exact"] for row in moved] == pytest.approx(shift.tolist(), abs=0.01)
    assert max(deviates(row, row["exact"]) for row in moved) < 4.5


def test_what_went_into_each_target():
    for kind in kinds.NOISE_KINDS:
        sets = kind.draw(3, 500, 7)
        assert (sets.clean == function(sets.x)).all()
        if kind is kinds.MISLABELLED:
            assert (sets.y[~sets.cause] == sets.clean[~sets.cause]).all()
            for y, clean, wrong in zip(sets.y, sets.clean, sets.cause, strict=True):
                assert np.isin(y[wrong], clean).all()
                assert (y[wrong] != clean[wrong]).all()
            assert sets.cause.mean() == pytest.approx(kinds.MISLABELLED_FRACTION, abs=0.02)
        else:
            weight = {"measurement_error": 1.0, "unobserved_variable": 0.3 * 3**0.5}[kind.name]
            assert sets.y - sets.clean == pytest.approx(weight * sets.cause)


def test_the_large_model_is_plain_least_squares(result):
    train, test = (kinds.UNOBSERVED.draw(4, 300, seed) for seed in (1, 2))
    blind, seeing = [], []
    for i in range(4):
        inputs, new = (hinges(sets.x[i], 20) for sets in (train, test))
        blind.append(np.mean((new @ solve(inputs, train.y[i]) - test.y[i]) ** 2))
        observed = np.column_stack([inputs, train.cause[i]])
        fit = np.column_stack([new, test.cause[i]]) @ solve(observed, train.y[i])
        seeing.append(np.mean((fit - test.y[i]) ** 2))
    model = HingeRegression(20)
    assert large_model.errors_given_x(model, train, test) == pytest.approx(blind)
    assert large_model.errors_given_x_and_h(model, train, test) == pytest.approx(seeing)
    for row in result.tables["large_model"]:
        if row["given"] == "x":
            # Parameters over examples is what fitting costs where the noise is normal.
            assert row["above_low"] > 0
            assert row["above"] == pytest.approx(0.09 * 21 / row["n"], rel=0.5)
        else:
            assert row["high"] < 1e-4


def test_the_answer_holds_the_numbers(result):
    parts = by(result.tables["parts"], "part")
    for name in ("noise", "bias_squared", "variance", "sum", "test_error"):
        assert estimate(parts[name], 4) in result.answer
    for row in result.tables["large_model"]:
        if row["n"] == 2_000:
            assert estimate(row, 4) in result.answer
    for row in result.tables["kinds_of_noise"]:
        if row["quantity"] == "beyond_2_sd":
            assert estimate(row, 4) in result.notes[2]


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["sources", "kinds-of-noise", "parts", "floor"]
    stack = parts_table(result)
    tops = [row["top"] for row in stack if row["part"] == "variance"]
    sums = np.array([row["estimate"] for row in stack]).reshape(3, -1).sum(axis=0)
    assert tops == pytest.approx(sums.tolist())
    layers = figures["parts"].spec()["layer"]
    assert layers[0]["data"]["values"] == stack
    shown = [row["estimate"] for row in layers[2]["data"]["values"]]
    assert shown == [row["estimate"] for row in result.tables["test_error_by_x"]]
    dots = figures["floor"].spec()["layer"][2]["data"]["values"]
    large = result.tables["large_model"]
    assert [row["estimate"] for row in dots] == [row["estimate"] for row in large]
