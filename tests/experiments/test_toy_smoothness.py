"""`toy-smoothness` against plain least squares, closed forms and SciPy."""

import numpy as np
import pytest
from experiments.quick import charted, held, pick, quick
from scipy import linalg

from genlab._base.streams import DESCENT_START, numpy_stream
from genlab.datasets import make_toy_regression
from genlab.experiments import Context
from genlab.experiments.toy_smoothness import PROTOCOLS
from genlab.experiments.toy_smoothness.figures import roughness_table
from genlab.experiments.toy_smoothness.fits import gradient_descent, null_part

SEED, DESCENT_SEED = Context(0, None).seeds(2)


@pytest.fixture(scope="module")
def findings():
    return quick("toy-smoothness")


@pytest.fixture(scope="module")
def problem():
    return make_toy_regression(n=6)


def test_the_protocols():
    for protocol in PROTOCOLS.values():
        assert (protocol.n_points, protocol.capacities) == (6, (5, 6, 7, 8, 10, 50))


def plain_features(x, n_hidden):
    return np.stack(
        [np.ones_like(x), *(np.clip(x - k / n_hidden, 0, None) for k in range(n_hidden))], axis=-1
    )


@pytest.mark.parametrize("n_hidden", [5, 6, 10, 50])
def test_the_minimum_norm_fits_are_those_of_lstsq(findings, problem, n_hidden):
    """Roughness by differences of the curve's slopes, distance by a fine average."""
    samples = problem.fresh(400, seed=SEED)
    parameters = np.stack(
        [
            np.linalg.lstsq(plain_features(x, n_hidden), y)[0]
            for x, y in zip(samples.x, samples.y, strict=True)
        ]
    )
    knots = np.linspace(0, 1, n_hidden + 1)
    slopes = np.diff(parameters @ plain_features(knots, n_hidden).T, axis=1) * n_hidden
    bends = np.abs(np.diff(slopes, axis=1))
    x = (np.arange(200) + 0.5) / 200
    off = parameters @ plain_features(x, n_hidden).T - np.exp(np.sin(2 * np.pi * x))
    expected = {
        "roughness": bends.sum(axis=1),
        "sharpest_bend": bends.max(axis=1),
        "distance": np.sqrt((off**2).mean(axis=1)),
        "norm": np.sqrt((parameters**2).sum(axis=1)),
    }
    for quantity, values in expected.items():
        row = pick(
            findings.tables["interpolations"], capacity=n_hidden, multiple=0, quantity=quantity
        )
        quantiles = [row[name] for name in ("estimate", "quantile_05", "quantile_95")]
        assert quantiles == pytest.approx(np.quantile(values, [0.5, 0.05, 0.95]), rel=1e-6)
        assert row["low"] < row["estimate"] < row["high"]


def test_rough_fits_are_as_good_and_rough(findings):
    rows = findings.tables["interpolations"]
    capacities = {row["capacity"] for row in rows}
    assert {row["capacity"] for row in rows if row["multiple"] > 0} == capacities - {5}
    for capacity in capacities - {5}:
        for quantity in ("roughness", "distance"):
            rising = [
                pick(rows, capacity=capacity, multiple=multiple, quantity=quantity)["estimate"]
                for multiple in (0, 1, 3, 10)
            ]
            assert rising == sorted(rising)
        # What is added is orthogonal to the minimum-norm fit.
        norms = [
            pick(rows, capacity=capacity, multiple=multiple, quantity="norm")["estimate"]
            for multiple in (0, 1, 3, 10)
        ]
        ratios = np.array(norms) / norms[0]
        assert ratios == pytest.approx(np.sqrt([1, 2, 10, 101]), rel=1e-9)
    assert max(row["largest"] for row in findings.tables["training_residuals"]) < 1e-9


def test_each_drawn_curve_goes_through_the_points(findings, problem):
    """Where all knots lie on the drawn grid, straight lines between its points are the fit."""
    for capacity in (5, 8, 10, 50):
        rows = [row for row in findings.tables["fits"] if row["capacity"] == capacity]
        multiples = {row["multiple"] for row in rows}
        assert multiples == ({0} if capacity == 5 else {0, 5, -5})
        for multiple in multiples:
            curve = [(row["x"], row["y"]) for row in rows if row["multiple"] == multiple]
            assert np.interp(problem.x, *zip(*curve, strict=True)) == pytest.approx(
                problem.y, abs=1e-9
            )


def test_the_roughness_of_the_truth(findings):
    """exp(sin(2πx)) is steepest where s² + s = 1 for the sine s; the slope goes there and back."""
    s = (np.sqrt(5) - 1) / 2
    steepest = 2 * np.pi * np.exp(s) * np.sqrt(1 - s**2)
    assert findings.tables["truth"][0]["roughness"] == pytest.approx(4 * steepest, rel=1e-4)


def test_the_null_part_is_scipys():
    rng = np.random.default_rng(0)
    features, vectors = rng.normal(size=(7, 4, 9)), rng.normal(size=(7, 9))
    for one, vector, part in zip(features, vectors, null_part(features, vectors), strict=True):
        basis = linalg.null_space(one)
        assert part == pytest.approx(basis @ (basis.T @ vector))


def test_gradient_descent_has_its_closed_form_and_limit():
    """Along each singular direction the error shrinks by 1 − (s/s_max)² a step."""
    rng = np.random.default_rng(0)
    features, targets = rng.normal(size=(3, 4, 9)), rng.normal(size=(3, 4))
    start = rng.normal(size=(3, 9))
    for first in (np.zeros_like(start), start):
        reached = gradient_descent(features, targets, first, [1, 2, 30, 3000])
        for i, one in enumerate(features):
            basis = linalg.null_space(one)
            least = np.linalg.lstsq(one, targets[i])[0]
            limit = least + basis @ (basis.T @ first[i])
            _, s, vt = np.linalg.svd(one, full_matrices=False)
            for step, parameters in zip([1, 2, 30, 3000], reached[:, i], strict=True):
                left = (1 - (s / s[0]) ** 2) ** step * (vt @ (first[i] - limit))
                assert parameters == pytest.approx(limit + vt.T @ left, abs=1e-9)
            assert reached[-1, i] == pytest.approx(limit, abs=1e-6)


def test_descent_from_zero_and_from_random(findings, problem):
    """The end by the closed form, over the same data sets."""
    end = findings.tables["descent_end"]
    samples = problem.fresh(20, seed=DESCENT_SEED)
    normal = numpy_stream(DESCENT_SEED, DESCENT_START).standard_normal((21, 51))[1:]
    left = {"zero": [], "random": []}
    for x, y, direction in zip(samples.x, samples.y, normal, strict=True):
        features = plain_features(x, 50)
        least = np.linalg.lstsq(features, y)[0]
        length = np.linalg.norm(least)
        _, s, vt = np.linalg.svd(features)
        # 1 along the directions that no point sees.
        kept = np.ones(51)
        kept[:6] = (1 - (s / s[0]) ** 2) ** 5_000
        for start, first in (
            ("zero", np.zeros(51)),
            ("random", 3 * length * direction / np.linalg.norm(direction)),
        ):
            left[start].append(np.linalg.norm(kept * (vt @ (first - least))) / length)
    for start, values in left.items():
        row = pick(end, start=start, quantity="parameters")
        assert (row["step"], row["n_datasets"]) == (5_000, 20)
        assert row["estimate"] == pytest.approx(np.median(values), rel=1e-6)
    assert np.median(left["random"]) > 2.5 > 1 > np.median(left["zero"])
    for start in ("zero", "random"):
        losses = [
            row["estimate"]
            for row in findings.tables["descent"]
            if row["start"] == start and row["quantity"] == "training"
        ]
        assert losses == sorted(losses, reverse=True)


def test_the_answer_is_that_of_the_tables(findings):
    rows = findings.tables["interpolations"]
    for capacity, quantity, multiple, digits in (
        (5, "distance", 0, 3),
        (50, "distance", 0, 3),
        (50, "roughness", 0, 1),
        (50, "roughness", 10, 0),
        (50, "distance", 10, 3),
    ):
        row = pick(rows, capacity=capacity, quantity=quantity, multiple=multiple)
        low, high = (f"{row[name]:.{digits}f}" for name in ("low", "high"))
        assert f"{row['estimate']:.{digits}f} [{low}, {high}]" in findings.answer
    row = pick(findings.tables["descent_end"], start="zero", quantity="predictions")
    assert f"{row['estimate']:.3g} [{row['low']:.3g}, {row['high']:.3g}]" in findings.answer


def test_the_figures_hold_the_tables(findings):
    found = charted(findings)
    assert list(found) == ["fits", "roughness", "descent"]
    specs = [figure.spec() for figure in found.values()]
    panels = [panel for row in specs[0]["vconcat"] for panel in row["hconcat"]]
    assert len(panels) == 6
    assert len(roughness_table(findings)) == 2 * (1 + 5 * 3)
    shown = [row for row in held(specs[1]) if "estimate" in row]
    assert all(row in shown for row in roughness_table(findings))
    truth = [row for row in held(specs[1]) if row.get("fit") == "truth"]
    assert truth == [{"fit": "truth", "y": findings.tables["truth"][0]["roughness"]}]
    shown = [row for row in held(specs[2]) if "estimate" in row]
    assert {row["estimate"] for row in shown} == {
        row["estimate"] for row in findings.tables["descent"]
    }
