"""`--dask` in place of `--jobs`: every command that has one has the other."""

import importlib

import pytest

from genlab.cli import COMMANDS

SWEEP = ["sweep", "--dataset", "mnist1d", "--capacity", "width=2,3", "--set", "steps=2"]


def test_each_command_with_jobs_takes_a_cluster():
    import inspect

    found = []
    for name in COMMANDS:
        command = importlib.import_module(f"genlab.cli.{name}").COMMAND
        for one in getattr(command, "commands", (command,)):
            options = inspect.signature(one.function).parameters
            # Threads of this process make data, and `store verify` is about this machine's bits.
            if "jobs" in options and name != "data":
                assert "time_limit" in options, name
            if "jobs" in options and name not in {"data", "store"}:
                found.append(name)
                assert "dask" in options, name
    assert {"reproduce", "select", "learn", "sweep", "decompose"} <= set(found)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--dask", "local:1", "--jobs", "1"], "--jobs and --dask exclude each other."),
        (["--dask", "10.0.0.1"], "--dask must be that of a Dask scheduler, such as tcp://10"),
        (["--time-limit", "soon"], "--time-limit must be seconds, or a number with s, m, h or d"),
    ],
)
def test_what_cannot_be_used(run_genlab, options, sentence):
    status, out, errors = run_genlab(*SWEEP, *options)
    assert (status, out) == (2, "")
    assert sentence in errors


def test_a_time_limit_is_that_of_each_cell(run_genlab, monkeypatch):
    from genlab import WorkerError
    from genlab.sweep.executors import _local as local

    limits = []

    def drive(*arguments):
        limits.append(arguments[-1])
        raise WorkerError("no time.")

    monkeypatch.setattr(local, "drive", drive)
    monkeypatch.setattr(local.ContentFolders, "write", lambda *_: None)
    assert run_genlab(*SWEEP, "--seeds", "1", "--time-limit", "90m")[0] == 1
    assert limits == [5400.0]
    monkeypatch.setenv("GENLAB_TIME_LIMIT", "soon")
    status, _, errors = run_genlab(*SWEEP)
    assert (status, errors.count("\n")) == (2, 1)
    assert "$GENLAB_TIME_LIMIT must be seconds" in errors


def test_a_cluster_of_this_machine(run_genlab, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    from genlab import WorkerError
    from genlab.sweep import DaskExecutor

    executors = []

    def run(self, groups):
        executors.append((self, self.n_workers))
        raise WorkerError("no time.")

    monkeypatch.setattr(DaskExecutor, "run", run)
    status, out, errors = run_genlab(*SWEEP, "--seeds", "1", "--dask", "local:2")
    assert (status, out) == (1, "")
    assert errors.splitlines()[-1].startswith("genlab: no time (2 of 2 cells failed")
    ((executor, n_workers),) = executors
    assert n_workers == 2
    assert executor._client.status == "closed"
