"""The command `genlab reproduce`: run experiments and write their report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from genlab._base.errors import GenlabError
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._folders import make_writable
from genlab.cli._options import DEFAULT_OUT, Dask, Fresh, Jobs, Json, OutFolder, Store, TimeLimit
from genlab.cli._output import print_json, print_result, say
from genlab.cli._progress import follow, progress
from genlab.cli._workers import workers

if TYPE_CHECKING:
    from genlab.experiments import ExperimentResult


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
        typer.Option(
            help="Amount of work: quick (minutes, few or one seed), default (under an hour) or "
            "paper (days; a GPU advised); `genlab list` shows the times.",
            metavar="SCALE",
        ),
    ] = "default",
    store: Store = None,
    out: OutFolder = DEFAULT_OUT,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random choices.")] = 0,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    as_json: Json = False,
    fresh: Fresh = False,
    png: Annotated[bool, typer.Option("--png", help="Write figures as PNG, too.")] = False,
    single_file: Annotated[
        bool,
        typer.Option(
            "--single-file", help="Write everything as one page, too: report.html, to mail."
        ),
    ] = False,
) -> None:
    """Run experiments and write the report.

    Every result is stored as soon as it is finished: a run that was stopped
    resumes where it stopped, and a second run reuses stored results.
    """
    from genlab.experiments import (
        EXPERIMENTS,
        MAX_SEED,
        SCALES,
        get_experiment,
        missing_sentences,
        run_experiment,
    )

    with as_usage():
        chosen = [get_experiment(name) for name in dict.fromkeys(names or EXPERIMENTS)]
    if scale not in SCALES:
        raise UsageError(f"--scale must be one of {', '.join(SCALES)}, got {scale!r}.")
    if seed > MAX_SEED:
        raise UsageError(f"--seed must be at most {MAX_SEED}, got {seed}.")
    from genlab.report import SINGLE_FILE, check_kept, write_pages, writing_beside
    from genlab.sweep import Store as ResultStore
    from genlab.sweep import kept_executor

    results: list[ExperimentResult] = []
    failed = []
    # The workers of one experiment serve the next: what they have compiled is compiled once.
    with (
        ResultStore(store) as opened,
        workers(jobs, dask, time_limit) as given,
        kept_executor(jobs=given) as running,
    ):
        make_writable(out, [experiment.name for experiment in chosen])
        check_kept(out, [experiment.name for experiment in chosen])
        with progress(quiet=as_json) as bar, writing_beside(out, png=png) as write:
            for i, experiment in enumerate(chosen):
                label = f"{experiment.name} ({i + 1} of {len(chosen)})"
                task = bar.add_task(label, total=None, detail="")
                try:
                    result = run_experiment(
                        experiment,
                        opened,
                        scale=scale,
                        seed=seed,
                        jobs=running,
                        fresh=fresh,
                        progress=follow(bar, task),
                    )
                except GenlabError as error:
                    say(f"{experiment.name}: {error}")
                    failed.append(experiment.name)
                    continue
                write(result)
                results.append(result)
                bar.update(task, total=1, completed=1)
    page = write_pages(out, _command(names, scale, seed), single_file=single_file)
    if as_json:
        print_json([result.to_json() for result in results])
    else:
        for result in results:
            print_result(result)
        for sentence in missing_sentences(results):
            print(f"\n{sentence}")
        print(f"\nThe page: {page}")
        if single_file:
            print(f"The same in one file: {out / SINGLE_FILE}")
    if failed:
        raise GenlabError(f"{len(failed)} of {len(chosen)} did not run: {', '.join(failed)}.")


def _command(names: list[str] | None, scale: str, seed: int) -> str:
    """What repeats the report; where results are stored is nobody else's business."""
    return " ".join(["genlab reproduce", *(names or []), f"--scale {scale} --seed {seed}"])


COMMAND = Command("reproduce", reproduce, "genlab reproduce --scale quick --jobs 2")
