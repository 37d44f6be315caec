"""Figures say what they are; pages say what was found, need no network and lead to every file."""

import csv
import dataclasses
import io
import json
import re
import shutil
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from browser import PHONE, quiet_page, sideways

from genlab import GenlabError
from genlab._base.jsons import in_lines
from genlab.charts import shared_data
from genlab.experiments import EXPERIMENTS, Tally, figures, summarize
from genlab.measure import MARK_RULES
from genlab.report import (
    check_kept,
    read_results,
    to_csv,
    write_pages,
    write_report,
    writing_beside,
)
from genlab.report._page import render_experiment, render_front
from genlab.report._pictures import _columns

COMMAND = "genlab reproduce 'a & b'"


@pytest.fixture(scope="module")
def folder(mnist1d_mlp, tmp_path_factory):
    """A report with an experiment, and another that says of MNIST that it is not there."""
    out = tmp_path_factory.mktemp("report")
    missing = [{"name": "MNIST", "reason": "train-images is not there: put it in `data`."}]
    lacking = dataclasses.replace(
        mnist1d_mlp, experiment="double-descent-cifar100", published=[], missing=missing
    )
    shown = pytest.MonkeyPatch()
    with shown.context() as patched:
        patched.setattr("genlab.report._write.figures", drawn_once(mnist1d_mlp))
        assert write_report([mnist1d_mlp, lacking], out, COMMAND, single_file=True) == (
            out / "index.html"
        )
    return out


def drawn_once(result):
    """Figures of one experiment, and none of others, as where nothing could be run."""
    drawn = figures(result)
    return lambda other: drawn if other.experiment == result.experiment else []


@pytest.fixture(scope="module")
def front(folder):
    return (folder / "index.html").read_text()


@pytest.fixture(scope="module")
def of_experiment(folder):
    return (folder / "mnist1d-mlp" / "index.html").read_text()


def without_script(html):
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_the_figures_say_what_they_are(mnist1d_mlp, folder):
    drawn = figures(mnist1d_mlp)
    names = ["error-constant", "loss-constant", "error-halving", "loss-halving"]
    assert [figure.name for figure in drawn] == names
    for figure in drawn:
        text = " ".join(figure.chart.to_dict()["title"]["subtitle"])
        assert "mean of 5 seeds (initial weights and batch order), 95% interval" in text
        for end in (".svg", "-narrow.svg"):
            svg = ET.parse(folder / "mnist1d-mlp" / f"{figure.name}{end}").getroot()
            assert svg.find("{*}title").text == figure.title()
            assert svg.find("{*}desc").text == figure.caption
        assert (folder / "mnist1d-mlp" / f"{figure.name}.pdf").read_bytes().startswith(b"%PDF")


def test_all_figures_in_one_chart(mnist1d_mlp):
    assert len(mnist1d_mlp.chart().to_dict()["vconcat"]) == 4


def test_the_front_page_says_what_was_met(front, mnist1d_mlp):
    text = without_script(front)
    tally = Tally.of(mnist1d_mlp.published)
    places = [
        text.index(one)
        for one in (
            "2 experiments at scale quick, seed 0, in ",
            "train-images is not there: put it in <code>data</code>.",
            f"{tally.agrees} of {tally.compared} published values met",
            *(row["name"] for row in summarize([mnist1d_mlp]).differing),
            "<h2>8.1 Training a model</h2>",
            mnist1d_mlp.finding,
            "<h2>8.4 Double descent</h2>",
            "genlab reproduce &#39;a &amp; b&#39;",
        )
    ]
    assert places == sorted(places)
    assert text.count("train-images is not there") == 1
    assert f"✗ {tally.differs} of {tally.compared} differ" in text.replace(
        '<span class="differs">', "✗ "
    )
    assert len(front.encode()) < 60_000


def test_what_a_report_says_together(mnist1d_mlp):
    first = {**mnist1d_mlp.published[0], "published": 40.0, "tolerance": 1.0, "n": 5}
    first["reason"] = "the reading error of figure 1"
    rows = [
        {**first, "mark": "differs"},
        {**first, "mark": "uncertain"},
        {**first, "mark": "uncertain", "n": 1},
        {**first, "mark": "uncertain", "low": None, "high": None},
        {**first, "mark": "agrees"},
        {**first, "mark": "not comparable"},
    ]
    one = dataclasses.replace(mnist1d_mlp, published=rows, seconds=2.0)
    two = dataclasses.replace(mnist1d_mlp, published=[], seconds=3.0, scale="paper", seed=7)
    summary = summarize([one, two])
    assert (summary.scales, summary.seeds, summary.seconds) == (["quick", "paper"], [0, 7], 5.0)
    assert summary.tally == Tally(agrees=1, differs=1, uncertain=3, apart=1)
    assert (summary.tally.compared, summary.tally.mark) == (5, "differs")
    assert [row["why"] for row in (*summary.differing, *summary.uncertain)] == [
        f"{why} Reason for the tolerance: the reading error of figure 1."
        for why in (
            "The whole interval lies outside 40 ± 1.",
            "The interval reaches across an end of 40 ± 1: more seeds would decide.",
            "One seed cannot show agreement: run a larger scale.",
            "There is no interval.",
        )
    ]
    marks = [Tally(1, 0, 1, 0), Tally(1, 0, 0, 1), Tally(0, 0, 0, 1), Tally(0, 0, 0, 0)]
    assert [tally.mark for tally in marks] == ["uncertain", "agrees", "not comparable", None]


def test_every_experiment_has_its_place_in_the_chapter():
    sections = [EXPERIMENTS[name].section for name in EXPERIMENTS if "outside" not in name]
    assert list(dict.fromkeys(sections)) == sorted(set(sections))
    assert all(section.startswith("8.") for section in sections)


def test_pages_need_no_network(folder):
    for path in (*folder.glob("*.html"), *folder.glob("*/*.html")):
        html = without_script(path.read_text())
        assert not re.search(r"(?:src|href|srcset)\s*=\s*[\"'](?:https?:)?//", html), path
        assert "<link" not in html.replace('<link rel="icon" href="data:,">', "")
        assert "@import" not in html
        assert "url(" not in html


def test_every_link_leads_to_a_file(folder):
    for path in (folder / "index.html", *folder.glob("*/index.html")):
        links = re.findall(
            r'(?:href|src|srcset|data-spec|data-library)="([^"]+)"', path.read_text()
        )
        assert len(links) > 3
        for link in links:
            name, _, anchor = link.partition("#")
            if not link.startswith("data:"):
                target = path.parent / name if name else path
                assert target.is_file(), link
                assert not anchor or f'id="{anchor}"' in target.read_text(), link


def test_one_file_has_no_file_beside_it(folder):
    html = (folder / "report.html").read_text()
    links = re.findall(r'(?:href|src|srcset)="([^"]+)"', without_script(html))
    assert {link.partition(":")[0] for link in links if not link.startswith("#")} == {"data"}
    for link in {link for link in links if link.startswith("#")}:
        assert html.count(f'id="{link[1:]}"') == 1
    scripts = re.findall(r'data-spec="([^"]+)"', html)
    assert len(scripts) == 4
    assert all(f'<script type="text/plain" id="{name}">' in html for name in scripts)
    assert html.count("</script>") == len(re.findall("<script[ >]", html)) == 4 + 2


def test_the_page_states_what_made_it(of_experiment, mnist1d_mlp):
    for part in (
        "genlab reproduce mnist1d-mlp --scale quick --seed 0",
        mnist1d_mlp.machine["processor"],
        "jax 0.",
        'name="viewport"',
        "prefers-color-scheme: dark",
        "15,210",
    ):
        assert part in of_experiment


def test_what_the_page_says_of_figures_tables_and_facts(mnist1d_mlp, folder):
    """Parts stay apart; texts are to the left; dashes where nothing is; code is code."""
    first, *published = mnist1d_mlp.published
    changed = dataclasses.replace(
        mnist1d_mlp,
        published=[{**first, "low": None, "high": None}, *published],
        notes=["Use `genlab.measure` <here>."],
    )
    page = without_script(render_experiment(changed, folder))
    subtitle = re.search(r'<p class="subtitle">(.*?)</p>', page)[1]
    assert "95% interval;<br>40-100-100-10 network" in subtitle
    assert subtitle.endswith("all seeds.")
    assert "Use <code>genlab.measure</code> &lt;here&gt;." in page
    assert '<th scope="col" class="text" title="constant or halving' in page
    assert '<td class="text">constant</td>' in page
    assert '<td class="text">–</td>' in page
    assert "[–, –]" not in page
    assert "<h2>Measured and published values</h2>" in page
    assert re.search(r"<dt>model</dt><dd>MLP\(hidden=\(100, 100\), init=fan_in", page)
    n = len(mnist1d_mlp.tables["curves"])
    assert f'<p class="faint">{n:,} rows: see the CSV file.</p>' in page
    assert "(results stored earlier were reused and are not counted)" in page
    assert "10 networks: " in page
    assert "<details open" not in page


def test_facts_of_the_machine_are_told_once(mnist1d_mlp, folder):
    other = dataclasses.replace(
        mnist1d_mlp, machine={**mnist1d_mlp.machine, "cores": "1000", "numpy": "0.1"}
    )
    page = without_script(render_front([mnist1d_mlp, other], folder, COMMAND))
    assert page.count(f"<dd>{mnist1d_mlp.machine['processor']}</dd>") == 1
    assert "<dt>cores</dt>" not in page  # each page says its own


def test_the_page_says_what_each_mark_means(mnist1d_mlp, of_experiment):
    page = of_experiment
    marks = [row["mark"] for row in mnist1d_mlp.published]
    counts = [marks.count(mark) for mark in ("agrees", "differs", "uncertain")]
    text = " ".join(page.split())
    assert f"{counts[0]} of 9 published values met" in text
    assert f"{counts[2]} too uncertain to say" in text
    assert "4 are not measured by the published protocol." in text
    for mark in set(marks):
        kind = mark.replace(" ", "-")
        assert f'<dt class="{kind}">{mark}</dt><dd>{MARK_RULES[mark]}</dd>' in page
        assert page.count(f'<td class="text {kind}">{mark}</td>') == marks.count(mark)
    for row in mnist1d_mlp.published:
        assert f'<td class="text reason">{row["reason"]}</td>' in page


def test_what_is_not_the_published_protocol_stands_apart(mnist1d_mlp, folder):
    rows = [{**row, "mark": "not comparable"} for row in mnist1d_mlp.published]
    apart = dataclasses.replace(mnist1d_mlp, published=rows)
    page = render_experiment(apart, folder)
    assert "13 are not measured by the published protocol." in page
    assert MARK_RULES["not comparable"] in page
    assert " met" not in without_script(page)
    assert "not the published protocol</span>" in render_front([apart], folder, COMMAND)
    mixed = dataclasses.replace(apart, published=[rows[0], {**rows[1], "mark": "differs"}])
    text = " ".join(render_experiment(mixed, folder).split())
    assert "0 of 1 published value met, 1 differs. 1 is not measured by the published" in text


def test_the_folder(mnist1d_mlp, folder):
    own = folder / "mnist1d-mlp"
    for name, rows in mnist1d_mlp.tables.items():
        with (own / f"{name}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == len(rows)
    first, _ = read_results(folder)
    assert first.to_json() == mnist1d_mlp.to_json()
    assert not list(folder.rglob(".*"))
    assert not list(folder.rglob("*.png"))


def test_a_folder_of_an_earlier_version(mnist1d_mlp, folder, tmp_path, monkeypatch):
    """Its results have no finding, and its figures are not those that the pages show."""
    shutil.copytree(folder / "mnist1d-mlp", tmp_path / "mnist1d-mlp")
    for path in (*tmp_path.glob("*/*-narrow.svg"), *tmp_path.glob("*/figures.json")):
        path.unlink()
    results = tmp_path / "mnist1d-mlp" / "results.json"
    text = results.read_text()
    results.write_text(re.sub(r',\s*"finding": "[^"]*"', "", text))
    [earlier] = read_results(tmp_path)
    assert earlier == dataclasses.replace(read_results(folder)[0], finding="")
    monkeypatch.setattr("genlab.report._write.figures", drawn_once(mnist1d_mlp))
    write_pages(tmp_path, COMMAND)
    assert len(list(tmp_path.glob("*/*-narrow.svg"))) == 4
    assert mnist1d_mlp.answer in (tmp_path / "index.html").read_text()


def test_columns_of_an_earlier_version_are_told_before_any_work(mnist1d_mlp, tmp_path):
    schema = json.loads(json.dumps(mnist1d_mlp.schema))
    schema["bands"]["columns"]["mean"] = schema["bands"]["columns"].pop("estimate")
    earlier = dataclasses.replace(mnist1d_mlp, schema=schema)
    words = "mnist1d-mlp are those of an earlier version .* `genlab reproduce mnist1d-mlp` again"
    with pytest.raises(GenlabError, match=words):
        figures(earlier)
    folder = tmp_path / "mnist1d-mlp"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(earlier.to_json()))
    with pytest.raises(GenlabError, match=words):
        check_kept(tmp_path, ["toy-data"])
    check_kept(tmp_path, ["mnist1d-mlp"])
    (folder / "figures.json").write_text("[]")  # drawn already
    check_kept(tmp_path, [])
    (folder / "results.json").write_text("{")
    with pytest.raises(GenlabError, match=r"is not a results\.json of this genlab"):
        check_kept(tmp_path, [])


def test_pages_are_made_again_without_drawing(folder, tmp_path, monkeypatch):
    copy = shutil.copytree(folder, tmp_path / "copy")
    for page in copy.rglob("*.html"):
        page.write_text("")
    monkeypatch.setattr("genlab.report._write.figures", lambda result: 1 / 0)
    write_pages(copy, COMMAND, single_file=True)
    made = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
    for page in folder.rglob("*.html"):
        again = copy / page.relative_to(folder)
        assert made.sub("", again.read_text()) == made.sub("", page.read_text())


def test_results_are_written_while_others_are_measured(monkeypatch, tmp_path):
    """In their order, and all at the end of the block."""
    measured, written = threading.Event(), []

    def write(result, out, *, png):
        assert measured.wait(60)
        written.append((result, out, png))

    monkeypatch.setattr("genlab.report._write.write_result", write)
    with writing_beside(tmp_path, png=True) as put:
        put("first")
        put("second")
        assert not written
        measured.set()
    assert written == [("first", tmp_path, True), ("second", tmp_path, True)]


def test_what_could_not_be_written_is_raised(monkeypatch, tmp_path):
    tried = threading.Event()

    def write(result, out, *, png):
        tried.set()
        raise OSError("no room")

    monkeypatch.setattr("genlab.report._write.write_result", write)
    with pytest.raises(OSError, match="no room"), writing_beside(tmp_path) as put:
        put("a result")

    def go_on():
        with writing_beside(tmp_path) as put:
            put("a result")
            assert tried.wait(60)
            for _ in range(1000):
                put("another")
                time.sleep(0.01)
            raise AssertionError("not raised in the block")

    with pytest.raises(OSError, match="no room"):
        go_on()


def test_an_interrupted_block_does_not_wait_for_figures(monkeypatch, tmp_path):
    begun, go_on, end = threading.Event(), threading.Event(), threading.Event()

    def write(result, out, *, png):
        begun.set()
        assert go_on.wait(60)
        end.set()

    monkeypatch.setattr("genlab.report._write.write_result", write)

    def stopped():
        with writing_beside(tmp_path) as put:
            put("a result")
            assert begun.wait(60)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert not end.is_set()
    go_on.set()
    assert end.wait(60)


def test_a_damaged_result_is_named(tmp_path):
    (tmp_path / "mnist1d-mlp").mkdir()
    for text in ("{", "[]", "{}", '{"tables": {}}', "null"):
        (tmp_path / "mnist1d-mlp" / "results.json").write_text(text)
        with pytest.raises(GenlabError, match=r"results.json is not a results.json of this genlab"):
            read_results(tmp_path)


def test_csv_keeps_every_digit():
    rows = [{"a": 0.1 + 0.2, "b": [1, 2], "c": None}]
    again = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert float(again[0]["a"]) == 0.1 + 0.2
    assert again[0]["b"] == "[1, 2]"
    assert again[0]["c"] == ""


def test_the_pages_in_a_browser(folder, page_in_browser):
    page_in_browser(folder / "index.html", "report")
    page_in_browser(folder / "mnist1d-mlp" / "index.html", "experiment")


def test_old_links_lead_to_a_figure(page, folder):
    page.goto(f"{(folder / 'index.html').as_uri()}#mnist1d-mlp")
    assert page.evaluate("document.querySelector(':target h3').textContent").startswith("How do")
    page.goto(f"{(folder / 'index.html').as_uri()}?#mnist1d-mlp--error-constant")
    page.wait_for_url(f"{(folder / 'mnist1d-mlp' / 'index.html').as_uri()}#*--error-constant")
    assert page.evaluate("document.querySelector(':target').tagName") == "FIGURE"


def test_printing_opens_what_is_closed(page, folder):
    page.goto((folder / "mnist1d-mlp" / "index.html").as_uri())
    closed = "document.querySelectorAll('details:not([open])').length"
    before = page.evaluate(closed)
    assert before > 3
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(closed) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(closed) == before


def test_a_page_has_the_rows_of_its_figures(page, folder, mnist1d_mlp):
    """Files hold columns, which the page turns into the rows that were drawn."""
    page.goto((folder / "mnist1d-mlp" / "index.html").as_uri())
    figure = figures(mnist1d_mlp)[0]
    specs = {name: layout.spec for name, layout in figure.layouts.items()}
    found = page.evaluate(
        """async (spec) => {
          await load(spec);
          return Object.entries(layouts[spec].datasets).map(([name, one]) => [name, rows(one)]);
        }""",
        f"{figure.name}.js",
    )
    assert dict(found) == shared_data(specs)["datasets"]
    assert _columns([{"x": 1}, {"y": 2}]) == [{"x": 1}, {"y": 2}]


def test_read_without_javascript(browser, folder, mnist1d_mlp):
    with quiet_page(browser, java_script_enabled=False) as page:
        page.goto((folder / "index.html").as_uri())
        assert page.get_by_text(mnist1d_mlp.finding).first.is_visible()
        page.locator("#mnist1d-mlp h3 a").click()
        page.locator("figure img").first.wait_for()  # until it is visible
        assert page.locator("figure button:visible").count() == 0


def test_one_file_is_interactive_by_itself(browser, folder, tmp_path):
    moved = shutil.copy(folder / "report.html", tmp_path)
    with quiet_page(browser, viewport=PHONE) as page:
        page.goto(Path(moved).as_uri())
        assert sideways(page) == 0
        figure = page.locator("#mnist1d-mlp--error-halving")
        figure.get_by_role("button").click()
        figure.locator(".chart svg").wait_for()


@pytest.mark.parametrize(
    "value",
    [
        {1: [{"x": 1}], "a": {}, "b": [], "c": {2: {True: None}}},
        [],
        {"rows": [[1, [2, {"x": "a\nb"}]], {"y": {"z": 0.1}}]},
        "text",
    ],
)
def test_json_in_lines_is_the_json_that_the_library_writes(value):
    assert json.loads(in_lines(value)) == json.loads(json.dumps(value))
