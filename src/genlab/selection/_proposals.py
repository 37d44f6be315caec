"""Which configuration a trial tries, and whether it is worth its whole training: Optuna is asked.

A trial's point depends on the search's seed, its number, and the outcomes of the trials of the
batches before its own. Optuna is given these anew for each trial, in memory: what lasts is the
store's table of trials.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab.selection._space import Space
from genlab.selection._trials import TrialRow

if TYPE_CHECKING:
    import optuna

SAMPLERS = ("tpe", "random", "grid")

# Tries for a configuration that no trial has had, before one is had again.
_MOST_DRAWS = 20
# Trials that must be complete before one is pruned.
_BEFORE_PRUNING = 5


class Proposals:
    """The points of a search's trials.

    Parameters
    ----------
    space, sampler, seed
        As of `select`.
    batch
        Trials whose outcomes do not bear on each other's points.
    """

    def __init__(self, space: Space, sampler: str, seed: int, batch: int) -> None:
        self._space, self._sampler, self._seed, self._batch = space, sampler, seed, batch
        self._distributions = space.distributions()
        self._order = None
        if sampler == "grid":
            stream = np.random.Generator(np.random.Philox(self._seed_of(0, 0)))
            self._order = stream.permutation(space.grid_size())

    def most(self, n_trials: int) -> int:
        """How many trials there are to be run of so many asked for: no more than a grid has."""
        return n_trials if self._order is None else min(n_trials, len(self._order))

    def rank(self, number: int) -> int:
        """The place of a trial among equally good ones: by number, or in the grid's order."""
        return number if self._order is None else int(self._order[number])

    def point(self, number: int, rows: Iterable[TrialRow]) -> dict[str, Any]:
        """The point of a trial, given the rows of the trials before it."""
        if self._order is not None:
            return self._space.grid_point(int(self._order[number]))
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
            study = optuna.create_study(sampler=sampler)
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
            value = outcome.validation_error
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
        words = np.random.SeedSequence([self._seed, number, attempt]).generate_state(1)
        return int(words[0])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """A block in which Optuna tells warnings only."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
