"""Figures say what they are; the page is one file that needs no network."""

import csv
import dataclasses
import io
import re
import xml.etree.ElementTree as ET

import pytest

from genlab import GenlabError
from genlab.experiments import figures
from genlab.measure import MARK_RULES
from genlab.report import read_results, render_page, to_csv, write_report


def test_the_figures_say_what_they_are(mnist1d_mlp):
    drawn = figures(mnist1d_mlp)
    names = ["error-constant", "loss-constant", "error-halving", "loss-halving"]
    assert [figure.name for figure in drawn] == names
    for figure in drawn:
        text = " ".join(figure.chart.to_dict()["title"]["subtitle"])
        assert "mean of 5 seeds (initial weights and batch order), 95% interval" in text
    files = drawn[0].files()
    assert ET.fromstring(files["error-constant.svg"]).tag.endswith("svg")
    assert files["error-constant.pdf"].startswith(b"%PDF")
    assert files["error-constant.png"].startswith(b"\x89PNG")


def test_all_figures_in_one_chart(mnist1d_mlp):
    assert len(mnist1d_mlp.chart().to_dict()["vconcat"]) == 4


def test_the_page_needs_no_network(mnist1d_mlp):
    page = render_page([mnist1d_mlp], "genlab reproduce 'a & b'")
    without_script = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", without_script)
    assert "<script src" not in page
    assert "<link" not in without_script.replace('<link rel="icon" href="data:,">', "")
    assert "@import" not in without_script
    assert "url(" not in without_script


def test_the_page_states_what_made_it(mnist1d_mlp):
    page = render_page([mnist1d_mlp], "genlab reproduce 'a & b'")
    for part in (
        "genlab reproduce &#39;a &amp; b&#39;",
        "genlab reproduce mnist1d-mlp --scale quick --seed 0",
        mnist1d_mlp.machine["processor"],
        "jax 0.",
        'name="viewport"',
        "prefers-color-scheme: dark",
        "15,210",
    ):
        assert part in page


def test_what_the_page_says_of_figures_tables_and_facts(mnist1d_mlp):
    """Lines stay apart; texts are to the left; dashes where nothing is; code is code."""
    first, *published = mnist1d_mlp.published
    changed = dataclasses.replace(
        mnist1d_mlp,
        published=[{**first, "low": None, "high": None}, *published],
        notes=["Use `genlab.measure` <here>."],
    )
    page = render_page([changed], "genlab reproduce").partition("<script>")[0]
    subtitle = re.search(r'<p class="subtitle">(.*?)</p>', page)[1]
    assert "95% interval;<br>40-100-100-10 network" in subtitle
    assert subtitle.endswith("all seeds.")
    assert "Use <code>genlab.measure</code> &lt;here&gt;." in page
    assert '<th scope="col" class="text" title="constant or halving' in page
    assert '<td class="text">constant</td>' in page
    assert '<td class="text">–</td>' in page
    assert "[–, –]" not in page
    assert "<h3>Comparison with published values</h3>" in page
    assert re.search(r"<dt>model</dt><dd>MLP\(hidden=\(100, 100\), init=fan_in", page)
    n = len(mnist1d_mlp.tables["curves"])
    assert f'<p class="faint">{n:,} rows: see the CSV file.</p>' in page
    assert "(results stored earlier were reused and are not counted)" in page
    assert "10 networks: " in page


def test_facts_of_the_machine_are_told_once(mnist1d_mlp):
    other = dataclasses.replace(
        mnist1d_mlp, machine={**mnist1d_mlp.machine, "cores": "1000", "numpy": "0.1"}
    )
    page = render_page([mnist1d_mlp, other], "genlab reproduce").partition("<script>")[0]
    assert page.count(f"<dd>{mnist1d_mlp.machine['processor']}</dd>") == 1
    assert page.count("<dt>cores</dt>") == 2
    assert "<dd>1000</dd>" in page


def test_the_page_says_what_each_mark_means(mnist1d_mlp):
    page = render_page([mnist1d_mlp], "genlab reproduce")
    marks = [row["mark"] for row in mnist1d_mlp.published]
    counts = [marks.count(mark) for mark in ("agrees", "uncertain", "differs")]
    differ = "differs" if counts[2] == 1 else "differ"
    assert (
        f"{counts[0]} of 9 agree, {counts[1]} too uncertain to say, {counts[2]} {differ}. 4 are "
        "not measured by the published protocol." in page
    )
    for mark in set(marks):
        kind = mark.replace(" ", "-")
        assert f'<dt class="{kind}">{mark}</dt><dd>{MARK_RULES[mark]}</dd>' in page
        assert page.count(f'<td class="text {kind}">{mark}</td>') == marks.count(mark)
    for row in mnist1d_mlp.published:
        assert f'<td class="text reason">{row["reason"]}</td>' in page


def test_what_is_not_the_published_protocol_stands_apart(mnist1d_mlp):
    rows = [{**row, "mark": "not comparable"} for row in mnist1d_mlp.published]
    page = render_page([dataclasses.replace(mnist1d_mlp, published=rows)], "genlab reproduce")
    assert "13 are not measured by the published protocol." in page
    assert MARK_RULES["not comparable"] in page
    assert " agree, " not in page
    mixed = [{**rows[0]}, {**rows[1], "mark": "differs"}]
    page = render_page([dataclasses.replace(mnist1d_mlp, published=mixed)], "genlab reproduce")
    assert (
        "0 of 1 agree, 0 too uncertain to say, 1 differs. 1 is not measured by the published "
        "protocol." in page
    )


def test_the_folder(mnist1d_mlp, tmp_path):
    page = write_report([mnist1d_mlp], tmp_path, "genlab reproduce")
    assert page == tmp_path / "index.html"
    folder = tmp_path / "mnist1d-mlp"
    html = page.read_text()
    for link in re.findall(r'href="(mnist1d-mlp/[^"]+)"', html):
        assert (tmp_path / link).is_file(), link
    for name, rows in mnist1d_mlp.tables.items():
        with (folder / f"{name}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == len(rows)
    assert [r.to_json() for r in read_results(tmp_path)] == [mnist1d_mlp.to_json()]
    assert not list(tmp_path.rglob(".*"))


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
