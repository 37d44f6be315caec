"""`genlab store ...` as its users meet it: what the library says of the same."""

import csv
import io
import json
import re
import shutil
import weakref
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sklearn.tree import DecisionTreeClassifier
from sweep.here import no_workers
from sweep.mean_cell import MeanCell

import genlab
from genlab.sealing import Openings
from genlab.selection._trials import Outcome, Trials
from genlab.sweep import Store, store_info, stored_cells, verify_store

VERSION_1 = Path(__file__).parents[1] / "sweep" / "stores" / "version_1.db"


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copy(VERSION_1, tmp_path / "old.db"))


@pytest.fixture
def run(run_genlab):
    return partial(run_genlab, "store")


def fill(path, n, off=0.0):
    with Store(path) as store:
        for seed in range(n):
            cell = MeanCell(0.5, 10, seed=seed)
            store.put(cell, cell.fit() + off, seconds=1.0, environment={"numpy": "1"})


def test_info(run, old, tmp_path):
    status, out, err = run("info", "--store", str(old))
    assert (status, err) == (0, "")
    size = f"{old.stat().st_size / 1000:.1f} kB"
    assert out.startswith(f"sqlite:///{old}\n8 results, {size}; version 3 of the tables\n")
    assert "also stored: 1 opening of a sealed test set, 1 search with 3 trials\n" in out
    assert "EstimatorCell (an estimator)" in out
    status, out, _ = run("info", "--store", str(old), "--json")
    assert json.loads(out) == asdict(store_info(old))
    status, out, _ = run("info")
    nothing = "0 results: the store is made when the first is stored."
    assert (status, out.splitlines()[1]) == (0, nothing)
    assert not (tmp_path / "store.db").exists()


def test_list(run, old):
    rows = stored_cells(old, limit=2)
    assert json.loads(run("list", "--store", str(old), "--limit", "2", "--json")[1]) == rows
    read = csv.DictReader(io.StringIO(run("list", "--store", str(old), "--limit", 2, "--csv")[1]))
    assert [row["key"] for row in read] == [row["key"] for row in rows]
    assert rows[0]["key"][:12] in run("list", "--store", str(old))[1]
    assert run("list", "--json", "--csv")[0] == 2
    _, out, _ = run("list", "--store", str(old), "--kind", "other:Kind")
    assert out == f"sqlite:///{old} has no results of the kind other:Kind.\n"
    _, out, _ = run("list", "--store", str(old), "--failed")
    assert out == f"sqlite:///{old} has no cells without a result.\n"


def test_export(run, old, tmp_path):
    path = tmp_path / "r.parquet"
    status, out, _ = run("export", "--store", str(old), "-o", str(path))
    size = f"{path.stat().st_size / 1000:.1f} kB"
    assert (status, out) == (0, f"{path}: 8 results, {size}\n")
    assert len(pd.read_parquet(path)) == 8
    status, _, err = run("export", "-o", str(tmp_path / "r.csv"))
    assert (status, err.startswith("genlab: --out must end in .parquet, got ")) == (2, True)
    status, _, err = run("export", "-o", str(tmp_path / "no" / "r.parquet"))
    assert (status, "No such file" in err) == (1, True)


def test_merge(run, tmp_path):
    fill(tmp_path / "a.db", 3)
    fill(tmp_path / "b.db", 1, off=1.0)
    into = ("--store", str(tmp_path / "all.db"))
    status, out, _ = run("merge", str(tmp_path / "a.db"), *into)
    assert (status, out) == (0, f"sqlite:///{tmp_path}/a.db: 3 results added, 0 already there\n")
    status, out, _ = run("merge", str(tmp_path / "b.db"), *into)
    key = MeanCell(0.5, 10, seed=0).key[:12]
    assert (status, out.splitlines()[1]) == (
        1,
        f"  cell {key}: the numbers differ from the stored ones, which are kept",
    )
    status, out, _ = run("merge", str(tmp_path / "a.db"), *into, "--json")
    assert (status, json.loads(out)[0]["n_same"]) == (0, 3)


def test_merging_tells_of_test_sets_and_searches(run, tmp_path):
    told = {"n": 10, "model": "a model", "by": {}, "reason": "to see"}
    for name in ("a", "b"):
        with Store(tmp_path / f"{name}.db") as store:
            Openings(store).claim("ab" * 32, **told)
            trials = Trials(store, "s", name, {})
            trials.claim(0, {"x": 1})
            trials.finish(0, Outcome("complete"))
    into = ("--store", str(tmp_path / "all.db"))
    status, out, _ = run("merge", str(tmp_path / "a.db"), *into)
    assert (status, out.partition(".db: ")[2]) == (
        0,
        "0 results added, 0 already there; 1 opening of a sealed test set added; "
        "1 trial of searches added\n",
    )
    status, out, _ = run("merge", str(tmp_path / "b.db"), *into)
    assert status == 1
    assert out.splitlines()[1:] == [
        "  search s: the trials differ from the stored ones, which are kept",
        "  test set abababababab: opened 2 times in all, so the intervals of each opening are "
        "wider now (genlab seal status)",
    ]


def test_prune(run, old):
    assert run("prune", "--store", str(old))[0] == 2
    old_networks = ("--before", "2999-01-01", "--kind", "Cell")
    _, out, _ = run("prune", "--store", str(old), *old_networks)
    assert re.fullmatch(
        r"4 results, [0-9.]+ seconds of computing, would be removed \(--yes removes them\); "
        r"4 are kept\.\n",
        out,
    )
    _, out, _ = run("prune", "--store", str(old), "--unused")
    assert out == "No result meets these conditions; 8 are kept.\n"
    arguments = ("--store", str(old), "--kind", "Cell", "--yes", "--json")
    assert json.loads(run("prune", *arguments)[1])["removed"]
    assert store_info(old).n_cells == 4


def test_verify_and_list_of_a_table_of_ones_own(run, tmp_path, monkeypatch):
    path = tmp_path / "s.db"
    x, y = np.arange(60.0)[:, None], np.arange(60) % 2
    data = genlab.datasets.Dataset(x[:40], y[:40], x[40:], y[40:])
    with no_workers():
        genlab.learning_curve(DecisionTreeClassifier(), data, sizes=[20], cv=2, store=path)
        assert {one.outcome for one in verify_store(path)} == {"holds"}
        # As in another process, where nobody holds the arrays.
        monkeypatch.setattr("genlab.datasets._contents._HELD", weakref.WeakSet())
        status, out, _ = run("verify", "--store", str(path), "--csv")
        assert status == 0
        assert {row["reason"].partition(":")[0] for row in csv.DictReader(io.StringIO(out))} == {
            "its data are a table or arrays of your own, which the store does not hold"
        }
        out = run("verify", "--store", str(path))[1]
        assert out.endswith("No cell could be computed again here.\n")
    assert {row["dataset"] for row in stored_cells(path)} == {"content"}


def test_verify(run, tmp_path):
    path = tmp_path / "s.db"
    assert run("verify", "--store", str(path))[:2] == (0, f"sqlite:///{path} has no results.\n")
    fill(path, 4)
    arguments = ("verify", "--store", str(path), "--import", "sweep")
    with no_workers():
        status, out, _ = run(*arguments)
        assert status == 0
        # 4 of 4: the exact interval's low end is 0.025 ** (1 / 4).
        assert (
            "4 of 4 cells gave the same result again, bit for bit; the 95% interval for all such "
            "cells in the store is 40% to" in out
        )
        with Store(path) as store:
            cells = store.tables.cells
            wrong = sa.update(cells).values(result=b"\0" * 16).where(cells.c.key > "8")
            with store.transaction() as connection:
                n = connection.execute(wrong).rowcount
        status, out, _ = run(*arguments, "--json")
        assert (status, [row["outcome"] for row in json.loads(out)].count("differs")) == (1, n)
        status, out, _ = run("verify", "--store", str(path), "--csv")
        assert (status, {row["outcome"] for row in csv.DictReader(io.StringIO(out))}) == (
            0,
            {"not run"},
        )
        assert run(*arguments[:3], "--import", "no/package")[0] == 2
