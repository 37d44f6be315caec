"""A section of a page: one result with its figures, tables and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genlab.experiments import Tally
from genlab.measure import MARK_RULES

# Longer tables are linked, not shown.
_MOST_ROWS = 40


def section_of(
    result: Mapping[str, Any],
    figures: Sequence[Mapping[str, Any]],
    tables: Mapping[str, list[dict[str, Any]]],
    *,
    anchor: str,
    title: str,
    question: str,
    command: str,
    facts: Mapping[str, Any],
    numbers: str,
    folder: str | None = "",
    schema: Mapping[str, Any] | None = None,
    machine: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    opened: Sequence[str] = (),
) -> dict[str, Any]:
    """One section of a page.

    Parameters
    ----------
    result
        Its answer, notes, published, seconds and version.
    figures, tables
        Its figures, as `shown` returns them, and its tables by name.
    anchor
        Its name within the page.
    title, question, command
        Its heading, and what makes it again.
    facts, numbers
        What else made it, and the file that holds every number.
    folder
        What leads from the page to its files, such as "" or "mnist1d-mlp/"; None where there are
        none.
    schema
        Of tables: what one row is and what its columns hold.
    machine
        What it was made on.
    missing
        Sentences on what was not available.
    opened
        Names of tables that are open.
    """
    return {
        "result": result,
        "anchor": anchor,
        "folder": folder,
        "title": title,
        "question": question,
        "command": command,
        "facts": facts,
        "numbers": numbers,
        "figures": figures,
        "machine": machine or {},
        "missing": missing,
        "tally": Tally.of(result["published"]),
        "sources": sorted({row["source"] for row in result["published"]}),
        "rules": {
            mark: rule
            for mark, rule in MARK_RULES.items()
            if any(row["mark"] == mark for row in result["published"])
        },
        "tables": {
            name: {
                "rows": rows,
                "shown": len(rows) <= _MOST_ROWS,
                "open": name in opened,
                "columns": {column: _is_text(rows, column) for column in rows[0]},
                "schema": (schema or {}).get(name, {"about": "", "columns": {}}),
            }
            for name, rows in tables.items()
            if rows
        },
    }


def _is_text(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    """Whether the first value of a column that is there is no number."""
    first = next((row[column] for row in rows if row[column] is not None), None)
    return isinstance(first, (bool, str))
