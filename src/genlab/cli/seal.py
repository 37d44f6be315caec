"""The commands `genlab seal ...`: sealed test sets and their openings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genlab.cli._command import Command, Group
from genlab.cli._options import Csv, Json, Store, check_formats
from genlab.cli._output import print_json, print_table

if TYPE_CHECKING:
    from genlab.sealing import Opening


def status(store: Store = None, as_json: Json = False, as_csv: Csv = False) -> None:
    """List every opening of a sealed test set that the store knows.

    Each row says when the test set was opened, by which model, why, and with
    what result. Errors are fractions. The intervals widen with the number of
    openings.
    """
    check_formats(as_json, as_csv)
    from genlab.sealing import sealed_openings
    from genlab.sweep import opened_store

    with opened_store(store, patient=False) as opened:
        openings = sealed_openings(opened)
        place = opened.url
    rows = [opening.row() for opening in openings]
    if as_json:
        print_json(rows)
    elif as_csv:
        from genlab.report import to_csv

        print(to_csv(rows), end="")
    elif not rows:
        print(f"No sealed test set was opened in {place}.")
    else:
        print_table([_short(opening) for opening in openings])
        for note in dict.fromkeys(f"{o.fingerprint[:12]}: {n}" for o in openings for n in o.notes):
            print(note)


def _short(opening: Opening) -> dict[str, Any]:
    """The opening as it fits on a line."""
    from rich.markup import escape

    return {
        "test set": opening.fingerprint[:12],
        "opening": f"{opening.number} of {opening.n_openings}",
        "UTC": f"{opening.opened:%Y-%m-%d %H:%M}",
        "by": escape(opening.model),
        "reason": escape(opening.reason),
        "result": escape(opening.sentence),
    }


COMMAND = Group(
    "seal",
    "Sealed test sets, made by `genlab.seal` in Python.",
    (Command("status", status, "genlab seal status --csv"),),
)
