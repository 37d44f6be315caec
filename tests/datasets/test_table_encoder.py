"""The encoder of a table equals scikit-learn's pipeline, and reads other rows by name."""

import json
import math
import warnings

import numpy as np
import pandas
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from genlab import DataWarning
from genlab.datasets import TableEncoder
from genlab.datasets.tables import _encoder

RNG = np.random.default_rng(2)


def with_gaps(values, fraction=0.1):
    column = pandas.Series(values).astype(object)
    column[RNG.random(len(column)) < fraction] = None
    return column


def frame_of(n):
    days = pandas.to_datetime("2019-11-30") + pandas.to_timedelta(RNG.integers(0, 900, n), "D")
    return pandas.DataFrame(
        {
            "plain": RNG.normal(size=n),
            "large": RNG.normal(size=n) + 1e6,
            "gaps": np.where(RNG.random(n) < 0.2, np.nan, RNG.exponential(size=n)),
            "whole": RNG.integers(-5, 5, n),
            "small": RNG.integers(0, 255, n).astype(np.uint8),
            "single": RNG.normal(size=n).astype(np.float32),
            "colour": RNG.choice(["red", "green", "blue"], n),
            "town": [f"town {i}" for i in RNG.geometric(0.1, n)],
            "word gaps": with_gaps(RNG.choice(["yes", "no", "perhaps"], n)),
            "rare gaps": with_gaps(RNG.choice(["a", "b"], n), 0.004),
            "member": RNG.random(n) < 0.3,
            "size": pandas.Categorical(RNG.choice([10, 2, 30], n)),
            "day": days,
            "visit": pandas.Series(days + pandas.to_timedelta(RNG.integers(0, 24, n), "h")).where(
                RNG.random(n) < 0.9
            ),
        }
    )


def parts_of(dates, first, with_hour):
    dates = dates.iloc[:, 0]
    parts = [dates.dt.year, dates.dt.month, dates.dt.day_of_week + 1]
    parts.append((dates.dt.floor("D") - first.floor("D")) / pandas.Timedelta("1D"))
    if with_hour:
        parts.append(dates.dt.hour)
    return np.stack(parts, axis=1).astype(float)


def pipeline_of(frame):
    """scikit-learn's own, one transformer per column."""

    def number():
        return make_pipeline(SimpleImputer(strategy="median"), StandardScaler())

    steps = []
    for name in frame:
        if frame[name].dtype.kind in "fiu":
            steps.append((name, number(), [name]))
        elif frame[name].dtype.kind == "M":
            make = FunctionTransformer(
                parts_of, kw_args={"first": frame[name].min(), "with_hour": name == "visit"}
            )
            steps.append((name, make_pipeline(make, *(s for _, s in number().steps)), [name]))
        else:
            levels = OneHotEncoder(
                min_frequency=min(10, math.ceil(0.01 * len(frame))),
                max_categories=100,
                handle_unknown="infrequent_if_exist",
                sparse_output=False,
            )
            steps.append((name, levels, [name]))
        if frame[name].dtype.kind in "fM" and frame[name].isna().any():
            marked = FunctionTransformer(pandas.isna)
            steps.append((f"{name} gap", marked, [name]))
    return ColumnTransformer(steps, sparse_threshold=0)


def as_objects(frame):
    """Words and categories as scikit-learn takes them, with NaN for a gap; float64."""
    frame = frame.copy()
    if "single" in frame:
        frame["single"] = frame["single"].astype(float)
    for name in frame:
        if frame[name].dtype.kind not in "fiuM":
            values = frame[name].astype(object)
            frame[name] = values.where(values.notna(), np.nan)
    return frame


def equal(encoder, frame, expected):
    """Equal to within 1e-12 of the values that were standardised, such as years near 2,000."""
    size = []
    for column in encoder.encodings:
        parts = getattr(column, "parts", [column])
        sizes = [abs(p.mean) / p.scale if hasattr(p, "mean") else 1 for p in parts]
        size += (sizes * len(column.outputs))[: len(column.outputs)]
    difference = np.abs(encoder.transform(frame) - expected)
    assert (difference <= 1e-12 * np.maximum(size, 1)).all()
    assert expected.shape == (len(frame), len(size))


@pytest.mark.parametrize("n", [12, 99, 101, 500, 5000])
def test_it_equals_the_pipeline_of_scikit_learn(n, monkeypatch):
    monkeypatch.setattr(_encoder, "_AT_ONCE", 5000)  # several blocks
    frame = frame_of(n)
    rows = RNG.random(n) < 0.8
    new = pandas.concat([frame_of(50), frame[~rows]], ignore_index=True)
    new["colour"] = new["colour"].replace("red", "violet")
    encoder = TableEncoder.fit(frame, rows)
    pipeline = pipeline_of(as_objects(frame[rows]))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found unknown categories")
        expected = pipeline.fit_transform(as_objects(frame[rows]))
        equal(encoder, frame[rows], expected)
        expected = pipeline.transform(as_objects(new))
    equal(encoder, new, expected)
    assert len(encoder.feature_names) == len(set(encoder.feature_names)) == expected.shape[1]


def test_more_levels_than_outputs():
    n = 20_000
    frame = pandas.DataFrame({"zip": [f"{i:05}" for i in RNG.integers(0, 400, n)]})
    encoder = TableEncoder.fit(frame)
    expected = pipeline_of(frame).fit_transform(as_objects(frame))
    assert expected.shape[1] == 100
    assert np.array_equal(encoder.transform(frame), expected)
    assert encoder.encodings[0].n_rare == 301


def test_names_of_inputs():
    frame = pandas.DataFrame(
        {
            "a": [1.0, None, 3.0],
            "b": ["x", None, "y"],
            "b=x": [1, 2, 3],
            "c": pandas.to_datetime(["2024-01-01", "2024-02-01", None]),
        }
    )
    encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == (
        *("a", "a is missing", "b=x", "b=y", "b is missing", "b=x (2)"),
        *("c year", "c month", "c weekday", "c days", "c is missing"),
    )
    assert encoder.columns == ("a", "b", "b=x", "c")
    table = encoder.to_frame()
    assert table["inputs"].tolist() == [2, 3, 1, 5]
    assert table["missing"].tolist() == [1, 1, 0, 1]
    assert table["kind"].tolist() == ["number", "category", "number", "date"]


def test_json_and_back():
    frame = frame_of(300)
    encoder = TableEncoder.fit(
        frame, ignored={"id": "an identifier"}, target="y", classes=("a", "b"), notes=("A note.",)
    )
    again = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    assert np.array_equal(again.transform(frame), encoder.transform(frame))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("encodings"),
        lambda d: d.update(other=1),
        lambda d: d["encodings"][0].update(kind="code"),
        lambda d: d["encodings"][0].update(scale=0.0),
        lambda d: d["encodings"][0].update(mean="1"),
        lambda d: d["encodings"][0].update(mean=float("nan")),
        lambda d: d["encodings"][0].pop("median"),
        lambda d: d["encodings"][1].update(levels=["a", 1]),
        lambda d: d["encodings"][1].update(n_rare=-1),
        lambda d: d["encodings"][1].update(name="plain"),
        lambda d: d.update(ignored=[1]),
    ],
)
def test_what_is_no_encoder(change):
    given = json.loads(json.dumps(TableEncoder.fit(frame_of(50)[["plain", "colour"]]).to_dict()))
    change(given)
    with pytest.raises(ValueError, match=r"^these are not the values of a table's encoder: "):
        TableEncoder.from_dict(given)


# --- other rows ------------------------------------------------------------------------------

FRAME = frame_of(200)
ENCODER = TableEncoder.fit(FRAME, ignored={"id": "an identifier"}, target="y")


def test_columns_are_matched_by_name():
    x = ENCODER.transform(FRAME)
    assert np.array_equal(ENCODER.transform(FRAME[sorted(FRAME)]), x)
    known = FRAME.assign(id=range(200), y=1)
    assert np.array_equal(ENCODER.transform(known), x)
    with pytest.warns(DataWarning, match=r"did not have are left out: more, and more\."):
        assert np.array_equal(ENCODER.transform(known.assign(**{"more": 1, "and more": 2})), x)
    with pytest.raises(ValueError, match=r"^`path_or_frame` must have the columns plain, .*: it "):
        ENCODER.transform(FRAME.drop(columns=["whole", "day"]))
    with pytest.raises(ValueError, match=r"it lacks plain and also has Plain\.$"):
        ENCODER.transform(FRAME.rename(columns={"plain": "Plain"}))


def test_rows_in_other_formats_are_the_same(tmp_path):
    x = ENCODER.transform(FRAME)
    FRAME.to_csv(tmp_path / "rows.csv")
    FRAME.to_parquet(tmp_path / "rows.parquet")
    FRAME.to_csv(tmp_path / "rows.tsv", sep="\t", decimal=",")
    for path in sorted(tmp_path.iterdir()):
        other = ENCODER.transform(path)
        single = [ENCODER.feature_names.index("single")]  # float32 has fewer digits in text
        np.testing.assert_allclose(other[:, single], x[:, single], atol=1e-6)
        other[:, single] = x[:, single]
        np.testing.assert_allclose(other, x, rtol=1e-12, atol=1e-12)


def test_rows_whose_columns_look_like_others(tmp_path):
    """Single rows, and words that are all numbers in the new rows."""
    encoder = TableEncoder.fit(
        {"code": ["007", "010", "X"], "flag": [True, False, None], "n": [1.0, 2.5, None]}
    )
    path = tmp_path / "one.csv"
    for text, expected in {
        "code,flag,n\n007,True,2\n": [1, 0, 0, 0, 1, 0],
        "code,flag,n\n010,,\n": [0, 1, 0, 0, 0, 1],
        "code,flag,n\n7,false,1\n": [0, 0, 0, 1, 0, 0],
        "n;flag;code\n1,5;true;X\n": [0, 0, 1, 0, 1, 0],
    }.items():
        path.write_text(text)
        assert encoder.transform(path)[0, :6].tolist() == expected
    assert encoder.feature_names[:6] == (
        *("code=007", "code=010", "code=X", "flag=False", "flag=True", "flag is missing"),
    )


def test_what_a_column_cannot_hold():
    for name, values, message in [
        ("plain", ["1", "two", "3"], "must have numbers in the column 'plain', got 'two'."),
        (
            "plain",
            [1.0, np.inf, 2.0],
            "must have finite numbers in the column 'plain', got infinity: write a gap in its "
            "place, or leave these rows out.",
        ),
        ("plain", [b"1", b"2", None], None),
        ("day", ["2024-01-01", "then", None], "must have dates in the column 'day', got 'then'."),
        ("day", [1, 2, 3], "must have dates in the column 'day', got values of type int64."),
    ]:
        rows = FRAME[:3].assign(**{name: values})
        if message is None:
            with pytest.raises(ValueError, match="must have numbers in the column 'plain'"):
                ENCODER.transform(rows)
            continue
        with pytest.raises(ValueError, match="`path_or_frame`") as caught:
            ENCODER.transform(rows)
        assert str(caught.value) == f"`path_or_frame` {message}"
    texts = ENCODER.transform(FRAME[:3].assign(plain=["1", " 2.5", ""]))
    assert np.isfinite(texts).all()
    with pytest.raises(ValueError, match="must have numbers, words or dates in the column 'a'"):
        TableEncoder.fit({"a": [{"b": 1}]})


def test_wide_tables():
    x = RNG.normal(size=(30, 60_000))
    encoder = TableEncoder.fit(x)
    expected = StandardScaler().fit_transform(x)
    np.testing.assert_allclose(encoder.transform(x), expected, rtol=1e-12, atol=1e-12)
