"""`bias-for-smoothness`: closed forms against plain loops, and a small run by hand."""

import numpy as np
import pytest
from experiments.quick import by, drawn, held, pick, ran
from scipy import special, stats

from genlab.datasets import DataSpec, make_mnist1d, make_toy_regression, values_on_paths
from genlab.experiments.bias_for_smoothness import (
    PROTOCOLS,
    Protocol,
    Setting,
    Toy,
    differences,
    mean_correlation,
    stopping,
)
from genlab.experiments.bias_for_smoothness.figures import differences_table, toy_table
from genlab.experiments.bias_for_smoothness.networks import Course, at_level, measured
from genlab.experiments.bias_for_smoothness.toy import (
    at_loss,
    descent,
    fits,
    fitted_by,
    measure_toy,
    random_models,
    ridge,
)
from genlab.experiments.bias_for_smoothness.words import answer, finding, largest_step_effect
from genlab.measure import path_roughness
from genlab.sweep import CellResult
from genlab.training import Recipe

NAME = "bias-for-smoothness"
TOY = Toy(30, n_members=3)
PROBLEM = make_toy_regression(n=15, design="grid")


def tiny(method, rate):
    return Setting(method, Recipe.sgd(rate, batch_size=None, steps=1), 5, 120)


TINY = Protocol(
    TOY,
    3,
    n_members=2,
    n_train=60,
    n_test=40,
    width=6,
    n_paths=3,
    n_places=5,
    levels=(2.2, 2.0),
    n_evaluations=4,
    evaluate_every=5,
    settings=(tiny("plain", 0.1), tiny("small_steps", 0.05), tiny("large_steps", 0.2)),
)


@pytest.fixture(scope="module")
def result():
    return ran(NAME, TINY)


@pytest.fixture(scope="module")
def models():
    samples = PROBLEM.fresh(4, seed=3)
    return samples, random_models(samples, TOY, 3, 0)


def plain_features(x, knots):
    hidden = [np.clip(x - knot, 0, None) for knot in knots]
    return np.stack([np.ones_like(x), *hidden], axis=1)


def test_the_protocols():
    for protocol in PROTOCOLS.values():
        assert protocol.methods[0] == "plain"
        assert protocol.methods[-1] == "ensemble"
        assert list(protocol.levels) == sorted(protocol.levels, reverse=True)
        assert all(s.first >= protocol.evaluate_every for s in protocol.settings)
        assert protocol.toy.n_hidden >= 2 * protocol.toy.n_points
        assert protocol.toy.quoted in protocol.toy.levels


@pytest.mark.parametrize("step_size", [0.005, 0.5, 0.95])
def test_the_filter_of_descent_is_that_of_a_loop(models, step_size):
    samples, found = models
    for steps in (1, 40):
        filters = descent(found, step_size)(np.full(4, float(steps)))
        for i in range(4):
            for j in range(3):
                features = plain_features(samples.x[i], found.knots[i, j])
                rate = step_size * 2 / np.linalg.norm(features, ord=2) ** 2
                parameters = np.zeros(features.shape[1])
                for _ in range(steps):
                    residuals = features @ parameters - samples.y[i]
                    parameters -= rate * features.T @ residuals
                if step_size == 0.95 and steps == 1:
                    # |1 − η s²| stands for 1 − η s² below 0, whose odd powers are negative.
                    continue
                assert found.parameters(filters)[i, j] == pytest.approx(parameters, abs=1e-9)


def test_the_filter_of_weight_decay_is_that_of_ridge_regression(models):
    samples, found = models
    filters = ridge(found)(np.full(4, 1 / 0.3))
    for i in range(4):
        features = plain_features(samples.x[i], found.knots[i, 1])
        gram = features.T @ features + 0.3 * np.eye(features.shape[1])
        expected = np.linalg.solve(gram, features.T @ samples.y[i])
        assert found.parameters(filters)[i, 1] == pytest.approx(expected, abs=1e-9)


def test_roughness_is_that_of_the_piecewise_linear_function(models):
    """Between two neighbouring knots the function is a straight line."""
    samples, found = models
    filters = at_loss(found, samples.y, descent(found, 0.5), 0.009)[1]
    fit = fits(found, filters)
    for i in range(4):
        corners = np.append(np.unique(found.knots[i]), 1.0)
        values = np.mean(
            [
                plain_features(corners, found.knots[i, j]) @ found.parameters(filters)[i, j]
                for j in range(3)
            ],
            axis=0,
        )
        assert fit.predict(corners)[i] == pytest.approx(values, abs=1e-9)
        slopes = np.diff(values) / np.diff(corners)
        assert fit.total_variation()[i] == pytest.approx(np.abs(np.diff(values)).sum())
        assert fit.curvature()[i] == pytest.approx(np.abs(np.diff(slopes)).sum(), rel=1e-6)


def test_every_toy_fit_has_its_training_loss_and_the_same_data(models):
    found = measure_toy(PROBLEM, TOY, 5)
    for (_, level, quantity), values in found.items():
        assert len(values) == 30
        if quantity == "train_loss":
            assert values == pytest.approx(level, rel=1e-9)
    # The test error is the noise and a fine average of the squared distance from the truth.
    samples = PROBLEM.fresh(30, seed=5)
    first = random_models(samples, TOY, 5, 0)
    _, fit = fitted_by("weight_decay", first, samples.y, 0.045, TOY)
    x = (np.arange(4000) + 0.5) / 4000
    distance = ((fit.predict(x)[7] - np.exp(np.sin(2 * np.pi * x))) ** 2).mean()
    error = found["weight_decay", 0.045, "test_error"][7]
    assert error == pytest.approx(0.09 + distance, rel=1e-3)


def test_data_sets_are_the_same_however_many_there_are():
    few, many = (
        measure_toy(PROBLEM, Toy(n, n_members=2, levels=(0.045,), quoted=0.045), 1)
        for n in (3, 103)
    )
    for key, values in few.items():
        assert np.array_equal(values, many[key][:3])


def course(losses, errors):
    return Course(np.array([1, 2, 4, 8]), np.array(losses), {"test_error": np.array(errors)})


def test_values_at_a_level_are_interpolated_in_the_logarithm_of_the_loss():
    found = at_level(course([1.0, 0.4, 0.1, 0.2], [0.9, 0.7, 0.5, 0.1]), 0.2)
    assert found == {
        "loss_before": 0.4,
        "loss_after": 0.1,
        "step": pytest.approx(3.0),
        "test_error": pytest.approx(0.6),
    }
    assert at_level(course([1.0, 0.4, 0.1, 0.2], [0.9, 0.7, 0.5, 0.1]), 0.1)["step"] == 4


@pytest.mark.parametrize(
    ("losses", "why"),
    [
        ([0.1, 0.1, 0.1, 0.1], "below from the first evaluation on"),
        ([1.0, 0.5, 0.4, 0.3], "never below"),
        ([1.0, np.nan, np.nan, np.nan], "diverged"),
        ([np.nan, 0.1, 0.1, 0.1], "no loss before"),
    ],
)
def test_a_run_that_does_not_cross_a_level_has_no_values(losses, why):
    assert at_level(course(losses, [0.9, 0.7, 0.5, 0.1]), 0.2) is None, why


def cell_result(outputs, diverged_at=-1):
    curve = np.array([np.nan, np.nan])
    return CellResult(
        np.array([0, 9]), curve, curve, curve, curve, diverged_at, 1, test_outputs=outputs
    )


def test_an_ensemble_is_measured_by_the_mean_of_the_probabilities():
    whole = make_mnist1d(n_samples=50)
    paths = DataSpec.of_part("paths", whole.spec, n_paths=2, n_places=4)
    data = DataSpec.of_part("fitted_too", paths).make()
    rng = np.random.default_rng(0)
    outputs = [rng.normal(size=(data.n_test, 10)).astype(np.float32) for _ in range(3)]
    noisy = rng.integers(0, 10, whole.n_train)
    labels = (whole.y_test, noisy)
    found = measured([cell_result(z) for z in outputs], data.spec, labels)
    mean = np.mean([special.softmax(np.float64(z), axis=1) for z in outputs], axis=0)
    of_train = mean[-whole.n_train :]
    losses = [-np.log(p[label]) for p, label in zip(of_train, noisy, strict=True)]
    assert found["train_loss"] == pytest.approx(np.mean(losses))
    wrong = mean[: whole.n_test].argmax(axis=1) != whole.y_test
    assert found["test_error"] == pytest.approx(wrong.mean())
    between = values_on_paths(paths, mean[: -whole.n_train]).paths
    rough = [path_roughness(between[kind]).total_variation for kind in ("different", "same")]
    assert found["total_variation"] == pytest.approx(np.mean(rough))
    assert np.isnan(
        measured([cell_result(outputs[0]), cell_result(outputs[1], 9)], data.spec, labels)[
            "train_loss"
        ]
    )


def test_a_run_of_one_network_has_its_own_losses_and_errors(result):
    """The cells count paths and training examples in their test sets; the runs do not."""
    from genlab.experiments import Context
    from genlab.experiments.bias_for_smoothness.networks import Network, training_cells

    cells = training_cells(Context(0, None), TINY)
    steps = TINY.settings[1].steps(4)[2]
    cell = cells[Network("small_steps", 1, 0, steps)]
    own = cell.run()
    row = pick(result.tables["runs"], method="small_steps", seed=1, step=steps)
    assert row["train_loss"] == pytest.approx(own.train_loss[-1], rel=1e-5)
    data = DataSpec.of(DataSpec.of(cell.data.arguments["of"]).arguments["of"]).make()
    wrong = own.test_outputs[: data.n_test].argmax(axis=1) != data.y_test
    assert row["test_error"] == pytest.approx(wrong.mean())
    # The members of an ensemble share the training set and its labels.
    other = cells[Network("plain", 1, 1, steps)]
    assert (other.data, other.seed.label_noise) == (cell.data, cell.seed.label_noise)
    assert other.seed.initialisation != cell.seed.initialisation


def test_differences_hold_at_once():
    rng = np.random.default_rng(1)
    values = {
        (method, 0.5, "test_error"): rng.normal(size=6) for method in ("plain", "a", "b", "c")
    }
    rows = by(differences(values, ("test_error",)), "method")
    assert set(rows) == {"a", "b", "c"}
    for method, row in rows.items():
        away = values[method, 0.5, "test_error"] - values["plain", 0.5, "test_error"]
        half = stats.t.ppf(1 - 0.025 / (2 * 3), 5) * stats.sem(away)
        assert row["estimate"] == pytest.approx(away.mean())
        assert row["low"] == pytest.approx(away.mean() - half)
    assert differences({("plain", 0.5, "test_error"): np.ones(3)}, ("test_error",)) == []


def test_stopping_is_compared_with_the_lowest_level():
    rng = np.random.default_rng(1)
    values = {("plain", level, "test_error"): rng.normal(size=6) for level in (0.5, 0.2, 0.1)}
    rows = by(stopping(values | {("a", 0.05, "test_error"): np.ones(6)}, ("test_error",)), "level")
    assert set(rows) == {0.5, 0.2}
    away = values["plain", 0.5, "test_error"] - values["plain", 0.1, "test_error"]
    assert rows[0.5]["lowest"] == 0.1
    assert rows[0.5]["estimate"] == pytest.approx(away.mean())
    half = stats.t.ppf(1 - 0.025 / (2 * 2), 5) * stats.sem(away)
    assert rows[0.5]["high"] == pytest.approx(away.mean() + half)
    assert stopping({("a", 0.5, "test_error"): np.ones(3)}, ("test_error",)) == []


def test_correlations_with_and_without_the_ensemble(result):
    rows = by(result.tables["correlations"], "level", "methods", "roughness")
    means = by(result.tables["networks"], "method", "level", "quantity")
    for (level, methods, _), row in rows.items():
        there = {method for method, at, _ in means if at == level}
        assert row["n_methods"] == len(there - ({"ensemble"} if methods == "single" else set()))
    assert {key[1] for key in rows} == {"all", "single"}


def test_correlations_are_scipys_and_stay_within_their_bounds():
    rng = np.random.default_rng(2)
    rough, errors = rng.integers(0, 5, (6, 8)), rng.normal(size=(6, 8))
    found = mean_correlation(rough, errors)
    each = [stats.spearmanr(rough[:, i], errors[:, i]).statistic for i in range(8)]
    assert float(found.mean) == pytest.approx(np.mean(each))
    perfect = mean_correlation(errors, np.exp(errors))
    assert float(perfect.mean) == pytest.approx(1)
    assert -1 <= float(perfect.low) < float(perfect.high) <= 1
    assert int(mean_correlation(np.ones((6, 8)), errors).n) == 0


SHIFTS = {"down": (-0.03, -0.02), "up": (0.02, 0.03), "none": (-0.01, 0.02)}


@pytest.mark.parametrize(
    ("rough", "error", "lead"),
    [
        ("down", "down", "an ensemble of 2 networks is smoother than plain training, and has a l"),
        ("up", "up", "an ensemble of 2 networks is rougher than plain training, and has a h"),
        ("down", "up", "is smoother than plain training, but has a higher"),
        ("up", "down", "is rougher than plain training, but has a lower"),
        ("down", "none", "no method differs from plain training in both"),
    ],
)
def test_the_sentences_follow_the_intervals(result, rough, error, lead):
    tables = {name: [dict(row) for row in rows] for name, rows in result.tables.items()}
    for row in tables["network_differences"]:
        own = row["method"] == "ensemble"
        shift = {"total_variation": rough, "test_error": error}.get(row["quantity"])
        low, high = SHIFTS[shift if own and shift else "none"]
        row |= {"estimate": (low + high) / 2, "low": low, "high": high}
    text = answer(tables, TINY)
    assert lead in text
    told = {"down": "is 0.025 [0.020, 0.030] lower", "up": "0.025 [0.020, 0.030] higher"}
    points = {"down": "test error is 2.5 [2.0, 3.0] points lower"}
    points["up"] = points["down"].replace("lower", "higher")
    others = "small steps and large steps"
    if error == "none":
        others = "small steps, large steps and an ensemble of 2 networks"
        assert told[rough] not in text
    else:
        assert told[rough] in text
        assert points[error] in text
    assert f"With {others}, at least one of the two differences could be chance." in text


@pytest.mark.parametrize(
    ("ends", "short", "told"),
    [
        ((0.2, 0.8), "smoother networks have lower test error", "so smoother networks have lower"),
        (
            (-0.8, -0.2),
            "smoother networks have higher test error",
            "so smoother networks have higher",
        ),
        ((-0.2, 0.8), "These seeds do not show whether", "so these seeds do not show"),
    ],
)
def test_the_finding_follows_the_correlation(result, ends, short, told):
    # With the ensemble all agree, but the correlation without it is quoted.
    rows = [
        row | {"estimate": sum(at) / 2, "low": at[0], "high": at[1]}
        for row in result.tables["correlations"]
        for at in [ends if row["methods"] == "single" else (0.5, 0.9)]
    ]
    tables = result.tables | {"correlations": rows}
    assert short in finding(tables, TINY)
    assert len(finding(tables, TINY).split()) <= 25
    assert "over 3 ways to train" in finding(tables, TINY) or ends[0] < 0 < ends[1]
    assert told in answer(tables, TINY)


def test_without_a_common_level_the_toy_problem_answers(result):
    tables = result.tables | {"network_differences": []}
    assert "no two methods reach a common training loss" in answer(tables, TINY)
    assert finding(tables, TINY).startswith("In the toy problem, at equal training loss")


def test_the_largest_effect_of_a_step_is_a_bound_for_every_step_size(result):
    bound = largest_step_effect(result.tables, TOY.quoted)
    ends = [
        abs(row[end])
        for row in result.tables["toy_differences"]
        if row["quantity"] == "total_variation" and row["level"] == TOY.quoted
        if row["method"] in ("small_steps", "large_steps")
        for end in ("low", "high")
    ]
    assert len(ends) == 2 * 2
    assert bound == max(ends)
    caption = drawn(result)["toy"].caption
    told = caption.split("change total variation by at most ")[1].split(",")[0]
    assert bound <= float(told) <= 1.1 * bound


def test_the_tables_and_the_figures(result):
    reached = by(result.tables["reached"], "method", "level")
    assert set(reached) == {(m, level) for m in TINY.methods for level in TINY.levels}
    complete = {key for key, row in reached.items() if row["n_reached"] == 3}
    means = by(result.tables["networks"], "method", "level", "quantity")
    assert {key[:2] for key in means} == complete
    truth = result.tables["toy_truth"][0]
    # exp(sin(2πx)) rises from 1 to e, falls to 1/e and rises to 1.
    assert truth["total_variation"] == pytest.approx(2 * (np.e - 1 / np.e), rel=1e-6)
    charts = drawn(result)
    assert list(charts) == ["networks", "differences", "toy", "toy-fits"]
    assert "nats, plain training has a total variation of" in charts["networks"].caption
    assert " its test error " in charts["networks"].caption
    shown = held(charts["toy"].spec())
    expected = [row["estimate"] for row in toy_table(result)]
    assert {row["estimate"] for row in shown if "estimate" in row} == set(expected)
    points = [row for row in differences_table(result) if row["quantity"] == "test_error"]
    for row in points:
        own = pick(
            result.tables["network_differences"],
            method=row["method"],
            level=row["level"],
            quantity="test_error",
        )
        assert row["estimate"] == 100 * own["estimate"]
