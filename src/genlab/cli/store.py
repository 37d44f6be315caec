"""The commands `genlab store ...`: what a store holds, and its upkeep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab.cli._command import Command, Group
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import Csv, Imports, Jobs, Json, Seed, Store, TimeLimit, check_formats
from genlab.cli._output import print_json, print_rows, print_table
from genlab.cli._progress import follow, progress
from genlab.cli._workers import workers

if TYPE_CHECKING:
    from genlab.sweep import Merged, StoreInfo, Verified

Kind = Annotated[
    str | None,
    typer.Option(
        help="Only cells of this kind: Cell (a network), EstimatorCell, or one that "
        "`genlab store info` names.",
        metavar="KIND",
        show_default=False,
    ),
]


def info(store: Store = None, as_json: Json = False) -> None:
    """Show what the store holds: how many results, how large, and what computed them."""
    from genlab.sweep import store_info

    found = store_info(store)
    if as_json:
        print_json(asdict(found))
        return
    print(_sentences(found))
    for rows in (found.kinds, found.environments):
        if rows:
            print_table(_aligned(rows))


def _sentences(found: StoreInfo) -> str:
    """What the store holds, in words."""
    from genlab._base.words import counted, duration, size

    held = counted(found.n_cells, "result")
    lines = [found.url, f"{held}, {size(found.n_bytes)}; version {found.version} of the tables"]
    if not found.n_bytes:
        lines[1:] = ["0 results: the store is made when the first is stored."]
    if found.n_cells:
        lines.append(
            f"{duration(found.seconds)} of computing; stored from {_minute(found.first)} to "
            f"{_minute(found.last)} UTC"
        )
    if found.n_retried:
        lines.append(f"{found.n_retried:,} of them took more than one try")
    if found.n_failed:
        lines.append(f"{found.n_failed:,} cells failed and have no result (list --failed)")
    if found.n_claimed:
        runs = counted(found.n_runs, "run")
        lines.append(f"{counted(found.n_claimed, 'cell')} being computed by {runs}")
    trials = f"with {counted(found.others.get('trials', 0), 'trial')}"
    beside = {
        "openings": ("opening of a sealed test set", "openings of sealed test sets"),
        "studies": (f"search {trials}", f"searches {trials}"),
    }
    others = [
        counted(n, *beside.get(name, (name, name)))
        for name, n in found.others.items()
        if name != "trials"
    ]
    if others:
        lines.append(f"also stored: {', '.join(others)}")
    return "\n".join(lines)


def _minute(when: str) -> str:
    """A stored time, without its seconds and its zone, which is UTC."""
    return when[:16].replace("T", " ")


def _aligned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the same columns: what computed the results, then how many, and in what time."""
    names = dict.fromkeys(name for row in rows for name in row)
    last = {"cells": "results", "seconds": "seconds"}
    ordered = {**{name: name for name in names if name not in last}, **last}
    table = [{shown: row.get(name) for name, shown in ordered.items()} for row in rows]
    for row in table:
        if what := _KINDS.get(str(row.get("kind"))):
            row["kind"] = f"{row['kind']} ({what})"
    return table


# What genlab's own kinds of cells are.
_KINDS = {
    "Cell": "a network",
    "EstimatorCell": "an estimator",
    "ScoredFit": "a trial of an estimator",
    "SimulatedRisk": "simulated fits, for theory-double-descent",
    "InfiniteWidth": "a network of infinite width",
}


def list_cells(
    store: Store = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000_000, help="Maximum number of cells to list.")
    ] = 20,
    kind: Kind = None,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed", help="List the cells without a result, and why the last try failed."
        ),
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List the cells that were stored last, the newest first. Errors are fractions."""
    check_formats(as_json, as_csv)
    from genlab.sweep import failed_cells, stored_cells

    rows = (failed_cells if failed else stored_cells)(store, limit=limit, kind=kind)
    if as_json:
        print_json(rows)
    elif as_csv:
        print_rows(rows, as_csv=True)
    elif not rows:
        what = "cells without a result" if failed else "results"
        print(_nothing(store, kind, what))
    else:
        print_table([_short(row) for row in rows])


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """A result as it fits on a line."""
    rest = {name: value for name, value in row.items() if name != "finished"}
    return {**rest, "key": row["key"][:12], "stored (UTC)": _minute(row["finished"])}


def _nothing(store: str | None, kind: str | None = None, what: str = "results") -> str:
    """That a store has no results, or none of something else, in a sentence."""
    from genlab.sweep import opened_store

    with opened_store(store, patient=False) as opened:
        return f"{opened.url} has no {what}{'' if kind is None else f' of the kind {kind}'}."


def export(
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Parquet file to write.", metavar="FILE"),
    ],
    store: Store = None,
    kind: Kind = None,
) -> None:
    """Write the store to a Parquet file: a row for each result, a column for each field.

    The fields of the specs are columns such as recipe.learning_rate, beside
    the errors and losses (fractions) and the versions of the libraries. Read
    it with pandas, Polars or DuckDB.
    """
    if out.suffix.lower() != ".parquet":
        raise UsageError(f"--out must end in .parquet, got {str(out)!r}.")
    from genlab.sweep import export_store

    with progress(quiet=False, transient=True) as bar:
        task = bar.add_task(out.name, total=None, detail="")
        n = export_store(
            out,
            store,
            kind=kind,
            progress=lambda done: bar.update(task, completed=done, detail=f"{done:,} results"),
        )
    from genlab._base.words import counted, size

    print(f"{out}: {counted(n, 'result')}, {size(out.stat().st_size)}")


def merge(
    sources: Annotated[
        list[str], typer.Argument(help="Stores to copy from: files or URLs.", metavar="SOURCE...")
    ],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Copy results, openings of test sets and searches of other stores into one.

    Stored results are never replaced. The exit status is 1 where two stores
    have different numbers for the same cell, or different trials of the same
    search: the store that is copied into keeps its own. A test set that was
    opened in two stores counts as opened twice.
    """
    from genlab.sweep import merge_stores

    with progress(quiet=as_json, transient=True) as bar:
        task = bar.add_task("merging", total=None, detail="")
        merged = merge_stores(
            sources,
            store,
            progress=lambda done: bar.update(task, completed=done, detail=f"{done:,} results"),
        )
    if as_json:
        print_json([asdict(one) for one in merged])
    else:
        for one in merged:
            print("\n".join(_merged(one)))
    raise typer.Exit(int(any(one.different or one.different_searches for one in merged)))


def _merged(one: Merged) -> Iterator[str]:
    """What came of merging a store, in words."""
    from genlab._base.words import counted

    added = [f"{counted(one.n_added, 'result')} added, {one.n_same:,} already there"]
    if one.n_openings:
        openings = ("opening of a sealed test set", "openings of sealed test sets")
        added.append(f"{counted(one.n_openings, *openings)} added")
    if one.n_trials:
        added.append(f"{counted(one.n_trials, 'trial')} of searches added")
    yield f"{one.source}: {'; '.join(added)}"
    for key in one.different:
        yield f"  cell {key[:12]}: the numbers differ from the stored ones, which are kept"
    for name in one.different_searches:
        yield f"  search {name}: the trials differ from the stored ones, which are kept"
    for content, n in one.reopened.items():
        yield (
            f"  test set {content[:12]}: opened {n} times in all, so the intervals of each "
            "opening are wider now (genlab seal status)"
        )


def prune(
    store: Store = None,
    unused: Annotated[
        bool,
        typer.Option(
            "--unused",
            help="Results that this version of genlab does not use, because it computes them in a "
            "different way.",
        ),
    ] = False,
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Results that were stored before this date, in UTC.",
            metavar="YYYY-MM-DD",
            show_default=False,
        ),
    ] = None,
    kind: Kind = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help=("Remove the results. Without this option they are only counted.")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove results for which all the given conditions hold, or count them.

    Without --yes nothing is removed. Openings of test sets and searches are
    kept.
    """
    if not unused and before is None and kind is None:
        raise UsageError("give at least one of --unused, --before and --kind.")
    from genlab.sweep import prune_store

    day = None if before is None else before.date()
    pruned = prune_store(store, unused=unused, before=day, kind=kind, remove=yes)
    if as_json:
        print_json(asdict(pruned))
        return
    from genlab._base.words import counted, duration

    if not pruned.n_cells:
        print(f"No result meets these conditions; {pruned.n_kept:,} are kept.")
        return
    verb = "removed" if pruned.removed else "would be removed (--yes removes them)"
    meant = f"{counted(pruned.n_cells, 'result')}, {duration(pruned.seconds)} of computing"
    print(f"{meant}, {verb}; {pruned.n_kept:,} are kept.")


def verify(
    store: Store = None,
    sample: Annotated[
        int,
        typer.Option(min=1, help="Number of cells to compute again, drawn at random.", metavar="N"),
    ] = 20,
    seed: Seed = 0,
    imports: Imports = None,
    jobs: Jobs = None,
    time_limit: TimeLimit = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Compute a random sample of the stored cells again, and compare bit for bit.

    Equal bits are guaranteed for one device and one set of library versions.
    The table shows where these have changed. The exit status is 1 where a
    result differs.
    """
    check_formats(as_json, as_csv)
    from genlab.measure import clopper_pearson_interval
    from genlab.sweep import verify_store

    with (
        workers(jobs, None, time_limit) as running,
        progress(quiet=as_json or as_csv) as bar,
        as_usage({"packages": "--import"}),
    ):
        task = bar.add_task("computing again", total=None, detail="")
        found = verify_store(
            store,
            sample,
            seed=seed,
            jobs=running,
            packages=imports or [],
            progress=follow(bar, task, "cells"),
        )
    if as_json:
        print_json([asdict(one) for one in found])
    elif as_csv:
        print_rows([_line(one, one.key) for one in found], as_csv=True)
    elif not found:
        print(_nothing(store))
    else:
        print_table([_line(one, one.key[:12]) for one in found])
        ran = [one for one in found if one.outcome != "not run"]
        hold = sum(one.outcome == "holds" for one in ran)
        if not ran:
            sentence = "No cell could be computed again here"
        else:
            sentence = f"{hold} of {len(ran)} cells gave the same result again, bit for bit"
            ends = clopper_pearson_interval(hold, len(ran))
            sentence += (
                f"; the 95% interval for all such cells in the store is {100 * ends.low:.0f}% to "
                f"{100 * ends.high:.0f}%"
            )
        print(f"{sentence}.")
    raise typer.Exit(1 if any(one.outcome == "differs" for one in found) else 0)


def _line(one: Verified, key: str) -> dict[str, Any]:
    changed = [
        f"{name} {old or 'none'} -> {new or 'none'}" for name, (old, new) in one.changed.items()
    ]
    return {
        "key": key,
        "kind": one.kind,
        "outcome": one.outcome,
        "changed since": ", ".join(changed),
        "reason": one.reason,
    }


COMMAND = Group(
    "store",
    "Show and maintain the store of results.",
    (
        Command("info", info, "genlab store info --store results.db"),
        Command("list", list_cells, "genlab store list --kind EstimatorCell --limit 50 --csv"),
        Command("export", export, "genlab store export -o results.parquet"),
        Command("merge", merge, "genlab store merge laptop.db cluster.db --store all.db"),
        Command("prune", prune, "genlab store prune --unused --yes"),
        Command("verify", verify, "genlab store verify --sample 50"),
    ),
)
