"""Roughness on paths against closed forms, brute force and the exact toy model."""

import itertools

import numpy as np
import pytest
import scipy

from genlab.datasets import make_toy_regression
from genlab.measure import class_changes, neither_fraction, path_roughness
from genlab.models import HingeRegression

rng = np.random.default_rng(0)
CONTINUOUS = ("total_variation", "end_distance", "curvature", "start_slope", "end_slope")


def brute_force(path, norm):
    """The measures of one path, by loops over its places."""

    def size(vector):
        return sum(map(abs, vector)) / 2 if norm == "half_l1" else np.linalg.norm(vector)

    h = 1 / (len(path) - 1)
    slopes = [(b - a) / h for a, b in itertools.pairwise(path)]
    classes = [int(np.argmax(values)) for values in path]
    return {
        "total_variation": sum(size(b - a) for a, b in itertools.pairwise(path)),
        "end_distance": size(path[-1] - path[0]),
        "curvature": sum(size(b - a) for a, b in itertools.pairwise(slopes)),
        "start_slope": size(slopes[0]),
        "end_slope": size(slopes[-1]),
        "class_changes": sum(a != b for a, b in itertools.pairwise(classes)),
        "neither_fraction": np.mean(
            [one not in (classes[0], classes[-1]) for one in classes[1:-1]]
        ),
    }


@pytest.mark.parametrize("norm", ["half_l1", "euclidean"])
def test_agrees_with_loops(norm):
    values = rng.dirichlet([0.3] * 4, size=(2, 3, 9))
    found = path_roughness(values, norm)
    for index in np.ndindex(2, 3):
        for name, truth in brute_force(values[index], norm).items():
            assert getattr(found, name)[index] == pytest.approx(truth, rel=1e-12), name
    np.testing.assert_allclose(
        found.excess_variation, found.total_variation - found.end_distance, atol=1e-12
    )


def test_a_straight_line_is_smooth():
    line = np.linspace([0.9, 0.1, 0.0], [0.1, 0.2, 0.7], 11)
    found = path_roughness(line)
    assert found.total_variation == pytest.approx(0.8)
    assert found.end_distance == pytest.approx(0.8)
    assert found.excess_variation == pytest.approx(0, abs=1e-12)
    assert found.curvature == pytest.approx(0, abs=1e-12)
    assert found.start_slope == pytest.approx(0.8)
    assert found.end_slope == pytest.approx(0.8)
    assert found.class_changes == 1


def test_half_the_l1_norm_is_the_largest_difference_of_any_set_of_classes():
    """The total variation distance, by all sets of classes."""
    ends = rng.dirichlet([1.0] * 4, size=2)
    found = path_roughness([ends[0], ends[0], ends[1]])
    sets = itertools.product([0, 1], repeat=4)
    assert found.end_distance == pytest.approx(max((ends[0] - ends[1]) @ np.array(s) for s in sets))


@pytest.mark.parametrize("places", [5, 9, 101])
def test_a_sine_in_closed_form(places):
    """sin(2πt) through its extremes: total variation 4, and ∫|f''| = 8π for ever more places."""
    t = np.linspace(0, 1, places)
    found = path_roughness(np.sin(2 * np.pi * t)[:, None], "euclidean")
    assert found.total_variation == pytest.approx(4)
    # Slopes of the pieces go from the first to minus it in the middle, and back.
    first = np.sin(2 * np.pi / (places - 1)) * (places - 1)
    assert found.curvature == pytest.approx(4 * first)
    assert found.curvature <= 8 * np.pi
    if places == 101:
        assert found.curvature == pytest.approx(8 * np.pi, rel=1e-3)


def test_more_places_never_lower_it():
    """Values at every second place are those of a coarser path through the same function."""
    fine = scipy.special.softmax(rng.normal(scale=4, size=(50, 17, 5)), axis=-1)
    found = [path_roughness(fine[:, ::step]) for step in (8, 4, 2, 1)]
    for name in ("total_variation", "curvature"):
        values = np.array([getattr(one, name) for one in found])
        assert (np.diff(values, axis=0) > -1e-9).all()
        assert (values[-1] > values[0]).all()


def test_exact_for_the_toy_model():
    """Σ|slope_d| inside, and the lengths of the pieces between the knots."""
    samples = make_toy_regression().fresh(40, seed=3)
    for hidden in (4, 20):
        fit = HingeRegression(hidden).fit(samples.x, samples.y)
        found = path_roughness(fit.predict(np.linspace(0, 1, hidden + 1))[..., None], "euclidean")
        np.testing.assert_allclose(found.curvature, np.abs(fit.slopes[:, 1:]).sum(axis=1))
        rises = np.cumsum(fit.slopes, axis=1)
        np.testing.assert_allclose(found.total_variation, np.abs(rises).sum(axis=1) / hidden)
        np.testing.assert_allclose(found.start_slope, np.abs(rises[:, 0]))
        np.testing.assert_allclose(found.end_slope, np.abs(rises[:, -1]))
        # The same function at places between the knots, too.
        more = path_roughness(
            fit.predict(np.linspace(0, 1, 6 * hidden + 1))[..., None], "euclidean"
        )
        for name in CONTINUOUS:
            np.testing.assert_allclose(getattr(more, name), getattr(found, name), rtol=1e-9)
        assert np.isnan(found.class_changes).all()
        assert np.isnan(found.neither_fraction).all()


def test_classes_on_a_path_are_counted():
    paths = rng.integers(0, 3, (50, 9))
    changes, neither = class_changes(paths), neither_fraction(paths)
    for i, row in enumerate(paths):
        assert changes[i] == sum(row[j] != row[j + 1] for j in range(8))
        assert neither[i] == sum(one not in (row[0], row[-1]) for one in row[1:-1]) / 7


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[0.0], [1.0]], r"`values` must have shape \(..., places, outputs\) .* got \(2, 1\)"),
        ([0.0, 1.0, 2.0], r"got \(3,\)"),
        ([[0.0], [np.nan], [1.0]], "`values` must be finite, got 1 values that are not"),
    ],
)
def test_wrong_values(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        path_roughness(values)


def test_wrong_norm_and_classes():
    with pytest.raises(ValueError, match="`norm` must be one of 'half_l1', 'euclidean', got 'l2'"):
        path_roughness(np.zeros((3, 2)), "l2")
    with pytest.raises(ValueError, match="`predicted` must hold whole numbers"):
        class_changes([0.5, 1.0, 2.0])
    with pytest.raises(ValueError, match="`predicted` must have shape"):
        neither_fraction([0, 1])
