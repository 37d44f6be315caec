"""A table becomes a data set: roles of columns, the task, the split, and what is refused."""

import warnings

import numpy as np
import pandas
import pytest
from sklearn import datasets as toy_sets

from genlab import DataFileError, DataWarning
from genlab.datasets import TableEncoder, load_table, read_rows, split_indices

RNG = np.random.default_rng(3)
N = 200
X = RNG.normal(size=(N, 4)).round(6)
Y = (X[:, 0] + RNG.normal(size=N) > 0).astype(int)
NAMES = ["a", "b", "c", "d"]
FRAME = pandas.DataFrame(X, columns=NAMES).assign(kind=np.array(["no", "yes"])[Y])


def load(*args, warned=None, **options):
    """The data set, with the warnings that are expected and no others."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load_table(*args, **options)
    assert all(w.category is DataWarning for w in caught)
    assert [str(w.message) for w in caught] == ([] if warned is None else warned)
    return data


def same(data, other):
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(getattr(data, name), getattr(other, name))
    assert data.classes == other.classes


# --- what comes out ----------------------------------------------------------------------------


def test_a_data_set():
    data = load(FRAME, "kind")
    assert (data.n_train, data.n_test, data.task, data.target) == (
        160,
        40,
        "classification",
        "kind",
    )
    assert data.classes == ("no", "yes")
    assert data.columns == tuple(NAMES)
    train, test = (np.sort(part) for part in split_indices(Y, (0.8, 0.2)))
    assert np.array_equal(data.y_train, Y[train])
    assert np.array_equal(data.y_test, Y[test])
    mean, deviation = X[train].mean(axis=0), X[train].std(axis=0)
    np.testing.assert_allclose(data.x_test, (X[test] - mean) / deviation, rtol=1e-12, atol=1e-12)
    assert data.encoder == TableEncoder.from_dict(data.encoder.to_dict())
    assert np.array_equal(data.encoder.transform(FRAME)[test], data.x_test)


def test_the_split():
    assert load(FRAME, "kind", test=0).n_test == 0
    assert load(FRAME, "kind", test=0.5).n_test == 100
    assert not np.array_equal(load(FRAME, "kind", seed=1).y_test, load(FRAME, "kind").y_test)
    is_test = RNG.random(N) < 0.3
    for column in (
        *(is_test, is_test.astype(int), is_test.astype(float)),
        *(np.where(is_test, "test", "train"), np.where(is_test, "TEST", "Training")),
        pandas.Categorical(np.where(is_test, "test", "train")),
    ):
        data = load(FRAME.assign(part=column), "kind", test="part")
        assert np.array_equal(data.y_test, Y[is_test])
        assert data.columns == tuple(NAMES)
        assert data.encoder.ignored == {"part": "the split"}


def test_groups_stay_together():
    patients = [f"p{i}" for i in RNG.integers(0, 30, N)]
    data = load(FRAME.assign(patient=patients), "kind", groups="patient")
    by_array = load(FRAME, "kind", groups=patients)
    same(data, by_array)
    assert data.columns == tuple(NAMES)
    assert np.array_equal(data.groups, by_array.groups)
    # Rows are found again by their first input.
    column = (X[:, 0] - data.encoder.encodings[0].mean) / data.encoder.encodings[0].scale
    trained = {patients[np.argmin(abs(column - x))] for x in data.x_train[:, 0]}
    tested = {patients[np.argmin(abs(column - x))] for x in data.x_test[:, 0]}
    assert trained
    assert tested
    assert not trained & tested


def test_progress_ends_at_1(tmp_path):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, index=False)
    for source in (path, FRAME):
        done = []
        load(source, "kind", progress=done.append)
        assert done == sorted(done)
        assert done[-1] == 1


def test_an_encoder_of_another_table():
    first = load(FRAME, "kind")
    shifted = FRAME.assign(a=FRAME["a"] + 1)
    data = load(shifted, "kind", encoder=first.encoder, test=0)
    expected = load(FRAME, "kind", encoder=first.encoder, test=0).x_train
    expected = expected + np.eye(4)[0] / first.encoder.encodings[0].scale
    np.testing.assert_allclose(data.x_train, expected, atol=1e-12)


# --- class or number ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (np.array(["b", "a"])[Y], ("a", "b")),
        (Y.astype(bool), (False, True)),
        (pandas.Categorical(np.array(["b", "a"])[Y], categories=["b", "a"]), ("a", "b")),
        (pandas.Categorical(Y * 5 + 5), (5, 10)),
        (Y, (0, 1)),
        (Y * 3 - 1, (-1, 2)),
        (Y.astype(float), (0, 1)),
        (np.arange(N) % 20, tuple(range(20))),
        (np.arange(N) % 10 * 100 - 300, tuple(range(-300, 700, 100))),
    ],
)
def test_classes(values, classes):
    data = load(FRAME[NAMES].assign(y=values), "y")
    assert (data.task, data.classes, data.n_classes) == ("classification", classes, len(classes))
    assert all(type(got) is type(name) for got, name in zip(data.classes, classes, strict=True))
    names = np.array(classes, dtype=object)
    told = np.concatenate([names[data.y_train], names[data.y_test]]).tolist()
    assert sorted(told) == sorted(np.asarray(values).tolist())


@pytest.mark.parametrize(
    "values", [X[:, 0] * 2, np.arange(N) % 21, np.arange(N), RNG.poisson(30, N), Y + 0.5]
)
def test_numbers(values):
    data = load_frame_of(values)
    assert (data.task, data.classes, data.n_classes) == ("regression", None, 0)
    assert sorted([*data.y_train, *data.y_test]) == sorted(values)


def load_frame_of(values, **options):
    return load(pandas.DataFrame(RNG.normal(size=(N, 3))).assign(y=values), "y", **options)


def test_the_task_is_said_and_can_be_stated():
    assert load_frame_of(Y).encoder.notes == (
        "The target 'y' holds 2 different whole numbers, 0, 1, so each is a class "
        "(classification). With the task regression they are predicted as numbers.",
    )
    assert load_frame_of(np.arange(N) % 50).encoder.notes == (
        "The target 'y' holds 50 different whole numbers in 200 rows, so it is predicted as a "
        "number (regression). With the task classification each number is a class.",
    )
    assert load_frame_of(X[:, 1]).encoder.notes == (
        "The target 'y' holds numbers with fractions, so it is predicted as a number (regression).",
    )
    assert load_frame_of(Y, task="regression").task == "regression"
    assert load_frame_of(np.arange(N) % 50, task="classification").n_classes == 50
    assert load_frame_of(Y + 0.5, task="classification").classes == (0.5, 1.5)
    with pytest.raises(ValueError, match="`task` must be one of 'classification', 'regression'"):
        load_frame_of(Y, task="ranking")


# --- columns that are no inputs ------------------------------------------------------------------


def test_the_index_of_pandas(tmp_path):
    clean = load(FRAME, "kind")
    path = tmp_path / "t.csv"
    FRAME.to_csv(path)
    said = "Left out as the index of the table, which is no input: {}."
    same(load(path, "kind", warned=[said.format("column 1 of 6, which has no name")]), clean)
    pandas.read_csv(path).to_csv(path, index=False)
    data = load(path, "kind", warned=[said.format("'Unnamed: 0'")])
    same(data, clean)
    assert data.encoder.ignored == {"Unnamed: 0": "the index of a pandas table"}
    FRAME.drop(index=3).to_parquet(tmp_path / "t.parquet")  # with a gap the index is a column
    data = load(tmp_path / "t.parquet", "kind", warned=[said.format("'__index_level_0__'")])
    same(load(FRAME.drop(index=3), "kind"), data)
    FRAME.set_index("kind").to_parquet(tmp_path / "t.parquet")
    same(load(tmp_path / "t.parquet", "kind"), clean)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("row", np.arange(N)),
        ("case", np.arange(N)),
        ("case", RNG.permutation(N) + 5000),
        ("patient_id", RNG.permutation(10**9 // 7 * np.arange(N))),
        ("name", [f"n{i}" for i in range(N)]),
        ("code", pandas.Categorical([f"n{i}" for i in range(N)])),
    ],
)
def test_identifiers(name, values):
    said = f"The column {name!r} is different in every row, as an identifier is, so it is left out."
    data = load(FRAME.assign(**{name: values}), "kind", warned=[said])
    same(data, load(FRAME, "kind"))
    assert data.encoder.ignored == {name: "an identifier, which is different in every row"}
    without = read_rows(FRAME, data.encoder).x
    assert np.array_equal(read_rows(FRAME.assign(**{name: values}), data.encoder).x, without)


def test_what_may_be_an_identifier_is_kept():
    said = [
        "The column 'people' is a different whole number in every row, as an identifier may be: "
        "drop it if it is; it is kept."
    ]
    frame = FRAME.assign(people=RNG.permutation(90_000 + 17 * np.arange(N) ** 2))
    assert load(frame, "kind", warned=said).columns == (*NAMES, "people")
    same(load(frame, "kind", drop="people"), load(FRAME, "kind"))
    load(frame.astype({"people": float}), "kind")
    load(FRAME.assign(pixel=RNG.permutation(60_000)[:N]), "kind")
    load(FRAME.assign(town=[f"t{i // 2}" for i in range(N)]), "kind")


def test_constants():
    frame = FRAME.assign(unit="cm", version=3, nothing=None, empty=np.nan)
    said = (
        "The columns 'unit', 'version', 'nothing', 'empty' are the same in every training row, so "
        "they are left out."
    )
    same(load(frame, "kind", warned=[said]), load(FRAME, "kind"))
    # A gap beside a constant is no constant.
    marked = np.where(np.arange(N) % 3 == 0, np.nan, 1.0)
    data = load(FRAME.assign(marked=marked), "kind")
    assert data.columns == (*NAMES, "marked", "marked is missing")


@pytest.mark.parametrize(
    "column",
    [
        FRAME["kind"],
        np.where(Y, "alive", "dead"),
        Y * 2.0 - 7,
        np.where(Y, RNG.normal(size=N) + 20, RNG.normal(size=N)),
        np.where(Y, RNG.integers(0, 3, N) * 2, RNG.integers(0, 3, N) * 2 + 1),
        np.where(Y, np.nan, X[:, 3]),
        pandas.Series(pandas.Timestamp("2024-01-01")).repeat(N).reset_index(drop=True).where(Y > 0),
    ],
)
def test_columns_that_reveal_the_class(column):
    said = (
        "The column 'outcome' is enough to predict the target of every training row exactly: drop "
        "it if it will not be known when the target is to be predicted; it is kept."
    )
    frame = FRAME.assign(outcome=column)
    data = load(frame, "kind", warned=[said])
    assert data.encoder.warned == (said,)
    assert any(name.startswith("outcome") for name in data.columns)
    same(load(frame, "kind", drop=["outcome"]), load(FRAME, "kind"))


def test_columns_that_reveal_the_number():
    y = RNG.normal(size=N)
    for column in (y, -3 * y + 1, np.exp(y), [f"{value:.1f}" for value in y.round(1)]):
        target = y.round(1) if isinstance(column, list) else y
        frame = pandas.DataFrame(X, columns=NAMES).assign(other=column, y=target)
        with pytest.warns(DataWarning, match="The column 'other' is enough to predict the target"):
            load_table(frame, "y", task="regression")
    near = pandas.DataFrame(X, columns=NAMES).assign(other=y + 1e-3 * RNG.normal(size=N), y=y)
    load(near, "y")


def test_nothing_is_revealed_by_chance():
    """Few rows and many columns: no column is named though some order the classes."""
    x = RNG.normal(size=(8, 10_000))
    data = load((x, np.arange(8) % 2), test=0)
    assert data.n_train == 8
    load((RNG.integers(0, 6, size=(30, 10_000)), np.arange(30) % 2))
    # Each of 40 words is in most rows alone.
    words = [f"w{i}" for i in RNG.permutation(60) // 1.5]
    load((pandas.DataFrame({"w": words, "x": RNG.normal(size=60)}), np.arange(60) % 2))


# --- the tables of scikit-learn ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer", "diabetes"])
def test_the_tables_of_scikit_learn(tmp_path, name):
    """Written by pandas, with and without its index, and read with the target alone."""
    frame = getattr(toy_sets, f"load_{name}")(as_frame=True).frame
    x, y = frame.drop(columns="target").to_numpy(), frame["target"].to_numpy()
    path = tmp_path / "t.csv"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        clean = load_table((x, y))
        frame.to_csv(path)
        with_index = load_table(path, "target")
        frame.to_csv(path, index=False)
        without_index = load_table(path, "target")
        frame.to_parquet(tmp_path / "t.parquet")
        parquet = load_table(tmp_path / "t.parquet", "target")
    for data in (with_index, without_index, parquet, clean):
        same(data, clean)
        assert data.task == ("regression" if name == "diabetes" else "classification")
        rows = read_rows(path, with_index.encoder)
        assert len(rows.x) == len(x)
        assert np.array_equal(rows.y, y)
    assert read_rows(frame.drop(columns="target"), with_index.encoder).y is None


# --- new rows ------------------------------------------------------------------------------------


def test_the_target_of_new_rows():
    encoder = load(FRAME, "kind").encoder
    assert np.array_equal(read_rows(FRAME[:9], encoder).y, Y[:9])
    with pytest.raises(ValueError, match=r"class of the training rows \(no, yes\) in every") as e:
        read_rows(FRAME[:9].assign(kind="maybe"), encoder)
    assert str(e.value).endswith("of the target column 'kind', got 'maybe'.")
    with pytest.raises(ValueError, match="target column 'kind', got gaps in 9 rows"):
        read_rows(FRAME[:9].assign(kind=None), encoder)
    numbers = load_frame_of(X[:, 1]).encoder
    rows = pandas.DataFrame(RNG.normal(size=(5, 3))).assign(y=[1, 2, 3, 4, 5])
    assert read_rows(rows, numbers).y.tolist() == [1, 2, 3, 4, 5]
    for classes in (Y.astype(bool), Y * 3 - 1):
        data = load(FRAME[NAMES].assign(y=classes), "y")
        assert np.array_equal(read_rows(FRAME[NAMES].assign(y=classes), data.encoder).y, Y)


# --- what is refused -----------------------------------------------------------------------------


def test_names_that_do_not_exist():
    frame = FRAME.rename(columns={"b": "kinds of"})
    for parameter in ("target", "groups", "test", "drop"):
        with pytest.raises(ValueError, match=f"`{parameter}` must be the name of a col") as caught:
            load_table(frame, **{"target": "kind", parameter: "Kinds"})
        assert str(caught.value).endswith(
            "of the table, got 'Kinds'; there are kind, kinds of, d, a, c."
        )
    with pytest.raises(ValueError, match="the table, got None; there are a, kinds of, c, d, kind"):
        load_table(frame)
    with pytest.raises(TypeError, match="`target` must be the name of a column, got 3"):
        load_table(frame, 3)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            FRAME.assign(kind="no"),
            "must have different values in the target column 'kind', got 'no' in every row: there "
            "is nothing to predict.",
        ),
        (
            FRAME.assign(kind=7),
            "must have different values in the target column 'kind', got 7 in every row: there is "
            "nothing to predict.",
        ),
        (
            FRAME.assign(kind=1.5),
            "must have different values in the target column 'kind', got 1.5 in every row",
        ),
        (FRAME[["kind"]], "must have a column of inputs besides kind, got none."),
        (
            FRAME.assign(kind=FRAME["kind"].where(Y > 0)),
            "must have a value in every row of the target column 'kind', got gaps in "
            f"{N - Y.sum()} rows: leave these rows out.",
        ),
        (
            FRAME.assign(kind=[f"k{i}" for i in range(N)]),
            "must have classes in the target column 'kind', got a different value in every row: is "
            "it an identifier?",
        ),
        (
            FRAME.assign(kind=pandas.date_range("2024-01-01", periods=N)),
            "must have numbers or classes in the target column 'kind', got dates: predict a number "
            "of days, or a class.",
        ),
        (FRAME.assign(a=np.inf), "must have finite numbers in the column 'a', got infinity"),
        (FRAME[[*NAMES, "a", "kind"]], "has two columns named 'a': rename one of them."),
        (FRAME[:0], "must hold at least one row, got none."),
    ],
)
def test_what_is_refused(tmp_path, frame, message):
    with pytest.raises(ValueError, match=r"^`path_or_frame` ") as caught:
        load_table(frame, "kind")
    assert str(caught.value).startswith(f"`path_or_frame` {message}")
    if "a.1" not in frame:
        path = tmp_path / "t.csv"
        frame.to_csv(path, index=False)
        with pytest.raises(DataFileError) as caught:
            load_table(path, "kind")
        assert str(caught.value).startswith(f"{path} {message}")


def test_parameters():
    for test in (1.0, 1.5):
        with pytest.raises(
            ValueError, match="`test` must be a fraction of the rows, at least 0 an"
        ):
            load_table(FRAME, "kind", test=test)
    with pytest.raises(ValueError, match=r"`test` must be a number >= 0, got -0\.1"):
        load_table(FRAME, "kind", test=-0.1)
    with pytest.raises(ValueError, match="`test` must leave rows for the training set and for the"):
        load_table(FRAME, "kind", test=0.001)
    with pytest.raises(
        ValueError, match=r"`test` must leave rows for the .*, got 0\.2 of 200 rows in 1"
    ):
        load_table(FRAME.assign(g="one"), "kind", groups="g")
    with pytest.raises(ValueError, match="`groups` must be the name of a column, or one value for"):
        load_table(FRAME, "kind", groups=[1, 2])
    with pytest.raises(
        ValueError, match="must have a group in every row of 'g', got gaps in 1 row:"
    ):
        load_table(FRAME.assign(g=[None, *"ab" * 99, "b"]), "kind", groups="g")
    with pytest.raises(ValueError, match="`drop` must not hold the target, got 'kind'"):
        load_table(FRAME, "kind", drop=["kind"])
    with pytest.raises(ValueError, match="in the column 'b', which decides the split, got "):
        load_table(FRAME, "kind", test="b")
    with pytest.raises(ValueError, match="must have training rows, got only test rows"):
        load_table(FRAME.assign(part="test"), "kind", test="part")
    with pytest.raises(
        ValueError, match="must have numbers in the target column 'kind' for a regression"
    ):
        load_table(FRAME, "kind", task="regression")
    with (
        pytest.warns(DataWarning, match="The columns 'u', 'v' are the same in every training row"),
        pytest.raises(ValueError, match="got only identifiers and constants: u, v"),
    ):
        load_table({"u": ["x"] * 10, "v": [1] * 10, "y": [0, 1] * 5}, "y")
