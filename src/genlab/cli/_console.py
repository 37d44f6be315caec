"""What the commands print: tables, progress with the time left, and errors."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from genlab.experiments import ExperimentResult
    from genlab.sweep import SweepProgress


def say(sentence: str) -> None:
    """One sentence on standard error."""
    if sentence:
        print(f"genlab: {' '.join(sentence.split())}", file=sys.stderr)


def console() -> Console:
    """Where tables go."""
    from rich.console import Console

    # Piped output is not folded at the 80 columns of a terminal that is not there.
    return Console(width=None if sys.stdout.isatty() else 120)


def progress(*, quiet: bool) -> Progress:
    """A bar on standard error; where `quiet`, only on a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[detail]}"),
        console=Console(stderr=True),
        disable=quiet and not sys.stderr.isatty(),
        refresh_per_second=4,
    )


def follow(bar: Progress, task: TaskID) -> Callable[[SweepProgress], None]:
    """What moves a task of the bar along with a sweep."""

    def show(progress: SweepProgress) -> None:
        loss = progress.train_loss
        detail = f"{progress.cells_done}/{progress.cells} cells"
        if loss == loss:
            detail += f", one at step {progress.step:,} of {progress.steps:,}, loss {loss:.3f}"
        work = progress.work or 1.0
        done = progress.work_done if progress.work else 1.0
        bar.update(task, total=work, completed=done, detail=detail)

    return show


def print_json(results: list[ExperimentResult]) -> None:
    """results.json of all, as a list."""
    values = [result.to_json() for result in results]
    print(json.dumps(values, indent=1, allow_nan=False))


def print_table(rows: list[dict[str, Any]]) -> None:
    """Rows as a table."""
    from rich.table import Table

    table = Table(*(rows[0] if rows else ["no rows"]))
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    console().print(table)


def print_result(result: ExperimentResult) -> None:
    """An experiment's answer, and its values beside the published ones."""
    from rich import box
    from rich.table import Table

    from genlab.experiments import get_experiment

    out = console()
    out.print(f"\n[bold]{get_experiment(result.experiment).title}[/bold]")
    out.print(result.answer, markup=False, highlight=False)
    if not result.published:
        return
    table = Table(
        "quantity", "measured \\[95% interval]", "published", "within?", box=box.SIMPLE_HEAD
    )
    for row in result.published:
        table.add_row(
            row["name"],
            f"{_text(row['measured'])} \\[{_text(row['low'])}, {_text(row['high'])}]",
            f"{_text(row['published'])} ± {_text(row['tolerance'])}",
            "[green]yes[/green]" if row["ok"] else "[red]no[/red]",
        )
    out.print(table)


def _text(value: Any) -> str:
    from genlab._base.words import number

    if value is None or isinstance(value, float):
        return number(value)
    return str(value)
