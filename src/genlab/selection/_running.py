"""One process's part in a search: it claims trials, runs them, and reports progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from genlab.datasets import Dataset
from genlab.measure import Scored
from genlab.selection._proposals import Proposals
from genlab.selection._run_trials import Division, Task, run_as_cells, run_estimator
from genlab.selection._scoring import Scoring
from genlab.selection._selection import best_of
from genlab.selection._space import Space
from genlab.selection._trial import Trial, trial_of
from genlab.selection._trials import Outcome, TrialRow, Trials
from genlab.selection._validation import Validation
from genlab.sweep import Executor, Jobs, Store, SweepProgress, kept_executor

_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class SelectProgress:
    """Progress of a search.

    Attributes
    ----------
    done, trials
        Number of finished trials, including those of other processes and earlier runs, and
        number of all trials.
    running
        Number of trials that some process has claimed and not finished.
    best
        The best trial so far, or None.
    scoring
        What trials are compared by.
    latest
        The trials that finished since the last call.
    cells
        Progress of the cells that this process runs, for genlab models, or None.
    """

    done: int
    trials: int
    running: int
    best: Trial | None
    latest: tuple[Trial, ...]
    cells: SweepProgress | None
    scoring: Scoring


@dataclass(frozen=True, eq=False)
class RunningSearch:
    """One process's part in a search."""

    name: str
    space: Space
    data: Dataset
    division: Validation
    scoring: Scoring
    trivial: tuple[Scored, ...]
    proposals: Proposals
    trials: Trials
    n_trials: int
    prune: bool
    seed: int
    store: Store
    jobs: Jobs
    at_once: int
    batch: int
    progress: Callable[[SelectProgress], None] | None
    minutes: float | None = None

    def run(self) -> list[TrialRow]:
        """Run trials until all are finished, whoever ran them; their rows by number.

        With `minutes` no trial begins after them, once one is complete: the rows are then those
        of the trials that are finished.
        """
        reported = _Reported()
        ends = math.inf if self.minutes is None else time.monotonic() + 60 * self.minutes
        # One executor for all batches: its workers start once, and compile each model once.
        with self.trials.at_work(), kept_executor(jobs=self.jobs) as executor:
            while True:
                self._report(reported)
                if self._is_over(ends):
                    return self._finished()  # what is claimed and not begun is let go
                claimed = self.trials.take_over(self.batch, self.n_trials)
                claimed = claimed or self._claimed()
                if claimed:
                    while claimed and not self._is_over(ends):
                        some = self._begun_together(claimed, ends)
                        claimed = claimed[len(some) :]
                        for number, outcome in self._outcomes(some, reported, executor):
                            self.trials.finish(number, outcome)
                            self._report(reported)
                elif len(self._finished()) == self.n_trials:
                    return self._finished()
                else:
                    time.sleep(_WAIT_SECONDS)  # for other processes

    def _is_over(self, ends: float) -> bool:
        """Whether the time has passed, and there is a complete trial to choose."""
        return time.monotonic() >= ends and any(
            row.outcome is not None and row.outcome.state == "complete" for row in self._finished()
        )

    def _begun_together(self, claimed: list[TrialRow], ends: float) -> list[TrialRow]:
        """The trials that begin together; under a time limit no more than there are workers."""
        if ends == math.inf:
            return claimed
        return claimed[
            : 1 if time.monotonic() >= ends or self.space.model is None else self.at_once
        ]

    def _finished(self) -> list[TrialRow]:
        return [row for row in self.trials.finished() if row.number < self.n_trials]

    def _rows(self) -> list[TrialRow]:
        # Unfinished first: what finishes in between is then in both, and counts as finished.
        rows = {row.number: row for row in self.trials.unfinished()}
        rows |= {row.number: row for row in self.trials.finished()}
        return [rows[number] for number in sorted(rows)]

    def _claimed(self) -> list[TrialRow]:
        """New trials, at most a batch of them: those of one batch by number."""
        claimed: list[TrialRow] = []
        while len(claimed) < self.batch:
            rows = self._rows()
            taken = {row.number for row in rows}
            number = next((n for n in range(self.n_trials) if n not in taken), None)
            if number is None:
                break
            if claimed and number // self.batch != claimed[0].number // self.batch:
                break
            point = self.proposals.point(number, rows)
            if self.trials.claim(number, point):
                claimed.append(TrialRow(number, point, None))
        return claimed

    def _outcomes(
        self, claimed: list[TrialRow], reported: _Reported, executor: Executor
    ) -> Iterator[tuple[int, Outcome]]:
        tasks = [Task(row.number, self.space.configuration(row.point)) for row in claimed]
        if self.space.model is None:
            for task in tasks:
                outcome = run_estimator(
                    self.space, self.data, self.division, task, self.seed, self.scoring
                )
                yield task.number, outcome
            return
        specs = self.division.specs or [part.spec for part in self._parts]
        parts = zip(specs, self.division.fitted, self.division.chosen_by, strict=True)
        divisions = [Division(spec, self.data, *rows) for spec, *rows in parts]
        pruned = self._is_pruned if self.prune else None
        report = None if self.progress is None else (lambda cells: self._report(reported, cells))
        yield from run_as_cells(
            self.space,
            divisions,
            tasks,
            self.seed,
            self.scoring,
            pruned,
            self.store,
            executor,
            report,
        )

    @cached_property
    def _parts(self) -> list[Dataset]:
        """The data sets of divisions without specs, kept for as long as workers train on them."""
        return [self.division.part(self.data, i) for i in range(len(self.division))]

    def _is_pruned(self, number: int, first_error: float) -> bool:
        return self.proposals.is_pruned(number, first_error, self.trials.finished())

    def _report(self, reported: _Reported, cells: SweepProgress | None = None) -> None:
        """Report progress; the store is read only between cells, because there are many."""
        if self.progress is None:
            return
        latest = []
        if cells is None:
            reported.running = len(self.trials.unfinished())
            new = [row for row in self._finished() if row.number not in reported.trials]
            latest = [trial_of(row, self.space, self.division, self.scoring) for row in new]
            reported.trials |= {trial.number: trial for trial in latest}
            reported.best = best_of(list(reported.trials.values()), self.proposals, self.scoring)
        done = len(reported.trials)
        self.progress(
            SelectProgress(
                done,
                self.n_trials,
                reported.running,
                reported.best,
                tuple(latest),
                cells,
                self.scoring,
            )
        )


@dataclass(eq=False)
class _Reported:
    """What has been reported."""

    trials: dict[int, Trial] = field(default_factory=dict)
    running: int = 0
    best: Trial | None = None
