"""The manual's own directives: what is shown, and what makes a build fail."""

import importlib
import io
from pathlib import Path

import pytest

from genlab.measure import Interval

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"
pytest.importorskip("sphinx", reason="needs Sphinx, of the extra docs")
pytestmark = [  # what MyST uses of Sphinx
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _extensions(monkeypatch):
    monkeypatch.syspath_prepend(EXTENSIONS)


@pytest.fixture
def live():
    return importlib.import_module("live")


def build(folder, *, warnings_fail=True, **pages):
    """Build pages with Sphinx: the HTML of each, by its name."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    settings = {
        "extensions": ["myst_parser", "live", "notebooks", "links"],
        "html_theme": "basic",
        "suppress_warnings": ["toc.not_included"],
        "myst_heading_anchors": 2,
    }
    told = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            folder,
            None,
            folder / "out",
            folder / "trees",
            "html",
            settings,
            status=None,
            warning=told,
        )
        app.build()
    assert not (warnings_fail and told.getvalue()), told.getvalue()
    return {name: (folder / "out" / f"{name}.html").read_text("utf-8") for name in pages}


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (Interval(0.1236, 0.1105, 0.1377, 5), ".1%", "12.4 [11.1, 13.8]%"),
        (Interval(-0.5, -1.25, 0.25, 5), ".2f", "−0.50 [−1.25, 0.25]"),
        (Interval(0.1236, 0.1112, 0.1377, 5), "", "0.124 [0.111, 0.138]"),
        (-4000, "", "−4,000"),
        (True, "", "yes"),
        ("relu", "", "relu"),
    ],
)
def test_a_value_in_a_sentence(live, value, form, text):
    assert live.text(value, form) == text


@pytest.mark.parametrize("value", [0.5, None, [1]])
def test_a_number_without_an_interval_is_refused(live, value):
    with pytest.raises(live.LiveError, match="needs an interval"):
        live.text(value)


PAGE = """# A page

```{live}
:caption: One row.
import pandas as pd
from genlab.measure import Interval
error = Interval(0.25, 0.125, 0.5, 7)
pd.DataFrame([{"size": 1234}])
```

The error is {value}`error:.1%` of {value}`error.n`.

````{answer}
```{live}
:hide-code:
print(f"{6 * 7} inside")
```

It has {value}`len("four")` letters.
````
"""


def test_code_runs_and_answers_hold_code(tmp_path):
    page = build(tmp_path, index=PAGE)["index"]
    assert "The error is 25.0 [12.5, 50.0]% of 7." in page
    assert "<td>1,234</td>" in page
    assert "<caption>One row.</caption>" in page
    inside = page.partition("<details>")[2].partition("</details>")[0]
    assert "<summary>Answer</summary>" in inside
    assert "42 inside" in inside
    assert "It has 4 letters." in inside
    assert "print(" not in inside


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("# A\n\n```{live}\n1 / 0\n```\n", "1 blocks or numbers"),
        ("# A\n\n{value}`0.5` and {value}`nothing`\n", "2 blocks or numbers"),
        ("# A\n\n```{live}\nimport warnings\nwarnings.warn('no')\n```\n", "1 blocks or numbers"),
    ],
    ids=["error", "numbers", "warning"],
)
def test_what_cannot_be_had_fails_the_build(live, tmp_path, page, told):
    with pytest.raises(live.LiveError, match=told):
        build(tmp_path, warnings_fail=False, index=page)


def test_links_that_lead_nowhere_fail_the_build(tmp_path):
    pages = {
        "index": "# A\n\n[b](b.md#there), <a href='b.html#there'>b</a>, <a href='#a'>here</a>\n",
        "b": "# B\n\n## There\n",
    }
    build(tmp_path, **pages)
    links = importlib.import_module("links")
    wrong = (
        "# A\n\n<a href='b.html#nowhere'>b</a> <a href='no.csv'>file</a> <a href='b.html'>b</a>\n"
    )
    with pytest.raises(links.BrokenLinkError, match=r"b.html#nowhere; index.html: no.csv$"):
        build(tmp_path, index=wrong)
