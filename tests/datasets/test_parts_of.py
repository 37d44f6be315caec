"""Parts to choose by: together they are the training set, and the test set is in none."""

import numpy as np
import pytest

from genlab.datasets import (
    Dataset,
    DataSpec,
    development_part,
    divided_part,
    drawn_part,
    fitted_too_part,
    fold,
    held_out,
    make_mnist1d,
    part_sizes,
    rows_as_text,
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


def test_drawn_examples_grow_and_keep_the_classes_fractions():
    parts = [drawn_part(WHOLE.spec, n, seed=2) for n in (20, 40, 160)]
    assert rows(parts[0].x_train) < rows(parts[1].x_train)
    assert np.array_equal(parts[2].x_train, WHOLE.x_train)
    counts = np.bincount(WHOLE.y_train, minlength=10)
    for part in parts:
        assert len(rows(part.x_train)) == part.n_train
        fraction = part.n_train / 160
        assert np.abs(np.bincount(part.y_train, minlength=10) - fraction * counts).max() <= 1
        assert np.array_equal(part.x_test, WHOLE.x_test)
    assert rows(drawn_part(WHOLE.spec, 20, seed=3).x_train) != rows(parts[0].x_train)


def test_fitted_examples_come_after_the_test_examples():
    part = fitted_too_part(WHOLE.spec)
    assert np.array_equal(part.x_train, WHOLE.x_train)
    assert np.array_equal(part.x_test[: WHOLE.n_test], WHOLE.x_test)
    assert np.array_equal(part.x_test[WHOLE.n_test :], WHOLE.x_train)
    assert np.array_equal(part.y_test, [*WHOLE.y_test, *WHOLE.y_train])
    assert np.array_equal(part.spec.make().x_test, part.x_test)
    drawn = drawn_part(WHOLE.spec, 30).spec
    assert part_sizes(DataSpec.of_part("fitted_too", drawn)) == (30, 70)


def test_drawn_groups_are_whole_but_the_last():
    groups = np.arange(160) % 23
    whole = Dataset(WHOLE.x_train, WHOLE.y_train, WHOLE.x_test, WHOLE.y_test, groups=groups)
    part = drawn_part(whole.spec, 50, seed=0)
    sizes = np.bincount(part.groups)
    assert sizes.sum() == 50
    assert (sizes < 6).sum() <= 1  # each has 6 or 7


@pytest.mark.parametrize("order", [[3, 4, 5, 9], [5, 4, 3], [7], [2, 3, 0, 1, 8, 8]])
def test_rows_are_divided_in_their_order(order):
    text = rows_as_text(np.array(order))
    part = divided_part(WHOLE.spec, text, "10:14,12")
    assert np.array_equal(part.x_train, WHOLE.x_train[order])
    assert np.array_equal(part.y_test, WHOLE.y_train[[10, 11, 12, 13, 12]])
    assert part_sizes(part.spec) == (len(order), 5)


def test_sizes_are_known_before_a_part_is_made():
    drawn = DataSpec.of_part("drawn", held_out(WHOLE.spec, 0.25).spec, n=30, seed=0)
    for spec in (drawn, held_out(WHOLE.spec, 0.25).spec, fold(WHOLE.spec, 4).spec, WHOLE.spec):
        made = spec.make()
        assert part_sizes(spec) == (made.n_train, made.n_test)


@pytest.mark.parametrize(
    "part",
    [
        WHOLE.without_test(),
        development_part(WHOLE.spec),
        held_out(WHOLE.spec),
        fold(WHOLE.spec, n_folds=2, fold=1),
        held_out(WHOLE.without_test().spec, 0.1),
        drawn_part(held_out(WHOLE.spec).spec, 40),
        divided_part(WHOLE.spec, "5:60", "60:70,99"),
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
        (lambda: drawn_part(WHOLE.spec, 161), "`n` must be an integer from 1 to 160, got 161"),
        (lambda: held_out(WHOLE.spec, 1.5), "`validation` must be a number"),
        (lambda: held_out(WHOLE.spec, 0.0), "must leave no set empty"),
    ],
)
def test_bad_parts(make, message):
    with pytest.raises(ValueError, match=message):
        make()
