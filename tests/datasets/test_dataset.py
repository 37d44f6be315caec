"""The container checks itself, is read-only and knows its content."""

import dataclasses
import re

import numpy as np
import pandas
import pytest
import scipy.sparse

from genlab.datasets import Dataset, DataSpec

GOOD = {
    "x_train": np.zeros((4, 2)),
    "y_train": [0, 1, 2, 0],
    "x_test": np.ones((2, 2)),
    "y_test": [1, 1],
}


def test_it_copies_and_freezes():
    x = np.zeros((4, 2))
    data = Dataset(**(GOOD | {"x_train": x}))
    x[0, 0] = 9.0
    assert data.x_train[0, 0] == 0.0
    for name in ("x_train", "y_train", "x_test", "y_test"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, name)[0] = 1


def test_the_fingerprint_is_of_the_content():
    same = Dataset(**GOOD).fingerprint
    assert Dataset(**GOOD).fingerprint == same
    assert Dataset(**(GOOD | {"y_test": [1, 2]})).fingerprint != same
    assert Dataset(**(GOOD | {"n_classes": 4})).fingerprint != same
    assert Dataset(**GOOD).spec == DataSpec("content", {"fingerprint": same})


def test_content_is_made_from_its_spec_while_somebody_holds_it():
    changed = GOOD | {"x_train": np.full((4, 2), 0.25)}  # in no other test
    first, second = Dataset(**changed), Dataset(**changed)
    spec, other = first.spec, Dataset(**(changed | {"y_test": [1, 2]})).spec
    assert spec.make() in (first, second)
    del first
    assert spec.make() is second
    part = DataSpec.of_part("held_out", spec, validation=0.25, seed=0)
    assert part.make().n_train == 3
    del second
    words = r"cannot be made again from its spec, and this process no longer holds the one "
    for gone in (spec, other, DataSpec.of_part("held_out", spec, validation=0.5, seed=0)):
        with pytest.raises(ValueError, match=words + r"with the fingerprint [0-9a-f]{12}…; load"):
            gone.make()


def test_what_replaces_a_field_of_content_has_a_fingerprint_of_its_own():
    data = Dataset(**GOOD)
    assert dataclasses.replace(data).spec == data.spec
    other = dataclasses.replace(data, y_train=np.array([0, 1, 2, 1]))
    assert other.spec.arguments["fingerprint"] == other.fingerprint != data.fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.zeros((0, 2))}, r"`x_train` must have shape .* got \(0, 2\)"),
        ({"x_train": [1.0, 2.0]}, r"`x_train` must have shape .* got \(2,\)"),
        ({"x_train": [[np.nan, 1]] * 4}, r"`x_train` must be finite, got 4 values that are not"),
        ({"y_train": [0, 1, 2]}, r"`y_train` must have shape \(4,\), one label .* got \(3,\)"),
        ({"y_train": [0, 1, 2.5, 0]}, r"`y_train` must hold whole numbers from 0, .* got 2\.5"),
        ({"y_train": [0, 1, np.nan, 0]}, r"`y_train` must hold whole numbers .* got nan"),
        ({"y_train": [0, 1, np.inf, 0]}, r"`y_train` must hold whole numbers .* got inf"),
        ({"y_train": [0, 1, 2**63, 0]}, r"`y_train` must hold whole numbers .* got 9.22"),
        ({"y_train": ["a", "b", "c", "d"]}, r"`y_train` must hold whole numbers .* got 'a'"),
        ({"y_train": [0, "b", 1, 2]}, r"`y_train` must hold whole numbers .* got '0'"),
        ({"y_test": [-1, 0]}, r"`y_test` must hold whole numbers from 0, .* got -1"),
        ({"n_classes": 2}, r"labels must be below `n_classes` = 2, got a label 2"),
        ({"x_test": np.ones((2, 3))}, r"`x_test` must have examples of the shape \(2,\)"),
    ],
)
def test_it_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        Dataset(**(GOOD | change))


def test_an_unknown_generator_is_refused():
    with pytest.raises(
        ValueError,
        match=r"`name` must be one of cifar10, .*mnist1d_resampled, .*content, or the import path "
        r"of a function \(package.module:function\), got 'mnist2d'",
    ):
        DataSpec("mnist2d", {})


X = np.random.default_rng(0).normal(size=(30, 2))


def labelled(labels, **options):
    y = np.resize(labels, 30)
    return Dataset(X, y, X[:3], y[:3], **options)


@pytest.mark.parametrize(
    ("labels", "absent", "last"),
    [
        ([1, 2, 3], 0, 2),
        ([0, 1, 3], 2, 2),
        ([0, 2], 1, 1),
        ([5, 2000000005, 4000000005], 0, 2),
        ([0, 20000, 40000], 1, 2),
        ([210, 45210, 90210], 0, 2),
        ([7], 0, 0),
    ],
)
def test_labels_number_the_classes_from_0(labels, absent, last):
    """Otherwise classes without an example would be trained, in any number."""
    message = (
        f"labels must number the classes from 0 without a gap, got {len(labels)} different ones "
        f"up to {max(labels)} and no example of class {absent}; number the classes from 0 to "
        f"{last}, or state `n_classes` where a class may have no example."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        labelled(labels)


def test_a_class_without_examples_is_stated():
    assert labelled([1, 2, 3], n_classes=4).n_classes == 4
    assert Dataset(X, np.arange(30) % 2, X[:1], [2]).n_classes == 3  # in the test set alone
    with pytest.raises(ValueError, match="`n_classes` must be an integer from 1 to 10000, got 400"):
        labelled([0, 4000000005], n_classes=4000000006)


def test_the_values_of_a_regression_are_refused():
    random = np.random.default_rng(1)
    x = random.normal(size=(442, 10))
    values = random.integers(25, 347, size=442)
    n = len(np.unique(values))
    message = f"labels must be the numbers of classes, got {n} different ones for 442 examples, as"
    for y in (values, values.astype(float)):
        with pytest.raises(ValueError, match=message):
            Dataset(x, y, x[:0], [])
    with pytest.raises(ValueError, match="got 442 different ones for 442 examples"):
        Dataset(x, random.permutation(442), x[:0], [])
    # Few examples of many classes are none.
    assert Dataset(x, np.arange(442) % 147, x[:0], []).n_classes == 147
    assert Dataset(x[:20], np.arange(20), x[:0], []).n_classes == 20


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ma.masked_less(X, 0), "`x_train` must have no masked values, got "),
        ([[1.0], [2.0, 3.0]], "`x_train` must be an array of numbers, got rows of different"),
        ([["a", 1]] * 30, "`x_train` must hold numbers, got 'a'"),
        ([[None, 1]] * 30, "`x_train` must hold numbers, got None"),
        (X + 1j, r"`x_train` must hold numbers, got \(.*j\)\."),
        (
            np.full((30, 2), np.datetime64("2020-01-01")),
            r"`x_train` must hold numbers, got 2020-01-01\.",
        ),
        (
            pandas.DataFrame({"a": X[:, 0], "day": pandas.Timestamp("2020-01-01")}),
            r"`x_train` must hold numbers, got 2020-01-01 00:00:00\.",
        ),
        (
            np.where(X > 0, X * 1e200, X),
            r"`x_train` must hold values within ±3.4e\+38, the range of float32, .* one of size",
        ),
    ],
)
def test_inputs_that_are_no_plain_numbers(x, message):
    with pytest.raises(ValueError, match=message):
        Dataset(x, np.arange(30) % 2, X[:3], [0, 1, 0])


def test_sparse_labels_are_refused():
    with pytest.raises(ValueError, match="`y_train` must be a dense array, got a sparse csr"):
        Dataset(X, scipy.sparse.csr_matrix(np.arange(30) % 2), X[:3], [0, 1, 0])


def test_what_can_be_read_as_numbers_is():
    as_text, as_objects = X.astype(str), X.astype(object)
    plain = labelled([0, 1])
    for x in (as_text, as_objects):
        made = Dataset(x, np.arange(30) % 2, X[:3], [0, 1, 0])
        assert made.fingerprint == plain.fingerprint


def test_the_columns_of_data_frames_are_matched_by_name():
    frame = pandas.DataFrame(X, columns=["height", "mass"])
    y = np.arange(30) % 2
    data = Dataset(frame, y, frame[["mass", "height"]][:3], y[:3])
    assert data.columns == ("height", "mass")
    assert data.fingerprint == labelled([0, 1]).fingerprint
    assert data.subset(train=5).columns == data.without_test().columns == data.columns
    assert list(data.to_frame()) == ["set", "label", "height", "mass"]
    with pytest.raises(
        ValueError,
        match="`x_test` must have the input columns height, mass: it lacks mass and also has x",
    ):
        Dataset(frame, y, frame.rename(columns={"mass": "x"}), y)
    with pytest.raises(ValueError, match="`x_train` has the index of a pandas table in the column"):
        Dataset(frame.rename(columns={"mass": "Unnamed: 0"}), y, frame, y)
    # Columns called x0, x1, ... are numbered places.
    places = pandas.DataFrame(X[:, ::-1], columns=["x1", "x0"])
    data = Dataset(places, y, X[:3], y[:3])
    assert data.columns is None
    assert data.fingerprint == labelled([0, 1]).fingerprint


@pytest.mark.parametrize("columns", [["a"], ["a", "a"], ["a", ""], ["a", "b", "c"]])
def test_columns_have_a_name_each(columns):
    with pytest.raises(ValueError, match="`columns` must be a different name for each input"):
        labelled([0, 1], columns=columns)
