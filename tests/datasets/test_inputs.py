"""Inputs and labels of odd kinds: the right data set, or one sentence.

Each stands for a fault that users of other tools met; the tracker's number is beside it.
"""

import copy
import pickle
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from jax import numpy as jnp

from genlab._base.words import received
from genlab.datasets import (
    Dataset,
    corrupt_labels,
    make_mnist1d,
    make_toy_regression,
    split_indices,
)

X = np.arange(12.0).reshape(4, 3) ** 2
Y = [0, 1, 0, 1]


def dataset(x=X, y=Y, **options):
    return Dataset(x, y, X[:2] + 0.5, [0, 1], **options)


@pytest.mark.parametrize("kind", [jnp.bfloat16, jnp.float16, jnp.float8_e4m3fn, jnp.int4])
def test_the_types_of_jax_are_numbers(kind):
    """safetensors #598, ml_dtypes #41: bfloat16 is a void type to NumPy."""
    values = jnp.asarray(X % 7, kind)
    assert np.array_equal(dataset(values).x_train, X % 7)
    assert dataset(values).x_train.dtype == np.float64


def test_bytes_without_a_meaning_are_no_numbers():
    for kind in ("V4", [("a", float)]):
        with pytest.raises(ValueError, match="`x_train` must hold numbers, got"):
            dataset(np.zeros((4, 3), kind))


@pytest.mark.parametrize("kind", ["f4", "f8", "i4", "u2"])
def test_the_order_of_bytes_is_no_other_data_set(kind):
    """XGBoost #12433. A float32 of the other order became float64, and so another data set."""
    native, swapped = X.astype(f"={kind}"), X.astype(f">{kind}")
    y = np.array(Y, ">i2")
    assert dataset(swapped, y).x_train.dtype == dataset(native).x_train.dtype
    assert dataset(swapped, y).fingerprint == dataset(native).fingerprint
    assert dataset(swapped, y).spec == dataset(native).spec


def test_the_order_in_memory_is_no_other_data_set():
    frozen = np.asfortranarray(X).copy(order="F")
    frozen.flags.writeable = False
    for values in (np.asfortranarray(X), frozen, np.repeat(X, 2, axis=0)[::2], X[::-1][::-1]):
        assert dataset(values).fingerprint == dataset().fingerprint


def test_columns_with_numbers_for_names_are_matched(tmp_path):
    """scikit-learn #7242, #18010: only names that are texts were compared, and others by place."""
    plain = pd.DataFrame(X)
    mixed = plain[[2, 0, 1]]
    assert np.array_equal(dataset(mixed).x_train, X)
    assert dataset(mixed).columns is None
    swapped = Dataset(plain, Y, mixed, Y)
    assert np.array_equal(swapped.x_test, X)
    chosen = plain.set_axis([7, 3, 9], axis=1)
    named = Dataset(chosen, Y, chosen[[9, 7, 3]], Y)
    assert named.columns == ("7", "3", "9")
    assert np.array_equal(named.x_test, X)
    with pytest.raises(ValueError, match=r"`x_test` must have the input columns 7, 3, 9: it lacks"):
        Dataset(chosen, Y, plain.set_axis([7, 3, 8], axis=1), Y)


def test_columns_of_an_arrow_table_are_matched():
    table = pa.table({"b": X[:, 0], "a": X[:, 1], "c": X[:, 2]})
    data = Dataset(table, Y, table.select(["c", "b", "a"]), Y)
    assert data.columns == ("b", "a", "c")
    assert np.array_equal(data.x_test, X)


def test_without_an_input_there_is_nothing_to_learn():
    """scikit-learn #4059, orange3 #4734: it was "a lower learning rate may help"."""
    with pytest.raises(ValueError, match=r"with at least one example and one input, got \(4, 0\)"):
        Dataset(np.zeros((4, 0)), Y, np.zeros((1, 0)), [1])


def test_a_mask_of_zeros_and_ones_is_no_list_of_indices():
    """pytorch #25176: 0 and 1 were taken for the first two examples, many times over."""
    data = dataset()
    for kind in (np.uint8, int):
        with pytest.raises(ValueError, match=r"`train` must be a mask of True and False, or ind"):
            data.subset(train=np.array([1, 0, 1, 0], kind))
    assert data.subset(train=np.array([1, 0, 1, 0], bool)).n_train == 2
    assert list(data.subset(train=[1, 0, 1]).y_train) == [1, 0, 1]
    assert data.subset(test=[]).n_test == 0


def test_a_column_of_labels_is_not_split():
    """scikit-learn #9044: every part held one and the same example."""
    with pytest.raises(ValueError, match=r"`y` must have shape \(n,\), one label per example, got"):
        split_indices(np.array([[0], [1]] * 10), (0.5, 0.5))


def test_numpy_booleans_are_booleans():
    """nengo #1667, scikit-learn #23618."""
    first = split_indices([0, 1] * 10, (0.5, 0.5), stratified=np.True_)
    again = split_indices([0, 1] * 10, (0.5, 0.5), stratified=True)
    assert all(map(np.array_equal, first, again))
    made = make_mnist1d(n_samples=20, shuffle_seq=np.bool_(True))
    assert made.spec == make_mnist1d(n_samples=20, shuffle_seq=True).spec
    with pytest.raises(TypeError, match=r"`stratified` must be True or False, got 1\."):
        split_indices([0, 1] * 10, (0.5, 0.5), stratified=1)


def test_bounds_are_said_in_full():
    with pytest.raises(ValueError, match=r"from 0 to 4294967295, got 4294967296\."):
        make_mnist1d(n_samples=20, seed=2**32)


def test_a_copy_in_another_process_is_the_same(tmp_path):
    """pylcm #449: a read-only mapping cannot be pickled, nor copied by joblib, Dask and copy."""
    for data in (dataset(pd.DataFrame(X, columns=["a", "b", "c"])), make_mnist1d(n_samples=20)):
        for made in (pickle.loads(pickle.dumps(data)), copy.deepcopy(data), copy.copy(data)):
            assert (made.fingerprint, made.spec) == (data.fingerprint, data.spec)
            assert (made.columns, made.n_classes) == (data.columns, data.n_classes)
            with pytest.raises(ValueError, match="read-only"):
                made.x_train[0] = 1
    problem = make_toy_regression(n=5)
    assert np.array_equal(pickle.loads(pickle.dumps(problem)).y, problem.y)


def test_a_frame_has_columns_of_its_own():
    data = dataset(columns=["set", "b", "c"])
    with pytest.raises(ValueError, match=r"these data have an input named 'set': rename it"):
        data.to_frame()


def test_a_long_value_is_cut_off_in_an_error():
    labels = [0.5] * 100_000
    with pytest.raises(ValueError, match=re.escape(f"got {received(labels)}.")) as error:
        corrupt_labels(labels, 0.5, 2)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("text", ["a, b, label, set\n1, 2, 0, train\n3, 4, 1, test \n"])
def test_spaces_beside_commas(tmp_path, text):
    """pandas #9067, label-sleuth #315: the label " label" was taken for an input."""
    from genlab.datasets import read_examples

    (tmp_path / "spaced.csv").write_text(text)
    parts = read_examples(tmp_path / "spaced.csv")
    assert parts["train"].columns == ("a", "b")
    assert (parts["train"].x.tolist(), parts["train"].y.tolist()) == ([[1, 2]], [0])
    assert (parts["test"].x.tolist(), parts["test"].y.tolist()) == ([[3, 4]], [1])
    assert read_examples(tmp_path / "spaced.csv", [" b", "a"])["test"].x.tolist() == [[4, 3]]


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n\n"])
def test_line_ends_of_other_systems(tmp_path, ends):
    from genlab.datasets import read_examples

    text = "# made elsewhere\na,b,label\n1,2,0\n3,4,1\n".replace("\n", ends)
    (tmp_path / "lines.csv").write_bytes(text.encode())
    assert read_examples(tmp_path / "lines.csv")["all"].x.tolist() == [[1, 2], [3, 4]]


def test_the_value_that_is_no_number_is_named(tmp_path):
    """It named the first value of the column, which is one."""
    from genlab import DataFileError
    from genlab.datasets import read_examples

    path = tmp_path / "late.csv"
    path.write_text("a,b,label\n" + "1.5,2,0\n" * 1000 + "1.5,n/k,1\n")
    with pytest.raises(DataFileError, match=r"numbers in the column 'b', got 'n/k':"):
        read_examples(path)


def test_other_encodings(tmp_path):
    from genlab import DataFileError
    from genlab.datasets import read_examples

    for text in ("ä,b,label\n1,2,0\n3,4,1\n", "a,b,label\n1,ä,0\n3,4,1\n"):
        (tmp_path / "latin.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(DataFileError, match=r"latin\.csv must be encoded in UTF-8\."):
            read_examples(tmp_path / "latin.csv")


def test_decimals_are_numbers(tmp_path):
    """dask #5647, #10583: databases write them, and they were called no numbers."""
    from pyarrow import parquet

    from genlab.datasets import read_examples

    money = pa.array([Decimal("1.50"), Decimal("2.75")], pa.decimal128(9, 2))
    parquet.write_table(pa.table({"a": money, "label": [0, 1]}), tmp_path / "money.parquet")
    assert read_examples(tmp_path / "money.parquet")["all"].x.tolist() == [[1.5], [2.75]]


def test_capital_letters_in_a_suffix(tmp_path):
    """h2o-llmstudio #928."""
    from genlab.datasets import check_mnist1d, read_examples, write_mnist1d

    for name in ("SMALL.CSV", "SMALL.Parquet", "SMALL.NPZ"):
        write_mnist1d(tmp_path / name, 20)
        assert len(read_examples(tmp_path / name)["train"].x) == 16
        assert check_mnist1d(tmp_path / name)[1].endswith("not (4000, 40).")
    with pytest.raises(ValueError, match="`path` must be one of"):
        read_examples(tmp_path / "small.txt")
