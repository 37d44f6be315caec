"""Tables: what can be an input is read, and the rest is refused in one sentence that names it."""

import subprocess
import sys

import numpy as np
import pandas
import pytest

from genlab import DataFileError
from genlab.datasets import check_mnist1d, make_mnist1d, read_examples, write_mnist1d

RNG = np.random.default_rng(0)
N = 40
FRAME = pandas.DataFrame(
    {
        "height": RNG.normal(size=N),
        "mass": RNG.normal(size=N),
        "label": np.arange(N) // 20,
        "set": ["train", "train", "train", "test"] * 10,
    }
)


def write(frame, path, **options):
    if path.suffix == ".csv":
        frame.to_csv(path, **{"index": False, **options})
    else:
        frame.to_parquet(path, **options)
    return path


def refused(path, message):
    """One sentence that begins with the file's name."""
    with pytest.raises(DataFileError) as caught:
        read_examples(path)
    sentence = str(caught.value)
    assert sentence == f"{path} {message}"


def accepted(path):
    parts = read_examples(path)
    assert sorted(parts) in (["all"], ["test", "train"])
    return parts


@pytest.fixture(params=[".csv", ".parquet"])
def path(request, tmp_path):
    return tmp_path / f"table{request.param}"


def test_a_table_comes_back(path):
    parts = accepted(write(FRAME, path))
    for part in ("train", "test"):
        rows = FRAME[FRAME["set"] == part]
        assert np.array_equal(parts[part].x, rows[["height", "mass"]])
        assert np.array_equal(parts[part].y, rows["label"])
        assert parts[part].columns == ("height", "mass")


# --- what cannot be an input -----------------------------------------------------------------

LEAVE = "which is no input: leave it out (in pandas, write with index=False)."
UNNAMED = f"of {{}}; pandas writes its index so, {LEAVE}"


def test_the_index_of_pandas_in_csv(tmp_path):
    path = write(FRAME, tmp_path / "table.csv", index=True)
    refused(
        path, f"has a column without a name, column 1 of 5; pandas writes its index so, {LEAVE}"
    )
    # Read and written again.
    path = write(pandas.read_csv(path), tmp_path / "again.csv")
    refused(path, f"has the index of a pandas table in the column 'Unnamed: 0', {LEAVE}")


@pytest.mark.parametrize("name", [None, "row", "id", "time"])
def test_the_index_of_pandas_in_parquet(tmp_path, name):
    part = FRAME.drop(index=3)  # with a gap, pandas writes the index as a column
    part.index.name = name
    column = name or "__index_level_0__"
    path = write(part, tmp_path / "table.parquet")
    refused(path, f"has the index of a pandas table in the column {column!r}, {LEAVE}")
    accepted(write(part, path, index=False))
    accepted(write(part.set_index("label"), path))  # an index that is no input
    levels = part.set_index(["mass", "height"])
    refused(write(levels, path), f"has the index of a pandas table in the column 'mass', {LEAVE}")


def identifier(name):
    return (
        f"has an identifier in the column {name!r}, a different whole number in every row, which "
        "is no input: leave it out, or write its numbers with a decimal point if they are "
        "measurements."
    )


def within_sets(frame):
    return frame.groupby("set").cumcount()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("case", np.arange(N)),
        ("case", np.arange(N)[::-1] + 1000),
        ("case", RNG.permutation(3 * N)[:N]),
        ("case", RNG.permutation(10**9 + np.arange(N) * 10_007)),
        ("case", within_sets(FRAME)),  # starts anew in every set
        ("customer_id", RNG.permutation(5000)[:N]),
        ("patientId", RNG.permutation(5000)[:N]),
        ("ID", RNG.permutation(5000)[:N]),
    ],
)
def test_identifiers(path, name, numbers):
    refused(write(FRAME.assign(**{name: numbers}), path), identifier(name))


def test_words_that_are_identifiers_dates_and_times(path):
    refused(
        write(FRAME.assign(case=[f"c{i}" for i in range(N)]), path),
        "must have numbers in the column 'case', got 'c0': leave the column out, or write it as "
        "numbers.",
    )
    days = pandas.date_range("2020-01-01", periods=N)
    sentence = (
        "must have numbers in the column 'day', got dates or times: leave the column out, or write "
        "it as numbers."
    )
    refused(write(FRAME.assign(day=days), path), sentence)
    refused(write(FRAME[["label", "set"]].assign(day=days), path), sentence)
    refused(write(FRAME.assign(day=days.date), path), sentence)
    refused(write(FRAME.assign(day=days + pandas.Timedelta("3h")), path), sentence)


def test_dates_in_npz(tmp_path):
    path = tmp_path / "dates.npz"
    np.savez(path, x=np.full((3, 2), np.datetime64("2020-01-01")))
    refused(path, "must hold numbers in x, got values of type datetime64[D].")


@pytest.mark.parametrize(
    "numbers",
    [
        RNG.normal(size=N),  # different, but no whole numbers
        RNG.permutation(N).astype(float) + 0.5,
        np.arange(N) // 2,  # twice each
        RNG.integers(0, 256, size=N),
        RNG.permutation(256)[:N],  # all different, as numbers up to 255 may be by chance
    ],
)
def test_measurements_are_no_identifiers(path, numbers):
    write(FRAME.assign(measured=numbers), path)
    assert accepted(path)["train"].columns == ("height", "mass", "measured")


def test_pixels_are_no_identifiers(tmp_path):
    """Among many columns some have all different values by chance, in small sets."""
    for n in range(1, 150, 7):
        pixels = pandas.DataFrame(RNG.integers(0, 256, size=(n, 784)))
        pixels.columns = [f"p{i}" for i in range(784)]
        accepted(write(pixels.assign(label=0), tmp_path / "pixels.csv"))


def test_identifiers_that_are_measurements_after_all(path):
    frame = FRAME.assign(income=RNG.permutation(90_000 + 17 * np.arange(N) ** 3))
    refused(write(frame, path), identifier("income"))
    accepted(write(frame.astype({"income": float}), path))


# --- columns by name -------------------------------------------------------------------------


def test_columns_are_read_in_the_order_that_is_wanted(path):
    write(FRAME[["set", "mass", "label", "height"]], path)
    read = read_examples(path, ("height", "mass"))["test"]
    assert np.array_equal(read.x, FRAME[FRAME["set"] == "test"][["height", "mass"]])
    assert read.columns == ("height", "mass")
    assert read_examples(path)["test"].columns == ("mass", "height")


def test_missing_and_new_columns(path):
    write(FRAME.rename(columns={"mass": "weight"}).assign(id=range(N)), path)
    with pytest.raises(DataFileError) as caught:
        read_examples(path, ("height", "mass"))
    assert str(caught.value) == (
        f"{path} must have the input columns height, mass: it lacks mass and also has weight, id."
    )
    wanted = tuple(f"gene {i}" for i in range(100))
    with pytest.raises(DataFileError, match=r"gene 7, \.\.\. \(92 more\): it lacks gene 0, gene"):
        read_examples(path, wanted)


def test_numbered_columns_are_read_in_the_order_of_their_numbers(path):
    x = RNG.normal(size=(N, 12))
    frame = pandas.DataFrame(x, columns=[f"x{i}" for i in range(12)])
    write(frame[sorted(frame)], path)  # x0, x1, x10, x11, x2, ...
    for wanted in (None, tuple("abcdefghijkl")):
        read = read_examples(path, wanted)["all"]
        assert np.array_equal(read.x, x)
        assert read.columns is None


def test_identifiers_are_no_matter_where_names_are_known(path):
    """A model's own columns are read, in files of any number of rows."""
    write(pandas.DataFrame({"id": range(N), "a": RNG.normal(size=N)}), path)
    assert read_examples(path, ("a", "id"))["all"].x.shape == (N, 2)


# --- CSV -------------------------------------------------------------------------------------


def test_long_lines(tmp_path):
    """Every line is longer than the block that is parsed at once."""
    x = RNG.normal(size=(10, 12_000))
    path = tmp_path / "wide.csv"
    lines = [",".join(f"{'a column of a long name ' * 4}{i}" for i in range(12_000))]
    lines += [",".join(f"{value:.90f}" for value in row) for row in x]
    assert min(map(len, lines)) > 2**20
    path.write_text("\n".join(lines))
    assert np.array_equal(read_examples(path)["all"].x, x)


def test_the_process_ends_after_an_error(tmp_path):
    """pyarrow's threads kept it from ending where the first line was longer than a block."""
    path = tmp_path / "bad.csv"
    names = ",".join(f"a column of a long name {i}" for i in range(60_000))
    path.write_text(f"{names}\n1,2\n")
    code = (
        "import sys; from genlab.datasets import read_examples\n"
        "try: read_examples(sys.argv[1])\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0
    assert "Expected 60000 columns, got 2" in done.stdout


@pytest.mark.parametrize(
    ("separator", "name"),
    [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), (" ", "spaces")],
)
def test_other_separators(tmp_path, separator, name):
    path = tmp_path / "table.csv"
    FRAME.to_csv(path, index=False, sep=separator)
    refused(path, f"has columns separated by {name}, and must have commas.")
    FRAME.to_csv(path, index=False, sep=separator, decimal="," if separator == ";" else ".")
    refused(path, f"has columns separated by {name}, and must have commas.")


def test_a_byte_order_mark(tmp_path):
    path = tmp_path / "small.csv"
    write_mnist1d(path, 100)
    content = path.read_bytes()
    assert content.startswith(b"#")
    plain = read_examples(path)
    published = make_mnist1d(n_samples=100)
    for marked in (content, content.split(b"\n", 1)[1]):
        path.write_bytes(b"\xef\xbb\xbf" + marked)
        read = read_examples(path)
        assert np.array_equal(read["train"].x, plain["train"].x)
        assert np.array_equal(read["test"].y, published.y_test)
    path.write_bytes(content.decode().encode("utf-16"))
    refused(path, "is encoded in UTF-16, and must be in UTF-8.")


def test_the_frozen_set_behind_a_byte_order_mark(tmp_path):
    path = tmp_path / "mnist1d.csv"
    write_mnist1d(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check_mnist1d(path)[0]
    FRAME.to_csv(path, index=False, sep=";")
    with pytest.raises(DataFileError, match=r"csv has columns separated by semicolons, and must"):
        check_mnist1d(path)


def test_names_of_columns(tmp_path):
    path = tmp_path / "table.csv"
    for content, message in {
        "a,b,a\n1,2,3\n": "has two columns named 'a': rename one of them.",
        "1,2\n3,4\n": "must begin with the names of its columns, got numbers: add a "
        "first line with a name for each column.",
        "a,,b\n1,2,3\n": f"has a column without a name, column 2 {UNNAMED.format(3)}",
        "a,label\n": "must hold at least one example, got none.",
        "label,set\n1,train\n": "must have a column of inputs besides 'label', 'y' and 'set', "
        "got label, set.",
        "a,set\n1,dev\n": "must have train or test in the column 'set', got 'dev'.",
        "a,b\n1,\n2,\n": "must have a value in every row of the column 'b', got gaps in 2 rows: "
        "fill them, or leave these rows out.",
    }.items():
        path.write_text(content)
        refused(path, message)


# --- labels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "got"),
    [
        (["cat", "dog"], "'cat'"),
        ([0.0, 1.5], "1.5"),
        ([0, -1], "-1"),
        ([False, True], "False"),
        ([0.0, 1e300], "1e+300"),
    ],
)
def test_labels_that_are_no_numbers_of_classes(tmp_path, path, labels, got):
    y = np.array(labels * 20)
    rule = "the numbers of the classes, got"
    end = ": number the classes first."
    refused(
        write(FRAME.assign(label=y), path),
        f"must have whole numbers from 0 in the column 'label', {rule} {got}{end}",
    )
    np.savez(tmp_path / "table.npz", x=RNG.normal(size=(N, 2)), y=y)
    refused(
        tmp_path / "table.npz",
        f"must have whole numbers from 0 in the array y, {rule} {got}{end}",
    )
