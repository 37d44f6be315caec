"""The command line: small commands that call the library and print what it returns."""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import GenlabError
from genlab._base.version import __version__
from genlab.cli import predict, seal, select, train
from genlab.cli._console import (
    console,
    follow,
    print_json,
    print_result,
    print_table,
    progress,
    say,
)
from genlab.cli._errors import UsageError
from genlab.cli._folders import make_writable
from genlab.cli._options import Json

if TYPE_CHECKING:
    from genlab.experiments import ExperimentResult

DEFAULT_OUT = Path("genlab-report")

app = typer.Typer(
    name="genlab",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="How well will a model do on data it has not seen, and why?\n\n"
    "[bold]genlab reproduce[/bold] runs the textbook chapter's experiments on this machine and "
    "writes a page with every figure beside the published values.",
    epilog="Example: genlab reproduce mnist1d-mlp --scale quick --out my-report",
)


_Out = Annotated[Path, typer.Option("--out", help="Folder of the report.", metavar="DIR")]


@app.callback()
def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    pass  # `main` reads both before the commands are parsed


@app.command(epilog="Example: genlab reproduce --scale quick --jobs 2")
def reproduce(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Experiments to run; none means all. `genlab list` names them.",
            metavar="[NAME]...",
            show_default=False,
        ),
    ] = None,
    scale: Annotated[
        str,
        typer.Option(help="quick, default or paper: how much work is done.", metavar="SCALE"),
    ] = "default",
    store: Annotated[
        str | None,
        typer.Option(
            help="Database of finished work: a file or a URL. \\[default: $GENLAB_STORE, or a "
            "file in the user's data folder]",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    out: _Out = DEFAULT_OUT,
    seed: Annotated[int, typer.Option(min=0, help="Every random choice follows from it.")] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes. \\[default: one a core]", show_default=False),
    ] = None,
    as_json: Json = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what the store has.")] = False,
) -> None:
    """Run experiments and write the report.

    What is finished is kept in the store as it finishes: a run that was stopped goes on where it
    was, and a second run computes nothing.
    """
    from genlab.experiments import EXPERIMENTS, MAX_SEED, SCALES, get_experiment, run_experiment
    from genlab.report import write_page, write_result
    from genlab.sweep import Store

    try:
        chosen = [get_experiment(name) for name in dict.fromkeys(names or EXPERIMENTS)]
        if scale not in SCALES:
            raise ValueError(f"--scale must be one of {', '.join(SCALES)}, got {scale!r}.")
        if seed > MAX_SEED:
            raise ValueError(f"--seed must be at most {MAX_SEED}, got {seed}.")
    except ValueError as error:
        raise UsageError(str(error)) from None
    results: list[ExperimentResult] = []
    failed = []
    with Store(store) as opened:
        make_writable(out, [experiment.name for experiment in chosen])
        with progress(quiet=as_json) as bar:
            for i, experiment in enumerate(chosen):
                label = f"{experiment.name} ({i + 1} of {len(chosen)})"
                task = bar.add_task(label, total=None, detail="")
                try:
                    result = run_experiment(
                        experiment,
                        opened,
                        scale=scale,
                        seed=seed,
                        jobs=jobs,
                        fresh=fresh,
                        progress=follow(bar, task),
                    )
                except GenlabError as error:
                    say(f"{experiment.name}: {error}")
                    failed.append(experiment.name)
                    continue
                write_result(result, out)
                results.append(result)
                bar.update(task, total=1, completed=1)
    page = write_page(out, _command(names, scale, seed))
    if as_json:
        print_json(results)
    else:
        for result in results:
            print_result(result)
        print(f"\nThe page: {page}")
    if failed:
        raise GenlabError(f"{len(failed)} of {len(chosen)} did not run: {', '.join(failed)}.")


@app.command(name="list", epilog="Example: genlab list --json")
def list_experiments(as_json: Json = False) -> None:
    """List the experiments, the question of each, and how long each takes on two cores."""
    from genlab.experiments import EXPERIMENTS, SCALES

    rows: list[dict[str, Any]] = [
        {
            "name": experiment.name,
            "question": experiment.question,
            **{f"{scale}_seconds": experiment.seconds[scale] for scale in SCALES},
        }
        for experiment in EXPERIMENTS.values()
    ]
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    from rich.table import Table

    table = Table("name", "question", *(f"{scale} (s)" for scale in SCALES))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console().print(table)


@app.command(epilog="Example: genlab show mnist1d-mlp --table layers --csv")
def show(
    name: Annotated[str, typer.Argument(help="An experiment that was run.", metavar="NAME")],
    out: _Out = DEFAULT_OUT,
    table: Annotated[
        str | None,
        typer.Option(
            help="One of its tables, in place of the summary.", metavar="TABLE", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
) -> None:
    """Show the results of the last run of an experiment, from the report's folder."""
    from genlab.experiments import get_experiment

    try:
        experiment = get_experiment(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.")
    from genlab.report import read_results, to_csv

    found = [result for result in read_results(out) if result.experiment == experiment.name]
    if not found:
        raise GenlabError(
            f"{out} holds no results of {experiment.name}; run `genlab reproduce "
            f"{experiment.name}` first, or name its folder with --out."
        )
    result = found[0]
    tables = {**result.tables, "published": result.published}
    if table is not None and table not in tables:
        raise UsageError(f"--table must be one of {', '.join(tables)}, got {table!r}.")
    if as_csv:
        print(to_csv(tables[table or "published"]), end="")
    elif as_json:
        print(json.dumps(tables[table] if table else result.to_json(), indent=1))
    elif table:
        print_table(tables[table])
    else:
        print_result(result)
        print(f"\nTables (--table): {', '.join(tables)}")


app.command(epilog=train.TRAIN_EXAMPLE)(train.train)
app.command(epilog=predict.PREDICT_EXAMPLE)(predict.predict)
app.command(epilog=select.SELECT_EXAMPLE)(select.select)
app.add_typer(seal.app, name="seal")

data_app = typer.Typer(no_args_is_help=True, help="Make data sets, and tell what a file holds.")
app.add_typer(data_app, name="data")


@data_app.command(
    name="mnist1d",
    epilog="Example: genlab data mnist1d --n 1000000 --method fast -o examples.parquet",
)
def data_mnist1d(
    n: Annotated[int, typer.Option("--n", min=10, help="Training and test examples.")] = 5000,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="A .npz, .parquet or .csv file.", metavar="FILE", show_default=False
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="exact: the published stream. fast: the same distribution, any number.",
            metavar="METHOD",
        ),
    ] = "exact",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the examples.")] = 42,
    train_split: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the examples that is for training.")
    ] = 0.8,
    length: Annotated[int, typer.Option(min=2, help="Points an example.")] = 40,
    shuffle: Annotated[
        bool, typer.Option("--shuffle", help="Reorder all examples' positions.")
    ] = False,
    chunk_size: Annotated[int, typer.Option(min=1, help="Examples in work at once.")] = 10_000,
    jobs: Annotated[int, typer.Option(min=1, help="Threads of the fast method.")] = 1,
    check: Annotated[
        Path | None,
        typer.Option(
            help="Tell whether FILE is the frozen published set; exit status 1 where not.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write MNIST-1D to a file, or check whether a file is the frozen published set.

    The file holds the recipe that makes it again.
    """
    if (out is None) == (check is None):
        raise UsageError("give either -o FILE, to write one, or --check FILE.")
    from genlab.datasets import check_mnist1d, write_mnist1d

    try:
        if check is not None:
            is_frozen, sentence = check_mnist1d(check)
            print(sentence)
            raise typer.Exit(0 if is_frozen else 1)
        assert out is not None
        with progress(quiet=False) as bar:
            task = bar.add_task(out.name, total=n, detail="", visible=False)
            written = write_mnist1d(
                out,
                n,
                train_split,
                method=method,
                chunk_size=chunk_size,
                jobs=jobs,
                progress=lambda done: bar.update(
                    task, completed=done, visible=True, detail=f"{done:,} of {n:,} examples"
                ),
                seed=seed,
                final_seq_length=length,
                shuffle_seq=shuffle,
            )
    except ValueError as error:
        raise UsageError(str(error)) from None
    print(f"{out}: {written:,} examples of MNIST-1D, {out.stat().st_size / 1e6:,.1f} MB")


def main() -> None:
    """Run the command line: one sentence on standard error for an error, and its exit status."""
    options = list(takewhile(lambda argument: argument != "--", sys.argv[1:]))
    debug = "--debug" in options
    arguments = [argument for argument in options if argument != "--debug"]
    arguments += sys.argv[1 + len(options) :]
    if arguments[:1] == ["--version"]:
        print(f"genlab {__version__}")
        sys.exit(0)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack a sign such as ±
    warnings.showwarning = _show_warning
    try:
        status = typer.main.get_command(app).main(
            arguments, prog_name="genlab", standalone_mode=False
        )
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        status = 130
    except SystemExit as error:
        status = error.code
    except (typer.TyperException, GenlabError, OSError) as error:
        if debug:
            raise
        status = _tell(error)
    except Exception as error:
        if debug:
            raise
        say(f"{type(error).__name__}: {error} (this is a defect; --debug shows where)")
        status = 1
    if status in (130, 143):
        say("stopped; what was finished is kept.")
    sys.exit(status if isinstance(status, int) else 0)


def _tell(error: Exception) -> int:
    """One sentence for an error; its exit status: 2 for usage, 1 for failure."""
    if isinstance(error, typer.TyperException):
        say(error.format_message())
        return error.exit_code
    if isinstance(error, OSError) and error.filename is not None:
        say(f"{error.filename}: {error.strerror}.")
    else:
        say(str(error))
    return 1


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    say(f"warning: {message}")


def _command(names: list[str] | None, scale: str, seed: int) -> str:
    """What makes the report again; where results are kept is nobody else's business."""
    return " ".join(["genlab reproduce", *(names or []), f"--scale {scale} --seed {seed}"])
