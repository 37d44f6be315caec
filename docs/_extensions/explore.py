"""Links into the explorer, with its state: ``{explore}`fit?hidden=5&n=15```.

The explorer's pages that need no server are written beside the manual, as one file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

_FILE = "play.html"


class Explore(SphinxRole):
    """A link to a state of the explorer."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link, for a page of the manual in any folder."""
        up = "../" * self.env.docname.count("/")
        words = "Open this in the explorer"
        return [nodes.reference(words, words, refuri=f"{up}{_FILE}#{self.text}")], []


def _write(app: Sphinx) -> None:
    from genlab.explorer import page_file

    if app.builder.format == "html":
        Path(app.outdir).mkdir(parents=True, exist_ok=True)
        Path(app.outdir, _FILE).write_text(page_file(), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the role, and write the explorer's file."""
    app.add_role("explore", Explore())
    app.connect("builder-inited", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
