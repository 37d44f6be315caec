"""`genlab store ...` as its users meet it: what the library says of the same."""

import csv
import io
import json
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from sweep.here import no_workers
from sweep.mean_cell import MeanCell

from genlab.sweep import Store, store_info, stored_cells

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
    assert out.startswith(f"sqlite:///{old}\n8 results, 0.1 MB, version 3 of the tables\n")
    assert "beside them: 1 openings, 1 studies, 3 trials" in out
    status, out, _ = run("info", "--store", str(old), "--json")
    assert json.loads(out) == asdict(store_info(old))
    status, out, _ = run("info")
    assert (status, out.splitlines()[1]) == (0, "0 results, 0.0 MB, version 3 of the tables")
    assert not (tmp_path / "store.db").exists()


def test_list(run, old):
    rows = stored_cells(old, limit=2)
    assert json.loads(run("list", "--store", str(old), "--limit", "2", "--json")[1]) == rows
    read = csv.DictReader(io.StringIO(run("list", "--store", str(old), "--limit", 2, "--csv")[1]))
    assert [row["key"] for row in read] == [row["key"] for row in rows]
    assert rows[0]["key"][:12] in run("list", "--store", str(old))[1]
    assert run("list", "--json", "--csv")[0] == 2


def test_export(run, old, tmp_path):
    path = tmp_path / "r.parquet"
    status, out, _ = run("export", "--store", str(old), "-o", str(path))
    assert (status, out) == (0, f"{path}: 8 results, 0.0 MB\n")
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
    assert (status, out) == (0, f"sqlite:///{tmp_path}/a.db: 3 added, 0 there already\n")
    status, out, _ = run("merge", str(tmp_path / "b.db"), *into)
    key = MeanCell(0.5, 10, seed=0).key[:12]
    assert (status, out.splitlines()[1]) == (
        1,
        f"  cell {key}: other numbers than the stored ones, which stay",
    )
    status, out, _ = run("merge", str(tmp_path / "a.db"), *into, "--json")
    assert (status, json.loads(out)[0]["n_same"]) == (0, 3)


def test_prune(run, old):
    assert run("prune", "--store", str(old))[0] == 2
    old_networks = ("--before", "2999-01-01", "--kind", "Cell")
    _, out, _ = run("prune", "--store", str(old), *old_networks)
    assert out == (
        "4 results, which took 0.00 hours, would be removed (--yes removes them); 4 stay.\n"
    )
    arguments = ("--store", str(old), "--kind", "Cell", "--yes", "--json")
    assert json.loads(run("prune", *arguments)[1])["removed"]
    assert store_info(old).n_cells == 4


def test_verify(run, tmp_path):
    path = tmp_path / "s.db"
    fill(path, 4)
    arguments = ("verify", "--store", str(path), "--import", "sweep")
    with no_workers():
        status, out, _ = run(*arguments)
        assert status == 0
        # 4 of 4: the exact interval's low end is 0.025 ** (1 / 4).
        assert (
            "4 of 4 computed cells hold, bit for bit; of all such cells in the store 40% to" in out
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
