"""Parts to choose by: together they are the training set, and the test set is in none."""

import numpy as np
import pytest

from genlab.datasets import (
    Dataset,
    DataSpec,
    development_part,
    fold,
    held_out,
    make_mnist1d,
)

WHOLE = make_mnist1d(n_samples=200)


def rows(x):
    return {row.tobytes() for row in x}


def test_held_out_and_the_rest_are_the_training_set():
    part = held_out(WHOLE.spec, 0.25, seed=3)
    assert not rows(part.x_train) & rows(part.x_test)
    assert rows(part.x_train) | rows(part.x_test) == rows(WHOLE.x_train)
    counts = np.bincount(WHOLE.y_train, minlength=10) / 4
    assert np.abs(np.bincount(part.y_test, minlength=10) - counts).max() <= 1
    assert part.n_classes == 10
    assert np.array_equal(part.t, WHOLE.t)


def test_each_example_is_in_one_fold():
    parts = [fold(WHOLE.spec, n_folds=3, fold=i, seed=1) for i in range(3)]
    seen = [row for part in parts for row in rows(part.x_test)]
    assert sorted(seen) == sorted(rows(WHOLE.x_train))
    for part in parts:
        assert rows(part.x_train) == rows(WHOLE.x_train) - rows(part.x_test)


@pytest.mark.parametrize(
    "part",
    [
        WHOLE.without_test(),
        development_part(WHOLE.spec),
        held_out(WHOLE.spec),
        fold(WHOLE.spec, n_folds=2, fold=1),
        held_out(WHOLE.without_test().spec, 0.1),
    ],
    ids=lambda part: part.name,
)
def test_a_part_is_made_again_from_its_spec(part):
    again = DataSpec(part.spec.name, part.spec.arguments).make()
    assert again.fingerprint == part.fingerprint
    assert not rows(WHOLE.x_test) & (rows(part.x_train) | rows(part.x_test))


def test_a_data_set_without_test_examples_stays_as_it_is():
    development = WHOLE.without_test()
    assert development.without_test() is development


def test_content_stays_content():
    data = Dataset(WHOLE.x_train, WHOLE.y_train, WHOLE.x_test, WHOLE.y_test)
    assert data.without_test().name == "content"
    assert data.without_test().fingerprint != data.fingerprint


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fold(WHOLE.spec, n_folds=1), "`n_folds` must be an integer >= 2, got 1"),
        (lambda: fold(WHOLE.spec, 5, fold=5), "`fold` must be an integer from 0 to 4, got 5"),
        (lambda: fold(WHOLE.spec, 1000), "`n_folds` must be at most the 160 training examples"),
        (lambda: held_out(WHOLE.spec, 1.5), "`validation` must be a number"),
        (lambda: held_out(WHOLE.spec, 0.0), "must leave no set empty"),
    ],
)
def test_bad_parts(make, message):
    with pytest.raises(ValueError, match=message):
        make()
