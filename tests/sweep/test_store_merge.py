"""Openings of sealed test sets and searches of other stores: none lost, doubled or changed."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from sweep.mean_cell import MeanCell

from genlab import StoreError
from genlab.measure import Scored
from genlab.sealing import Openings, sealed_openings
from genlab.selection._trials import Outcome, Trials
from genlab.sweep import Store, merge_stores, store_info

TOLD = {"n": 10, "by": {"type": "T"}, "reason": "to see"}


def opened(store, content, model, **more):
    """One opening, whether it is the first or not; what it shows is the model's name."""
    openings = Openings(store)
    row = openings.claim(content, model=model, **TOLD, **more)
    row = row or openings.claim(content, model=model, **TOLD, **more, again=True)
    openings.finish(row, {"n_wrong": len(model)})
    return row


def known(store):
    """What a store knows: (content, model) of its openings, in the order of their numbers."""
    return [(row.content, row.model) for row in Openings(store).read()]


@pytest.fixture
def stores(tmp_path):
    made = [Store(tmp_path / f"{name}.db") for name in "abc"]
    for store in made:
        store.make()
    yield made
    for store in made:
        store.close()


def test_a_test_set_that_two_stores_opened_was_opened_twice(stores):
    a, b, c = stores
    opened(a, "ab", "first")
    opened(b, "ab", "second")
    opened(b, "cd", "third")
    (merged,) = merge_stores([a], c)
    assert (merged.n_openings, merged.reopened) == (1, {})
    (merged,) = merge_stores([b], c)
    assert (merged.n_openings, merged.reopened) == (2, {"ab": 2})
    first, second, third = sealed_openings(c)
    assert [(o.number, o.n_openings) for o in (first, second, third)] == [(1, 2), (2, 2), (1, 1)]
    assert (first.confidence, third.confidence) == (0.975, 0.95)
    assert Openings(c).claim("ab", model="m", **TOLD) is None  # it is no longer sealed
    assert [(m.n_openings, m.reopened) for m in merge_stores([a, b], c)] == [(0, {})] * 2
    assert known(c) == [("ab", "first"), ("ab", "second"), ("cd", "third")]


def test_any_history_of_openings_and_merges_ends_in_their_union(stores):
    """The truth is a plain set of all openings that ever were."""
    for seed in range(3):
        chance = random.Random(seed)
        contents = [f"{seed}{letter}" for letter in "pq"]
        truth = {content: set() for content in contents}
        for i in range(12):
            store, other = chance.sample(stores, 2)
            if chance.random() < 0.6:
                content, model = chance.choice(contents), f"model {seed} {i}"
                opened(store, content, model)
                truth[content].add(model)
            else:
                merge_stores([other], store)
        for store in stores:
            merge_stores([other for other in stores if other is not store], store)
        for store in stores:
            for content, models in truth.items():
                rows = Openings(store).read(content)
                assert [row.number for row in rows] == list(range(1, len(models) + 1))
                assert {row.model for row in rows} == models
                assert {row.result["n_wrong"] for row in rows} == {len(m) for m in models}
        assert all(one.n_openings == 0 for one in merge_stores(stores[1:], stores[0]))


def test_openings_of_one_moment_are_two_where_their_store_has_two(stores, monkeypatch):
    a, b, _ = stores
    for _ in range(2):
        opened(a, "ab", "same")
    with a.transaction() as connection:
        now = datetime.now(UTC).isoformat()
        connection.execute(sa.update(a.tables.openings).values(opened=now))
    assert merge_stores([a], b)[0].n_openings == 2
    assert merge_stores([a], b)[0].n_openings == 0


def test_an_opening_that_was_under_way_gets_its_result(stores):
    a, b, _ = stores
    row = Openings(a).claim("ab", model="m", **TOLD)
    merge_stores([a], b)
    assert Openings(b).read("ab")[0].result is None
    Openings(a).finish(row, {"n_wrong": 3})
    assert merge_stores([a], b)[0].n_openings == 0
    assert Openings(b).read("ab")[0].result == {"n_wrong": 3}
    # The other way round nothing is taken from it.
    with a.transaction() as connection:
        connection.execute(sa.update(a.tables.openings).values(result=None))
    merge_stores([a], b)
    assert Openings(b).read("ab")[0].result == {"n_wrong": 3}
    # And another result of one opening is another opening, in doubt.
    Openings(a).finish(row, {"n_wrong": 4})
    assert merge_stores([a], b)[0].reopened == {"ab": 2}


def test_a_hash_that_an_earlier_version_gave_is_the_same_test_set(stores):
    a, b, _ = stores
    opened(a, "old", "early")
    opened(b, "new", "late", before="old")
    assert merge_stores([a], b)[0].reopened == {"new": 2}
    assert len(Openings(b).read("new", "old")) == 2


def search(store, numbers, name="s", identity="i", shift=0):
    trials = Trials(store, name, identity, {"x": 1})
    for number in numbers:
        assert trials.claim(number, {"x": number + shift})
        trials.finish(number, outcome(number))
    return trials


def outcome(number, **more):
    parts = np.arange(3.0) + number
    scored = (Scored(float(number), parts, 3.0),)
    curve = {"steps": np.arange(2), "curve": np.array([np.nan, number])}
    return Outcome("complete", scores=scored, seconds=random.random(), **curve, **more)


def numbers(store, name="s", identity="i"):
    return [row.number for row in Trials(store, name, identity, {}).finished()]


def test_a_search_is_copied_and_goes_on(stores):
    a, b, _ = stores
    ours = search(a, [0, 1, 3])
    ours.claim(2, {"x": 2})  # under way
    (merged,) = merge_stores([a], b)
    assert (merged.n_trials, merged.different_searches) == (3, ())
    assert numbers(b) == [0, 1, 3]
    theirs = Trials(b, "s", "i", {})
    assert theirs.unfinished() == []
    one, other = ours.finished()[1], theirs.finished()[1]
    assert dict(one.point) == dict(other.point)
    assert one.outcome.scores[0].parts.tobytes() == other.outcome.scores[0].parts.tobytes()
    assert one.outcome.seconds == other.outcome.seconds
    assert theirs.claim(2, {"x": 2})
    theirs.finish(2, outcome(2))
    ours.finish(2, outcome(2))  # the same in another time
    assert merge_stores([b], a)[0].n_trials == 0
    search(b, [4])
    assert merge_stores([b], a)[0].n_trials == 1
    assert numbers(a) == [0, 1, 2, 3, 4]
    assert store_info(a).others == {"studies": 1, "trials": 5}


@pytest.mark.parametrize("way", ["points", "numbers", "state", "name", "damage"])
def test_a_search_that_differs_stays_as_it_was(stores, way):
    a, b, _ = stores
    search(a, [0, 1], identity="other" if way == "name" else "i")
    search(b, [0, 2], shift=7 if way == "points" else 0)
    changes = {
        "numbers": {"summary": json.dumps({"accuracies": [0.5], "seconds": 1})},
        "state": {"state": "pruned"},
        "damage": {"arrays": b"no"},
    }
    if way in changes:
        with b.transaction() as connection:
            connection.execute(sa.update(b.tables.trials).values(changes[way]))
    before = [tuple(row) for row in a.read(sa.select(a.tables.trials))]
    (merged,) = merge_stores([b], a)
    assert (merged.n_trials, merged.different_searches) == (0, ("s",))
    assert [tuple(row) for row in a.read(sa.select(a.tables.trials))] == before


def test_what_is_under_way_or_failed_twice_is_no_difference(stores):
    a, b, _ = stores
    ours, theirs = search(a, [0]), search(b, [0, 1])
    assert ours.claim(1, {"x": 1})
    for trials, error in ((ours, "no file /home/a"), (theirs, "no file /home/b")):
        trials.claim(2, {"x": 2})
        trials.finish(2, replace(Outcome("failed"), error=error))
    (merged,) = merge_stores([b], a)
    assert (merged.n_trials, merged.different_searches) == (0, ())
    assert [row.number for row in ours.unfinished()] == [1]


def test_all_sources_are_looked_at_before_anything_is_copied(stores, tmp_path):
    a, b, _ = stores
    cell = MeanCell(0.5, 10, seed=0)
    a.put(cell, cell.fit(), seconds=1.0, environment={})
    with pytest.raises(StoreError, match=r"no\.db is not there, or was never written"):
        merge_stores([a, tmp_path / "no.db"], b)
    assert len(b) == 0
    (tmp_path / "link.db").symlink_to(tmp_path / "b.db")
    for itself in (b, tmp_path / "link.db", f"sqlite:///file:{tmp_path}/b.db?uri=true"):
        with pytest.raises(StoreError, match=r"b\.db cannot be merged into itself"):
            merge_stores([a, itself], b)
    assert len(b) == 0
