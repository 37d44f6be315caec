"""A transformer of scikit-learn's kind in place of the default encoder of a table."""

import dataclasses

import numpy as np
import pandas
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

import genlab
from genlab import DataWarning
from genlab.datasets import load_table, read_rows
from genlab.models import MLP
from genlab.selection import Space, select
from genlab.sweep import Store
from genlab.training import Recipe, SavedModel, save_model

STREAM = np.random.default_rng(0)
N = 60
FRAME = pandas.DataFrame(
    {
        "size": np.where(STREAM.random(N) < 0.1, np.nan, STREAM.normal(5, 2, N)),
        "rooms": STREAM.integers(1, 6, N),
        "colour": STREAM.choice(["red", "blue", "green"], N),
        "kind": STREAM.choice(["a", "b"], N),
    }
)


def parts(**options):
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), MinMaxScaler()), ["size", "rooms"]),
        (OneHotEncoder(handle_unknown="ignore", **options), ["colour"]),
    )


@pytest.fixture(scope="module")
def data():
    return load_table(FRAME, "kind", encoder=parts(sparse_output=False))


def rows_of(data):
    """The training and the test rows of the frame, as the default encoder divides them."""
    whole = FRAME.assign(row=np.arange(N) / 1000)
    divided = load_table(whole[["row", "kind"]], "kind", encoder=FunctionTransformer())
    return [
        FRAME.iloc[np.round(1000 * x[:, 0]).astype(int)] for x in (divided.x_train, divided.x_test)
    ]


def test_it_is_fitted_on_the_training_rows_alone(data):
    train, test = rows_of(data)
    theirs = parts(sparse_output=False).fit(train.drop(columns="kind"))
    np.testing.assert_array_equal(data.x_train, theirs.transform(train))
    np.testing.assert_array_equal(data.x_test, theirs.transform(test))
    assert data.columns == tuple(theirs.get_feature_names_out())
    assert data.classes == ("a", "b")
    assert not hasattr(parts(), "transformers_")


def test_what_was_decided_is_shown(data):
    assert data.encoder.notes[0].startswith("The target 'kind' has 2 classes")
    assert "The inputs are 5 numbers that ColumnTransformer" in data.encoder.notes[1]
    assert "of 3 columns, fitted on the 48 training rows." in data.encoder.notes[1]
    shown = data.encoder.to_frame().set_index("column")
    assert shown.loc["size", "kind"] == "number"
    assert shown.loc["size", "missing"] == rows_of(data)[0]["size"].isna().sum()
    assert shown.loc["colour", "encoding"].startswith("OneHotEncoder(")
    assert "MinMaxScaler" in shown.loc["rooms", "encoding"]


def test_new_rows_are_matched_by_name(data, tmp_path):
    expected = data.encoder.transform(FRAME)
    mixed = FRAME[["colour", "kind", "size", "rooms"]]
    np.testing.assert_array_equal(data.encoder.transform(mixed), expected)
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    FRAME.to_parquet(tmp_path / "rows.parquet")
    for path in (tmp_path / "rows.csv", tmp_path / "rows.parquet"):
        x, y = read_rows(path, data.encoder)
        np.testing.assert_allclose(x, expected, rtol=1e-14)
        np.testing.assert_array_equal(y, (FRAME["kind"] == "b").to_numpy())
    with pytest.raises(ValueError, match="it lacks size"):
        data.encoder.transform(FRAME.drop(columns="size"))
    with pytest.warns(DataWarning, match="did not have are left out: weight"):
        data.encoder.transform(FRAME.assign(weight=1.0))
    with pytest.raises(ValueError, match="must have numbers in the column 'size', got 'large'"):
        data.encoder.transform(FRAME.assign(size="large"))
    again = load_table(FRAME, "kind", encoder=data.encoder, test=0)
    np.testing.assert_array_equal(again.x_train, expected)


def test_words_that_look_like_numbers_stay_words(tmp_path):
    table = FRAME.assign(colour=np.where(FRAME["colour"] == "red", "red", "07"))
    data = load_table(table, "kind", encoder=parts(sparse_output=False))
    new = table[table["colour"] == "07"]
    new.to_csv(tmp_path / "new.csv", index=False)
    x, _ = read_rows(tmp_path / "new.csv", data.encoder)
    np.testing.assert_array_equal(x, data.encoder.transform(new))
    at = data.columns.index("onehotencoder__colour_07")
    assert (x[:, at] == 1).all()


class Keeps(TransformerMixin, BaseEstimator):
    """Keeps the frames that it is given."""

    def fit(self, frame, y=None):
        assert y is None
        self.frame_ = frame
        return self

    def transform(self, frame):
        self.seen_ = frame
        return np.zeros((len(frame), 1))


def test_it_is_given_a_frame_of_the_raw_columns(tmp_path):
    table = pandas.DataFrame(
        {
            "number": [0.5, np.nan, 2.5] * 10,
            "whole": np.arange(30) % 7,
            "word": ["a", None, "c"] * 10,
            "flag": [True, False, False] * 10,
            "level": pandas.Categorical(["x", "y", "x"] * 10),
            "day": pandas.to_datetime(["2024-02-29 12:30", None, "2020-01-01 00:00"] * 10),
            "same": 1.0,
            "group": np.arange(30) % 5,
            "y": [0, 1, 0] * 10,
        }
    )
    with pytest.warns(DataWarning, match="predict the target"):
        data = load_table(table, "y", test=0, groups="group", encoder=Keeps())
    frame = data.encoder.transformer.frame_
    assert list(frame.columns) == ["number", "whole", "word", "flag", "level", "day", "same"]
    assert [str(frame.dtypes[name]) for name in ("number", "whole", "flag")] == [
        "float64",
        "int64",
        "bool",
    ]
    assert frame["word"].isna().sum() == frame["day"].isna().sum() == 10
    assert frame["day"][0] == pandas.Timestamp("2024-02-29 12:30")
    assert frame["level"].tolist() == table["level"].tolist()
    table.to_csv(tmp_path / "rows.csv", index=False)
    read_rows(tmp_path / "rows.csv", data.encoder)
    pandas.testing.assert_frame_equal(data.encoder.transformer.seen_, frame)


def test_an_identifier_is_named_where_it_is_read():
    table = FRAME.assign(patient_id=np.arange(N) + 100)
    load_table(table, "kind", encoder=parts())  # which does not read it
    with pytest.warns(
        DataWarning, match="The column 'patient_id' is different in every row, as an"
    ):
        load_table(table, "kind", encoder=Keeps())


def test_a_sparse_result_stays_sparse():
    texts = ["good film", "bad film", "bad end"]
    words = pandas.DataFrame({"text": texts * 10, "y": [1, 0, 0] * 5 + [0, 1, 1] * 5})
    counts = make_column_transformer((CountVectorizer(), "text"), sparse_threshold=1.0)
    data = load_table(words, "y", encoder=counts, test=0)
    assert sparse.issparse(data.x_train)
    assert data.columns == tuple(
        f"countvectorizer__{word}" for word in ("bad", "end", "film", "good")
    )
    assert sparse.issparse(read_rows(words[:2], data.encoder).x)


def test_a_search_is_the_library_s_on_the_encoded_rows(data):
    space = Space(estimator=LogisticRegression(), parameters={"C": [0.01, 1.0]})
    cv = KFold(3, shuffle=True, random_state=0)
    with Store("sqlite://") as store:
        found = select(space, data, sampler="grid", cv=cv, store=store)
    theirs = GridSearchCV(LogisticRegression(), {"C": [0.01, 1.0]}, cv=cv)
    theirs.fit(data.x_train, data.y_train)
    assert 1 - float(found.validation_error.mean) == pytest.approx(theirs.best_score_)


def test_a_network_takes_raw_rows_and_is_saved_without_it(data, tmp_path):
    recipe = Recipe.sgd(0.1, steps=2)
    run = genlab.train(MLP(hidden=(2,)), data, recipe)
    model = SavedModel.of_data(data, run.model, run.modules[0], recipe, 0)
    np.testing.assert_array_equal(
        model.predict(FRAME), model.predict(data.encoder.transform(FRAME))
    )
    sentence = (
        r"got TransformerEncoder, whose file would run code where it is read: save it with `da"
    )
    with pytest.raises(TypeError, match=sentence):
        save_model(tmp_path / "model", run, data)
    assert not (tmp_path / "model").exists()
    save_model(tmp_path / "model", run, dataclasses.replace(data, encoder=None))
    loaded = genlab.load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(data.x_test), model.predict(data.x_test))


class Says(TransformerMixin, BaseEstimator):
    """Returns whatever it is told to."""

    def __init__(self, what=None):
        self.what = what

    def fit(self, frame):
        return self

    def transform(self, frame):
        return self.what(frame)


UNFIT = {
    "a class": (
        StandardScaler,
        "`encoder` must be a TableEncoder or a transformer of scikit-learn",
    ),
    "a text": ("standard", "`encoder` must be a TableEncoder or a transformer of scikit-learn"),
    "a model": (LogisticRegression(), "such as a ColumnTransformer, got LogisticRegression"),
    "words": (StandardScaler(), "must be fitted on the training rows, without the target, got Val"),
    "the target": (
        SelectKBest(k=1),
        "must be fitted on the training rows, without the target, got ValueErr",
    ),
    "gaps": (parts().set_params(pipeline="passthrough"), r"must give finite numbers, got \d+ that"),
    "no numbers": (Says(lambda rows: rows[["colour"]]), "`encoder` must hold numbers, got"),
    "one axis": (Says(lambda rows: rows["rooms"]), "one row of numbers for each of 1 rows, got an"),
    "rows": (Says(lambda rows: np.zeros((len(rows) + 1, 2))), r"of 1 rows, got an array of shape"),
    "raises": (
        Says(lambda rows: 1 / 0),
        "must transform the rows, got ZeroDivisionError: division",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_is_no_encoder_is_refused_in_one_sentence(case):
    encoder, words = UNFIT[case]
    table = FRAME[["rooms", "kind"]] if case == "the target" else FRAME
    with pytest.raises((TypeError, ValueError), match=words) as raised:
        load_table(table, "kind", encoder=encoder)
    assert "\n" not in str(raised.value)


def test_an_unknown_level_may_be_refused_by_the_transformer():
    strict = make_column_transformer((OneHotEncoder(), make_column_selector("colour")))
    data = load_table(FRAME, "kind", encoder=strict)
    with pytest.raises(
        ValueError, match="must transform the rows, got ValueError: Found unknown cat"
    ):
        data.encoder.transform(FRAME.assign(colour="mauve"))
