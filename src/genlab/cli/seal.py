"""The command `genlab seal status`: which sealed test sets were opened, and what each showed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab.cli._console import print_table
from genlab.cli._errors import UsageError
from genlab.cli._options import Json

if TYPE_CHECKING:
    from genlab.sealing import Opening

app = typer.Typer(no_args_is_help=True, help="Sealed test sets: `genlab.seal` in Python.")


@app.callback()
def _group() -> None:
    """Sealed test sets: `genlab.seal` in Python."""


@app.command(epilog="Example: genlab seal status --csv")
def status(
    store: Annotated[
        str | None,
        typer.Option(
            help="Database of the openings: a file or a URL. \\[default: $GENLAB_STORE, or a "
            "file in the user's data folder]",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
) -> None:
    """List every opening of a sealed test set that the store knows of.

    Each with its number among the openings of that test set, when, by what model, why, and
    what came out. Errors are fractions, intervals as wide as the number of openings asks for.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.")
    from genlab.sealing import sealed_openings
    from genlab.sweep import Store

    with Store(store) as opened:
        openings = sealed_openings(opened)
        place = opened.url
    rows = [_row(opening) for opening in openings]
    if as_json:
        print(json.dumps(rows, indent=1, allow_nan=False))
    elif as_csv:
        from genlab.report import to_csv

        print(to_csv(rows), end="")
    elif not rows:
        print(f"No sealed test set was opened in {place}.")
    else:
        print_table([_short(opening) for opening in openings])
        for note in dict.fromkeys(f"{o.fingerprint[:12]}: {n}" for o in openings for n in o.notes):
            print(note)


def _row(opening: Opening) -> dict[str, Any]:
    """The opening in one row, what it lacks as None."""
    measures = {(row["measure"], row["interval"]): row for row in opening.rows()}
    wilson, exact = measures["error", "Wilson"], measures["error", "Clopper–Pearson"]
    loss = measures["loss", "bootstrap"]
    told = ("fingerprint", "number", "n_openings", "opened", "model", "reason", "n")
    return {
        **{name: wilson[name] for name in told},
        "error": wilson["value"],
        "wilson_low": wilson["low"],
        "wilson_high": wilson["high"],
        "exact_low": exact["low"],
        "exact_high": exact["high"],
        "loss": loss["value"],
        "loss_low": loss["low"],
        "loss_high": loss["high"],
        "confidence": opening.confidence,
    }


def _short(opening: Opening) -> dict[str, Any]:
    """The same as it fits on a line."""
    from rich.markup import escape

    return {
        "test set": opening.fingerprint[:12],
        "opening": f"{opening.number} of {opening.n_openings}",
        "UTC": f"{opening.opened:%Y-%m-%d %H:%M}",
        "by": escape(opening.model),
        "reason": escape(opening.reason),
        "result": escape(opening.sentence),
    }
