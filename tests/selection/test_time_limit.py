"""A time limit: no trial begins after it, one is completed, and the same call goes on."""

import time
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sweep.here import no_workers

import genlab
from genlab.datasets import Dataset, make_mnist1d
from genlab.selection import Integer, Search, Space, check_search, importances, run_search, select
from genlab.sweep import Store

DATA = Dataset(np.arange(40.0)[:, None], np.arange(40) % 2, np.zeros((0, 1)), [])


class Clock:
    """A clock that only fits move: a minute each."""

    def __init__(self):
        self.minutes = 0

    def monotonic(self):
        return 60.0 * self.minutes


@pytest.fixture(autouse=True)
def _few_forests(monkeypatch):
    """Intervals of importances from few resampled forests; they are the subject of other tests."""
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    of_module = SimpleNamespace(monotonic=made.monotonic, sleep=time.sleep)
    monkeypatch.setattr("genlab.selection._running.time", of_module)
    monkeypatch.setattr(Takes, "clock", made)
    return made


class Takes(ClassifierMixin, BaseEstimator):
    """A minute of a clock; it fails up to a value of k."""

    clock = None

    def __init__(self, k=0, fails=0):
        self.k, self.fails = k, fails

    def fit(self, x, y):
        type(self).clock.minutes += 1
        if self.k <= self.fails:
            raise RuntimeError("too small")
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        return (np.arange(len(x)) % 20 < self.k).astype(int)


def space(fails=0):
    return Space(estimator=Takes(fails=fails), parameters={"k": Integer(1, 12)})


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


def found_in(store, minutes, batch=None, **others):
    return select(
        space(),
        DATA,
        sampler="grid",
        store=store,
        minutes=minutes,
        batch=batch,
        refit=False,
        **others,
    )


@pytest.mark.parametrize("batch", [None, 5])
def test_it_ends_and_goes_on(clock, store, batch):
    seen = []
    first = found_in(store, 4, batch, progress=seen.append)
    assert [trial.number for trial in first.trials] == [0, 1, 2, 3]
    assert (first.n_trials, clock.minutes) == (12, 4)
    assert (seen[-1].done, seen[-1].trials) == (4, 12)
    assert "4 of 12 trials within the time limit" in repr(first)
    second = found_in(store, 2.5, batch)  # what has begun in the third minute is finished
    assert [trial.number for trial in second.trials] == list(range(7))
    assert second.name == first.name
    whole = found_in(store, None, batch)
    assert (len(whole.trials), clock.minutes) == (12, 12)
    assert "time limit" not in repr(whole)
    with Store("sqlite://") as other:
        plain = select(space(), DATA, sampler="grid", store=other, refit=False, batch=batch)
    assert plain.name == first.name
    assert [t.parameters for t in plain.trials] == [t.parameters for t in whole.trials]


@pytest.mark.parametrize("batch", [1, 6])
def test_one_trial_is_completed(clock, store, batch):
    """However short: those that fail are no result."""
    with pytest.warns(genlab.FailedTrialsWarning):
        found = select(
            space(fails=9), DATA, n_trials=12, sampler="grid", store=store, minutes=0.5, batch=batch
        )
    assert [trial.state for trial in found.trials][-1] == "complete"
    assert [trial.state for trial in found.trials].count("complete") == 1
    assert len(found.trials) < 12


def test_all_failed_is_the_error_of_before(clock, store):
    with pytest.raises(genlab.SearchError, match="all 12 trials failed"):
        select(space(fails=12), DATA, sampler="grid", store=store, minutes=0.5)
    assert clock.minutes == 12


def test_a_process_that_is_out_of_time_leaves_the_others_theirs(clock, store):
    """While one runs a trial, another comes, is out of time and returns what is finished."""
    there = []

    def another(now):
        if now.done == 2 and now.running == 1 and not there:
            late = clock.minutes
            there.append(found_in(store, 1))
            assert clock.minutes == late + 1

    found = found_in(store, None, 3, progress=another)
    assert len(found.trials) == 12
    assert 2 <= len(there[0].trials) < 12
    assert clock.minutes == 12  # no trial was run twice


def test_trials_of_models_begin_as_many_at_a_time_as_there_are_workers(monkeypatch, store):
    """Of a batch of eight the fourth worker's worth is let go when the time has passed."""
    data = make_mnist1d(n_samples=100)
    rates = Space(
        "Logistic",
        {"learning_rate": list(np.geomspace(0.01, 1, 8))},
        fixed={"steps": 5, "batch_size": None},
    )
    ticks = iter([0, 0, 0, 0, *[61] * 100])  # the start, and before the first three groups
    of_module = SimpleNamespace(monotonic=lambda: next(ticks), sleep=time.sleep)
    monkeypatch.setattr("genlab.selection._running.time", of_module)
    with no_workers():
        options = {"sampler": "grid", "store": store, "jobs": 2, "refit": False}
        found = select(rates, data, minutes=1, **options)
        assert len(found.trials) in (2, 4, 6)
        assert [trial.number for trial in found.trials] == list(range(len(found.trials)))
        whole = select(rates, data, **options)
        with Store("sqlite://") as other:
            plain = select(rates, data, **{**options, "store": other})
    assert [t.parameters for t in whole.trials] == [t.parameters for t in plain.trials]
    for one, two in zip(whole.trials, plain.trials, strict=True):
        assert np.array_equal(one.wrong, two.wrong)


def test_the_report_says_it(clock, store):
    search = Search(space(), n_trials=12, sampler="grid", minutes=3)
    report = run_search(search, DATA, store).report
    assert (
        "The time limit ended the search after 3 of 12 trials. Run the same search" in report.answer
    )
    assert (report.search["trials"], report.search["n_trials"]) == (3, 12)


@pytest.mark.parametrize(("minutes", "words"), [(0, " > 0, got 0"), ("5", ", got .5.")])
def test_refused_in_a_sentence(minutes, words, store):
    with pytest.raises((TypeError, ValueError), match=f"`minutes` must be a number{words}"):
        check_search(space(), DATA, minutes=minutes, store=store)
