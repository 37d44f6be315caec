"""A link restores the pages that ask the server, and published errors stand beside the runs."""

import dataclasses
import re
import shutil

import pytest
from browser import table_of

pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")

import genlab
from genlab.explorer import served


@pytest.fixture(scope="module")
def served_runs(results_store, trained, tmp_path_factory):
    """The link of a server whose store also holds a network of the book's figure 8.10."""
    experiment = genlab.experiments.EXPERIMENTS["double-descent-mnist1d"]
    cell = next(
        run.cell
        for run in experiment.published_runs()
        if run.cell.model.hidden == (77, 77) and run.cell.label_noise
    )
    result = next(iter(trained.values()))
    # The curve of another network, recorded at this one's steps.
    last = dataclasses.replace(result, steps=result.steps * 4000 // result.steps[-1])
    path = shutil.copy(results_store, tmp_path_factory.mktemp("links") / "store.db")
    with genlab.sweep.Store(path) as store:
        store.put(cell, last, seconds=1.0, environment={})
    with served(port=0, store=path) as running:
        yield running.link


def shown(page):
    return page.locator("section:not([hidden])")


def again(page):
    """Open the page's link in a page that has shown nothing yet."""
    link = page.url
    page.goto("about:blank")
    page.goto(link)


def test_a_link_restores_the_results(page, served_runs):
    page.goto(f"{served_runs}#results")
    shown(page).get_by_label("Filter").fill("logistic")
    rows = shown(page).locator("table").last.locator("tbody tr")
    rows.nth(1).wait_for()
    assert rows.count() == 2
    for i in range(2):
        rows.nth(i).get_by_role("checkbox").check()
    answer = page.locator("#results-answer")
    answer.filter(has_text=re.compile("Logistic.*; Logistic")).wait_for()
    before = answer.inner_text()
    again(page)
    answer.filter(has_text=re.compile("Logistic.*; Logistic")).wait_for()
    assert answer.inner_text() == before
    assert shown(page).get_by_label("Filter").input_value() == "logistic"
    assert rows.locator("input:checked").count() == rows.count() == 2
    rows.nth(0).get_by_role("checkbox").uncheck()
    answer.filter(has_not_text=";").wait_for()
    assert len(page.evaluate("App.state.runs")) == 1


def test_runs_of_a_link_that_are_not_there(page, served_runs):
    page.goto(f"{served_runs}#results?runs=0123456789ab,<b>,x&filter=%E2%82%AC%26a&other=1")
    page.get_by_text("1 run of the link is not in this store.").wait_for()
    assert page.evaluate("App.state") == {"filter": "€&a", "runs": ["0123456789ab"]}
    assert page.url.endswith("#results?filter=%E2%82%AC%26a&runs=0123456789ab")


def test_published_errors_stand_beside_the_runs(page, served_runs, screenshot):
    page.goto(f"{served_runs}#results?filter=mlp")
    shown(page).get_by_role("checkbox").check()
    page.get_by_text("published: Prince, Understanding Deep Learning, fig. 8.10").wait_for()
    assert "published 48.6%" in page.locator("#results-answer").inner_text()
    table_of(shown(page))
    table = shown(page).get_by_role("region", name="Table").inner_text()
    assert "4000\t48.6\tnone published\t–" in table
    assert "4000\t–\tnone published\t0.1" in table
    screenshot(page, "explorer-published")
    box = shown(page).get_by_role("checkbox")
    box.uncheck()
    page.get_by_text("Tick runs to compare").wait_for()
    page.evaluate(
        """() => {
          const draw = Plot.prototype.diamond;
          window.diamonds = [];
          Plot.prototype.diamond = function (x, y, { filled }) {
            window.diamonds.push([x, y, filled, this.x.domain[1], this.y.domain[1] >= y]);
            draw.apply(this, arguments);
          };
        }"""
    )
    box.check()
    page.get_by_text("published: Prince").first.wait_for()
    drawn = page.evaluate("window.diamonds")[:2]
    assert drawn == [
        [4000, pytest.approx(48.6), True, 4000, True],
        [4000, pytest.approx(0.1), False, 4000, True],
    ]


def test_a_link_restores_the_test_sets(page, served_runs):
    page.goto(f"{served_runs}#openings")
    rows = shown(page).locator("tbody tr")
    rows.first.wait_for()
    shown(page).get_by_label("Filter").fill("nothing like it")
    page.get_by_text("The filter shows 0 of 1 openings.").wait_for()
    again(page)
    page.get_by_text("The filter shows 0 of 1 openings.").wait_for()
    shown(page).get_by_label("Filter").fill("to SEE")
    rows.first.wait_for()
    assert page.url.endswith("#openings?filter=to%20SEE")


def test_links_of_one_page_leave_the_others(page, served_runs):
    page.goto(f"{served_runs}#fit?hidden=9")
    page.locator("#fit-answer:not(:empty)").wait_for()
    page.locator('nav a[data-page="results"]').click()
    shown(page).locator("tbody tr").first.wait_for()
    shown(page).get_by_label("Filter").fill("dummy")
    page.locator('nav a[data-page="fit"]').click()
    page.wait_for_url(re.compile("#fit.hidden=9&"))
    page.locator('nav a[data-page="results"]').click()
    page.wait_for_url(re.compile("#results.filter=dummy$"))


def test_a_link_restores_the_networks(page, networks_store):
    with served(port=0, store=networks_store) as running:
        page.goto(f"{running.link}#networks")
        answer = page.locator("#networks-answer")
        answer.filter(has_text="Width").wait_for()
        page.get_by_label("Width", exact=True).press("Home")
        answer.filter(has_text="Width 2:").wait_for()
        page.get_by_role("button", name="Next", exact=True).press("Enter")
        page.get_by_label("From a training example to").select_option("test")
        page.get_by_label("Seed of the network").fill("3")
        page.get_by_label("Seed of the network").press("Enter")
        page.wait_for_url(re.compile(r"#networks\?run=[0-9a-f]{12}&seed=3&pair=1&to=test$"))
        again(page)
        answer.filter(has_text="Width 2:").wait_for()
        for field, value in (("pair", "1"), ("to", "test"), ("seed", "3")):
            assert page.locator(f"#functions-{field}").input_value() == value


def test_a_link_restores_mnist1d(page, served_runs):
    page.goto(f"{served_runs}#mnist1d?slope=0.52&digit=99&seed=x")
    page.locator("#mnist1d-answer:not(:empty)").wait_for()
    assert page.evaluate("App.state.digit") == 9
    assert page.evaluate("App.state.slope") == 0.5  # the slider's nearest
    page.get_by_label("Model").select_option("CNN")
    page.get_by_role("slider", name="Shift").press("ArrowRight")
    page.get_by_role("button", name="Draw an example").press("Enter")
    page.get_by_text("Draw in the last figure").wait_for()
    page.keyboard.press("ArrowUp")
    before = page.evaluate("App.state")
    # The link follows the key in the next frame.
    drawn = ",".join(re.escape(f"{value:g}") for value in before["drawn"])
    page.wait_for_url(re.compile(rf"#mnist1d\?digit=9&shift=13&slope=0.5&drawn={drawn}&model=CNN$"))
    again(page)
    page.get_by_role("button", name="Stop drawing").wait_for()
    assert page.evaluate("App.state") == before
    assert page.locator("#mnist1d-shift").input_value() == "13"
    assert page.get_by_label("Model").input_value() == "CNN"
