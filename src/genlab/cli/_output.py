"""What the commands print: sentences, tables and JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from genlab._base.texts import without_passwords

if TYPE_CHECKING:
    from rich.console import Console

    from genlab._base.jsons import Row
    from genlab.experiments import ExperimentResult


_COLORS = {"agrees": "green", "uncertain": "yellow", "differs": "red", "not comparable": "dim"}


def say(sentence: str) -> None:
    """One sentence on standard error, in which no URL shows a password."""
    if sentence:
        print(f"genlab: {' '.join(without_passwords(sentence).split())}", file=sys.stderr)


def console() -> Console:
    """The console that tables are printed to."""
    from rich.console import Console

    # Piped output is not folded at the 80 columns of a terminal that is not there.
    return Console(width=None if sys.stdout.isatty() else 120)


def print_json(values: Any) -> None:
    """JSON values on standard output."""
    print(json.dumps(values, indent=1, allow_nan=False))


def print_table(rows: list[dict[str, Any]]) -> None:
    """Rows as a table."""
    from rich.table import Table

    from genlab._base.words import cell

    table = Table()
    for name in rows[0] if rows else ["no rows"]:
        table.add_column(name, overflow="fold")  # a number that is cut off is another one
    for row in rows:
        table.add_row(*(cell(value) for value in row.values()))
    out = console()
    if not sys.stdout.isatty():
        # Wide enough for every word, so that a file has each number on one line.
        wide = out.options.update(width=100_000)
        out.width = max(out.width, out.measure(table, options=wide).minimum)
    out.print(table)


def print_rows(rows: list[dict[str, Any]], *, as_csv: bool) -> None:
    """Rows as CSV or as a table."""
    if not as_csv:
        print_table(rows)
        return
    from genlab.report import to_csv

    print(to_csv(rows), end="")


def print_result(result: ExperimentResult) -> None:
    """An experiment's question and answer, and its values with the published ones."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from genlab._base.words import cell
    from genlab.experiments import get_experiment

    out = console()
    experiment = get_experiment(result.experiment)
    out.print(f"\n[bold]{escape(experiment.title)}[/bold]")
    out.print(experiment.question, style="dim", markup=False, highlight=False)
    out.print(result.answer, markup=False, highlight=False)
    if not result.published:
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("quantity", "measured \\[95% interval]", "published", "mark"):
        table.add_column(name, overflow="fold")
    for row in result.published:
        table.add_row(
            escape(row["name"]),
            _measured(row),
            f"{cell(row['published'])} ± {cell(row['tolerance'])}",
            f"[{_COLORS[row['mark']]}]{row['mark']}",
        )
    out.print(table)
    sources = "; ".join(sorted({row["source"] for row in result.published}))
    out.print(f"Sources: {sources}.", markup=False, highlight=False)


def _measured(row: Row) -> str:
    """A measured value and its interval, escaped for a table."""
    from genlab._base.words import cell, interval

    ends = interval(row["low"], row["high"])
    return cell(row["measured"]) if ends == "–" else f"{cell(row['measured'])} \\{ends}"
