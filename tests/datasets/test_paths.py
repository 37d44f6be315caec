"""Straight paths between examples, and data sets whose test sets hold them."""

import numpy as np
import pytest
import scipy

from genlab.datasets import (
    PATH_ENDS,
    Dataset,
    DataSpec,
    example_pair,
    make_mnist1d,
    part_sizes,
    path_between,
    paths_part,
    toy_sample,
    values_on_paths,
)

DATA = make_mnist1d(n_samples=100)
NUMBERS = range(200)


@pytest.mark.parametrize("to", PATH_ENDS)
def test_pairs_are_of_the_kind_that_is_asked(to):
    for number in NUMBERS:
        start, end, in_test = example_pair(DATA, number, to)
        assert example_pair(DATA, number, to) == (start, end, in_test)
        assert start == example_pair(DATA, number, "same").start
        assert in_test == (to == "test")
        if in_test:
            away = [np.linalg.norm(x - DATA.x_train[start]) for x in DATA.x_test]
            assert end == int(np.argmin(away))
        else:
            assert start != end
            assert (DATA.y_train[start] == DATA.y_train[end]) == (to == "same")
    starts = {example_pair(DATA, number, to).start for number in NUMBERS}
    assert len(starts) > 60  # of 80 examples, 73 in the mean


def test_pairs_that_are_not_there():
    data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
    with pytest.raises(
        ValueError, match=r"`to` must not be 'same': example \d has no such partner"
    ):
        example_pair(data, 0, "same")
    with pytest.raises(ValueError, match="`to` must be one of"):
        example_pair(data, 0, "far")
    with pytest.raises(ValueError, match="`number` must be an integer from 0"):
        example_pair(data, -1, "different")
    with pytest.raises(ValueError, match="`to` must not be 'test' for a data set without test"):
        example_pair(data.without_test(), 0, "test")
    with pytest.raises(ValueError, match="`data` must be a classification"):
        example_pair(toy_sample([0.5]), 0, "same")


def test_paths_need_dense_inputs():
    data = Dataset(scipy.sparse.eye_array(4).tocsr(), [0, 1, 0, 1], np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="must have dense inputs"):
        example_pair(data, 0, "test")
    with pytest.raises(ValueError, match="must have dense inputs"):
        path_between(data, example_pair(data, 0, "same"))


def test_a_path_is_straight():
    pair = example_pair(DATA, 5, "test")
    path = path_between(DATA, pair)
    assert np.array_equal(path[0], DATA.x_train[pair.start])
    assert np.array_equal(path[-1], DATA.x_test[pair.end])
    np.testing.assert_allclose(path[30], 0.7 * path[0] + 0.3 * path[-1], atol=1e-12)
    with pytest.raises(ValueError, match="`n_places` must be an integer >= 3, got 2"):
        path_between(DATA, pair, 2)


def test_a_data_set_with_paths_holds_the_examples_and_the_paths():
    part = paths_part(DATA.spec, 3, n_places=7)
    assert part_sizes(part.spec) == (80, 20 + 3 * 3 * 7) == (part.n_train, part.n_test)
    assert np.array_equal(part.x_train, DATA.x_train)
    assert np.array_equal(part.y_train, DATA.y_train)
    test, paths = values_on_paths(part.spec, part.x_test)
    labels = values_on_paths(part.spec, part.y_test)
    assert np.array_equal(test, DATA.x_test)
    assert np.array_equal(labels.test, DATA.y_test)
    for to in PATH_ENDS:
        for number in range(3):
            pair = example_pair(DATA, number, to)
            assert np.array_equal(paths[to][number], path_between(DATA, pair, 7))
            end = (DATA.y_test if to == "test" else DATA.y_train)[pair.end]
            assert labels.paths[to][number].tolist() == [DATA.y_train[pair.start]] * 4 + [end] * 3


def test_a_data_set_with_paths_is_made_again_from_its_spec():
    part = paths_part(DATA.spec, 3, n_places=7)
    again = DataSpec(part.spec.name, dict(part.spec.arguments)).make()
    assert again.fingerprint == part.fingerprint
    assert part.spec.whole == DATA.spec


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: paths_part(DATA.spec, 0), "`n_paths` must be an integer from 1 to 4294967296"),
        (lambda: paths_part(DATA.spec, 1, n_places=2), "`n_places` must be an integer >= 3, got 2"),
        (
            lambda: values_on_paths(DATA.spec, DATA.y_test),
            "`spec` must be that of a data set with paths, got 'mnist1d'",
        ),
        (
            lambda: values_on_paths(paths_part(DATA.spec, 1, 3).spec, DATA.y_test),
            r"`values` must have 29 rows, got the shape \(20,\)",
        ),
    ],
)
def test_wrong_arguments(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_more_paths_than_fit_into_memory_are_refused_at_once():
    with pytest.raises(MemoryError):
        paths_part(DATA.spec, 2**32)


@pytest.mark.parametrize("given", ["mnist1d", None, {"name": "mnist1d"}, {"arguments": [1]}])
def test_a_spec_is_one_or_a_mapping_with_a_name_and_arguments(given):
    rule = "must be a DataSpec, or a mapping with a name and arguments, got"
    with pytest.raises(TypeError, match=f"`given` {rule}"):
        DataSpec.of(given)
    with pytest.raises(TypeError, match=f"`of` {rule}"):
        paths_part(given, 1)


def test_images_have_paths():
    rng = np.random.default_rng(0)
    data = Dataset(rng.random((6, 2, 3)), [0, 0, 1, 1, 0, 1], rng.random((2, 2, 3)), [0, 1])
    pair = example_pair(data, 1, "different")
    path = path_between(data, pair, 5)
    np.testing.assert_allclose(path[2], (data.x_train[pair.start] + data.x_train[pair.end]) / 2)
