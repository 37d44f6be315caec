"""The page: one HTML file that holds its figures, their script and its style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from genlab._base.version import __version__
from genlab._base.words import number
from genlab.charts import Figure, config
from genlab.experiments import EXPERIMENTS, ExperimentResult, figures, missing_sentences
from genlab.measure import MARK_RULES, Mark

# Longer tables are linked, not shown.
_MOST_ROWS = 40


def render_page(results: Sequence[ExperimentResult], command: str) -> str:
    """The page of `results` as HTML; `command` is what makes it again."""
    sections = [_section(result) for result in results]
    return render_sections(sections, command, missing=missing_sentences(results))


def render_sections(
    sections: Sequence[dict[str, Any]], command: str, missing: Sequence[str] = ()
) -> str:
    """The page of what `section_of` made; `missing` says what was not available."""
    import jinja2
    import vl_convert

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["number"] = _number
    environment.filters["cell"] = _cell
    template = environment.from_string(
        files("genlab.report").joinpath("page.html").read_text("utf-8")
    )
    return template.render(
        sections=sections,
        command=command,
        missing=missing,
        version=__version__,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        configs={"light": config() | {"background": "transparent"}, "dark": config(dark=True)},
        script=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
    )


def section_of(
    result: Mapping[str, Any],
    drawn: Sequence[Figure],
    tables: Mapping[str, list[dict[str, Any]]],
    *,
    anchor: str,
    folder: str,
    title: str,
    question: str,
    command: str,
    facts: Mapping[str, Any],
    numbers: str,
    schema: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One section of the page.

    Parameters
    ----------
    result
        Its answer, notes, published, seconds, version and machine.
    drawn, tables
        Its figures, and its tables by name.
    anchor, folder
        Its name within the page, and where its files lie beside the page.
    title, question, command
        Its heading, and what makes it again.
    facts, numbers
        What else made it, and the file that holds every number.
    schema
        Of tables: what one row is and what its columns hold.
    """
    shown = []
    for figure in drawn:
        spec = figure.spec()
        spec.pop("config", None)
        # The title is text of the page, which breaks into lines where the page is narrow.
        heading = spec.pop("title")
        lines = heading.get("subtitle", [])
        shown.append(
            {
                "name": figure.name,
                "title": heading["text"],
                "subtitle": lines if isinstance(lines, str) else " ".join(lines),
                "caption": figure.caption,
                "wide": figure.wide,
                "spec": spec,
            }
        )
    return {
        "result": result,
        "anchor": anchor,
        "folder": folder,
        "title": title,
        "question": question,
        "command": command,
        "facts": facts,
        "numbers": numbers,
        "figures": shown,
        "sources": sorted({row["source"] for row in result["published"]}),
        "marks": _marks_sentence(result["published"]),
        "rules": {mark: MARK_RULES[mark] for mark in _marks(result["published"])},
        "tables": {
            name: {
                "rows": rows,
                "shown": len(rows) <= _MOST_ROWS,
                "columns": list(rows[0]),
                "schema": (schema or {}).get(name, {"about": "", "columns": {}}),
            }
            for name, rows in tables.items()
            if rows
        },
    }


def _marks(published: Sequence[Mapping[str, Any]]) -> list[Mark]:
    """The marks that occur, in the order of `MARK_RULES`."""
    return [mark for mark in MARK_RULES if any(row["mark"] == mark for row in published)]


def _marks_sentence(published: Sequence[Mapping[str, Any]]) -> str:
    """How many of the values that can be compared agree, and how many have the other marks."""
    counts = Counter(row["mark"] for row in published)
    apart = counts["not comparable"]
    compared = len(published) - apart
    parts = [
        f"{counts['agrees']} of {compared} agree",
        f"{counts['uncertain']} too uncertain to say",
        f"{counts['differs']} differ{'s' if counts['differs'] == 1 else ''}",
    ]
    sentence = f"{', '.join(parts)}." if compared else ""
    verb = "is" if apart == 1 else "are"
    beside = f"{apart} {verb} not measured by the published protocol." if apart else ""
    return f"{sentence} {beside}".strip()


def _section(result: ExperimentResult) -> dict[str, Any]:
    experiment = EXPERIMENTS[result.experiment]
    name = result.experiment
    return section_of(
        vars(result),
        figures(result),
        result.tables,
        anchor=name,
        folder=name,
        title=experiment.title,
        question=experiment.question,
        command=_command(result),
        facts={"scale, seed": f"{result.scale}, {result.seed}"}
        | {field.replace("_", " "): _fact(value) for field, value in result.protocol.items()},
        numbers="results.json",
        schema=result.schema,
    )


def _command(result: ExperimentResult) -> str:
    """What makes the result again."""
    if result.scale == "custom":
        return (
            f"genlab.experiments.run_experiment(EXPERIMENTS[{result.experiment!r}], store, "
            f"protocol=..., seed={result.seed})"
        )
    return f"genlab reproduce {result.experiment} --scale {result.scale} --seed {result.seed}"


def _fact(value: Any) -> str:
    """A field of a protocol in a line: specs by their kind, mappings by their entries."""
    if isinstance(value, Mapping):
        entries = [f"{name} {_fact(item)}" for name, item in value.items() if name != "kind"]
        text = ", ".join(entries)
        return f"{value['kind']}({text})" if "kind" in value else text
    if isinstance(value, list):
        return ", ".join(_fact(item) for item in value)
    return "none" if value is None else str(value)


def _number(value: float | None) -> str:
    """Three significant digits, whole numbers in full, a dash for one that is missing."""
    return number(value).replace("-", "−")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " × ".join(str(item) for item in value)
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float) or value is None:
        return _number(value)
    return str(value)
