"""Progress of long work, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from genlab.sweep import SweepProgress
    from genlab.training import Progress as TrainingProgress


def progress(*, quiet: bool, transient: bool = False, forecast: bool = True) -> Progress:
    """A bar on standard error; where `quiet`, only on a terminal.

    Where `transient` it vanishes at its end, and is not shown where there is no terminal.
    `forecast` shows the time that is left by the work that is done.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        *([TimeRemainingColumn(compact=True, elapsed_when_finished=True)] if forecast else []),
        TextColumn("{task.fields[detail]}", markup=False),
        console=Console(stderr=True),
        disable=(quiet or transient) and not sys.stderr.isatty(),
        transient=transient,
        refresh_per_second=4,
    )


@contextmanager
def reading(path: Path, *, quiet: bool = False) -> Iterator[Callable[[float], None]]:
    """A block that reads a file: it is given a function that takes the fraction that is done."""
    with progress(quiet=quiet, transient=True) as bar:
        task = bar.add_task(f"reading {path.name}", total=1.0, detail="")
        yield lambda done: bar.update(task, completed=done)


def follow(bar: Progress, task: TaskID, what: str = "fits") -> Callable[[SweepProgress], None]:
    """A function that moves a task of the bar along with a sweep; `what` names its cells."""

    def show(progress: SweepProgress) -> None:
        loss = progress.train_loss
        detail = f"{progress.cells_done:,} of {progress.cells:,} {what}"
        if loss == loss and progress.cells_done < progress.cells:
            detail += f", one at step {progress.step:,} of {progress.steps:,}, loss {loss:.3f}"
        work = progress.work or 1.0
        done = progress.work_done if progress.work else 1.0
        bar.update(task, total=work, completed=done, detail=detail)

    return show


def follow_parts(
    bar: Progress, task: TaskID, minutes: float | None
) -> Callable[[str, SweepProgress], None]:
    """A function that moves a task along with the parts of a diagnosis.

    It tells the part, its fits, and the rest of the minutes; None where there is no limit.
    """
    start = time.monotonic()

    def show(part: str, progress: SweepProgress) -> None:
        detail = f"{progress.cells_done:,} of {progress.cells:,} fits"
        if minutes is not None:
            left = max(0, round(60 * minutes - (time.monotonic() - start)))
            detail += f"; {left // 60}:{left % 60:02d} of {minutes:g} minutes left"
        bar.update(
            task,
            description=f"measuring: {part}",
            total=progress.cells,
            completed=progress.cells_done,
            detail=detail,
        )

    return show


def follow_training(bar: Progress, label: str, steps: int) -> Callable[[TrainingProgress], None]:
    """A function that moves a new task of the bar along with one model's training."""
    task = bar.add_task(label, total=steps, detail="")

    def show(now: TrainingProgress) -> None:
        detail = f"step {now.step:,} of {now.steps:,}, loss {now.train_loss:.3f}"
        bar.update(task, completed=now.step, detail=detail)

    return show
