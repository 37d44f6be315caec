"""Pages for all readers: what the theme leaves out for screen readers and keyboards.

A block of code, a table or a formula scrolls sideways where it is wider than the page, so the
keyboard must reach it. The headings of the table of contents need a level.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

#: The start of a box that scrolls; those of `live` can be reached already.
_SCROLLS = re.compile(r'<(pre(?=[ >])|div(?= class="(?:table-wrapper |formula")))')


def mended(html: str) -> str:
    """The same HTML with what is missing.

    >>> mended('<p class="caption" role="heading">Learn</p><pre>1</pre>')
    '<p class="caption" role="heading" aria-level="2">Learn</p><pre tabindex="0">1</pre>'
    """
    html = html.replace(' role="heading">', ' role="heading" aria-level="2">')
    return _SCROLLS.sub(r'<\1 tabindex="0"', html)


def _mend(*arguments: Any) -> None:
    context = arguments[3]  # what the page's template is given
    for part in ("body", "furo_navigation_tree"):
        if part in context:
            context[part] = mended(context[part])


def setup(app: Sphinx) -> dict[str, Any]:
    """Mend pages after the theme has made its parts."""
    app.connect("html-page-context", _mend, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
