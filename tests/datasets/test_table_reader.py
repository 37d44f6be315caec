"""Tables of any origin are read to the same columns, or refused in one sentence."""

import bz2
import gzip
import lzma

import numpy as np
import pandas
import pyarrow as pa
import pytest
from pyarrow import feather

from genlab import DataFileError
from genlab.datasets.tables import _text
from genlab.datasets.tables._read import read_table, sentences

RNG = np.random.default_rng(1)
N = 60
FRAME = pandas.DataFrame(
    {
        "height": RNG.normal(size=N).round(6),
        "count": RNG.integers(0, 9, size=N),
        "name": RNG.choice(["plain", "a;b", "c,d", 'q"q', "two\nlines", "Ärger"], size=N),
        "member": RNG.choice([True, False], size=N),
        "day": pandas.date_range("2024-02-27", periods=N),
        "gaps": np.where(np.arange(N) % 7 == 0, np.nan, RNG.normal(size=N).round(6)),
    }
)


def read(source, **options):
    with sentences(source):
        return read_table(source, **options)


def same(table, frame=FRAME):
    """The table holds what the frame holds, to the last bit of every number."""
    got = table.to_pandas()
    assert list(got) == list(frame)
    for name in frame:
        if name == "day":
            assert (pandas.to_datetime(got[name]) == frame[name]).all()
        elif frame[name].dtype == float:
            assert np.array_equal(got[name], frame[name], equal_nan=True)
        else:
            assert got[name].tolist() == frame[name].tolist()


def refused(source, message):
    with pytest.raises(DataFileError) as caught:
        read(source)
    assert str(caught.value) == f"{source} {message}"


# --- CSV -------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("comment", ["", "# made by hand; 1,2\n"])
@pytest.mark.parametrize(
    ("separator", "decimal"),
    [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), ("|", ",")],
)
def test_csv(tmp_path, separator, decimal, comment, mark, line):
    path = tmp_path / "table.csv"
    text = FRAME.to_csv(index=False, sep=separator, decimal=decimal).replace("two\nlines", "@")
    text = (mark + comment + text).replace("\n", line).replace("@", "two\nlines")
    path.write_bytes(text.encode())
    same(read(path).table)


@pytest.mark.parametrize("piece", [300, 1000, 3000])
def test_files_are_read_in_pieces(tmp_path, monkeypatch, piece):
    """Quoted line ends, and columns whose later rows are not what the first were."""
    monkeypatch.setattr(_text, "_PIECE", piece)
    frame = FRAME.assign(
        late=[*range(N - 1), 0.5],  # whole numbers at first
        word=[*map(str, range(N - 1)), "x"],
        zeros=[f"{i:04}" for i in range(N - 1)] + ["end"],  # text that numbers would lose
        empty=[*[""] * (N - 1), "y"],
    )
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    progress = []
    table = read(path, progress=progress.append).table
    same(table.drop_columns("empty"), frame.drop(columns="empty"))
    assert table["empty"].to_pylist() == [*[None] * (N - 1), "y"]
    assert progress[-1] == 1
    assert len(progress) > 1


def test_a_quotation_mark_without_its_partner(tmp_path, monkeypatch):
    monkeypatch.setattr(_text, "_PIECE", 200)
    monkeypatch.setattr(_text, "_LONGEST", 500)
    path = tmp_path / "pipes.csv"
    path.write_text("size,n\n" + "".join(f'{i}" pipe,{i}\n' for i in range(1, 400, 1)))
    assert read(path).table["n"].to_pylist() == list(range(1, 400))


def test_columns_known_to_hold_words(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("code,n\n007,1\n010,2\n")
    assert read(path).table["code"].to_pylist() == [7, 10]
    assert read(path, words=("code", "other")).table["code"].to_pylist() == ["007", "010"]


def test_missing_values(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("a,b,c\n1,x,NA\n?,NaN,\n2,,null\n")
    assert read(path).table.to_pydict() == {
        "a": [1, None, 2],
        "b": ["x", None, None],
        "c": [None, None, None],
    }


def test_dates_of_several_forms(tmp_path):
    path = tmp_path / "dates.csv"
    path.write_text("a;b;c\n31.12.2023;2023-12-31;2023-12-31 18:30:00\n")
    values = [value[0] for value in read(path).table.to_pydict().values()]
    assert [str(value)[:10] for value in values] == ["2023-12-31"] * 3
    assert values[2].hour == 18


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty."),
        (b"a,b\n", "must hold at least one row, got none."),
        (b"a,b,a\n1,2,3\n", "has two columns named 'a': rename one of them."),
        (
            b"1.5,2\n3,4\n",
            "must begin with the names of its columns, got numbers: 1.5, 2; add a first line with "
            "a name for each column.",
        ),
        (
            b"a,b\n1,2\n1,2,3\n",
            "must have a field for each of 2 columns in every row, got 3 fields in '1,2,3' "
            "(row 2).",
        ),
        (
            b"a b\n1 2\n3 4\n",
            "must have commas, semicolons, tabs or vertical bars between its columns, got spaces.",
        ),
        (
            "näme,b\nx,2\n".encode("latin-1"),
            "is not encoded in UTF-8, as the names of its columns show: save it as UTF-8, in a "
            "spreadsheet by the format CSV UTF-8, or by iconv -f LATIN1 -t UTF-8.",
        ),
        (
            "name,b\nA,1\nÄ,2\n".encode("cp1252"),
            "is not encoded in UTF-8, as row 2 shows: save it as UTF-8, in a "
            "spreadsheet by the format CSV UTF-8, or by iconv -f LATIN1 -t UTF-8.",
        ),
        (
            "a,b\n1,2\n".encode("utf-16"),
            "is encoded in UTF-16, or is no text at all: save it as text in UTF-8.",
        ),
        (
            b"<!DOCTYPE html>\n<html>",
            "holds a web page or XML, and its name says CSV: write it as CSV.",
        ),
        (b'{"a": [1, 2]}', "holds JSON, and its name says CSV: write it as CSV."),
        (b"PAR1....", "holds Parquet, and its name says CSV: write it as CSV."),
        (
            b"PK\x03\x04..[Content_Types].xml",
            "holds an Excel workbook, and its name says CSV: write it as CSV.",
        ),
        (
            gzip.compress(b"a,b\n1,2\n", mtime=0),
            "is compressed by gzip, which its name does not say: rename it to end in .gz.",
        ),
    ],
)
def test_what_is_no_csv(tmp_path, content, message):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    refused(path, message)


def test_wide_files(tmp_path):
    """60,000 columns, and lines longer than what is sampled."""
    names = [f"gene {i}" for i in range(60_000)]
    x = RNG.normal(size=(5, 60_000)).round(3)
    path = tmp_path / "wide.csv"
    rows = [";".join(f"{value}".replace(".", ",") for value in row) for row in x]
    path.write_text("\n".join([";".join(names), *rows]))
    table = read(path).table
    assert table.column_names == names
    assert np.array_equal(np.stack([c.to_numpy() for c in table.columns], axis=1), x)


# --- other files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("table.CSV", lambda content: content),
        ("a.b.Csv.GZ", gzip.compress),
        ("table.csv.bz2", bz2.compress),
        ("table.csv.xz", lzma.compress),
        ("table.csv.zst", lambda content: pa.compress(content, "zstd", asbytes=True)),
        ("table.tsv", lambda content: content),
        ("table.txt", lambda content: content),
    ],
)
def test_suffixes_and_compression(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(FRAME.to_csv(index=False).encode()))
    if name.endswith(".zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(FRAME.to_csv(index=False).encode())
    same(read(path).table)


def test_parquet_and_arrow(tmp_path):
    FRAME.to_parquet(tmp_path / "t.parquet")
    FRAME.to_parquet(tmp_path / "t.PQ", row_group_size=7)
    feather.write_feather(FRAME, tmp_path / "t.feather")
    table = pa.table(FRAME)
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema) as file:
        file.write_table(table, max_chunksize=7)
    with pa.ipc.new_stream(tmp_path / "t.ipc", table.schema) as file:
        file.write_table(table)
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    for path in tmp_path.iterdir():
        same(read(path).table)


def test_other_files_that_are_not_what_their_names_say(tmp_path):
    csv = FRAME.to_csv(index=False).encode()
    for name, content, message in [
        ("t.parquet", csv, "holds something else, and its name says Parquet: write it as Parquet."),
        ("t.npz", csv, "holds something else, and its name says NPZ: write it as NPZ."),
        ("t.feather", b"PAR1", "holds Parquet, and its name says Arrow: write it as Arrow."),
        ("t.csv.gz", csv, "is not compressed by gzip, as its name says."),
        (
            "t.csv.gz",
            bz2.compress(csv),
            "is compressed by bzip2, which its name does not say: rename it to end in .bz2.",
        ),
        ("t.parquet", b"PAR1 cut short", None),
        ("t.csv.gz", gzip.compress(csv)[:-20], None),
        ("t.csv.xz", lzma.compress(csv)[:-20], None),
        ("t.csv.bz2", bz2.compress(csv)[:-20], None),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        if message:
            refused(path, message)
        else:
            with pytest.raises(DataFileError, match=r"cannot be read: [^\n]*\.$"):
                read(path)
    with pytest.raises(ValueError, match=r"`path_or_frame` must be a file whose name ends in .csv"):
        read(tmp_path / "t.xlsx")
    with pytest.raises(DataFileError, match=r"none.csv cannot be read: No such file"):
        read(tmp_path / "none.csv")


X = RNG.normal(size=(N, 3))
Y = np.arange(N) % 2


def test_npz(tmp_path):
    path = tmp_path / "t.npz"
    for names in ({"X": X, "y": Y}, {"x": X, "y": Y}):
        np.savez(path, **names)
        raw = read(path)
        assert raw.target == "y"
        assert raw.table.column_names == ["x0", "x1", "x2", "y"]
        assert np.array_equal(raw.table["x1"].to_numpy(), X[:, 1])
    np.savez(path, x=X[:40], y=Y[:40], x_test=X[40:], y_test=Y[40:])
    raw = read(path)
    assert (raw.target, raw.test) == ("y", "set")
    assert raw.table["set"].to_pylist() == [False] * 40 + [True] * 20
    np.savez(path, a=X[:, 0], b=Y)
    assert read(path).table.column_names == ["a", "b"]
    np.savez(path, x=np.array([None, {}]), y=Y)
    with pytest.raises(DataFileError, match="Object arrays cannot be loaded"):
        read(path)
    np.savez(path, a=X)
    refused(path, "must hold arrays X and y, or one array per column, got a of shape (60, 3).")


# --- tables in memory -------------------------------------------------------------------------


class Exporter:
    """A data frame of another library, by the protocol that Polars and others follow."""

    def __init__(self, table):
        self.table, self.columns = table, table.column_names

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_frames():
    same(read(FRAME).table)
    same(read(FRAME.set_index(np.arange(N) + 5)).table)
    same(read(pa.table(FRAME)).table)
    same(read(Exporter(pa.table(FRAME))).table)
    same(read({name: FRAME[name] for name in FRAME}).table)
    same(read({name: FRAME[name].tolist() for name in FRAME}).table)
    same(read(FRAME.to_records(index=False)).table)


def test_frames_of_polars():
    polars = pytest.importorskip("polars", reason="Polars is not installed")
    same(read(polars.from_pandas(FRAME)).table)
    same(read(polars.from_pandas(FRAME).lazy()).table)


def test_pairs():
    names = ["x0", "x1", "x2", "y"]
    for pair in ((X, Y), (X.tolist(), Y.tolist()), (X, Y[:, None]), (X, pandas.Series(Y))):
        raw = read(pair)
        assert (raw.table.column_names, raw.target) == (names, "y")
        assert raw.table["y"].to_pylist() == Y.tolist()
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    for y in (pandas.Series(Y, name="kind"), pandas.DataFrame({"kind": Y})):
        raw = read((frame, y))
        assert (raw.table.column_names, raw.target) == (["a", "b", "c", "kind"], "kind")
    with pytest.raises(
        ValueError, match="`path_or_frame` must have one value of y for each of 60 rows"
    ):
        read((X, Y[:-1]))
    with pytest.raises(ValueError, match="has a column 'a' in X, and y has the same name"):
        read((frame, pandas.Series(Y, name="a")))


def test_arrays():
    assert read(X).table.column_names == ["x0", "x1", "x2"]
    mixed = np.array([["1.5", "a"], ["2", "b"], ["", "c"]])
    assert read(mixed).table.to_pydict() == {"x0": [1.5, 2.0, None], "x1": ["a", "b", "c"]}
    assert read(mixed.astype(object)).table["x0"].to_pylist() == [1.5, 2.0, None]


def test_columns_of_mixed_and_unusual_types():
    frame = pandas.DataFrame(
        {
            "mixed": [1, "a", None],
            "kind": pandas.Categorical(["b", "a", "b"]),
            "sparse": pandas.arrays.SparseArray([0.0, 0.0, 1.0]),
            "month": pandas.period_range("2024-01", periods=3, freq="M"),
        }
    )
    table = read(frame).table
    assert table["mixed"].to_pylist() == ["1", "a", None]
    assert table["kind"].to_pylist() == ["b", "a", "b"]
    assert table["sparse"].to_pylist() == [0, 0, 1]
    assert table["month"].to_pylist() == ["2024-01", "2024-02", "2024-03"]
    table = read(pa.table({"x": [[1.0, 2.0], [3.0, 4.0]]})).table
    assert table.to_pydict() == {"x0": [1, 3], "x1": [2, 4]}


def test_what_is_no_table():
    import scipy.sparse

    for data, message in [
        (X[:, 0], r"must be a table of shape \(rows, columns\), got \(60,\)"),
        (X[:, :, None], r"must be a table of shape \(rows, columns\), got \(60, 3, 1\)"),
        ({"a": [1, 2], "b": [1]}, "must have columns of one length, got lengths 1, 2"),
        ({"a": X}, r"must have one value per row in the column 'a', got shape \(60, 3\)"),
        (X + 1j, "must have real numbers in the column 'x0', got complex ones"),
        (scipy.sparse.csr_matrix(X), "must be a dense array, got a sparse csr_matrix"),
        (FRAME[["height", "height"]], "has two columns named 'height'"),
        (FRAME[[]], "must have columns with names, got none"),
        (FRAME[:0], "must hold at least one row, got none"),
    ]:
        with pytest.raises(ValueError, match=rf"^`path_or_frame` {message}.*\.$"):
            read(data)
    with pytest.raises(TypeError, match="must be a path, a data frame, an array, a dict of"):
        read(7)


# --- index columns ----------------------------------------------------------------------------


def test_index_columns(tmp_path):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path)
    raw = read(path)
    same(raw.table)
    assert raw.unnamed == ("column 1 of 7, which has no name",)
    pandas.read_csv(path).to_csv(path, index=False)
    assert read(path).index == ("Unnamed: 0",)
    FRAME.drop(index=3).to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").index == ("__index_level_0__",)
    FRAME.set_index("count").to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").index == ("count",)
