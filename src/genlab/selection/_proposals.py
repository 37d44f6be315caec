"""The configuration of each trial, and whether the trial is pruned: Optuna decides.

A trial's point depends on the search's seed, its number, and the outcomes of the trials of the
batches before its own. Optuna gets them afresh for each trial, in memory; what lasts is the
store's table of trials.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab.selection._space import Space
from genlab.selection._trials import TrialRow

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("tpe", "random", "grid")

# Attempts to draw a configuration that no trial has had, before one is repeated.
_MOST_DRAWS = 20
# Trials that must be complete before one is pruned.
_BEFORE_PRUNING = 5


class Proposals:
    """The points of a search's trials.

    Parameters
    ----------
    space, sampler, seed
        As for `select`.
    batch
        Number of trials whose outcomes do not affect each other's points.
    greater_is_better
        Whether trials are the better the greater their values are.
    first
        Points of the first trials. What they leave out is drawn as in any other trial; in a
        grid it has its first value.
    """

    def __init__(
        self,
        space: Space,
        sampler: str,
        seed: int,
        batch: int,
        greater_is_better: bool = False,
        first: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._space, self._sampler, self._seed, self._batch = space, sampler, seed, batch
        self._greater_is_better = greater_is_better
        self.first = first
        self._distributions = space.distributions()
        self._order = None
        if sampler == "grid":
            stream = np.random.Generator(np.random.Philox(self._seed_of(0, 0)))
            drawn = stream.permutation(space.grid_size())
            places = list(dict.fromkeys(map(space.grid_index, first)))
            self._order = np.concatenate([places, drawn[~np.isin(drawn, places)]]).astype(np.int64)

    def most(self, n_trials: int) -> int:
        """The number of trials to run when `n_trials` are wanted: at most the points of a grid."""
        return n_trials if self._order is None else min(n_trials, len(self._order))

    def rank(self, number: int) -> int:
        """The rank of a trial among equally good ones: its number, or its place in the grid."""
        return number if self._order is None else int(self._order[number])

    def point(self, number: int, rows: Iterable[TrialRow]) -> dict[str, Any]:
        """The point of a trial, given the rows of the trials before it."""
        if self._order is not None:
            return self._space.grid_point(int(self._order[number]))
        if number < len(self.first) and len(self.first[number]) == len(self._distributions):
            return dict(self.first[number])
        before = [row for row in rows if row.number < number]
        had = [row.point for row in before]
        for attempt in range(_MOST_DRAWS):
            seed = self._seed_of(number, attempt)
            drawn = self._drawn(seed, before, number)
            if drawn not in had:
                break
        return drawn

    def is_pruned(self, number: int, first_error: float, rows: Iterable[TrialRow]) -> bool:
        """Whether Optuna's median pruner ends a trial by its error after the first steps."""
        import optuna

        start = number // self._batch * self._batch
        study = self.study(row for row in rows if row.number < start and row.outcome is not None)
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING, intermediate_values={0: first_error}
        )
        return bool(
            optuna.pruners.MedianPruner(n_startup_trials=_BEFORE_PRUNING).prune(study, trial)
        )

    def study(self, rows: Iterable[TrialRow], sampler: Any = None) -> optuna.Study:
        """An Optuna study in memory that holds trials, those without an outcome as running."""
        import optuna

        with quiet():
            better = optuna.study.StudyDirection
            direction = better.MAXIMIZE if self._greater_is_better else better.MINIMIZE
            study = optuna.create_study(sampler=sampler, direction=direction)
            study.add_trials([self._trial(row) for row in rows])
        return study

    def _drawn(self, seed: int, before: list[TrialRow], number: int) -> dict[str, Any]:
        import optuna

        if self._sampler == "random":
            study = self.study((), optuna.samplers.RandomSampler(seed=seed))
        else:
            start = number // self._batch * self._batch
            known = [
                row if row.number < start else TrialRow(row.number, row.point, None)
                for row in before
            ]
            study = self.study(known, optuna.samplers.TPESampler(seed=seed))
        if number < len(self.first):
            study.enqueue_trial(dict(self.first[number]))
        params = study.ask(self._distributions).params
        return {name: params[name] for name in self._distributions}

    def _trial(self, row: TrialRow) -> optuna.trial.FrozenTrial:
        from optuna.trial import TrialState, create_trial

        outcome = row.outcome
        state = TrialState.RUNNING
        if outcome is not None:
            states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
            state = states.get(outcome.state, TrialState.FAIL)
        value = None
        if outcome is not None and state == TrialState.COMPLETE:
            value = outcome.value
        first: Mapping[int, float] = {}
        if outcome is not None and not np.isnan(outcome.first_error):
            first = {0: outcome.first_error}
        return create_trial(
            state=state,
            value=value,
            params=dict(row.point),
            distributions=self._distributions,
            intermediate_values=dict(first),
        )

    def _seed_of(self, number: int, attempt: int) -> int:
        state = np.random.SeedSequence([self._seed, number, attempt]).generate_state(1)
        return int(state[0])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """A block in which Optuna logs warnings only."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
