"""The trials of a search in a store's database, so that each is run once, by one process.

A trial is claimed by inserting its number: the study's name and the number are the primary key.
What was claimed by a process that is gone is taken over (`genlab._base.owners`). A result is
written by the owner alone, so that of two that think they are it one counts.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base import owners
from genlab._base.errors import StoreError
from genlab.measure import Scored
from genlab.sweep import Store

_NOT_FINISHED = "running"


@dataclass(frozen=True, eq=False)
class Outcome:
    """The outcome of running a trial.

    Attributes
    ----------
    state
        "complete"; "pruned", where training went no further than a quarter of its steps;
        "failed", where training or prediction raised or diverged.
    accuracies
        Fraction of validation examples classified correctly in each split; () unless
        complete, and in a search by another score than the error.
    first_error
        With pruning, the validation error, or score, after a quarter of the steps, else NaN.
    error
        What failed, in a sentence; "" where nothing did.
    seconds
        Time of training and prediction.
    wrong
        Whether each validation example is misclassified, one split after another; empty
        where `accuracies` are.
    scores
        The score in each split; () unless complete, and in a search by error.
    steps, curve
        For a genlab model, the steps after which the validation error was recorded, and its
        mean over splits; otherwise empty.
    """

    state: str
    accuracies: tuple[float, ...] = ()
    first_error: float = float("nan")
    error: str = ""
    seconds: float = 0.0
    wrong: Bool[np.ndarray, " n"] = field(default_factory=lambda: np.zeros(0, bool))
    scores: tuple[Scored, ...] = ()
    steps: Int[np.ndarray, " steps"] = field(default_factory=lambda: np.zeros(0, np.int64))
    curve: Float[np.ndarray, " steps"] = field(default_factory=lambda: np.zeros(0))

    @property
    def value(self) -> float:
        """The mean score over splits, of a search by error the error; NaN unless complete."""
        if self.scores:
            return float(np.mean([score.value for score in self.scores]))
        return 1.0 - float(np.average(self.accuracies)) if self.accuracies else float("nan")


@dataclass(frozen=True, eq=False)
class TrialRow:
    """A claimed trial: its number, its point as Optuna sees it, and once finished its outcome."""

    number: int
    point: Mapping[str, Any]
    outcome: Outcome | None


class Trials:
    """The trials of one study. Tables are made, and the study entered, with the object.

    Raises
    ------
    StoreError
        Where the store fails.
    ValueError
        Where the study's name belongs to another search.
    """

    def __init__(
        self, store: Store, study: str, identity: str, definition: Mapping[str, Any]
    ) -> None:
        import sqlalchemy as sa

        self._store, self._study = store, study
        self._owner = owners.new_owner()
        self._watch = owners.Watch()
        self._finished: dict[int, TrialRow] = {}
        self._studies, self._trials = store.tables.studies, store.tables.trials
        for table in (self._studies, self._trials):
            store.make_table(table)
        row = {"name": study, "identity": identity, "spec": json.dumps(dict(definition))}
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        with contextlib.suppress(sa.exc.IntegrityError):  # it was begun before
            self._execute(sa.insert(self._studies).values(**row, begun=begun))
        query = sa.select(self._studies.c.identity).where(self._studies.c.name == study)
        if self._read(query)[0].identity != identity:
            raise ValueError(
                f"`name` must be that of this search or a new one, and {study!r} is another search "
                f"in the store {store.url}: with another space, data, split, sampler, score or "
                "seed."
            )

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """A block in which what is claimed is this process's; what is unfinished is let go."""
        with owners.at_work(self._owner, None if self._store.in_memory else self._beat):
            try:
                yield
            finally:
                with contextlib.suppress(StoreError):
                    self._let_go()

    def finished(self) -> list[TrialRow]:
        """The finished trials by number; each is read once."""
        import sqlalchemy as sa

        table = self._trials
        mine = table.c.study == self._study
        done = self._read(sa.select(table.c.number).where(mine, table.c.state != _NOT_FINISHED))
        new = [row.number for row in done if row.number not in self._finished]
        for start in range(0, len(new), 500):
            part = new[start : start + 500]
            for row in self._read(sa.select(table).where(mine, table.c.number.in_(part))):
                self._finished[row.number] = _finished_row(row)
        return [self._finished[number] for number in sorted(self._finished)]

    def forget(self) -> None:
        """Remove all trials of the study, so that each is run again."""
        import sqlalchemy as sa

        self._execute(sa.delete(self._trials).where(self._trials.c.study == self._study))
        self._finished.clear()

    def unfinished(self) -> list[TrialRow]:
        """The claimed trials without an outcome, by number."""
        return [TrialRow(row.number, json.loads(row.point), None) for row in self._claims()]

    def claim(self, number: int, point: Mapping[str, Any]) -> bool:
        """Make a trial this process's; False where another has it."""
        import sqlalchemy as sa

        row = {"study": self._study, "number": number, "point": json.dumps(dict(point))}
        row |= {"owner": self._owner, "beat": 0, "state": _NOT_FINISHED}
        try:
            self._execute(sa.insert(self._trials).values(row))
        except sa.exc.IntegrityError:
            return False
        return True

    def take_over(self, most: int, below: int) -> list[TrialRow]:
        """At most so many trials, numbered below `below`, of processes that are gone."""
        import sqlalchemy as sa

        table = self._trials
        taken: list[TrialRow] = []
        for row in self._claims():
            if len(taken) == most:
                break
            if row.number >= below or self._watch.alive(row.owner, row.beat):
                continue
            mine = sa.and_(table.c.study == self._study, table.c.number == row.number)
            theirs = sa.and_(table.c.owner == row.owner, table.c.state == _NOT_FINISHED)
            taking = sa.update(table).where(mine, theirs).values(owner=self._owner, beat=0)
            if self._execute(taking):
                taken.append(TrialRow(row.number, json.loads(row.point), None))
        return taken

    def finish(self, number: int, outcome: Outcome) -> bool:
        """Store the outcome of a trial; False where it is no longer this process's."""
        import sqlalchemy as sa

        table = self._trials
        mine = sa.and_(table.c.study == self._study, table.c.number == number)
        owned = sa.and_(table.c.owner == self._owner, table.c.state == _NOT_FINISHED)
        values = {
            "state": outcome.state,
            "summary": json.dumps(
                {
                    "accuracies": list(outcome.accuracies),
                    "first_error": _or_none(outcome.first_error),
                    "error": outcome.error,
                    "seconds": outcome.seconds,
                    **_scores_as_json(outcome.scores),
                }
            ),
            "arrays": _pack(outcome),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        return self._execute(sa.update(table).where(mine, owned).values(values)) == 1

    def _claims(self) -> list[Any]:
        import sqlalchemy as sa

        table = self._trials
        query = sa.select(table.c.number, table.c.point, table.c.owner, table.c.beat)
        running = query.where(table.c.study == self._study, table.c.state == _NOT_FINISHED)
        return self._read(running.order_by(table.c.number))

    def _let_go(self) -> None:
        import sqlalchemy as sa

        table = self._trials
        owned = sa.and_(table.c.owner == self._owner, table.c.state == _NOT_FINISHED)
        self._execute(sa.update(table).where(owned).values(owner=""))

    def _beat(self) -> None:
        import sqlalchemy as sa

        table = self._trials
        owned = sa.and_(table.c.owner == self._owner, table.c.state == _NOT_FINISHED)
        with contextlib.suppress(StoreError):  # it is raised where it matters
            self._execute(sa.update(table).where(owned).values(beat=table.c.beat + 1))

    def _execute(self, statement: Any) -> int:
        """One statement in a transaction of its own; the rows that it changed."""
        with self._store.transaction() as connection:
            return int(connection.execute(statement).rowcount)

    def _read(self, query: Any) -> list[Any]:
        with self._store.connection() as connection:
            return list(connection.execute(query).all())


def _finished_row(row: Any) -> TrialRow:
    try:
        summary = json.loads(row.summary)
        with np.load(io.BytesIO(row.arrays), allow_pickle=False) as arrays:
            wrong = np.unpackbits(arrays["wrong"], count=int(arrays["n"])).astype(bool)
            outcome = Outcome(
                state=row.state,
                accuracies=tuple(summary["accuracies"]),
                first_error=float("nan")
                if summary["first_error"] is None
                else summary["first_error"],
                error=summary["error"],
                seconds=summary["seconds"],
                wrong=wrong,
                scores=_read_scores(summary, arrays),
                steps=arrays["steps"],
                curve=arrays["curve"],
            )
        return TrialRow(row.number, json.loads(row.point), outcome)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise StoreError(
            f"trial {row.number} of the study {row.study} cannot be read: {error}."
        ) from error


def _scores_as_json(scores: Sequence[Scored]) -> dict[str, Any]:
    """The numbers of scores, without their parts; nothing in a search by error."""
    if not scores:
        return {}
    values = [[score.value, float(score.n_effective), len(score.parts)] for score in scores]
    return {"scores": values}


def _read_scores(summary: Mapping[str, Any], arrays: Mapping[str, Any]) -> tuple[Scored, ...]:
    if "scores" not in summary:
        return ()
    values, counted, sizes = zip(*summary["scores"], strict=True)
    parts = np.split(arrays["parts"], np.cumsum(sizes)[:-1])
    return tuple(map(Scored, values, parts, counted))


def _pack(outcome: Outcome) -> bytes:
    buffer = io.BytesIO()
    parts = [score.parts for score in outcome.scores]
    np.savez(
        buffer,
        allow_pickle=False,
        wrong=np.packbits(outcome.wrong),
        n=len(outcome.wrong),
        steps=outcome.steps,
        curve=outcome.curve,
        **({"parts": np.concatenate(parts)} if parts else {}),
    )
    return buffer.getvalue()


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
