"""The command `genlab show`: results of the last run of an experiment."""

from __future__ import annotations

from typing import Annotated

import typer

from genlab._base.errors import GenlabError
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import DEFAULT_OUT, Csv, Json, OutFolder, check_formats
from genlab.cli._output import print_json, print_result, print_table


def show(
    name: Annotated[
        str, typer.Argument(help="Name of an experiment that was run.", metavar="NAME")
    ],
    out: OutFolder = DEFAULT_OUT,
    table: Annotated[
        str | None,
        typer.Option(
            help="One table of the results, in place of the summary.",
            metavar="TABLE",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show the results of the last run of an experiment, from the report's folder."""
    check_formats(as_json, as_csv)
    from genlab.experiments import get_experiment

    with as_usage():
        experiment = get_experiment(name)
    from genlab.report import read_results, to_csv

    by_name = {result.experiment: result for result in read_results(out)}
    if experiment.name not in by_name:
        raise GenlabError(
            f"{out} holds no results of {experiment.name}; run `genlab reproduce "
            f"{experiment.name}` first, or name its folder with --out."
        )
    result = by_name[experiment.name]
    tables = {**result.tables, "published": result.published}
    if table is not None and table not in tables:
        raise UsageError(f"--table must be one of {', '.join(tables)}, got {table!r}.")
    if as_csv:
        print(to_csv(tables[table or "published"]), end="")
    elif as_json:
        print_json(tables[table] if table else result.to_json())
    elif table:
        print_table(tables[table])
    else:
        print_result(result)
        print(f"\nTables (--table): {', '.join(tables)}")


COMMAND = Command("show", show, "genlab show mnist1d-mlp --table layers --csv")
