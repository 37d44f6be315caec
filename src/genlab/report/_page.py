"""The page: one HTML file that holds its figures, their script and its style."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from genlab._base.version import __version__
from genlab._base.words import cell, interval, number
from genlab.charts import Figure, config
from genlab.experiments import EXPERIMENTS, ExperimentResult, figures, missing_sentences
from genlab.measure import MARK_RULES, Mark

# Longer tables are linked, not shown.
_MOST_ROWS = 40
_HEADING = "How well will a model do on data it has not seen?"
_BOOK = "The book is S. Prince, Understanding Deep Learning, chapter 8."
_PANELS = ("hconcat", "vconcat", "concat", "facet")


def render_page(results: Sequence[ExperimentResult], command: str) -> str:
    """The page of `results` as HTML; `command` is what makes it again."""
    sections = [_section(result) for result in results]
    return render_sections(sections, command, missing=missing_sentences(results), about=_BOOK)


def render_sections(
    sections: Sequence[dict[str, Any]],
    command: str,
    missing: Sequence[str] = (),
    about: str = "",
    heading: str = _HEADING,
    lead: Mapping[str, Any] | None = None,
) -> str:
    """The page of what `section_of` made.

    `about` is a sentence below the heading, and `missing` says what was not available. `lead` is
    what stands before the sections: about, measure, tiles, advice, none and notes. Sections are
    then the parts of one result, which says once how it was made.
    """
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    for name, text in (("number", number), ("cell", cell), ("prose", _prose)):
        environment.filters[name] = text
    environment.globals["interval"] = interval
    template = environment.from_string(
        files("genlab.report").joinpath("page.html").read_text("utf-8")
    )
    return template.render(
        sections=sections,
        command=command,
        missing=missing,
        about=about,
        heading=heading,
        lead=lead,
        machine=_shared([section["result"]["machine"] for section in sections]),
        version=__version__,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        configs={"light": config() | {"background": "transparent"}, "dark": config(dark=True)},
        script=_script(),
    )


@lru_cache
def _script() -> str:
    """The script that draws the figures: the same for all pages, and a second's work."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


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
    first_number: int | None = None,
    opened: Sequence[str] | None = None,
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
    first_number
        Number of the first figure; None numbers none.
    opened
        Names of tables that are open; None opens the first.
    """
    shown = []
    for i, figure in enumerate(drawn):
        spec = figure.spec()
        spec.pop("config", None)
        # The title is text of the page, which breaks into lines where the page is narrow.
        heading = spec.pop("title")
        subtitle = heading.get("subtitle", [])
        lines = [subtitle] if isinstance(subtitle, str) else list(subtitle)
        shown.append(
            {
                "name": figure.name,
                "number": None if first_number is None else first_number + i,
                "title": heading["text"],
                "subtitle": [*lines[:-1], _ended(lines[-1])] if lines else [],
                "caption": figure.caption,
                "wide": figure.wide,
                "panels": any(name in spec for name in _PANELS),
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
                "open": name in (list(tables)[:1] if opened is None else opened),
                "columns": {column: _is_text(rows, column) for column in rows[0]},
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
        facts={"scale": result.scale, "seed": result.seed}
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
    """The facts that all sections share, which are told once."""
    first, *others = machines or [{}]
    return {
        name: value
        for name, value in first.items()
        if value and all(other.get(name) == value for other in others)
    }


def _is_text(rows: Sequence[Mapping[str, Any]], column: str) -> bool:
    """Whether the first value of a column that is there is no number."""
    first = next((row[column] for row in rows if row[column] is not None), None)
    return isinstance(first, (bool, str))


def _ended(line: str) -> str:
    """A line of text with a full stop at its end."""
    return line if line.endswith((".", "!", "?")) else f"{line.rstrip(';,')}."


def _prose(text: str) -> Any:
    """Text as HTML, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))
