r"""Formulas as MathML, which browsers draw by themselves: no script, no image, no network.

A page writes LaTeX, ``$\bar{y}_i$`` in a line or between ``$$`` in a paragraph of its own. docutils
has the converter; a formula that it does not understand fails the build.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"


class FormulaError(SphinxError):
    """A formula that cannot be converted."""

    category = "Formula"


def mathml(latex: str, *, block: bool = False) -> str:
    r"""A formula in MathML.

    >>> mathml(r"y_i")[49:]
    '<msub><mi>y</mi><mi>i</mi></msub></math>'
    """
    text = tex2mathml(latex, as_block=block).replace("&ApplyFunction;", "\u2061")
    tree = ElementTree.fromstring(text)
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.text, node.tail = (node.text or "").strip("\n "), None
    _mend(tree)
    tree.set("xmlns", _NAMESPACE)
    return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)


def _mend(parent: ElementTree.Element) -> None:
    """Set the index of a letter with an accent beside it (docutils sets it below), and its accent.

    Fonts without metrics for mathematics set an accent into its letter, unless it is none.
    """
    for place, node in enumerate(parent):
        _mend(node)
        if node.get("accent") == "true" and node.tag == "mover":
            node.set("accent", "false")
        if node.tag == "munderover" and node[2].get("stretchy") == "false":
            letter, index, accent = node
            index_of, accented = ElementTree.Element("msub"), ElementTree.Element("mover")
            accented.set("accent", "false")
            accented.extend([letter, accent])
            index_of.extend([accented, index])
            parent[place] = index_of


def _renderer(*, block: bool) -> Callable[[Any, nodes.Element], None]:
    def visit(writer: Any, node: nodes.Element) -> None:
        try:
            formula = mathml(node.astext().strip(), block=block)
        except (MathError, ElementTree.ParseError) as error:
            raise FormulaError(
                f"{writer.builder.current_docname}: {node.astext()}: {error}"
            ) from error
        writer.body.append(f'<div class="formula">{formula}</div>\n' if block else formula)
        raise nodes.SkipNode

    return visit


def setup(app: Sphinx) -> dict[str, Any]:
    """Draw formulas in place of Sphinx's MathJax, which comes from a network."""
    app.add_html_math_renderer(
        "mathml", (_renderer(block=False), None), (_renderer(block=True), None)
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
