"""The pages in a browser: their numbers are the library's, and they keep nobody out."""

import importlib
import re
import threading

import numpy as np
import pytest
from browser import PATIENCE, PHONE, barriers, sideways, table_of

import genlab
from genlab.explorer import parts_of, read_state, served
from genlab.explorer._questions import questions

INPUTS = (np.arange(100) + 0.5) / 100
# What is said of a network that was trained, and is in training.
SENTENCE = (
    r"After STEPS steps: training error [\d.]+%, test error [\d.]+% \[[\d.]+, [\d.]+\] "
    r"\(95% interval over 1,000 test examples, for this one network\)\."
)


def cases(n=200, seed=0):
    """States of all kinds: fewer points than parameters, empty cells, no ridge, the threshold."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        points = int(rng.integers(2, 51))
        most = 200 if i % 16 == 3 else 60
        hidden = [points - 1, points, int(rng.integers(1, 30)), int(rng.integers(1, most + 1))][
            i % 4
        ]
        yield {
            "hidden": max(hidden, 1),
            "n": points,
            "noise": float(rng.choice([0.0, 0.3, 1.0])),
            "ridge": float(rng.choice([0.0, 0.0, 1e-6, 0.01, 10.0])),
            "design": ("stratified", "uniform", "grid")[i % 3],
            "function": ("exp_sin", "sine", "step")[i % 7 % 3],
            "seed": int(rng.integers(2**32)),
            "fresh": int(rng.integers(2**32)),
            "sets": 20,
        }


def problem_of(state):
    names = ("n", "noise", "design", "function", "seed")
    return genlab.datasets.make_toy_regression(**{name: state[name] for name in names})


def test_the_pages_fits_are_the_librarys(page, fit_file):
    """200 golden cases: inputs, targets and predictions to 1e-9 of the largest of them."""
    page.goto(fit_file)
    states = list(cases())
    found = page.evaluate(
        """states => states.map((given) => {
          const state = { ...State.START, ...given };
          const own = Engine.own(state), fits = Engine.fresh(state, 1);
          const arrays = [own.x, own.y, own.predictions, fits.x, fits.y, fits.predictions];
          return arrays.map((array) => [...array]);
        })""",
        states,
    )
    worst = 0.0
    for state, arrays in zip(states, found, strict=True):
        problem = problem_of(state)
        fresh = problem.fresh(1, seed=state["fresh"])
        model = genlab.models.HingeRegression(state["hidden"], state["ridge"])
        x, y = np.stack([problem.x, fresh.x[0]]), np.stack([problem.y, fresh.y[0]])
        own, other = model.fit(x, y).predict(INPUTS)
        truth = (problem.x, problem.y, own, fresh.x[0], fresh.y[0], other)
        for here, there in zip(arrays, truth, strict=True):
            size = max(1.0, np.abs(there).max())
            worst = max(worst, np.abs(np.array(here) - there).max() / size)
    assert worst < 1e-9


def test_the_pages_parts_are_the_librarys(page, fit_file):
    page.goto(fit_file)
    states = [{**state, "sets": (20, 50)[i % 2]} for i, state in enumerate(cases(12, seed=1))]
    found = page.evaluate(
        """states => states.map((given) => {
          const state = { ...State.START, ...given };
          const { average, excess } = Engine.parts(state, Engine.fresh(state), state.sets);
          Object.assign(average.bias_squared, average.bias_squared.interval());
          return { ...average, median: Parts.median(excess) };
        })""",
        states,
    )
    for state, parts in zip(states, found, strict=True):
        model = genlab.models.HingeRegression(state["hidden"], state["ridge"])
        truth = genlab.decompose(model, problem_of(state), state["sets"], seed=state["fresh"])
        rows = {
            name: getattr(truth.average, name).row()
            for name in ("noise", "bias_squared", "variance", "error")
        }
        rows["median"] = truth.median_excess.row()
        size = max(1.0, rows["error"]["high"])
        for name, row in rows.items():
            for end, value in row.items():
                assert abs(parts[name][end] - value) < 1e-9 * size, (state, name, end)


def test_heavy_tails_are_found_as_by_the_library(page, fit_file):
    page.goto(fit_file)
    for hidden in (8, 12):
        problem = genlab.datasets.make_toy_regression()
        parts = genlab.decompose(genlab.models.HingeRegression(hidden), problem, 20)
        found = page.evaluate(
            "hidden => new Promise((done) => Engine.tail({ ...State.START, hidden }, done))", hidden
        )
        assert found == parts.heavy_tailed


def until(page, expression):
    """Wait for it as the page's policy allows: Playwright's own way evaluates texts."""
    for _ in range(PATIENCE // 25):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    raise AssertionError(expression)


def shown(page):
    """The estimates in the table of the page that is shown, and the state of its link."""
    rows = page.locator("section:not([hidden]) table.parts tbody tr:not(.bars)")
    texts = rows.evaluate_all("rows => rows.map((r) => [r.className, r.cells[1].textContent])")
    return dict(texts), read_state(page.url)


@pytest.mark.parametrize("name", ["fit", "tradeoff"])
def test_a_slider_moves_and_the_numbers_are_the_librarys(page, fit_file, name):
    page.goto(f"{fit_file}#{name}?hidden=3&sets=50&n=10&seed=7&fresh=9")
    slider = page.locator('section:not([hidden]) input[data-name="hidden"]')
    before, state = shown(page)
    assert (state.hidden, state.seed, state.fresh) == (3, 7, 9)
    slider.focus()
    page.keyboard.press("ArrowRight")
    until(page, "location.hash.includes('hidden=4')")
    assert slider.get_attribute("aria-valuetext").startswith("4, ")
    after, state = shown(page)
    assert after != before
    for part, row in parts_of(state)["average"].items():
        assert float(after[part].replace("−", "-")) == pytest.approx(row["estimate"], rel=6e-3)
    answer = page.locator(f"#{name}-answer").filter(has_text="4 hidden units")
    assert "= noise 0.0900 + bias²" in answer.text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["fit", "tradeoff"])
def test_a_page_keeps_nobody_out(page, fit_file, screenshot, name, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{fit_file}#{name}?hidden=9")
    until(page, f"document.getElementById('{name}-answer').textContent")
    page.locator("section:not([hidden]) summary").click()
    assert barriers(page) == []
    screenshot(page, f"explorer-{name}-{scheme}")
    page.set_viewport_size(PHONE)
    assert sideways(page) == 0
    screenshot(page, f"explorer-{name}-{scheme}-phone")


def test_points_move_and_come_back_with_the_link(page, fit_file):
    page.goto(f"{fit_file}#fit?n=5")
    page.locator(".points circle").first.focus()
    page.keyboard.press("ArrowUp")
    until(page, "location.hash.includes('points=')")
    page.get_by_role("button", name="Add a point").click()
    until(page, "document.querySelectorAll('.points circle').length === 6")
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    until(page, "document.querySelectorAll('.points circle').length === 6")
    x, y = page.evaluate("App.state.points[5]")
    assert (x, y) == (0.5, 1.0)


def test_a_function_is_drawn_by_hand(page, fit_file):
    page.goto(f"{fit_file}#fit?n=5")
    page.get_by_role("button", name="Draw the true function").click()
    box = page.locator("section:not([hidden]) .plot > svg").last.bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 100, steps=5)
    page.mouse.up()
    until(page, "new Set(App.state.drawn.slice(5, 38)).size === 1")
    until(page, "location.hash.includes(App.state.drawn.join())")
    state = read_state(page.url)
    assert len(set(state.drawn[5:38])) == 1
    copied = page.evaluate("State.python(App.state)")
    namespace = {}
    exec(copied, namespace)  # what "copy as Python" gives, which is our own text
    there = namespace["parts"].average.error.row()
    assert there["estimate"] == pytest.approx(parts_of(state)["average"]["error"]["estimate"])


@pytest.mark.parametrize(
    "hash_", ["#nothing", "#fit?hidden=x&n=1e99&drawn=1,2&points=a", "#fit?points=;;&seed=-1", "#%"]
)
def test_a_damaged_link_is_a_page(page, fit_file, hash_):
    page.goto(fit_file + hash_)
    until(page, "document.getElementById('fit-answer').textContent")
    assert shown(page)[1].hidden == 5


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_every_page_of_the_server(page, screenshot, results_store, viewport):
    pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")
    with served(port=0, store=results_store) as running:
        if viewport:
            page.set_viewport_size(viewport)
        page.goto(running.link)
        page.get_by_text("Checked: genlab.decompose gives the same numbers.").wait_for()
        names = page.locator("nav a").evaluate_all("links => links.map((a) => a.dataset.page)")
        assert names == [
            "fit",
            "tradeoff",
            "choosing",
            "mnist1d",
            "networks",
            "results",
            "openings",
        ]
        ready = {
            "choosing": "#choosing-answer:not(:empty)",
            "mnist1d": "#mnist1d-answer:not(:empty)",
            "results": "section:not([hidden]) tbody tr",
            "openings": "section:not([hidden]) tbody tr",
        }
        for name, selector in ready.items():
            page.goto(f"{running.link}#{name}")
            page.locator(selector).first.wait_for()
            if name == "results":
                page.locator("input[type=checkbox]:enabled").first.check()
                page.get_by_text("Test error (thick)").wait_for()
            assert sideways(page) == 0, name
            if not viewport:
                assert barriers(page) == [], name
            screenshot(page, f"explorer-{name}{'-phone' if viewport else ''}")


def test_choosing_is_what_the_library_chooses(page, fit_file):
    page.goto(f"{fit_file}#choosing?n=10&fresh=3&tries=12")
    until(page, "document.getElementById('choosing-answer').textContent")
    found = page.evaluate(
        "Object.entries(ChoosingPage.search(App.state)).map(([name, v]) => [name, [...v]])"
    )
    copied = page.evaluate("ChoosingPage.python(App.state)")
    namespace = {}
    exec(copied, namespace)  # what "copy as Python" gives, which is our own text
    after = {name: np.reshape(values, (200, 80))[:, 11] for name, values in found}
    gap = after["chosen"] - after["validation"]
    np.testing.assert_allclose(gap, namespace["gap"], atol=1e-9)
    page.get_by_role("button", name="Try another setting").click()
    until(page, "location.hash.includes('tries=13')")


def test_functions_between_examples(page, screenshot, networks_store):
    """By the keyboard alone: train three networks, read what they do on a path, take another."""
    pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")
    with served(port=0, store=networks_store) as running:
        page.goto(f"{running.link}#networks")
        section = page.get_by_label("Between two examples")
        answer = section.locator("#functions-answer")
        section.get_by_text("to see their functions").wait_for()
        section.get_by_role("button", name="Train widths 2 and 12 (about 14 s)").press("Enter")
        section.locator("h4").get_by_text("Width 12, seed 0").wait_for()
        page.get_by_label("Width", exact=True).press("Home")
        page.get_by_label("Width", exact=True).press("ArrowRight")
        section.get_by_role("button", name="Train width 4 (about 4 s)").press("Enter")
        section.locator("h4").get_by_text("Width 4, seed 0").wait_for()
        assert section.get_by_role("button", name="Stop").count() == 0
        section.get_by_role("button", name="Next").press("Enter")
        section.get_by_label("From a training example to").select_option("same")
        section.get_by_text("to a training example of the same class").wait_for()
        section.locator(".legend li:nth-child(2)").get_by_text("other classes").wait_for()

        asked = questions(networks_store)
        (family,) = asked["widths"]({})["families"]
        given = {"ids": [point["id"] for point in family["points"]], "pair": 1, "to": "same"}
        job = asked["retrain"](given)
        while asked["progress"](job)["running"]:
            page.wait_for_timeout(50)
        truth = asked["functions"](given)
        texts = section.locator("figcaption.small").all_text_contents()
        for network, text in zip(truth["networks"], texts, strict=False):
            n, many = len(network["changes"]), {0: "on the whole path", 1: "once:", 2: "twice:"}
            assert many.get(n, f"changes {n} times:") in text
            assert text.endswith("Its curves are those in the store, bit for bit.")
            mean = network["mean_changes"]
            quoted = f"{mean['estimate']:.2f} [{mean['low']:.2f}, {mean['high']:.2f}] times"
            assert quoted in answer.text_content()
        assert f"training example {truth['start']['index']} (class" in " ".join(texts)

        assert table_of(section).count() == 33
        assert barriers(page) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            screenshot(page, f"explorer-functions-{scheme}")
        page.set_viewport_size(PHONE)
        assert sideways(page) == 0
        screenshot(page, "explorer-functions-phone")


@pytest.fixture
def until_stopped(monkeypatch):
    """Jobs that wait, once they have told how far they are, until one is stopped; an Event then."""
    jobs = importlib.import_module("genlab.explorer._jobs").Jobs
    put, stop, stopped = jobs._put, jobs.stop, threading.Event()

    def waiting(self, number, values):
        put(self, number, values)
        stopped.wait(60)

    monkeypatch.setattr(jobs, "_put", waiting)
    monkeypatch.setattr(jobs, "stop", lambda *given: (stop(*given), stopped.set())[0])
    return stopped


def test_a_network_is_trained_live(page, screenshot, networks_store, until_stopped):
    pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")
    with served(port=0, store=networks_store) as running:
        page.goto(f"{running.link}#mnist1d")
        page.get_by_label("Model").select_option("Logistic")
        page.get_by_label("Steps").fill("6000")
        page.get_by_role("button", name="Train", exact=True).press("Enter")
        page.get_by_text("training loss").wait_for()
        page.get_by_role("button", name="Stop").press("Enter")
        page.get_by_text("Stopped. This network is not kept.").wait_for()
        assert until_stopped.is_set()
        early = page.locator("#trained-answer").text_content()
        assert re.fullmatch(SENTENCE.replace("STEPS", r"\d+"), early)
        page.get_by_label("Steps").fill("100")
        page.get_by_role("button", name="Train", exact=True).press("Enter")
        page.locator("table.probabilities").wait_for()
        last = page.locator("#trained-answer").text_content()
        assert re.fullmatch(SENTENCE.replace("STEPS", "100"), last)
        assert table_of(page.locator("section:not([hidden])")).count() == 51
        assert barriers(page) == []
        screenshot(page, "explorer-mnist1d-trained")
        page.set_viewport_size(PHONE)
        assert sideways(page) == 0


def test_leaving_the_page_stops_its_training(page, networks_store, until_stopped):
    pytest.importorskip("uvicorn", reason="the extra `explore` is not installed")
    with served(port=0, store=networks_store) as running:
        page.goto(f"{running.link}#mnist1d?model=Logistic&steps=6000")
        page.get_by_role("button", name="Train", exact=True).press("Enter")
        page.get_by_text("training loss").wait_for()
        page.goto("about:blank")
        assert until_stopped.wait(60)
