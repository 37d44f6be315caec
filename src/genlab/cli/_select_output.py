"""What `genlab select` says: the openings of a test set, the default's progress, the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genlab.cli._output import console, print_table, say

if TYPE_CHECKING:
    from genlab.datasets import Dataset
    from genlab.selection import SelectionReport, SelectProgress
    from genlab.sweep import Store as ResultStore


class DefaultProgress:
    """Says once that the default configuration is trained, where it is not stored already."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, now: SelectProgress) -> None:
        if not now.done and not self._quiet:
            say("the default configuration is trained as well, for comparison.")
        self._quiet = True


def say_openings(examples: Dataset, store: ResultStore) -> None:
    """Say which model has opened the test set already."""
    from genlab.sealing import seal

    openings = seal(examples, store)[1].openings
    if openings:
        say(
            f"the test set was {openings[0].description}. Only that model's recorded result can "
            "be shown; use `reopen` in Python to evaluate another."
        )


def print_report(report: SelectionReport) -> None:
    """Print what was found, and the table of errors."""
    console().print(report.answer, markup=False, highlight=False)
    print_table([_short(row, report) for row in report.tables["errors"]])


def _short(row: dict[str, Any], report: SelectionReport) -> dict[str, str]:
    from genlab._base import words
    from genlab.charts import ScoreShown

    shown = ScoreShown(**report.score_shown)
    name = "error" if "error" in row else "score"
    columns = {"estimate": name, "low": f"{name}_low", "high": f"{name}_high"}
    ends = {column: row[of] for column, of in columns.items()}
    if shown.percent:
        ends = {column: 100 * value for column, value in ends.items()}
    digits = 1 if shown.percent else words.decimals(*ends.values())
    value, _, interval = words.estimate(ends, digits).partition(" ")
    unit = "%" if shown.percent else ""
    title = shown.words.removeprefix("validation ")
    return {"": row["what"], title: f"{value}{unit}", "95% interval": interval.replace("[", "\\[")}
