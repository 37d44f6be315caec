"""Every link inside the manual leads somewhere: checked on the pages as they were built.

Sphinx warns of pages and headings that a Markdown link does not find. This looks at the HTML: at
anchors in other pages, pictures, scripts and files to download, whoever wrote the link.
"""

from __future__ import annotations

import posixpath
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.errors import SphinxError


class BrokenLinkError(SphinxError):
    """Links that lead nowhere."""

    category = "Links of the manual"


class _Page(HTMLParser):
    """The anchors of a page, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids and links."""
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            if name in ("href", "src") and value:
                self.links.add(value)


def broken(folder: Path, names: list[str]) -> list[str]:
    """Links of these pages of a folder that lead nowhere, each as "page: link"."""
    pages = {name: _Page((folder / name).read_text("utf-8")) for name in names}
    found = []
    for name, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = unquote(parts.path)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            if not path:
                target = name
            anchor = unquote(parts.fragment)
            missing = not (folder / target).exists()
            if not missing and anchor and target in pages:
                missing = anchor not in pages[target].anchors
            if missing:
                found.append(f"{name}: {link}")
    return found


def _check(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    names = [app.builder.get_target_uri(document) for document in app.env.found_docs]
    folder = Path(app.outdir)
    # Where only some pages are built, the others may be missing.
    if not all((folder / name).exists() for name in names):
        return
    found = broken(folder, names)
    if found:
        raise BrokenLinkError("these lead nowhere: " + "; ".join(found))


def setup(app: Sphinx) -> dict[str, Any]:
    """Check when all pages are built and all files copied."""
    app.connect("build-finished", _check, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
