"""Code that runs when the manual is built, and numbers and figures in the text that come from it.

A page's code runs from top to bottom in one namespace::

    ```{live}
    parts = genlab.decompose(model, problem, n_datasets=2000)
    parts.chart()
    ```

The value of the last line is shown: a chart as a figure, a frame as a table, anything else as text.
Options: `:caption:` and `:alt:` of a figure or table; `:hide-code:` shows the value alone;
`:fold-code:` shows the code on a click; `:quiet:` shows no value.

In the text, ``{value}`parts.average.variance``` sets a number with its interval. An expression may
end with a format: ``{value}`error:.1%``` is in percent. A number without an interval is refused, so
that none gets into the text; counts and texts are taken as they are.

A block that raises an error, and a number that cannot be had, fail the build.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import shutil
import tempfile
import traceback
import warnings
import weakref
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

_FIGURES = "_live"
# A reader's letters may be wider than those that the figure was laid out with.
_PADDING = {"left": 16, "right": 24, "top": 5, "bottom": 5}
_LOG = logging.getLogger(__name__)


class LiveError(SphinxError):
    """Code of the manual that does not run, or a number that cannot be had."""

    category = "Code of the manual"


class Page:
    """What the code of one page has made: its variables, and a folder for its files."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {"__name__": "__manual__"}
        self.failed = False
        self._folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def run(self, code: str, name: str) -> tuple[Any, str]:
        """Run code in the page's folder."""
        with contextlib.chdir(self._folder):
            return run(code, self.variables, name)


def page_of(environment: Any) -> Page:
    """The page that is read."""
    if "live" not in environment.current_document:
        environment.current_document["live"] = Page()
    page: Page = environment.current_document["live"]
    return page


def run(code: str, variables: dict[str, Any], name: str = "<manual>") -> tuple[Any, str]:
    """The value of the last line of `code`, if it is an expression, and what the code printed."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("default", category=DeprecationWarning)
        exec(compile(tree, name, "exec"), variables)
        value = None
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), variables)
    return value, printed.getvalue()


def text(value: Any, form: str = "") -> str:
    """A value as it stands in a sentence.

    >>> from genlab.measure import Interval
    >>> text(Interval(0.1236, 0.1105, 0.1377, 5), ".1%")
    '12.4 [11.1, 13.8]%'
    >>> text(4000)
    '4,000'
    """
    if hasattr(value, "low") and hasattr(value, "high"):
        middle = value.mean if hasattr(value, "mean") else value.estimate
        ends = [float(one) for one in (middle, value.low, value.high)]
        percent = form.endswith("%")
        if percent:
            ends, form = [100 * one for one in ends], form[:-1] + "f"
        numbers = [_number(one, form) for one in ends]
        return f"{numbers[0]} [{numbers[1]}, {numbers[2]}]" + "%" * percent
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}".replace("-", "−")
    if isinstance(value, str):
        return value
    raise LiveError(
        f"a number in the text needs an interval, or must be a count or a text; got "
        f"{type(value).__name__} {value!r}"
    )


def _number(value: float, form: str) -> str:
    from genlab._base.words import number

    return format(value, form).replace("-", "−") if form else number(value)


class Live(SphinxDirective):
    """A block of code that runs when the page is built."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "caption": directives.unchanged,
        "alt": directives.unchanged,
        "hide-code": directives.flag,
        "fold-code": directives.flag,
        "quiet": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """The code and its value."""
        code = "\n".join(self.content)
        source, line = self.get_source_info()
        page = page_of(self.env)
        if page.failed:
            return []
        try:
            value, printed = page.run(code, f"{source}:{line}")
        except Exception:
            page.failed = True
            _fail(self.env, traceback.format_exc(limit=-3), (source, line))
            return []
        shown: list[nodes.Node] = []
        if "hide-code" not in self.options:
            block = nodes.literal_block(code, code, language="python")
            if "fold-code" in self.options:
                shown += [_folded("The code", [block])]
            else:
                shown += [block]
        if printed:
            shown.append(_output(printed.rstrip()))
        if value is not None and "quiet" not in self.options:
            shown += self._shown(value)
        return shown

    def _shown(self, value: Any) -> list[nodes.Node]:
        if type(value).__module__.startswith("altair"):
            return [self._figure(value)]
        if hasattr(value, "to_html"):
            return [self._table(value)]
        if hasattr(value, "low") and hasattr(value, "mean"):
            return [_output(text(value))]
        return [_output(str(value))]

    def _figure(self, chart: Any) -> nodes.Node:
        """Two pictures, for light and for dark pages, and a caption."""
        import vl_convert

        from genlab.charts import config

        figure = nodes.figure(classes=["live"])
        folder = Path(self.env.app.outdir) / _FIGURES
        folder.mkdir(parents=True, exist_ok=True)
        alt = self.options.get("alt") or self.options.get("caption", "")
        if not alt:
            raise LiveError(f"{self.env.docname}: a figure needs a `:caption:` or an `:alt:`")
        spec = chart.to_dict()
        spec["padding"] = _PADDING
        depth = self.env.docname.count("/")
        pictures = ""
        for mode in ("light", "dark"):
            spec["config"] = {**spec.get("config", {}), **config(dark=mode == "dark")}
            svg = vl_convert.vegalite_to_svg(spec).encode()
            name = f"{hashlib.sha256(svg).hexdigest()[:16]}.svg"
            (folder / name).write_bytes(svg)
            pictures += (
                f'<img class="only-{mode}" loading="lazy" alt="{_escaped(alt)}" '
                f'src="{"../" * depth}{_FIGURES}/{name}">'
            )
        figure += nodes.raw("", pictures, format="html")
        caption = self.options.get("caption")
        if caption:
            parsed, messages = self.parse_inline(caption, lineno=self.lineno)
            figure += nodes.caption(caption, "", *parsed)
            return nodes.container("", figure, *messages) if messages else figure
        return figure

    def _table(self, frame: Any) -> nodes.Node:
        from genlab._base.words import cell

        head = "".join(f'<th scope="col">{_escaped(str(name))}</th>' for name in frame.columns)
        rows = ""
        for _, row in frame.iterrows():
            rows += "<tr>" + "".join(f"<td>{_escaped(cell(_plain(one)))}</td>" for one in row)
            rows += "</tr>"
        caption = self.options.get("caption", "")
        caption = f"<caption>{_escaped(caption)}</caption>" if caption else ""
        table = (
            f'<div class="table-wrapper" tabindex="0" role="region" aria-label="table"><table '
            f'class="docutils live">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
        return nodes.raw("", table, format="html")


class Value(SphinxRole):
    """A number in the text, with its interval."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The number as text."""
        expression, form = _split(self.text)
        page = page_of(self.env)
        if page.failed:
            return [], []
        try:
            value = eval(compile(expression, "<value>", "eval"), page.variables)
            return [nodes.Text(text(value, form))], []
        except Exception as error:
            _fail(self.env, f"{self.text}: {type(error).__name__}: {error}", self.get_source_info())
            return [], []


def _fail(environment: Any, reason: str, place: tuple[str, int]) -> None:
    """Note a fault: the build goes on, so that all are told, and then fails."""
    _LOG.error("%s", reason, location=place)
    environment.app.live_failures = getattr(environment.app, "live_failures", 0) + 1


def _finish(app: Sphinx, error: Exception | None) -> None:
    failures = getattr(app, "live_failures", 0)
    if failures and error is None:
        raise LiveError(f"{failures} blocks or numbers of the manual failed; see above.")


def _split(expression: str) -> tuple[str, str]:
    """An expression and its format."""
    head, colon, form = expression.rpartition(":")
    if colon and form[:1] in (".", ",") and head:
        return head, form
    return expression, ""


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _escaped(words: str) -> str:
    import html

    return html.escape(words)


def _output(words: str) -> nodes.literal_block:
    return nodes.literal_block(words, words, language="none", classes=["live-output"])


def _folded(title: str, inside: list[nodes.Node]) -> nodes.Node:
    box = nodes.container(classes=["folded"])
    box += nodes.raw("", f"<details><summary>{title}</summary>", format="html")
    box += inside
    box += nodes.raw("", "</details>", format="html")
    return box


class Answer(SphinxDirective):
    """The answer to an exercise, which a click opens."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The closed box."""
        title = self.arguments[0] if self.arguments else "Answer"
        return [_folded(_escaped(title), self.parse_content_to_nodes())]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives and the role."""
    app.add_directive("live", Live)
    app.add_directive("answer", Answer)
    app.add_role("value", Value())
    app.connect("build-finished", _finish)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
