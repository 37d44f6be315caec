"""Notebooks for a lecture, made of pages of the manual.

A page in `docs/notebooks/` holds text, Python code, and two kinds of exercise::

    ```{exercise}
    errors = predictions - truth
    # TODO: the mean of the squared errors
    loss = (errors**2).mean()
    ```

    ````{answer}
    The answer to the question above.
    ````

The statement below a TODO is the answer: in the exercise `loss = ...` stands in its place, and for
a function its first line and its docstring. On the page both are shown, the answer on a click. The
directive `{notebook}` writes two files beside the page, the exercises and the same with answers,
and links to them.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from live import _folded
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_FENCE = re.compile(r"^(`{3,})(\{?\w+\}?)[^\n]*\n(.*?)^\1[ \t]*$", re.M | re.S)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def with_gaps(code: str) -> str:
    """The code of an exercise without its answers."""
    lines = code.splitlines()
    answers = [
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.stmt) and _is_answer(lines, node)
    ]
    if not answers:
        raise ValueError(f"an exercise needs a statement below a line `# TODO: …`, got {code!r}.")
    for node in sorted(answers, key=lambda one: -one.lineno):
        lines[node.lineno - 1 : node.end_lineno] = _gap(node, lines)
    return "\n".join(lines)


def _is_answer(lines: list[str], node: ast.stmt) -> bool:
    """Whether the comment above a statement begins with TODO."""
    above = node.lineno - 2
    while above > 0 and lines[above].lstrip().startswith("#") and "TODO" not in lines[above]:
        above -= 1
    return above >= 0 and lines[above].lstrip().startswith("# TODO")


def _gap(node: ast.stmt, lines: list[str]) -> list[str]:
    """What stands in place of an answer."""
    indent = " " * node.col_offset
    if isinstance(node, ast.Assign):
        return [f"{indent}{ast.get_source_segment(chr(10).join(lines), node.targets[0])} = ..."]
    if isinstance(node, ast.Return):
        return [indent + "return ..."]
    if isinstance(node, ast.FunctionDef):
        first = node.body[1 if ast.get_docstring(node) else 0]
        return [*lines[node.lineno - 1 : first.lineno - 1], f"{indent}    return ..."]
    return [indent + "..."]


def cells(text: str, *, answers: bool) -> list[tuple[str, str]]:
    """The cells of a page's notebook: "markdown" or "code", and what it holds."""
    made: list[tuple[str, str]] = []
    end = 0
    for found in _FENCE.finditer(text):
        made.append(("markdown", text[end : found.start()]))
        end = found.end()
        kind, inside = found.group(2), found.group(3)
        if kind == "python":
            made.append(("code", inside))
        elif kind == "{exercise}":
            made.append(("code", inside if answers else with_gaps(inside)))
        elif kind == "{answer}":
            made.append(("markdown", f"**Answer.** {inside}" if answers else "*Your answer:*"))
        elif kind != "{notebook}":
            raise ValueError(f"a notebook's page cannot hold a block {kind!r}.")
    made.append(("markdown", text[end:]))
    shown = [(kind, source.strip("\n")) for kind, source in made]
    # Pages that are linked are not beside a notebook that was downloaded.
    return [(k, _LINK.sub(r"\1", s) if k == "markdown" else s) for k, s in shown if s.strip()]


def notebook(text: str, *, answers: bool) -> dict[str, Any]:
    """The notebook of a page, in Jupyter's format 4.5."""
    made: list[dict[str, Any]] = []
    for number, (kind, source) in enumerate(cells(text, answers=answers)):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append({**cell, "source": source.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


class Notebook(SphinxDirective):
    """The two notebooks of the page, to be downloaded."""

    def run(self) -> list[nodes.Node]:
        """Write both files, and link to them."""
        name = self.env.docname.rpartition("/")[2]
        folder = (Path(self.env.app.outdir) / self.env.docname).parent
        folder.mkdir(parents=True, exist_ok=True)
        text = Path(self.env.doc2path(self.env.docname)).read_text("utf-8")
        links = []
        for file, title in ((name, "the notebook"), (f"{name}_answers", "with answers")):
            content = notebook(text, answers=file != name)
            (folder / f"{file}.ipynb").write_text(json.dumps(content, indent=1), "utf-8")
            links.append(f'<a href="{file}.ipynb" download>{title}</a>')
        return [nodes.raw("", f"<p>Download {' or '.join(links)}.</p>", format="html")]


class Exercise(SphinxDirective):
    """Code with a gap, and the whole code on a click."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Both blocks."""
        code = "\n".join(self.content)
        gaps, whole = (
            nodes.literal_block(one, one, language="python") for one in (with_gaps(code), code)
        )
        return [gaps, _folded("Answer", [whole])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("notebook", Notebook)
    app.add_directive("exercise", Exercise)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
