"""Which cells are handed out next, and which share a task."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from itertools import islice

from genlab.sweep._batches import Group

# Small cells share a task until it takes about so many seconds, but never more cells than this.
_TASK_SECONDS = 0.5
_TASK_CELLS = 200
# Longer, where more workers than a scheduler keeps busy would ask for so many tasks a second.
_TASKS_A_SECOND = 200.0
# Those of one program, which each process compiles once, share a task of up to so many seconds; or
# of so many cells, as long as nobody knows how long they take.
_PROGRAM_SECONDS = 5.0
_PROGRAM_CELLS = 5
# Among so many groups one is looked for whose program no process is compiling.
_LOOKED_AT = 1000


class Waiting:
    """Groups that wait to be handed out: mostly those with the most work come first.

    Processes share the programs that they have compiled. So as long as one compiles a program,
    others are given cells of other programs, in place of compiling the same one at the same time.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups: deque[Group] = deque(groups)
        self._work = sum(map(_work_of, groups))
        self._compiling: dict[int, Hashable] = {}  # by task: the program that it begins with
        self._compiled: set[Hashable] = set()

    def __bool__(self) -> bool:
        return bool(self._groups)

    def put_first(self, group: Group) -> None:
        """Let a group wait again, before all others."""
        self._groups.appendleft(group)
        self._work += _work_of(group)

    def next(self, slots: int, seconds: float, others: Sequence[Group]) -> Group:
        """The batches of the next task: a group, or several of small cells.

        Parameters
        ----------
        slots
            How many tasks run at once.
        seconds
            How long a cell takes; NaN where nobody knows.
        others
            The groups that are handed out at the same time.
        """
        n, n_of_program = 1, _PROGRAM_CELLS
        if not math.isnan(seconds):
            each = max(seconds, 1e-6)
            n = int(min(max(_TASK_SECONDS, slots / _TASKS_A_SECOND) / each, _TASK_CELLS))
            n_of_program = int(min(_PROGRAM_SECONDS / each, _TASK_CELLS))
        fair = len(self._groups) // (2 * slots)  # at the end none waits for another
        few = min(_PROGRAM_CELLS, math.ceil(len(self._groups) / slots))
        n, n_of_program = min(n, fair), min(n_of_program, max(fair, few))
        share = self._work / slots
        place = self._place(others) if slots > 1 else 0
        batches = self._pop(place)
        program = program_of(batches)
        while place < len(self._groups):
            following = self._groups[place]
            same = program is not None and program_of(following) == program
            most = max(n, n_of_program) if same else n
            if len(batches) + len(following) > most or _work_of(batches) >= share:
                break
            batches += self._pop(place)
        return batches

    def _place(self, others: Sequence[Group]) -> int:
        """Where the first group is whose program no process is compiling; else the first of all."""
        programs = {*self._compiling.values(), *map(_begins_with, others)} - self._compiled
        programs.discard(None)  # what compiles nothing
        if programs:
            for place, group in enumerate(islice(self._groups, _LOOKED_AT)):
                if _begins_with(group) not in programs:
                    return place
        return 0

    def _pop(self, place: int) -> Group:
        group = self._groups[place]
        del self._groups[place]
        self._work -= _work_of(group)
        return list(group)

    def begin(self, number: int, group: Group) -> None:
        """Note that a task of this number has been handed out."""
        program = _begins_with(group)
        if program is not None and program not in self._compiled:
            self._compiling[number] = program

    def have_result(self, number: int | None) -> None:
        """Note that a task has a result, so that others can read the program it began with."""
        if number in self._compiling:
            self._compiled.add(self._compiling.pop(number))

    def end(self, number: int) -> None:
        """Note that a task has come back."""
        self._compiling.pop(number, None)


def program_of(group: Group) -> Hashable | None:
    """What the `program_key` of a group of a single cell says, if its kind has this method."""
    if len(group) > 1 or len(group[0]) > 1:
        return None
    key: Callable[[], Hashable] | None = getattr(group[0][0], "program_key", None)
    return None if key is None else key()


def _begins_with(group: Group) -> Hashable | None:
    """The program that the first cell of a group needs."""
    return program_of([group[0][:1]])


def _work_of(group: Group) -> float:
    return sum(cell.work() for batch in group for cell in batch)
