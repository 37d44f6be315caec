"""Variance components: against mean squares, pairs of networks, and closed forms."""

from itertools import combinations, product
from math import prod

import numpy as np
import pytest
from scipy import stats

from benchmarks import coverage_components
from genlab.measure import (
    brier_parts,
    ensemble_components,
    ensemble_difference,
    squared_loss_parts,
    variance_components,
)

SOURCES = ("sample", "noise", "weights")
LEVELS = (2, 3, 2)


def probabilities(replicates=6, levels=LEVELS, seed=0):
    """Of four classes at five examples, from effects of every set of sources."""
    rng, logits = np.random.default_rng(seed), 0.0
    for shared in product((0, 1), repeat=len(levels)):
        own = [n if kept else 1 for kept, n in zip(shared, levels, strict=True)]
        logits = logits + rng.normal(size=(replicates, *own, 5, 4))
    odds = np.exp(logits)
    return odds / odds.sum(axis=-1, keepdims=True)


def mean_squares(values):
    """The mean square of each set of axes but the last: sums of squares over degrees of freedom."""
    axes, n = range(values.ndim - 1), values.shape[:-1]
    found = {}
    for k in axes:
        for of in combinations(axes, k + 1):
            effect = np.zeros(values.shape)
            for m in range(k + 2):
                for kept in combinations(of, m):
                    others = tuple(axis for axis in axes if axis not in kept)
                    mean = values.mean(axis=others, keepdims=True)
                    effect = effect + (-1) ** (k + 1 - m) * mean
            found[of] = (effect**2).sum() / prod(n[j] - 1 for j in of)
    return found


@pytest.mark.parametrize("levels", [LEVELS, (2, 2, 3, 2)])
def test_the_method_of_moments_with_expected_mean_squares(levels):
    """E MS_S is Σ over T ⊇ S of the component of T times the levels of the sources not in T."""
    names = (*SOURCES, "order")[: len(levels)]
    values = probabilities(levels=levels)
    found = variance_components(values, names)
    for replicate, one in enumerate(values):
        squares = mean_squares(one.reshape(*levels, -1) / np.sqrt(5))
        for of in squares:
            over = [t for t in squares if {*of} <= {*t}]
            alone = sum((-1) ** (len(t) - len(of)) * squares[t] for t in over)
            alone /= prod(n for j, n in enumerate(levels) if j not in of)
            name = ":".join(names[j] for j in of)
            assert found.by_replicate[name][replicate] == pytest.approx(alone, abs=1e-14)
    assert [*found.components] == [
        ":".join(of) for n in range(1, len(names) + 1) for of in combinations(names, n)
    ]


def test_four_crossed_sources_of_known_variances():
    """A prediction is a sum of normal effects, one for each of the 15 sets of sources."""
    rng, names = np.random.default_rng(0), (*SOURCES, "order")
    sets = [of for n in range(1, 5) for of in combinations(range(4), n)]
    truth = {":".join(names[j] for j in of): 3.0 * (i % 4) for i, of in enumerate(sets)}
    values = np.zeros((200, 2, 2, 2, 2, 5, 1))
    for of, variance in zip(sets, truth.values(), strict=True):
        own = [2 if j in of else 1 for j in range(4)]
        values = values + np.sqrt(variance) * rng.normal(size=(200, *own, 5, 1))
    found = variance_components(values, names)
    for name, variance in truth.items():
        error = stats.sem(found.by_replicate[name])
        assert abs(found.components[name].mean - variance) < 4 * error
        assert error < 1
    for source in names:
        involved = sum(v for name, v in truth.items() if source in name.split(":"))
        total = found.total_effects[source]
        assert total.low < involved < total.high
    assert found.variance.low < sum(truth.values()) < found.variance.high


def half_differences(values, shared):
    """Half the mean squared difference of the networks that share these sources and no others."""
    cells = [*np.ndindex(LEVELS)]
    return np.mean(
        [
            ((one[a] - one[b]) ** 2).sum() / 5 / 2
            for one in values
            for a in cells
            for b in cells
            if [x == y for x, y in zip(a, b, strict=True)] == shared
        ]
    )


def test_total_effects_and_variance_are_those_of_pairs_of_networks():
    values = probabilities()
    found = variance_components(values, SOURCES)
    assert found.variance.mean == pytest.approx(half_differences(values, [False] * 3))
    for i, source in enumerate(SOURCES):
        alone = half_differences(values, [j != i for j in range(3)])
        assert found.total_effects[source].mean == pytest.approx(alone)
        involved = sum(p.mean for name, p in found.components.items() if source in name.split(":"))
        assert involved == pytest.approx(alone)
    assert sum(part.mean for part in found.components.values()) == pytest.approx(
        float(found.variance.mean), rel=1e-12
    )
    assert found.loss is found.bias_squared is found.noise is None


def test_the_parts_add_up_to_the_brier_score():
    values, labels = probabilities(), [0, 3, 1, 2, 2]
    found = variance_components(values, SOURCES, labels)
    score = brier_parts(values.reshape(-1, 5, 4), labels)[1].loss.mean
    parts = found.bias_squared.mean + sum(part.mean for part in found.components.values())
    assert found.loss.mean == pytest.approx(float(score), rel=1e-12)
    assert parts == pytest.approx(float(score), rel=1e-12)
    # Bias² is the mean product of two networks that share nothing.
    away = values - np.eye(4)[labels]
    cells = [*np.ndindex(LEVELS)]
    apart = [(a, b) for a in cells for b in cells if all(map(int.__ne__, a, b))]
    pairs = [(one[a] * one[b]).sum() / 5 for one in away for a, b in apart]
    assert found.bias_squared.mean == pytest.approx(np.mean(pairs))


def test_the_parts_add_up_to_the_squared_error_with_noise():
    values, truth = probabilities()[..., :1], np.linspace(0, 1, 5)
    found = variance_components(values, SOURCES, truth[:, None], 0.3**2)
    loss = squared_loss_parts(values.reshape(-1, 5), truth, 0.3)[1].loss.mean
    parts = found.bias_squared.mean + sum(part.mean for part in found.components.values())
    assert found.noise == pytest.approx(0.09)
    assert found.loss.mean == pytest.approx(float(loss), rel=1e-12)
    assert parts + found.noise == pytest.approx(float(loss), rel=1e-12)
    each = variance_components(values, SOURCES, truth[:, None], np.arange(5))
    assert each.noise == 2
    assert each.loss.mean == pytest.approx(float(loss) - 0.09 + 2, rel=1e-12)


def of_values(components):
    """A design of one source whose component has these values in its replicates."""
    n = len(components)
    values = np.zeros((n, 2, 1, n))
    values[np.arange(n), 1, 0, np.arange(n)] = np.sqrt(2 * np.asarray(components))
    return values


def test_the_interval_is_students_where_values_are_symmetric():
    values = np.array([1.0, 9, 2, 8, 0, 10, 5])
    found = variance_components(of_values(values), ["sample"]).components["sample"]
    half = stats.t.ppf(0.975, 6) * stats.sem(values)
    assert found.mean == pytest.approx(5)
    # So clear an estimate has the skewness of a log-normal distribution: the upper end moves out.
    assert found.low == pytest.approx(5 - half)
    assert found.high == pytest.approx(
        5 + half + (1 + 2 * stats.norm.ppf(0.975) ** 2) / 6 * 3 * stats.sem(values) ** 2 / 5
    )


def test_a_negative_estimate_is_reported_as_it_is():
    """Both sources act only together, with opposite signs: their main effects come out negative."""
    values = np.zeros((6, 2, 2, 1, 6))
    for r in range(6):
        values[r, :, :, 0, r] = (1 + r) * np.array([[1, -1], [-1, 1]])
    found = variance_components(values, ["sample", "weights"])
    main = found.components["sample"]
    assert main.mean == pytest.approx(-2 * np.mean(np.arange(1, 7) ** 2))
    assert main.low == main.mean
    assert main.high == 0
    assert found.components["sample:weights"].mean == -2 * main.mean
    assert found.total_effects["sample"].mean == -main.mean
    assert found.total_effects["sample"].low > 0


def test_no_interval_where_none_would_cover():
    few = variance_components(probabilities(5), SOURCES)
    assert few.reason == "an interval needs at least 6 replicates of the design, got 5"
    line = variance_components(probabilities(8)[..., :1, :1], SOURCES)
    assert line.reason == (
        "the predictions vary in about 1.0 directions, which 8 replicates are too few for"
    )
    for found in (few, line):
        for part in [*found.components.values(), found.variance]:
            assert np.isfinite(part.mean)
            assert np.isnan(part.low)
            assert np.isnan(part.high)
    assert variance_components(probabilities(24)[..., :1, :1], SOURCES).reason == ""


def test_a_replicate_with_a_diverged_network_is_left_out():
    values = probabilities(8)
    values[3, 1, 2, 0, 4, 1] = np.nan
    found = variance_components(values, SOURCES)
    others = variance_components(np.delete(values, 3, axis=0), SOURCES)
    assert found.variance.n == 7
    for name, part in found.components.items():
        assert part.row() == others.components[name].row()


def test_ensembles_of_networks_in_the_design():
    """The prediction is then the measured loss, of all pairs of initial weights and noise."""
    values, labels = probabilities(), [0, 3, 1, 2, 2]
    found = variance_components(values, SOURCES, labels)
    true = np.eye(4)[labels]
    pair = ensemble_components(found, 2, ["weights"])
    assert pair.loss.mean == pytest.approx(
        ((values.mean(axis=3) - true) ** 2).sum(axis=-1).mean(), rel=1e-12
    )
    # Networks that differ in noise and in weights.
    members = [
        (values[:, :, a, i] + values[:, :, b, 1 - i]) / 2
        for a, b in combinations(range(3), 2)
        for i in (0, 1)
    ]
    measured = np.mean([((one - true) ** 2).sum(axis=-1).mean() for one in members])
    differ = ensemble_components(found, 2, ["noise", "weights"])
    assert differ.loss.mean == pytest.approx(measured, rel=1e-12)
    assert differ.components["sample"].mean == found.components["sample"].mean
    assert differ.components["sample:noise"].mean == found.components["sample:noise"].mean / 2
    assert differ.bias_squared.mean == found.bias_squared.mean


def test_the_difference_of_other_ensembles():
    labels = [0, 3, 1, 2, 2]
    found = variance_components(probabilities(), SOURCES, labels, 0.5)
    members = probabilities(9, (4, 1, 1), seed=1)[:, :, 0, 0]
    loss, difference = ensemble_difference(members, labels, found, ["sample"])
    away = members.mean(axis=1) - np.eye(4)[labels]
    losses = (away**2).sum(axis=-1).mean(axis=1) + 0.5
    singles = ((probabilities() - np.eye(4)[labels]) ** 2).sum(axis=-1).mean(axis=(1, 2, 3, 4))
    involved = sum(v for name, v in found.by_replicate.items() if "sample" in name.split(":"))
    test = stats.ttest_ind(losses, singles + 0.5 - 0.75 * involved, equal_var=False)
    ends = test.confidence_interval()
    assert loss.mean == pytest.approx(losses.mean())
    assert 0.5 < loss.low < loss.mean < loss.high
    assert (difference.low, difference.high) == pytest.approx((ends.low, ends.high))


def test_coverage_of_least_squares_in_closed_form():
    """A short version of `benchmarks/coverage_components.py`."""
    case = coverage_components.least_squares(n=6, p=40, noise=2.0, scale=0.5)
    exact = coverage_components.known(case)
    shares = coverage_components.covered(case, replicates=8, levels=2, repetitions=60)
    assert min(shares.values()) > 0.86
    assert 0.925 < np.mean([share for name, share in shares.items() if exact.get(name)]) < 0.985


def test_estimates_of_least_squares_are_unbiased():
    case = coverage_components.least_squares(n=6, p=40, noise=2.0, scale=0.5)
    values = case.draw(np.random.default_rng(0), 600, (2, 2, 2))
    found = variance_components(values, coverage_components.SOURCES, case.truth)
    for name, exact in coverage_components.known(case).items():
        values = found.by_replicate.get(name)
        if values is not None:
            assert abs(values.mean() - exact) < 4 * stats.sem(values) + 1e-12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": ["a", "a", "b"]}, "`sources` must be different names"),
        ({"sources": ["a:b", "c", "d"]}, "without a colon"),
        ({"sources": ["bias_squared", "c", "d"]}, "none of them 'bias_squared'"),
        ({"sources": ["a", "b"]}, r"`predictions` must have shape \(replicates, levels of a"),
        ({"predictions": np.ones((2, 2, 1, 2, 3, 1))}, "at least 2 levels each"),
        ({"predictions": np.full((2, 2, 2, 2, 3, 1), np.nan)}, "without a diverged network"),
        ({"truth": [0, 1]}, "`truth` must be finite and of shape"),
        ({"truth": [0, 1, 2, 3, 4]}, "`truth` must be whole numbers from 0 to 3"),
        ({"noise_variance": 1.0}, "comes with `truth`"),
        ({"truth": [0, 1, 2, 3, 3], "noise_variance": -1.0}, ">= 0"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        variance_components(**{"predictions": probabilities(), "sources": SOURCES} | arguments)


def test_errors_of_ensembles():
    alone = variance_components(probabilities(), SOURCES)
    found = variance_components(probabilities(), SOURCES, [0, 3, 1, 2, 2])
    with pytest.raises(ValueError, match="`components` must be the result"):
        ensemble_components(alone, 2, ["weights"])
    with pytest.raises(ValueError, match="`over` must be some of sample, noise, weights"):
        ensemble_components(found, 2, ["batches"])
    with pytest.raises(ValueError, match="`size` must be"):
        ensemble_components(found, 0, ["weights"])
    with pytest.raises(ValueError, match="`members` must have shape"):
        ensemble_difference(np.ones((3, 5, 4)), [0, 3, 1, 2, 2], found, ["weights"])
    with pytest.raises(ValueError, match="`members` must hold an ensemble without a diverged"):
        ensemble_difference(np.full((3, 2, 5, 4), np.nan), [0, 3, 1, 2, 2], found, ["weights"])
