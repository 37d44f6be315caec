"""Searches shared by processes and stopped by SIGKILL: each trial once, none lost."""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from postgres import postgres
from sweep.elsewhere import Elsewhere

from genlab import StoreError
from genlab.selection._trials import Outcome, Trials
from genlab.sweep import Store

PROGRAM = Path(__file__).parent / "searching.py"


@pytest.fixture(scope="module")
def program():
    """The program, which waits for searches."""
    command = [sys.executable, "-W", "error", PROGRAM]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    path = os.pathsep.join(filter(None, [str(PROGRAM.parents[1]), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, **pipes) as process:
        yield process
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture
def searched(program, tmp_path):
    """What a search came to, and the fits of every configuration."""

    def searched(url, *, sampler, n_trials, processes=1, kills=0, seed=0):
        log = tmp_path / f"log {len(list(tmp_path.glob('log *')))}"
        arguments = [str(url), sampler, n_trials, processes, kills, seed, str(log)]
        program.stdin.write(json.dumps(arguments) + "\n")
        program.stdin.flush()
        too_long = threading.Timer(300, program.kill)
        too_long.start()
        found = json.loads(program.stdout.readline())
        too_long.cancel()
        assert found["statuses"] == [0] * processes
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        return found["trials"], Counter(fit for _, fit in lines), {pid for pid, _ in lines}

    return searched


def check(trials, fits, n_trials, most_again=0):
    """Every trial is there once, and was run once, but those that were killed in the middle."""
    assert [trial["number"] for trial in trials] == list(range(n_trials))
    assert {trial["state"] for trial in trials} == {"complete"}
    configurations = {repr((trial.get("c", 1.0), trial["k"], trial["kind"])) for trial in trials}
    assert len(configurations) == n_trials
    assert set(fits) == configurations
    assert sum(fits.values()) <= n_trials + most_again


@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_two_processes_on_one_sqlite_store(searched, sampler, tmp_path):
    trials, fits, pids = searched(tmp_path / "s.db", sampler=sampler, n_trials=60, processes=2)
    check(trials, fits, 60)
    assert len(pids) == 2


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_eight_processes_on_one_postgresql(searched, sampler):
    with postgres() as url:
        trials, fits, pids = searched(url, sampler=sampler, n_trials=60, processes=8)
    check(trials, fits, 60)
    assert len(pids) >= 4  # the last to start may find all taken


@pytest.mark.parametrize("sampler", ["tpe", "grid"])
def test_a_killed_search_goes_on_as_if_nothing_had_been(searched, sampler, tmp_path):
    whole, _, _ = searched(tmp_path / "a.db", sampler=sampler, n_trials=30)
    killed, fits, _ = searched(tmp_path / "b.db", sampler=sampler, n_trials=30, kills=6, seed=1)
    check(killed, fits, 30, most_again=6)
    assert json.dumps(killed) == json.dumps(whole)


def test_two_processes_of_which_some_are_killed(searched, tmp_path):
    trials, fits, _ = searched(tmp_path / "s.db", sampler="grid", n_trials=60, processes=2, kills=8)
    check(trials, fits, 60, most_again=8)


def test_a_machine_that_stands_still_loses_its_trials(tmp_path, monkeypatch):
    elsewhere = Elsewhere(monkeypatch)
    with Store(tmp_path / "s.db") as store:
        elsewhere.at("there")
        theirs = Trials(store, "study", "identity", {})
        assert theirs.claim(0, {"k": 1})
        elsewhere.at("here")
        ours = Trials(store, "study", "identity", {})
        assert not ours.claim(0, {"k": 2})
        for beat in range(3):  # as long as it beats
            assert ours.take_over(1, 1) == []
            elsewhere.clock += 50
            theirs._execute(sa.update(theirs._trials).values(beat=beat + 1))
        assert ours.take_over(1, 1) == []
        elsewhere.clock += 61
        (taken,) = ours.take_over(1, 1)
        assert (taken.number, taken.point) == (0, {"k": 1})
        # The first comes back: what it has to say counts no more.
        assert not theirs.finish(0, Outcome("complete", accuracies=(0.5,)))
        assert ours.finish(0, Outcome("complete", accuracies=(0.75,)))
        assert not ours.finish(0, Outcome("complete", accuracies=(1.0,)))
        assert [row.outcome.value for row in theirs.finished()] == [0.25]


def test_what_goes_in_comes_out(tmp_path):
    outcome = Outcome(
        "complete",
        accuracies=(1 / 3, 0.1),
        first_error=0.7,
        seconds=1.5,
        wrong=np.array([True, False] * 5 + [True]),
        steps=np.array([0, 10]),
        curve=np.array([0.9, 0.1]),
    )
    with Store(tmp_path / "s.db") as store:
        trials = Trials(store, "study", "identity", {})
        assert trials.claim(3, {"c": 0.1, "kind": "a"})
        assert [row.number for row in trials.unfinished()] == [3]
        assert trials.finish(3, outcome)
    with Store(tmp_path / "s.db") as store:
        trials = Trials(store, "study", "identity", {})
        (row,) = trials.finished()
        assert (row.number, row.point) == (3, {"c": 0.1, "kind": "a"})
        for field in dataclasses.fields(Outcome):
            np.testing.assert_array_equal(
                getattr(row.outcome, field.name), getattr(outcome, field.name)
            )
        trials._execute(sa.update(trials._trials).values(summary="{"))
        with pytest.raises(StoreError, match="trial 3 of the study study cannot be read"):
            Trials(store, "study", "identity", {}).finished()
