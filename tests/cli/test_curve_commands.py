"""The commands `learn`, `sweep` and `decompose`: the numbers of the library, and mistakes."""

import contextlib
import json
import sqlite3

import pytest
from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier
from sweep.here import no_workers

import genlab

KNN = ("--estimator", "sklearn.neighbors.KNeighborsClassifier")


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers():
        yield


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "wine.csv"
    load_wine(as_frame=True).frame.to_csv(path, index=False)
    return ("--data", path, "--target", "target")


@pytest.fixture(scope="module")
def data(table):
    return genlab.datasets.load_table(table[1], target="target")


def test_learn_prints_the_curve_and_its_forecast(run_genlab, table, data):
    arguments = ["learn", *table, *KNN, "--set", "n_neighbors=3", "--sizes", "20,0.5,1.0"]
    status, _, err = run_genlab(*arguments)
    assert (status, "`--sizes`" in err or "--sizes must be" in err) == (2, True)
    arguments[-1] = "15,30,60,120"
    status, out, _ = run_genlab(*arguments, "--forecast", "240", "--json")
    assert status == 0
    printed = json.loads(out)
    curve = genlab.learning_curve(KNeighborsClassifier(3), data, sizes=[15, 30, 60, 120])
    tests = [row for row in curve.bands() if row["curve"] == "test_error"]
    assert [row["test_error"] for row in printed["rows"]] == [row["estimate"] for row in tests]
    assert [row["test_error_high"] for row in printed["rows"]] == [row["high"] for row in tests]
    assert printed["forecast"] == curve.forecast(240)
    status, out, _ = run_genlab(*arguments, "--forecast", "240", "--csv")
    assert out.splitlines()[0].startswith("n_train,n_fits,train_error,")
    assert out.splitlines()[-1].startswith("240,forecast,,,,")


def test_sweep_prints_the_curve(run_genlab, table, data):
    arguments = ["sweep", *table, *KNN, "--folds", "3"]
    status, out, _ = run_genlab(*arguments, "--capacity", "n_neighbors=1..21:step=10", "--json")
    assert status == 0
    printed = json.loads(out)
    curve = genlab.capacity_curve(KNeighborsClassifier, [1, 11, 21], data, cv=3)
    tests = [row for row in curve.bands() if row["curve"] == "test_error"]
    assert printed["capacity"] == "n_neighbors"
    assert [row["capacity"] for row in printed["rows"]] == [1, 11, 21]
    assert [row["test_error"] for row in printed["rows"]] == [row["estimate"] for row in tests]
    status, out, _ = run_genlab(*arguments, "--capacity", "n_neighbors=1..64:log", "--csv")
    assert [line.partition(",")[0] for line in out.splitlines()] == [
        "n_neighbors", "1", "2", "3", "6", "11", "20", "35", "64"
    ]  # fmt: skip


def test_decompose_prints_the_parts_and_what_they_cannot_tell(run_genlab, table, data):
    arguments = ["decompose", *table, *KNN, "--datasets", "6", "--rows", "out_of_bag"]
    status, out, _ = run_genlab(*arguments, "--loss", "brier", "--json")
    assert status == 0
    printed = json.loads(out)
    parts = genlab.decompose(KNeighborsClassifier(), data, 6, loss="brier", rows="out_of_bag")
    assert printed["averages"] == [dict(row) for row in parts.averages()]
    assert printed["notes"] == list(parts.notes)
    assert printed["n_rows"] == parts.average.n_rows
    status, out, err = run_genlab(*arguments, "--csv")
    assert out.splitlines()[0] == "part,kind,estimate,low,high"
    assert "noise cannot be separated from bias" in " ".join(err.split())


def test_decompose_adds_label_noise_to_the_fits_of_a_network(run_genlab, table, data):
    settings = ["--model", "mlp", "--set", "hidden=4", "--set", "steps=20"]
    arguments = ["decompose", *table, *settings, "--datasets", "4", "--json"]
    status, out, err = run_genlab(*arguments, "--label-noise", "0.3")
    assert status == 0, err
    parts = genlab.decompose(
        genlab.models.MLP((4,)), data, 4, recipe=genlab.Recipe.adam(steps=20), label_noise=0.3
    )
    printed = json.loads(out)
    assert printed["averages"] == [dict(row) for row in parts.averages()]
    assert any("30% of the training labels are resampled" in note for note in printed["notes"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("decompose", *KNN, "--label-noise", "0.2"),
            "--label-noise must be 0 for an estimator: make noisy labels with",
        ),
        (
            ("decompose", "--model", "mlp", "--label-noise", "1.5"),
            "--label-noise must be a number from 0 to 1, got 1.5",
        ),
        (("decompose", *KNN, "--loss", "squared"), "--loss must be one of 'zero_one'"),
        (
            ("decompose", *KNN, "--sampling", "disjoint", "--datasets", "500"),
            "--datasets must be at most the 142 training examples for disjoint parts, got 500",
        ),
        (("sweep", *KNN, "--capacity", "leaves=2,4"), "'leaves' must be a parameter of KNeighbo"),
        (("sweep", *KNN, "--capacity", "n_neighbors=9..2"), "--capacity must have 0 < LOW < HIGH"),
        (("sweep", "--capacity", "breadth=2,4"), "--capacity must name a field of mlp or Recipe"),
        (("learn", *KNN, "--model", "mlp"), "give either --model NAME or --estimator PATH"),
        (("learn", *KNN, "--folds", "500"), "--folds must split the 142 training examples"),
        (("learn", *KNN, "--sizes", "5,x"), "--sizes must be numbers separated by commas, got '5"),
        (
            ("learn", *KNN, "--sizes", "15,30,60", "--forecast", "20"),
            "--forecast must be numbers",
        ),
    ],
)
def test_mistakes_are_a_sentence(run_genlab, table, arguments, message):
    status, out, err = run_genlab(*arguments, *table)
    assert (status, out) == (2, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err


FRESH = {
    "sweep": ("--folds", "3", "--capacity", "n_neighbors=1..21:step=10"),
    "learn": ("--folds", "2", "--sizes", "15,30,60"),
    "decompose": ("--datasets", "4"),
}


@pytest.mark.parametrize("command", FRESH)
def test_fresh_mends_a_damaged_result(run_genlab, tmp_path, table, command):
    store = tmp_path / "s.db"
    arguments = [command, *table, *KNN, *FRESH[command], "--store", store, "--json"]
    status, expected, err = run_genlab(*arguments)
    assert status == 0, err
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("UPDATE genlab_cells SET result = x'00'")
        connection.commit()
    status, _, err = run_genlab(*arguments)
    assert status == 1
    assert "cannot be read" in err
    assert "--fresh (fresh=True in Python) computes stored results again" in err
    assert run_genlab(*arguments, "--fresh")[:2] == (0, expected)
    assert run_genlab(*arguments)[:2] == (0, expected)
