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
            if "jobs" in options and name != "data":  # whose threads make data
                found.append(name)
                assert "dask" in options, name
    assert {"reproduce", "select", "learn", "sweep", "decompose"} <= set(found)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--dask", "local:1", "--jobs", "1"], "--jobs and --dask exclude each other."),
        (["--dask", "10.0.0.1"], "--dask must be that of a Dask scheduler, such as tcp://10"),
    ],
)
def test_what_cannot_be_used(run_genlab, options, sentence):
    status, out, errors = run_genlab(*SWEEP, *options)
    assert (status, out) == (2, "")
    assert sentence in errors


def test_a_cluster_of_this_machine(run_genlab, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    from sweep.test_executors import Here

    from genlab.sweep import DaskExecutor

    executors = []

    def run(self, groups):
        executors.append(self)
        return Here().run(groups)

    monkeypatch.setattr(DaskExecutor, "run", run)
    status, out, errors = run_genlab(*SWEEP, "--seeds", "1", "--csv", "--dask", "local:2")
    assert status == 0, errors
    assert len(out.splitlines()) == 3
    (executor,) = executors
    assert executor._client.status == "closed"
