"""The page of a diagnosis: what it says first, its figures, its files."""

import csv
import dataclasses
import html
import json
import re

import pytest
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier
from sweep.here import no_workers

import genlab
from genlab.report import write_diagnosis
from genlab.studies import Advice


@pytest.fixture(scope="module")
def found():
    frame = load_wine(as_frame=True).frame
    frame["bottle"] = [f"bottle {i}" for i in range(len(frame))]
    with pytest.warns(genlab.DataWarning, match="'bottle' is different in every row"):
        data = genlab.datasets.load_table(frame, target="target")
    with no_workers(), genlab.sweep.Store("sqlite://") as store:
        yield genlab.diagnose(DecisionTreeClassifier(), data, effort=1, store=store)


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    """The page of a diagnosis with advice, a warning, a skipped part, and a table of its own."""
    advice = Advice("average", "Average 10 fits", 0.1, 0.05, 0.01, 0.08, "of this", "why")
    parts = tuple(
        dataclasses.replace(part, tables={**part.tables, "mislabelled": [{"row": 7, "p": 0.01}]})
        if part.name == "why"
        else dataclasses.replace(part, answer="", skipped="There was no time for this.", tables={})
        if part.name == "choosing"
        else part
        for part in found.parts
    )
    shown = dataclasses.replace(found, advice=(advice,), parts=parts, notes=("Use `--drop id`.",))
    out = tmp_path_factory.mktemp("page")
    assert write_diagnosis(shown, out, "genlab diagnose 'a & b'") == out / "index.html"
    return out


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "index.html").read_text()


def test_what_the_reader_of_the_table_warned_of_is_among_the_notes(found):
    assert found.notes[0].startswith("The target 'target' holds 3 different whole numbers")
    assert found.notes[1:] == (
        "The column 'bottle' is different in every row, as an identifier is, so it is left out.",
    )


def test_each_part_that_was_measured_has_a_figure(found):
    assert list(found.figures()) == [part.name for part in found.parts]
    for figure in found.figures().values():
        spec = figure.chart.to_dict()  # compared with Vega-Lite's schema
        assert spec["title"]["text"]
        assert figure.caption.endswith(".")
    assert found.chart("capacity").to_dict() == found.figures()["capacity"].chart.to_dict()
    with pytest.raises(ValueError, match="`name` must be one of how well, more data"):
        found.chart("luck")
    without = dataclasses.replace(
        found, parts=(dataclasses.replace(found.parts[0], skipped="No time."), *found.parts[1:])
    )
    with pytest.raises(ValueError, match=r"got 'how well': No time\."):
        without.chart("how well")


def test_the_error_and_the_advice_come_first(page, found):
    body = html.unescape(page.partition("<main")[2].partition("<script>")[0])
    row = found.part("how well").tables["standing"][-1]
    places = [
        body.index(text)
        for text in (
            f'<span class="value">{100 * row["estimate"]:.1f}%</span>',
            "linear model</div>",
            "trivial model</div>",
            '<p class="missing">Use <code>--drop id</code>.</p>',
            "<li>Average 10 fits: expected to lower the error from 10.0% to 5.0 [1.0, 8.0]%, "
            'because of this (<a href="#why--why">figure 4</a>).</li>',
            *(part.question for part in found.parts),
        )
    ]
    assert places == sorted(places)
    assert 'id="why--why"' in body
    assert "Figure 4. Parts of the loss of DecisionTreeClassifier" in body


def test_a_part_without_an_answer_says_why(page):
    section = page.partition('<section id="choosing">')[2].partition("</section>")[0]
    assert '<p class="answer">Not measured. There was no time for this.</p>' in section
    assert "<figure" not in section


def test_tables_that_no_figure_shows_are_open(page):
    found = re.findall(r"<details( open)?>\n<summary>(\S+) <span", page)
    opened = {name for is_open, name in found if is_open}
    assert "mislabelled" in opened
    assert not {"standing", "learning", "capacity", "parts", "reliability"} & opened


def test_the_page_needs_no_network_and_says_what_made_it(page):
    without_script = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href|srcset)\s*=\s*[\"'](?:https?:)?//", without_script)
    assert "genlab diagnose &#39;a &amp; b&#39;</pre>" in page
    assert page.count("How it was made") == 1  # the parts were made together
    assert "<dt>effort</dt><dd>1 of 5</dd>" in page


def test_every_number_is_in_a_file(folder, found):
    held = json.loads((folder / "diagnosis.json").read_text())
    assert [part["name"] for part in held["parts"]] == [part.name for part in found.parts]
    assert held["model"] == "DecisionTreeClassifier"
    rows = list(csv.DictReader((folder / "standing.csv").read_text().splitlines()))
    standing = found.part("how well").tables["standing"]
    assert [float(row["estimate"]) for row in rows] == [row["estimate"] for row in standing]
    for name in ("how-well", "more-data", "capacity", "why", "probabilities"):
        assert (folder / f"{name}.svg").read_text().startswith("<svg")
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_the_page_in_a_browser(folder, page_in_browser):
    page_in_browser(folder / "index.html", "diagnosis")
