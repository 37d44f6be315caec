"""What is said of a store, and what is done with it, beside plain SQL and other readers."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars
import pytest
import sqlalchemy as sa
from sweep.here import no_workers
from sweep.mean_cell import MeanCell

from genlab import StoreError
from genlab.sweep import (
    EstimatorCell,
    Store,
    TrainingCell,
    export_store,
    failed_cells,
    merge_stores,
    prune_store,
    store_info,
    stored_cells,
    verify_store,
)
from genlab.sweep._kinds import same_result
from genlab.sweep._verify import _drawn
from genlab.sweep.store import Claims

VERSION_1 = Path(__file__).parent / "stores" / "version_1.db"
HERE = {"numpy": np.__version__}


@pytest.fixture
def old(tmp_path):
    """A store of four networks and four fits."""
    return Path(shutil.copy(VERSION_1, tmp_path / "old.db"))


def sql(path, query, *values):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(query, values).fetchall()
        connection.commit()
    return rows


def fill(store, seeds, off=0.0, environment=HERE):
    cells = [MeanCell(0.5, 10, seed=seed) for seed in seeds]
    for cell in cells:
        store.put(cell, cell.fit() + off, seconds=2.0, environment=environment)
    return cells


def test_info_counts_what_plain_sql_counts(old):
    raw = sql(old, "SELECT spec, seconds, environment, finished FROM genlab_cells")
    found = store_info(old)
    assert (found.n_cells, found.version) == (8, 3)
    assert found.seconds == pytest.approx(sum(row[1] for row in raw))
    assert {row["kind"]: row["cells"] for row in found.kinds} == {"Cell": 4, "EstimatorCell": 4}
    environments = [{**json.loads(row[2])} for row in raw]
    for row in found.environments:
        versions = {k: v for k, v in row.items() if k not in ("cells", "seconds")}
        assert row["cells"] == environments.count(versions)
    assert (found.first, found.last) == (min(r[3] for r in raw), max(r[3] for r in raw))
    assert found.others == {"openings": 1, "studies": 1, "trials": 3}
    assert found.n_bytes == old.stat().st_size
    assert (found.n_claimed, found.n_runs) == (0, 0)


def test_info_of_what_is_under_way_and_of_nothing(tmp_path):
    with Store(tmp_path / "s.db") as store:
        empty = store_info(store)
        assert (empty.n_cells, empty.first, empty.n_bytes, empty.kinds) == (0, "", 0, [])
        assert stored_cells(store) == []
        claims = Claims(store)
        with claims.at_work():
            claims.take(["a" * 64, "b" * 64])
            found = store_info(store)
        assert (found.n_claimed, found.n_runs) == (2, 1)


def test_list_gives_the_newest_first(old):
    rows = stored_cells(old, limit=3)
    finished = [row[0] for row in sql(old, "SELECT finished FROM genlab_cells")]
    assert [row["finished"] for row in rows] == sorted(finished, reverse=True)[:3]
    (network, *_) = stored_cells(old, kind="Cell")
    assert (network["dataset"], network["model"]) == ("mnist1d", "MLP")
    with Store(old) as store:
        (spec,) = store.read(
            sa.select(store.tables.cells.c.spec).where(store.tables.cells.c.key == network["key"])
        )
        cell = TrainingCell.from_dict(json.loads(spec[0]))
        assert network["test_error"] == store.get([cell])[cell.key].end("test_error")
    with pytest.raises(ValueError, match="`limit` must be an integer >= 1, got 0"):
        stored_cells(old, limit=0)


def test_export_is_read_by_pandas_and_polars(old, tmp_path):
    path = tmp_path / "out.parquet"
    assert export_store(path, old) == 8
    frame = pd.read_parquet(path).set_index("key")
    assert len(polars.read_parquet(path)) == len(frame) == 8
    for key, text, seconds, environment in sql(
        VERSION_1, "SELECT key, spec, seconds, environment FROM genlab_cells"
    ):
        spec, row = json.loads(text), frame.loc[key]
        assert row["seconds"] == seconds
        assert row["data.arguments.n_samples"] == spec["data"]["arguments"]["n_samples"]
        assert row["environment.numpy"] == json.loads(environment)["numpy"]
        if spec["kind"] == "Cell":
            assert json.loads(row["model.hidden"]) == spec["model"]["hidden"]
            assert row["recipe.learning_rate"] == spec["recipe"]["learning_rate"]
            assert pd.isna(row["estimator.kind"])
        else:
            depth = spec["estimator"]["parameters"].get("max_depth")
            assert depth is None or row["estimator.parameters.max_depth"] == depth
    with Store(old) as store:
        for kind in (TrainingCell, EstimatorCell):
            rows = store.read(
                sa.select(store.tables.cells).where(store.tables.cells.c.kind == kind.KIND)
            )
            for row in rows:
                for name, value in kind.numbers(kind.unpack(row.result)).items():
                    assert frame.loc[row.key][name] == value
    assert export_store(path, old, kind="Cell") == 4
    assert "estimator.kind" not in pd.read_parquet(path)


def test_export_of_other_kinds_mixed_types_and_nothing(tmp_path):
    path = tmp_path / "out.parquet"
    with Store(tmp_path / "s.db") as store:
        assert export_store(path, store) == 0
        assert len(pd.read_parquet(path)) == 0
        fill(store, [1, 2])
        cell = MeanCell(1, 2**70, seed=3)
        store.put(
            cell, cell.from_dict({**cell.to_dict(), "n": 5}).fit(), seconds=1.0, environment={}
        )
        assert export_store(path, store) == 3
    frame = pd.read_parquet(path).set_index("seed")
    assert frame["mean"].to_dict() == {1: 0.5, 2: 0.5, 3: 1.0}
    assert frame["n"].to_dict() == {1: "10", 2: "10", 3: str(2**70)}


def test_merging_adds_what_is_missing_and_replaces_nothing(tmp_path):
    with Store(tmp_path / "a.db") as a, Store(tmp_path / "b.db") as b, Store("sqlite://") as all_:
        fill(a, range(1200))
        fill(b, range(1195, 1210), off=0.0)
        changed = fill(b, [2000], off=1.0)
        fill(a, [2000])
        (first,) = merge_stores([a], all_)
        assert (first.n_added, first.n_same, first.different) == (1201, 0, ())
        (second,) = merge_stores([b], all_)
        assert (second.n_added, second.n_same) == (10, 5)
        assert second.different == (changed[0].key,)
        cells = [MeanCell(0.5, 10, seed=seed) for seed in [*range(1210), 2000]]
        assert {k: v.tobytes() for k, v in all_.get(cells).items()} == {
            cell.key: cell.fit().tobytes() for cell in cells
        }
        assert all_.environments(cells) == {json.dumps(HERE): 1211}
        # Again it changes nothing.
        assert [one.n_added for one in merge_stores([a, b], all_)] == [0, 0]
    with pytest.raises(StoreError, match=r"a\.db cannot be merged into itself"):
        merge_stores([tmp_path / "a.db"], tmp_path / "a.db")
    with pytest.raises(StoreError, match=r"no\.db is not there, or was never written"):
        merge_stores([tmp_path / "no.db"], tmp_path / "a.db")
    assert not (tmp_path / "no.db").exists()


def test_failed_tries_are_kept_beside_the_result(tmp_path):
    """In the list, the export and a merged store; those of cells without a result on their own."""
    once, twice, never, again = (MeanCell(0.5, 10, seed=seed) for seed in range(4))
    with Store(tmp_path / "s.db") as store, Store(tmp_path / "all.db") as all_:
        store.put(once, once.fit(), seconds=1.0, environment=HERE)
        reasons = ["it was killed", "it was killed again"]
        store.put(twice, twice.fit(), seconds=1.0, environment=HERE, failures=reasons)
        store.put_failures(never, ["it took too long"])
        store.put_failures(again, ["too little memory"])
        store.put(again, again.fit(), seconds=1.0, environment=HERE)
        store.put(again, again.fit(), seconds=1.0, environment=HERE)  # counts no try
        merge_stores([store], all_)
        for one in (store, all_):
            tries = {row["key"]: row["tries"] for row in stored_cells(one)}
            assert tries == {once.key: 1, twice.key: 3, again.key: 2}
            export_store(tmp_path / "out.parquet", one)
            frame = pd.read_parquet(tmp_path / "out.parquet").set_index("key")
            assert frame["tries"].to_dict() == tries
            assert json.loads(frame["failed_tries"][twice.key]) == reasons
            assert pd.isna(frame["failed_tries"][once.key])
        assert (store_info(store).n_retried, store_info(store).n_failed) == (2, 1)
        (row,) = failed_cells(store)
        assert (row["key"], row["seed"], row["tries"]) == (never.key, 2, 1)
        assert row["reason"] == "it took too long"
        assert failed_cells(store, kind="Cell") == failed_cells(all_) == []
        # What was known of a result goes with it.
        store.put(twice, twice.fit(), seconds=1.0, environment=HERE, replace=True)
        assert store_info(store).n_retried == 1
        prune_store(store, kind=f"{MeanCell.__module__}:MeanCell", remove=True)
        assert store_info(store).n_retried == 0


def test_the_same_numbers_are_told_from_others(old):
    rows = dict(sql(old, "SELECT key, result FROM genlab_cells"))
    fits = [packed for packed in rows.values() if packed.startswith(b"{")]
    result = EstimatorCell.unpack(fits[0])
    slower = EstimatorCell.pack(type(result)(**{**vars(result), "seconds": 99.0}))
    assert slower != fits[0]
    assert same_result("EstimatorCell", fits[0], slower)
    other = EstimatorCell.pack(type(result)(**{**vars(result), "test_error": 0.123}))
    assert not same_result("EstimatorCell", fits[0], other)
    network = next(packed for packed in rows.values() if not packed.startswith(b"{"))
    curves = TrainingCell.unpack(network)
    for name in ("train_loss", "test_wrong"):
        values = getattr(curves, name).copy()
        values[-1] = not values[-1] if values.dtype == bool else np.nextafter(values[-1], 9)
        one_bit = TrainingCell.pack(type(curves)(**{**vars(curves), name: values}))
        assert not same_result("Cell", network, one_bit), name
    nan = TrainingCell.pack(
        type(curves)(**{**vars(curves), "train_loss": curves.train_loss * np.nan})
    )
    assert same_result("Cell", nan, nan[:-1] + nan[-1:])
    assert not same_result("Cell", nan, network)
    assert not same_result("Cell", b"no", network)
    assert not same_result("not.loaded:Kind", b"a", b"b")


def test_pruning_removes_what_is_meant_alone(old):
    with pytest.raises(ValueError, match="one of `unused`, `before` and `kind` must be given"):
        prune_store(old)
    assert prune_store(old, unused=True).n_cells == 0
    keys = sql(old, "SELECT key FROM genlab_cells ORDER BY key")
    # As a version of genlab left them that computed in another way.
    for key in keys[:3]:
        sql(old, "UPDATE genlab_cells SET key = ? WHERE key = ?", "f" + key[0][1:], key[0])
    counted = prune_store(old, unused=True)
    assert (counted.n_cells, counted.n_kept, counted.removed) == (3, 5, False)
    assert store_info(old).n_cells == 8
    assert prune_store(old, unused=True, remove=True).n_cells == 3
    assert sql(old, "SELECT key FROM genlab_cells ORDER BY key") == keys[3:]
    assert prune_store(old, before=date(2026, 11, 29)).n_cells == 0
    assert prune_store(old, before=date(2026, 11, 30), kind="EstimatorCell").n_cells <= 4
    assert prune_store(old, before=date(2026, 11, 30), remove=True).n_kept == 0
    assert store_info(old).others == {"openings": 1, "studies": 1, "trials": 3}


@pytest.fixture
def fully_optimised(monkeypatch):
    """Programs are compiled as users' are, with whose results they are compared."""
    import jax
    from jax._src import compiler
    from jax_plugins import less_optimised

    jax.devices()  # JAX starts, with what tests/compiling changes
    monkeypatch.setattr(compiler, "get_compile_options", less_optimised._compile_options)
    jax.config.update("jax_disable_most_optimizations", False)
    jax.clear_caches()
    yield
    jax.config.update("jax_disable_most_optimizations", True)
    jax.clear_caches()


@pytest.mark.usefixtures("fully_optimised")
def test_verify_says_what_holds_and_what_changed(old):
    sql(old, "UPDATE genlab_cells SET environment = replace(environment, '\"2.4', '\"1.4')")
    damaged, _ = sql(old, "SELECT key, result FROM genlab_cells WHERE length(result) < 300")[0]
    failing = sql(old, "SELECT key FROM genlab_cells WHERE length(result) > 300 LIMIT 1")[0][0]
    with Store(old) as store:
        fill(store, [1])
        cells = store.tables.cells
        with store.transaction() as connection:
            (packed,) = connection.execute(sa.select(cells.c.result).where(cells.c.key == damaged))
            result = EstimatorCell.unpack(packed[0])
            wrong = EstimatorCell.pack(type(result)(**{**vars(result), "train_error": 0.5}))
            connection.execute(sa.update(cells).where(cells.c.key == damaged).values(result=wrong))
            connection.execute(sa.update(cells).where(cells.c.key == failing).values(key="0" * 64))
        with no_workers():
            found = {one.key: one for one in verify_store(store, 100)}
    assert len(found) == 9
    outcomes = {key: one.outcome for key, one in found.items()}
    assert outcomes.pop(damaged) == "differs"
    assert outcomes.pop("0" * 64) == "not run"
    assert found["0" * 64].reason == "this version of genlab computes it in a different way."
    (other,) = [one for one in found.values() if one.kind.endswith("MeanCell")]
    assert other.reason == "it needs the package sweep: allow it by --import sweep."
    assert outcomes.pop(other.key) == "not run"
    assert set(outcomes.values()) == {"holds"}
    for key in outcomes:
        assert found[key].changed["numpy"][0].startswith("1.4")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("genlab._base.files:os.system", {"command": "touch {}"}),
        ("numpy:save", {"file": "{}", "arr": 0}),
        ("toy_sample", {"function": "genlab._base.files:os.remove", "inputs": [0.5], "index": 0}),
    ],
)
def test_verify_calls_no_function_that_a_store_names(tmp_path, name, arguments):
    mark = tmp_path / "mark"
    arguments = {k: v.format(mark) if isinstance(v, str) else v for k, v in arguments.items()}
    with Store(tmp_path / "s.db") as store:
        (cell,) = fill(store, [0])[:1]
        spec = {"kind": "Cell", "data": {"kind": "DataSpec", "name": name, "arguments": arguments}}
        cells = store.tables.cells
        with store.transaction() as connection:
            made = sa.update(cells).where(cells.c.key == cell.key)
            connection.execute(made.values(spec=json.dumps(spec)))
        with no_workers():
            found = {one.key: one for one in verify_store(store, 100)}[cell.key]
    assert found.outcome == "not run"
    assert found.reason.startswith("it needs the package ")
    assert not any(tmp_path.glob("mark*"))


def test_verify_draws_each_cell_with_the_same_chance(tmp_path):
    with Store(tmp_path / "s.db") as store:
        cells = fill(store, range(6))
        counts = dict.fromkeys((cell.key for cell in cells), 0)
        for seed in range(300):
            drawn = _drawn(store, 2, seed)
            assert len(set(drawn)) == 2
            assert drawn == _drawn(store, 2, seed)
            for key in drawn:
                counts[key] += 1
        # Binomial with mean 100 and standard deviation 8.
        assert all(abs(n - 100) < 4 * 8.2 for n in counts.values())
        with no_workers():
            found = verify_store(store, 3, seed=5, packages=["sweep"])
        assert [one.key for one in found] == _drawn(store, 3, 5)
        assert {one.outcome for one in found} == {"holds"}
