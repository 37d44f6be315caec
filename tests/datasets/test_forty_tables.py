"""Forty tables as people have them, each with what it should give.

A table made from a clean array gives the same split and the same inputs as the array, to the last
bit, so that every model of it and every error is the same.
"""

import bz2
import gzip
import lzma
import warnings
from functools import cache

import numpy as np
import pandas
import pyarrow as pa
import pytest
from pyarrow import feather
from sklearn.preprocessing import StandardScaler

from genlab import DataWarning
from genlab.datasets import load_table, read_rows, split_indices

RNG = np.random.default_rng(4)
N = 240
NAMES = ["length", "width", "weight"]
X = RNG.normal(size=(N, 3)).round(5)
CLASSES = np.array(["Ente", "Gans", "Möwe"])
LABELS = np.argmax(X + RNG.normal(size=X.shape), axis=1)
WORDS = CLASSES[LABELS]
TARGET = (X @ [1.0, -2.0, 0.5] + RNG.normal(size=N)).round(5)
CLEAN = pandas.DataFrame(X, columns=NAMES).assign(bird=WORDS)


def csv(frame=CLEAN, line="\n", encoding="utf-8", comment="", pack=None, name="t.csv", **options):
    """Writes a table as text."""

    def write(folder):
        text = comment + frame.to_csv(None, **{"index": False, **options})
        content = text.replace("\n", line).encode(encoding)
        (folder / name).write_bytes(pack(content) if pack else content)
        return folder / name

    return write


def parquet(frame=CLEAN, name="t.parquet", **options):
    def write(folder):
        frame.to_parquet(folder / name, **options)
        return folder / name

    return write


def arrow(folder):
    feather.write_feather(CLEAN, folder / "t.feather")
    return folder / "t.feather"


def npz(folder):
    np.savez(folder / "t.npz", X=X, y=WORDS)
    return folder / "t.npz"


def npz_of_columns(folder):
    np.savez(folder / "t.npz", bird=WORDS, **{name: CLEAN[name].to_numpy() for name in NAMES})
    return folder / "t.npz"


class Polars:
    """What Polars offers to others."""

    def __init__(self, frame):
        self._table, self.columns = pa.table(frame), list(frame)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


INDEX = "Left out as the index"
IDENTIFIER = "is different in every row"
CONSTANT = "the same in every training row"

# Name -> how it is written, how it is loaded, and what is warned of; all give the clean array.
AS_CLEAN = {
    "commas": (csv(), {}, None),
    "semicolons": (csv(sep=";"), {}, None),
    "semicolons and decimal commas": (csv(sep=";", decimal=","), {}, None),
    "tabs": (csv(sep="\t", name="t.tsv"), {}, None),
    "tabs and decimal commas": (csv(sep="\t", decimal=",", name="t.TXT"), {}, None),
    "vertical bars": (csv(sep="|"), {}, None),
    "a byte-order mark": (csv(encoding="utf-8-sig"), {}, None),
    "Windows line ends": (csv(line="\r\n"), {}, None),
    "every field in quotes": (csv(quoting=1), {}, None),
    "a comment": (csv(comment="# measured in spring, by hand\n"), {}, None),
    "an index of pandas": (csv(index=True), {}, INDEX),
    "an index written twice": (csv(CLEAN.reset_index(names="Unnamed: 0")), {}, INDEX),
    "an identifier": (csv(CLEAN.assign(bird_id=RNG.permutation(9999)[:N])), {}, IDENTIFIER),
    "names": (csv(CLEAN.assign(ring=[f"R-{i}" for i in range(N)])), {}, IDENTIFIER),
    "a constant": (csv(CLEAN.assign(island="Sylt")), {}, CONSTANT),
    "an empty column": (csv(CLEAN.assign(notes=None)), {}, CONSTANT),
    "a column dropped": (csv(CLEAN.assign(copy=WORDS)), {"drop": "copy"}, None),
    "quotes and line ends in names": (
        csv(CLEAN.assign(note=[f'a "big", one\n{i}' for i in range(N)])),
        {},
        IDENTIFIER,
    ),
    "columns permuted": (csv(CLEAN[["bird", *NAMES]]), {}, None),
    "gzip": (csv(pack=gzip.compress, name="t.csv.gz"), {}, None),
    "bzip2": (csv(pack=bz2.compress, name="T.CSV.BZ2"), {}, None),
    "xz": (csv(pack=lzma.compress, name="t.Csv.xz"), {}, None),
    "Parquet": (parquet(), {}, None),
    "Parquet with an index": (parquet(CLEAN.set_index(np.arange(N) // 2)), {}, INDEX),
    "Parquet with categories": (parquet(CLEAN.astype({"bird": "category"})), {}, None),
    "Feather": (arrow, {}, None),
    "NPZ": (npz, {"target": None}, None),
    "NPZ of columns": (npz_of_columns, {}, None),
    "a frame of pandas": (lambda _: CLEAN, {}, None),
    "a frame of Polars": (lambda _: Polars(CLEAN), {}, None),
    "a pair of arrays": (lambda _: (X, WORDS), {"target": None}, None),
    "a dict of lists": (lambda _: CLEAN.to_dict("list"), {}, None),
}


def load(source, warned, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load_table(source, **options)
    assert all(w.category is DataWarning for w in caught)
    assert len(caught) == (warned is not None)
    assert all(warned in str(w.message) for w in caught)
    return data


@cache
def clean():
    return load((X, WORDS), None)


@pytest.mark.parametrize("name", AS_CLEAN)
def test_a_table_gives_what_the_clean_array_gives(tmp_path, name):
    write, options, warned = AS_CLEAN[name]
    source = write(tmp_path)
    data = load(source, warned, **{"target": "bird", **options})
    for part in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(getattr(data, part), getattr(clean(), part))
    assert data.fingerprint == clean().fingerprint
    assert data.classes == tuple(CLASSES)
    rows = read_rows(source, data.encoder)
    assert np.array_equal(rows.x, clean().encoder.transform(X))
    assert np.array_equal(rows.y, LABELS)


# Tables whose columns are not the clean array's: what the data set must be.
GAPS = CLEAN.mask(RNG.random(CLEAN.shape) < 0.1).assign(bird=WORDS)
DAYS = pandas.Timestamp("2023-11-05") + pandas.to_timedelta(RNG.integers(0, 90, N), "D")
OTHERS = {
    "gaps": (GAPS, {}, tuple(n for name in NAMES for n in (name, f"{name} is missing"))),
    "words": (
        CLEAN.assign(sex=np.where(RNG.random(N) < 0.5, "m", "w")),
        {},
        (*NAMES, "sex=m", "sex=w"),
    ),
    "booleans": (
        CLEAN.assign(ringed=RNG.random(N) < 0.5),
        {},
        (*NAMES, "ringed=False", "ringed=True"),
    ),
    "dates": (
        CLEAN.assign(seen=DAYS),
        {},
        (*NAMES, "seen year", "seen month", "seen weekday", "seen days"),
    ),
    "groups": (CLEAN.assign(nest=RNG.integers(0, 40, N)), {"groups": "nest"}, tuple(NAMES)),
    "a split of its own": (
        CLEAN.assign(part=np.where(np.arange(N) % 3, "train", "test")),
        {"test": "part"},
        tuple(NAMES),
    ),
    "regression": (CLEAN[NAMES].assign(bird=TARGET), {}, tuple(NAMES)),
    "whole numbers as classes": (CLEAN[NAMES].assign(bird=LABELS * 10), {}, tuple(NAMES)),
    "two classes": (CLEAN.assign(bird=np.where(LABELS == 2, "x", "y")), {}, tuple(NAMES)),
    "one column": (CLEAN[["width", "bird"]], {}, ("width",)),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("suffix", [".csv", ".parquet", "frame"])
def test_other_tables(tmp_path, name, suffix):
    frame, options, columns = OTHERS[name]
    write = {".csv": csv(frame), ".parquet": parquet(frame), "frame": lambda _: frame}[suffix]
    data = load(write(tmp_path), None, target="bird", **options)
    expected = load(frame, None, target="bird", **options)
    assert data.fingerprint == expected.fingerprint
    assert data.columns == columns
    assert data.task == ("regression" if name == "regression" else "classification")
    # The encoder's own numbers are tested against scikit-learn's in test_table_encoder.
    x = data.encoder.transform(frame.drop(columns="bird"))
    assert sorted(map(tuple, x)) == sorted(map(tuple, [*data.x_train, *data.x_test]))


def test_a_thousand_classes(tmp_path):
    y = RNG.permutation(np.arange(5000) % 1000)
    frame = pandas.DataFrame(RNG.normal(size=(5000, 2)), columns=["a", "b"])
    path = csv(frame.assign(y=[f"kind {i:04}" for i in y]))(tmp_path)
    data = load(path, None, target="y")
    assert data.n_classes == 1000
    assert np.bincount(data.y_train).tolist() == [4] * 1000
    assert data.classes[:2] == ("kind 0000", "kind 0001")
    numbers = load(frame.assign(y=y * 7), None, target="y", task="classification")
    assert np.array_equal(numbers.y_test, data.y_test)
    assert numbers.classes == tuple(range(0, 7000, 7))


@pytest.mark.parametrize("n_columns", [2_000, 60_000])
def test_many_columns_and_few_rows(tmp_path, n_columns):
    x, y = RNG.normal(size=(30, n_columns)).round(3), np.arange(30) % 2
    data = load((x, y), None)
    train = np.sort(split_indices(y, (0.8, 0.2))[0])
    expected = StandardScaler().fit_transform(x[train])
    np.testing.assert_allclose(data.x_train, expected, rtol=1e-12, atol=1e-12)
    if n_columns == 2_000:
        frame = pandas.DataFrame(x, columns=[f"gene {i}" for i in range(n_columns)])
        other = load(parquet(frame.assign(y=y))(tmp_path), None, target="y")
        assert np.array_equal(other.x_test, data.x_test)


def test_new_rows_in_other_tables(tmp_path):
    """Columns permuted, one more, one less, and a level that no training row had."""
    frame = CLEAN.assign(sex=np.where(RNG.random(N) < 0.5, "m", "w"))
    data = load(frame, None, target="bird")
    new = frame[:20].drop(columns="bird")
    x = read_rows(new, data.encoder).x
    assert np.array_equal(read_rows(csv(new[new.columns[::-1]])(tmp_path), data.encoder).x, x)
    with pytest.warns(DataWarning, match="did not have, and they are left out: more"):
        assert np.array_equal(read_rows(new.assign(more=1), data.encoder).x, x)
    with pytest.raises(
        ValueError, match="must have the columns length, width, weight, sex: it lac"
    ):
        read_rows(new.drop(columns="width"), data.encoder)
    unseen = read_rows(new.assign(sex="?"), data.encoder).x
    assert np.array_equal(unseen[:, :3], x[:, :3])
    assert not unseen[:, 3:].any()
