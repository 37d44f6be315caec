"""Progress of `genlab select`: a table of the best trials, or plain lines."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from genlab.cli._output import say

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

    from genlab.selection import SelectProgress, Trial

_SHOWN = 8


class TrialsSoFar:
    """The trials of a search while it runs; call it with each `SelectProgress`.

    Parameters
    ----------
    live
        Where the table is drawn, or None for one line per trial on standard error.
    quiet
        Whether lines are left out.
    """

    def __init__(self, live: Live | None, *, quiet: bool) -> None:
        self._live, self._quiet = live, quiet
        self._trials: list[Trial] = []
        self._start = time.monotonic()
        self._before: int | None = None
        self._tells_of_cells = False

    def __call__(self, now: SelectProgress) -> None:
        """Show where the search stands."""
        self._trials += now.latest
        self._tells_of_cells |= now.cells is not None
        if self._before is None:
            self._before = now.done
            if now.done and self._live is None and not self._quiet:
                say(f"{now.done} of {now.trials} trials are stored already.")
        elif self._live is None and not self._quiet:
            for trial in now.latest:
                say(line_of(trial, now, self.time_left(now)))
        if self._live is not None:
            self._live.update(self.table(now))

    def time_left(self, now: SelectProgress) -> str:
        """The time left at the speed so far, as a text; "" where nothing is known."""
        # Trials of networks run together, and are reported one by one when all of a batch has run.
        part = 1.0 if self._tells_of_cells else 0.0
        if now.cells and now.cells.work:
            part = now.cells.work_done / now.cells.work
        here = now.done - (self._before or 0) + part * now.running
        left = now.trials - now.done - part * now.running
        if now.done == (self._before or 0) or left <= 0:
            return ""
        seconds = (time.monotonic() - self._start) / here * left
        return f"about {_duration(seconds)} left"

    def table(self, now: SelectProgress) -> Group:
        """The best trials so far, and a line of where the search stands."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table
        from rich.text import Text

        complete = [trial for trial in self._trials if trial.state == "complete"]
        by = now.scoring
        best = sorted(complete, key=lambda trial: (by.order(float(trial.score.mean)), trial.number))
        names = list(dict.fromkeys(name for trial in best for name in trial.parameters))
        table = Table(title_justify="left")
        for name in ("trial", *names, f"validation {by.words}", "95% interval"):
            table.add_column(escape(name), overflow="fold")
        for i, trial in enumerate(best[:_SHOWN]):
            score = trial.score
            table.add_row(
                str(trial.number),
                *(escape(short(trial.parameters.get(name))) for name in names),
                by.value_text(float(score.mean)),
                f"\\[{by.value_text(float(score.low))}, {by.value_text(float(score.high))}]",
                style="bold" if i == 0 else "",
            )
        facts = [f"{now.done} of {now.trials} trials"]
        for state in ("pruned", "failed"):
            if n := sum(trial.state == state for trial in self._trials):
                facts.append(f"{n} {state}")
        if now.running:
            facts.append(f"{now.running} running")
        if now.cells is not None and now.cells.work:
            facts.append(f"{now.cells.work_done / now.cells.work:.0%} of these")
        if left := self.time_left(now):
            facts.append(left)
        line = Text(", ".join(facts))
        return Group(table, line) if best else Group(line)


@contextlib.contextmanager
def trials_so_far(*, quiet: bool) -> Iterator[TrialsSoFar]:
    """A block in which a search is followed on standard error: a table where it is a terminal."""
    if not sys.stderr.isatty():
        yield TrialsSoFar(None, quiet=quiet)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        yield TrialsSoFar(live, quiet=quiet)


def line_of(trial: Trial, now: SelectProgress, left: str) -> str:
    """One finished trial in a line."""
    configuration = ", ".join(f"{name}={short(value)}" for name, value in trial.parameters.items())
    by = now.scoring
    if trial.state == "complete":
        result = f"validation {by.words} {by.value_text(float(trial.score.mean))}"
    else:
        result = trial.state if not trial.error else f"{trial.state} ({trial.error})"
    best = "" if now.best is None else f"; best {by.value_text(float(now.best.score.mean))}"
    rest = f"; {left}" if left else ""
    place = f"{now.done} of {now.trials} trials, trial {trial.number}"
    return f"{place}: {result}, {configuration}{best}{rest}"


def short(value: Any) -> str:
    """A parameter's value for people."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return "–" if value is None else str(value)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
