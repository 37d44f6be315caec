"""Faults: those of a cell, and the manual's table, of which each row has a test."""

import re
from pathlib import Path

import numpy as np
import pytest
from sweep.ending_cell import EndlessCell, HungryCell
from sweep.fitted import Hungry, Nearest
from sweep.here import Here
from sweep.mean_cell import MeanCell

from genlab import WaitingWarning, WorkerError
from genlab._base.environment import is_of_the_place
from genlab.datasets import make_mnist1d
from genlab.sweep import EstimatorCell, LocalExecutor, Store, failed_cells, run_cells
from genlab.sweep.executors import BriefFirst
from genlab.sweep.executors import _time_limit as limits

CELLS = [MeanCell(0.5, 10, seed) for seed in range(4)]

# The rows of the table in docs/cluster.md, and what makes each of them happen.
FAULTS = {
    "a cell raises an error": "test_warm_workers.py::"
    "test_a_cell_that_fails_is_named_and_stops_no_other",
    "a network diverges: its loss is NaN": "test_run.py::test_diverged_cells_are_counted_and_kept",
    "a cell needs more memory than there is": "test_faults.py::"
    "test_a_cell_that_hangs_or_takes_all_memory_fails_alone",
    "a cell hangs": "test_faults.py::test_a_cell_that_hangs_or_takes_all_memory_fails_alone",
    "the process of a cell ends": "test_warm_workers.py::"
    "test_a_cell_whose_process_ends_runs_again_a_few_times",
    "no worker process can start": "test_run.py::test_a_worker_that_dies_is_told",
    "a Dask worker is killed": "test_dask.py::test_a_dask_worker_that_is_killed_loses_nothing",
    "the Dask scheduler is lost": "test_dask.py::"
    "test_a_scheduler_that_comes_back_loses_nothing_and_one_that_does_not_is_told",
    "the network to the Dask scheduler is cut": "test_dask.py::"
    "test_a_network_that_is_cut_loses_nothing",
    "your process is stopped or killed": "test_run.py::test_killed_and_resumed",
    "your process is killed while another works on the same cells": "test_sharing.py::"
    "test_every_cell_is_computed_once",
    "the PostgreSQL server is started again": "test_sharing.py::"
    "test_a_database_that_is_started_again_loses_and_doubles_nothing",
    "the network to PostgreSQL is cut": "test_sharing.py::"
    "test_a_network_to_the_database_that_is_cut_loses_and_doubles_nothing",
    "the disk of the store is full": "test_store_paths.py::"
    "test_a_full_disk_keeps_what_was_stored_and_the_same_call_continues",
    "a clock is set back": "test_sharing.py::test_a_run_that_stands_still_loses_its_cells",
}


def test_every_fault_of_the_manual_has_its_test():
    folder = Path(__file__).parent
    text = (folder.parents[1] / "docs" / "cluster.md").read_text()
    table = text.partition("## When something fails")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.M)
    assert rows[0] == "what happens"
    assert [row.partition(" (")[0] for row in rows[1:]] == list(FAULTS)
    for place in FAULTS.values():
        file, name = place.split("::")
        assert f"\ndef {name}(" in (folder / file).read_text(), place


def test_a_cell_that_hangs_or_takes_all_memory_fails_alone(monkeypatch):
    """And a warning names the first of which nothing was heard for long."""
    monkeypatch.setattr(limits, "_SILENT_SECONDS", 0.2)
    hanging, hungry = EndlessCell(0.5, 20, 0), HungryCell(0.5, 10, 0)
    with Store("sqlite://") as store:
        with (
            pytest.raises(WorkerError, match=r"\(2 of 6 cells failed") as raised,
            pytest.warns(WaitingWarning, match=f"nothing was heard of cell {hanging.key[:12]} for"),
        ):
            run_cells([hanging, hungry, *CELLS], store, jobs=LocalExecutor(1, time_limit=3.0))
        failed = raised.value.failed
        assert failed.keys() == {hanging.key, hungry.key}
        assert failed[hanging.key] == (
            "a cell took longer than the time limit of 3 s (--time-limit, $GENLAB_TIME_LIMIT or "
            "`time_limit` of an executor sets another)"
        )
        words = "a cell had too little memory: Unable to allocate 7.63 M"
        assert failed[hungry.key].startswith(words)
        assert {row["key"]: row["reason"] for row in failed_cells(store)} == failed
        assert {row["tries"] for row in failed_cells(store)} == {1}  # each was tried once
        # The same keys as without a limit: nothing is run again.
        here = Here()
        assert np.array_equal(run_cells(CELLS, store, jobs=here), [cell.fit() for cell in CELLS])
        assert here.batches == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), (90, 90.0), ("90", 90.0), ("30s", 30.0), ("1.5 h", 5400.0), ("2D", 172_800.0)],
)
def test_what_is_a_time(value, seconds):
    assert limits.read_time_limit("`time_limit`", value) == seconds


@pytest.mark.parametrize("value", [0, -1, "", "h", "1h30m", "31d", float("nan"), True, [1]])
def test_what_is_no_time(value, monkeypatch):
    with pytest.raises(ValueError, match=r"`time_limit` must be seconds, or a number with s, m, h"):
        LocalExecutor(1, time_limit=value)
    if isinstance(value, str) and value:
        monkeypatch.setenv("GENLAB_TIME_LIMIT", value)
        with (
            Store("sqlite://") as store,
            pytest.raises(ValueError, match=r"^\$GENLAB_TIME_LIMIT must"),
        ):
            run_cells(CELLS, store, jobs=1)


def test_what_is_brief_runs_in_a_worker_where_there_is_a_limit(monkeypatch):
    """For it could not be ended in this process."""
    from genlab.sweep.executors import executor_of

    assert isinstance(executor_of(1), BriefFirst)
    monkeypatch.setenv("GENLAB_TIME_LIMIT", "2h")
    assert isinstance(executor_of(1), LocalExecutor)


def test_the_silence_that_is_warned_of_grows_with_the_longest_cell(monkeypatch):
    clock = iter(())
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock)
    clock = 0.0
    silence = limits.Silence()
    silence.begin([1])
    silence.took(100.0)
    overdue = []
    for clock in range(0, 4000, 100):
        if clock == 500:
            silence.hear(1)
        if (number := silence.overdue()) is not None:
            overdue.append((clock, number))
    # 1000 s after it was heard last, and then 2000 s after.
    assert overdue == [(1500, 1), (2500, 1)]
    silence.forget(1)
    clock = 1e6
    assert silence.overdue() is None


def test_what_is_the_machines_fault_is_no_result():
    """A fit that fails by itself is one; a fit that had too little memory runs again next time."""
    data = make_mnist1d(n_samples=100).spec
    by_itself = EstimatorCell(data, Nearest(fails_at=80), seed=0)
    for_memory = EstimatorCell(data, Hungry(), seed=0)
    with Store("sqlite://") as store:
        with pytest.raises(WorkerError, match=r"a cell had too little memory: Unable to allocate"):
            run_cells([by_itself, for_memory], store, jobs=1)
        (result,) = store.get([by_itself, for_memory]).values()
    assert result.failed == "ArithmeticError: no fit to 80 examples."
    error = ValueError()
    error.__cause__ = OSError(28, "No space left on device")
    assert is_of_the_place(error)
    assert is_of_the_place(RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying"))
    assert not is_of_the_place(ArithmeticError("a negative seed"))
