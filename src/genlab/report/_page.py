"""The pages of a report: the front page, a page an experiment, or all in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab._base.words import cell, listed, rough_duration
from genlab.experiments import (
    EXPERIMENTS,
    ExperimentResult,
    Summary,
    Tally,
    missing_sentences,
    summarize,
)
from genlab.report._pictures import TEXTS, as_address, library, shown
from genlab.report._render import render
from genlab.report._section import section_of

TITLE = "How well will a model do on data it has not seen?"
_BOOK = (
    "Measured beside S. Prince, Understanding Deep Learning, chapter 8, and the papers it cites."
)
_OTHERS = "Further experiments"
THUMBNAIL = "thumbnail.svg"


def render_front(results: Sequence[ExperimentResult], out: Path, command: str) -> str:
    """The front page of the results whose files are under `out`; `command` makes them again."""
    links = {result.experiment: f"{result.experiment}/index.html" for result in results}
    return _front(results, out, command, links)


def render_experiment(
    result: ExperimentResult,
    out: Path,
    before: ExperimentResult | None = None,
    after: ExperimentResult | None = None,
) -> str:
    """The page of a result whose files are under `out`, with links to those beside it."""
    section = _section(result, out)
    beside = {
        name: None if one is None else EXPERIMENTS[one.experiment]
        for name, one in (("before", before), ("after", after))
    }
    return render("experiment.html", title=section["title"], section=section, **beside)


def render_single_file(results: Sequence[ExperimentResult], out: Path, command: str) -> str:
    """Everything in one page, which has no file beside it."""
    sections = [_section(result, out, held=True) for result in results]
    specs = {
        one["script"]: (out / one["script"]).read_text("utf-8")
        for section in sections
        for one in section["figures"]
    }
    return _front(
        results,
        out,
        command,
        {result.experiment: f"#{result.experiment}" for result in results},
        sections=sections,
        held={"library": library(), "specs": specs},
    )


def _front(
    results: Sequence[ExperimentResult],
    out: Path,
    command: str,
    links: Mapping[str, str],
    **values: Any,
) -> str:
    summary, held = summarize(results), "held" in values
    groups: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        experiment = EXPERIMENTS[result.experiment]
        file = out / experiment.name / THUMBNAIL
        thumbnail = None  # an experiment that could not be run has no figure
        if file.is_file():
            thumbnail = as_address(file.read_bytes()) if held else f"{experiment.name}/{file.name}"
        groups.setdefault(experiment.section or _OTHERS, []).append(
            {
                "name": experiment.name,
                "question": experiment.question,
                "finding": result.finding or result.answer,
                "tally": Tally.of(result.published),
                "thumbnail": thumbnail,
                "link": links[experiment.name],
                "data": None if held else f"{experiment.name}/results.json",
            }
        )
    return render(
        "front.html",
        title=TITLE,
        about=_BOOK,
        ran=_ran(summary, len(results)),
        summary=summary,
        groups=groups,
        links=links,
        missing=missing_sentences(results),
        machine=_shared([result.machine for result in results]),
        command=command,
        **{"sections": [], **values},
    )


def _ran(summary: Summary, n: int) -> str:
    """What was run, at what scale, in how long."""
    scales = listed(summary.scales)
    seeds = listed([str(seed) for seed in summary.seeds])
    return (
        f"{n} experiment{'s' if n != 1 else ''} at scale {scales}, seed {seeds}, in "
        f"{rough_duration(summary.seconds)}. Results stored earlier were reused and are not "
        f"counted in this time."
    )


def _section(result: ExperimentResult, out: Path, *, held: bool = False) -> dict[str, Any]:
    experiment = EXPERIMENTS[result.experiment]
    folder = out / result.experiment
    figures = json.loads((folder / TEXTS).read_text("utf-8"))
    return section_of(
        vars(result),
        [shown(figure, folder, up="../", held=held) for figure in figures],
        result.tables,
        anchor=result.experiment,
        folder=None if held else "",
        title=experiment.title,
        question=experiment.question,
        command=_command(result),
        facts={"scale": result.scale, "seed": result.seed}
        | {field.replace("_", " "): _fact(value) for field, value in result.protocol.items()},
        numbers="results.json",
        schema=result.schema,
        machine={} if held else result.machine,
        missing=[] if held else missing_sentences([result]),
    )


def _command(result: ExperimentResult) -> str:
    """What makes the result again."""
    if result.scale == "custom":
        return (
            f"genlab.experiments.run_experiment(EXPERIMENTS[{result.experiment!r}], store, "
            f"protocol=..., seed={result.seed})"
        )
    return f"genlab reproduce {result.experiment} --scale {result.scale} --seed {result.seed}"


def _fact(value: Any, *, inside: bool = False) -> str:
    """A field of a protocol in a line; `inside` another one, several values are bracketed.

    >>> _fact({"10": 1, "20": [1, 2]}), _fact({"kind": "MLP", "hidden": [100, 100]})
    ('10: 1, 20: (1, 2)', 'MLP(hidden=(100, 100))')
    """
    if isinstance(value, Mapping) and "kind" in value:
        entries = [
            f"{name}={_fact(item, inside=True)}" for name, item in value.items() if name != "kind"
        ]
        return f"{value['kind']}({', '.join(entries)})"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_fact(item, inside=True)}" for name, item in value.items())
    elif isinstance(value, list):
        text = ", ".join(_fact(item, inside=True) for item in value)
    elif isinstance(value, float):
        return f"{value:g}"
    else:
        return "none" if value is None else cell(value)
    return f"({text})" if inside else text


def _shared(machines: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The facts that all results share."""
    first, *others = machines or [{}]
    return {
        name: value
        for name, value in first.items()
        if value and all(other.get(name) == value for other in others)
    }
