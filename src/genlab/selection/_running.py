"""One process's part in a search: it claims trials, runs them, and reports progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral

from genlab.datasets import Dataset, DataSpec
from genlab.measure import Scored
from genlab.selection._proposals import Proposals
from genlab.selection._run_estimators import Fits, cells_of, run_here, run_on_workers
from genlab.selection._run_trials import Division, Task, run_as_cells
from genlab.selection._scored_fit import ScoredFit
from genlab.selection._scoring import Scoring
from genlab.selection._selection import best_of
from genlab.selection._space import Space
from genlab.selection._trial import Trial, trial_of
from genlab.selection._trials import Outcome, TrialRow, Trials
from genlab.selection._validation import Validation
from genlab.sweep import Executor, Jobs, Store, SweepProgress, kept_executor

_WAIT_SECONDS = 0.2
# Fits of estimators are made by workers where each takes at least so many seconds, many times what
# it costs to hand one out, and those that are left longer than workers take to start.
_WORTH_SECONDS = 0.05
_START_SECONDS = 4.0
# So many trials tell how long a fit takes.
_LASTS = 5


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
    fresh: bool = False

    def run(self) -> list[TrialRow]:
        """Run trials until all are finished, whoever ran them; their rows by number.

        With `minutes` no trial begins after them, once one is complete: the rows are then those
        of the trials that are finished.
        """
        if self.fresh:
            self.trials.forget()
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
        alone = time.monotonic() >= ends or (self.space.model is None and not self._workers_pay())
        return claimed[: 1 if alone else self.at_once]

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
            yield from self._outcomes_of_estimators(tasks, executor)
            return
        parts = zip(self._specs(), self.division.fitted, self.division.chosen_by, strict=True)
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
            fresh=self.fresh,
        )

    def _outcomes_of_estimators(
        self, tasks: list[Task], executor: Executor
    ) -> Iterator[tuple[int, Outcome]]:
        fits = Fits(self.space, self.data, self.division, self.seed, self.scoring)
        side_by_side = self._is_given or self.batch * len(self.division) > 1
        elsewhere: dict[int, list[ScoredFit]] = {}
        for task in tasks:
            cells = cells_of(fits, self._specs, task) if side_by_side else []
            brief = bool(cells) and cells[0].brief
            if cells and (self._is_given or (brief and self._workers_pay())):
                elsewhere[task.number] = cells
                continue
            # On one thread where a worker might have fitted it, so that the bits are the same.
            yield task.number, run_here(fits, task, one_thread=brief)
        if elsewhere:
            yield from run_on_workers(
                elsewhere, self.scoring, self.store, executor, fresh=self.fresh
            )

    @property
    def _is_given(self) -> bool:
        """Whether `jobs` says what runs the cells, and not how many processes of this machine."""
        return not (self.jobs is None or isinstance(self.jobs, Integral))

    def _workers_pay(self) -> bool:
        """Whether workers would have done the estimators' fits that are left sooner."""
        if self._is_given:
            return True
        if self.at_once < 2 or self.batch * len(self.division) < 2:
            return False
        finished = self._finished()
        done = [row.outcome.seconds for row in finished if row.outcome is not None][-_LASTS:]
        seconds = min(done, default=0.0)
        left = (self.n_trials - len(finished)) * seconds
        return seconds >= _WORTH_SECONDS * len(self.division) and left > _START_SECONDS

    def _specs(self) -> Sequence[DataSpec]:
        """The specs of the splits' data sets."""
        return self.division.specs or [part.spec for part in self._parts]

    @cached_property
    def _parts(self) -> list[Dataset]:
        """The data sets of splits without specs, kept for as long as workers train on them."""
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
