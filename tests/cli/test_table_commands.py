"""`--target`: tables as people have them, on the commands that take data."""

import json

import numpy as np
import pandas
import pytest
from pictures import no_pictures
from sklearn.metrics import r2_score, root_mean_squared_error

from genlab.datasets import load_table
from genlab.selection import search_from_file
from genlab.training import load_model

# A command shows warnings, and goes on.
pytestmark = pytest.mark.filterwarnings("default")

LONGER = ["--set", "hidden=5", "--steps", "500"]
SMALL = ["--set", "hidden=5", "--steps", "40", "--batch-size", "20"]


@pytest.fixture
def run(run_genlab, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with no_pictures():
        yield run_genlab


@pytest.fixture
def table(tmp_path):
    """Two kinds of birds, 100 of them, in a table with words, gaps and an index."""
    stream = np.random.default_rng(0)
    kind = stream.integers(0, 2, 100)
    frame = pandas.DataFrame(
        {
            "weight": kind + stream.normal(0, 0.3, 100),
            "colour": np.array(["red", "green"])[stream.integers(0, 2, 100)],
            "nest": np.arange(100) // 4,
            "part": np.where(np.arange(100) % 5 == 0, "test", "train"),
            "species": np.array(["Ente", "Gans"])[kind],
        }
    )
    frame.loc[3, "weight"] = np.nan
    frame.to_csv(tmp_path / "birds.csv")
    return frame


def test_a_table_with_a_target_trains_a_model(run, table, tmp_path):
    status, _, err = run("train", "--data", "birds.csv", "--target", "species", *SMALL, "-o", "m")
    assert status == 0, err
    assert "The target 'species' has 2 classes: Ente, Gans (classification)." in err
    assert "Left out as the index of the table" in err
    model = load_model(tmp_path / "m")
    with pytest.warns(UserWarning, match="index"):
        data = load_table(tmp_path / "birds.csv", "species")
    assert model.data.arguments["fingerprint"] == data.fingerprint


def test_a_model_of_a_table_predicts_names_from_raw_rows(run, table, tmp_path):
    run("train", "--data", "birds.csv", "--target", "species", *LONGER, "-o", "m")
    table.sample(frac=1, random_state=0)[
        ["species", "part", "nest", "colour", "weight"]
    ].to_parquet(tmp_path / "new.parquet")
    status, out, err = run("predict", "m", "--data", "birds.csv", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert {row["predicted"] for row in found["rows"]} == {"Ente", "Gans"}
    assert [row["label"] for row in found["rows"]] == list(table["species"])
    wrong = sum(row["predicted"] != row["label"] for row in found["rows"])
    assert found["error"] == wrong / 100
    status, out, err = run("predict", "m", "--data", "new.parquet", "--json")
    assert status == 0, err
    shuffled = {(row["predicted"], row["probability"]) for row in json.loads(out)["rows"]}
    assert shuffled == {(row["predicted"], row["probability"]) for row in found["rows"]}
    status, out, err = run("predict", "m", "--data", "new.parquet", "--csv")
    assert out.startswith("example,predicted,probability,label\n0,")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.drop(columns="weight"), "weight"),
        (lambda frame: frame.assign(weight="heavy"), "weight"),
        (lambda frame: frame.assign(species="Möwe"), "species"),
    ],
)
def test_rows_that_the_model_cannot_take(run, table, tmp_path, change, sentence):
    run("train", "--data", "birds.csv", "--target", "species", *SMALL, "-o", "m")
    change(table).to_csv(tmp_path / "new.csv", index=False)
    status, _, err = run("predict", "m", "--data", "new.csv")
    assert status in (1, 2)
    last = err.strip().splitlines()[-1]
    assert sentence in last
    assert "defect" not in last


def test_new_columns_and_categories_are_no_obstacle(run, table, tmp_path):
    run("train", "--data", "birds.csv", "--target", "species", *SMALL, "-o", "m")
    table.assign(colour="blue", other=1.5).to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run("predict", "m", "--data", "new.csv", "--json")
    assert status == 0, err
    assert "other" in err
    assert len(json.loads(out)["rows"]) == 100


def test_a_table_with_numbers_as_target(run, table, tmp_path):
    stream = np.random.default_rng(1)
    table["price"] = 100 + 50 * table["weight"].fillna(0) + stream.normal(0, 5, 100)
    table.to_csv(tmp_path / "prices.csv", index=False)
    status, out, err = run(
        "train", "--data", "prices.csv", "--target", "price", "--drop", "species",
        "--set", "hidden=5", "--steps", "1000", "-o", "m", "--json",
    )  # fmt: skip
    assert status == 0, err
    metrics = json.loads(out)
    assert 0.5 < metrics["test_r_squared_low"] < metrics["test_r_squared"] <= 1
    assert metrics["test_r_squared"] == pytest.approx(1 - metrics["test_error"], abs=1e-6)
    assert 1 <= metrics["trivial_error_low"] <= metrics["trivial_error"]
    status, out, err = run("predict", "m", "--data", "prices.csv", "--json")
    assert status == 0, err
    found = json.loads(out)
    predicted = np.array([row["predicted"] for row in found["rows"]])
    assert found["r_squared"] == pytest.approx(r2_score(table["price"], predicted))
    assert found["root_mean_squared_error"] == pytest.approx(
        root_mean_squared_error(table["price"], predicted)
    )


def test_every_option_reaches_the_table(run, table, tmp_path):
    status, out, err = run(
        "train", "--data", "birds.csv", "--target", "species", "--test", "part",
        "--groups", "nest", "--drop", "colour", "--task", "classification", *SMALL,
        "-o", "m", "--json",
    )  # fmt: skip
    assert status == 0, err
    metrics = json.loads(out)
    assert (metrics["n_train"], metrics["n_test"]) == (80, 20)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "birds.csv", "--test", "0.5"], "--test must come with --target COLUMN."),
        (["--data", "birds.csv", "--groups", "nest"], "--groups must come with --target COLUMN."),
        (["--dataset", "mnist1d", "--target", "y"], "--target must come with --data FILE."),
        (["--data", "birds.csv", "--target", "specie"], "there are species, "),
        (["--data", "birds.csv", "--target", "species", "--test", "0"], "--test must leave rows"),
        (["--data", "birds.csv", "--target", "species", "--test", "2"], "--test must be"),
        (["--data", "birds.csv", "--target", "species", "--task", "rank"], "--task must be"),
        (["--data", "birds.xlsx", "--target", "species"], "--data must be a file whose name ends"),
        (["--data", "birds.xlsx"], "--data must be one of '.npz', "),
        (["--data", "birds.csv"], "Or name the column that is predicted: --target."),
    ],
)
def test_what_cannot_be_is_one_sentence(run, table, tmp_path, arguments, sentence):
    status, _, err = run("train", *arguments, *SMALL, "-o", "m")
    assert status in (1, 2)
    assert sentence in err.strip().splitlines()[-1]
    assert not (tmp_path / "m" / "model.json").exists()


def test_a_search_on_a_table(run, table, tmp_path):
    arguments = ["--data", "birds.csv", "--target", "species", "--groups", "nest"]
    status, out, err = run(
        "select", *arguments, "--estimator", "sklearn.neighbors.KNeighborsClassifier",
        "--search", "n_neighbors=1,5", "--sampler", "grid", "--store", "s.db", "-o", "chosen",
        "--json",
    )  # fmt: skip
    assert status == 0, err
    report = json.loads(out)
    assert "--groups nest" in report["command"]
    kinds = {row["column"]: row["kind"] for row in report["tables"]["columns"]}
    assert kinds["nest"] == "left out"
    assert "number" in kinds.values()
    assert any(note.startswith("The target 'species' has ") for note in report["notes"])
    assert "columns.csv" in (tmp_path / "chosen" / "index.html").read_text()


def test_a_search_file_names_the_columns(tmp_path):
    path = tmp_path / "search.toml"
    path.write_text(
        '[data]\nfile = "birds.csv"\ntarget = "species"\ntest = 0.3\ndrop = ["part"]\n'
        "[parameters]\nwidth = [5, 6]\n"
    )
    table = search_from_file(path).table
    assert (table.target, table.test, table.drop) == ("species", 0.3, ("part",))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ('dataset = "mnist1d"\ntarget = "y"', "must have a `file` where it has `target`"),
        ('file = "x.csv"\ntest = 0.3', "must have a `target` where it has `test`"),
        ('file = "x.csv"\ntarget = 3', "`target` of [data] must be a text, got 3"),
        ('file = "x.csv"\ntarget = "y"\ntest = true', "must be a number or a text, got True"),
        ('file = "x.csv"\ntarget = "y"\ndrop = [1]', "must be a list of texts, got [1]"),
    ],
)
def test_a_search_file_that_cannot_be(tmp_path, lines, sentence):
    path = tmp_path / "search.toml"
    path.write_text(f"[data]\n{lines}\n[parameters]\nwidth = [5, 6]\n")
    with pytest.raises((TypeError, ValueError)) as error:
        search_from_file(path)
    assert sentence in str(error.value)
