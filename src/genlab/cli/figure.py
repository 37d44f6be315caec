"""The command `genlab figure`: one figure of an experiment, for a lecture or a paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genlab._base.errors import GenlabError
from genlab._base.files import write_whole
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import DEFAULT_OUT, OutFile, Store
from genlab.cli._progress import follow, progress

if TYPE_CHECKING:
    from genlab.experiments import Experiment, ExperimentResult


def figure(
    name: Annotated[
        str,
        typer.Argument(
            help="EXPERIMENT/FIGURE, such as toy-tradeoff/tradeoff; EXPERIMENT alone takes its "
            "first figure.",
            metavar="NAME",
        ),
    ],
    out: OutFile = None,
    style: Annotated[
        str,
        typer.Option(
            help="page, as in the report; slides, with large text; or paper, for a column of 3.35 "
            "inches: panels below each other, and no title.",
            metavar="STYLE",
        ),
    ] = "page",
    report: Annotated[
        Path, typer.Option(help="Folder of the report that holds the result.", metavar="DIR")
    ] = DEFAULT_OUT,
    scale: Annotated[
        str | None,
        typer.Option(
            help="Make the result at this scale from stored results in place of --report; what is "
            "not stored is run.",
            metavar="SCALE",
            show_default=False,
        ),
    ] = None,
    store: Store = None,
) -> None:
    """Write one figure as SVG, PDF or PNG, by the end of the file's name."""
    from genlab.charts import FORMATS, STYLES, export
    from genlab.experiments import SCALES, figures, get_experiment

    if out is None or out.suffix not in FORMATS:
        raise UsageError(
            f"-o must be a file that ends in {', '.join(FORMATS)}, "
            f"got {'none' if out is None else repr(str(out))}."
        )
    if style not in STYLES:
        raise UsageError(f"--style must be one of {', '.join(STYLES)}, got {style!r}.")
    if scale is not None and scale not in SCALES:
        raise UsageError(f"--scale must be one of {', '.join(SCALES)}, got {scale!r}.")
    whose, _, which = name.partition("/")
    with as_usage():
        experiment = get_experiment(whose)
    result = _of_report(experiment, report) if scale is None else _made(experiment, scale, store)
    drawn = {figure.name: figure for figure in figures(result)}
    if not drawn:
        raise GenlabError(f"{whose} has no figure: {result.answer}")
    if which and which not in drawn:
        names = ", ".join(f"{whose}/{name}" for name in drawn)
        raise UsageError(f"NAME must be one of {names}, got {name!r}.")
    chosen = drawn[which or next(iter(drawn))]
    write_whole(out, export(chosen, out.suffix, style))
    print(f"{out}: {chosen.title()}")


def _of_report(experiment: Experiment, folder: Path) -> ExperimentResult:
    from genlab.report import read_results

    for result in read_results(folder):
        if result.experiment == experiment.name:
            return result
    raise GenlabError(
        f"{folder} holds no results of {experiment.name}: run `genlab reproduce "
        f"{experiment.name}` first, name its folder with --report, or give --scale."
    )


def _made(experiment: Experiment, scale: str, store: str | None) -> ExperimentResult:
    from genlab.experiments import run_experiment

    with progress(quiet=False) as bar:
        task = bar.add_task(experiment.name, total=None, detail="")
        return run_experiment(experiment, store, scale=scale, progress=follow(bar, task))


COMMAND = Command(
    "figure", figure, "genlab figure toy-tradeoff --scale quick --style slides -o tradeoff.png"
)
