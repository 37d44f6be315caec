"""Pages of the manual in a browser: light at a desk's width, dark at a phone's.

`make docs-look` looks at every page that `make docs` built, also light at a phone's and dark at a
desk's; it sets `GENLAB_BOOK=docs/_build`. Without it, one page of each kind is built, without its
code's results.
"""

import importlib
import io
import os
from pathlib import Path

import pytest
from browser import DESK, PHONE, barriers, sideways

DOCS = Path(__file__).parents[1] / "docs"
BOOK = os.environ.get("GENLAB_BOOK")
# Of the reference, 1.6 MB, axe takes minutes.
LEFT_OUT = ("_build", "_extensions", "template", "api")
ALL = {
    name
    for path in DOCS.rglob("*.md")
    if not (name := path.relative_to(DOCS).with_suffix("").as_posix()).startswith(LEFT_OUT)
}
ONE_OF_EACH_KIND = {
    "index",
    "tables",
    "book/double_descent",
    "mathematics/theory",
    "notebooks/bias_variance",
}
NAMES = sorted(ALL if BOOK else ONE_OF_EACH_KIND)
pytestmark = [  # what MyST uses of Sphinx
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of the built pages."""
    if BOOK:
        return Path(BOOK).resolve()
    pytest.importorskip("sphinx", reason="needs Sphinx, of the extra docs")
    folder = tmp_path_factory.mktemp("book")
    with pytest.MonkeyPatch.context() as patch:
        build(folder, patch)
    return folder / "out"


def build(folder, patch):
    """Build the manual with the same figure for every block of code, and one number."""
    import altair
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    patch.syspath_prepend(DOCS / "_extensions")
    patch.setenv("GENLAB_STORE", str(folder / "store.db"))
    live = importlib.import_module("live")
    chart = altair.Chart(altair.Data(values=[{"x": 1}])).mark_point().encode(x="x:Q")

    def shown(block, value):
        return [block._figure(chart)] if "caption" in block.options else [live._output(value)]

    patch.setattr(live, "run", lambda code, variables, name: ("a value", ""))
    patch.setattr(live.Live, "_shown", shown)
    patch.setattr(live.Value, "run", lambda role: ([nodes.Text("12.4 [11.1, 13.8]%")], []))
    # Links into the reference lead nowhere here.
    patch.setattr(importlib.import_module("links"), "broken", lambda folder, names: [])
    left_out = [f"{name}.md" for name in ALL - ONE_OF_EACH_KIND]
    settings = {"exclude_patterns": [*(f"{name}*" for name in LEFT_OUT), *left_out]}
    with docutils_namespace():
        Sphinx(
            DOCS,
            DOCS,
            folder / "out",
            folder / "trees",
            "html",
            settings,
            status=None,
            warning=io.StringIO(),
        ).build()


def test_there_are_pages():
    assert len(ALL) > 40
    assert ONE_OF_EACH_KIND < ALL


@pytest.mark.parametrize("name", NAMES)
def test_a_page_keeps_no_reader_out(name, book, page, screenshot):
    looks = [("light", DESK), ("dark", PHONE)]
    if BOOK:
        looks += [("light", PHONE), ("dark", DESK)]
    page.goto((book / f"{name}.html").as_uri())
    for scheme, size in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        if BOOK:
            screenshot(page, f"manual-{name.replace('/', '-')}-{scheme}-{size['width']}")
        assert barriers(page) == []
        assert sideways(page) == 0
