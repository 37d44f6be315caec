"""Predict first: the figure waits for the reader, and what is then said is right."""

import re

import numpy as np
import pytest
import scipy
from browser import PHONE, barriers, sideways, table_of

import genlab
from genlab.explorer import parts_of, read_state

INPUTS = (np.arange(100) + 0.5) / 100


def shown(page):
    return page.locator("section:not([hidden])")


def press(page, slider, key, times):
    page.locator(f'section:not([hidden]) input[data-name="{slider}"]').focus()
    for _ in range(times):
        page.keyboard.press(key)


def excess(hidden):
    """The error of each of 50 fits, beyond the noise."""
    problem = genlab.datasets.make_toy_regression(10)
    samples = problem.fresh(50, seed=0)
    fits = genlab.models.HingeRegression(hidden).fit(samples.x, samples.y)
    return ((fits.predict(INPUTS) - problem.truth(INPUTS)) ** 2).mean(axis=1)


def test_the_figure_of_fit_waits_for_a_prediction(page, fit_file, screenshot):
    page.goto(f"{fit_file}#fit?hidden=3&n=10&sets=50")
    answer = page.locator("#fit-answer")
    answer.filter(has_text=" 3 hidden units").wait_for()
    shown(page).get_by_role("button", name="Predict first").press("Enter")
    press(page, "hidden", "ArrowRight", 2)
    page.get_by_text("You changed hidden units from 3 to 5.").wait_for()
    page.wait_for_timeout(300)
    assert " 3 hidden units" in answer.inner_text()
    assert barriers(page) == []
    screenshot(page, "explorer-predict-fit")
    shown(page).get_by_role("button", name="It falls").press("Enter")
    said = page.get_by_text("You predicted: it falls. That is")
    said.wait_for()
    # An independent computation: the paired differences of the same 50 data sets.
    differences = excess(5) - excess(3)
    mean, error = differences.mean(), scipy.stats.sem(differences)
    low, high = scipy.stats.t.interval(0.95, 49, mean, error)
    assert (low > 0) or (high < 0)
    verb, sign = ("rose", 1) if low > 0 else ("fell", -1)
    ends = sorted([sign * low, sign * high])
    numbers = re.search(r"(rose|fell) by ([\d.]+) \[([\d.]+), ([\d.]+)\]", said.inner_text())
    assert numbers[1] == verb
    np.testing.assert_allclose(
        [float(text) for text in numbers.groups()[1:]], [sign * mean, *ends], rtol=6e-3
    )
    right = "right" if verb == "fell" else "not what happened"
    assert f"That is {right}." in said.inner_text()
    answer.filter(has_text=" 5 hidden units").wait_for()
    assert read_state(page.url).hidden == 5
    assert "predict=1" in page.url


def test_the_curve_waits_where_a_link_says_so(page, fit_file, screenshot):
    page.set_viewport_size(PHONE)
    page.goto(f"{fit_file}#tradeoff?n=10&sets=20&hidden=7&predict=1")
    button = shown(page).get_by_role("button", name="About as many")
    button.wait_for()
    assert not page.locator("#tradeoff-answer").is_visible()
    assert (barriers(page), sideways(page)) == ([], 0)
    screenshot(page, "explorer-predict-tradeoff-phone")
    button.click()
    said = page.get_by_text("You predicted: about as many.")
    said.wait_for()
    assert "That is right." in said.inner_text()
    top = int(re.search(r"highest with (\d+) hidden", said.inner_text())[1])
    state = read_state(page.url)
    errors = {
        hidden: parts_of(type(state)(hidden=hidden, n=10, sets=20))["average"]["error"]
        for hidden in range(1, 21)
    }
    assert top == max(errors, key=lambda hidden: errors[hidden]["estimate"])
    assert [hidden for hidden in errors if errors[hidden]["high"] >= errors[top]["low"]] == [top]
    # Another marker on the same curve asks nothing; another curve does.
    press(page, "hidden", "ArrowRight", 1)
    page.locator("#tradeoff-answer").filter(has_text=" 8 hidden units").wait_for()
    assert not button.is_visible()
    press(page, "n", "ArrowLeft", 2)
    # Here intervals far from the threshold reach as high as the highest estimate's.
    button.click()
    said.filter(has_text="You predicted: about as many. This cannot be decided.").wait_for()
    assert "may be as high with more parameters than examples: " in said.inner_text()
    ends = [
        parts_of(type(state)(hidden=hidden, n=8, sets=20))["average"]["error"]
        for hidden in (5, 8, 100)
    ]
    assert ends[0]["high"] < ends[1]["low"] < ends[2]["high"]


def test_the_curve_has_the_librarys_intervals(page, fit_file):
    page.goto(f"{fit_file}#tradeoff?n=6&sets=20&hidden=2")
    table_of(shown(page))
    table = shown(page).get_by_role("region", name="Table")
    # The last one that is computed.
    table.locator("tbody tr").last.get_by_text(re.compile(r"\[.*\]")).nth(4).wait_for()
    rows = table.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert len(rows) == 88
    for cells in rows[:8:3]:
        hidden, *texts = [text.replace("−", "-") for text in cells]
        state = type(read_state(""))(hidden=int(hidden), n=6, sets=20)
        parts = parts_of(state)
        for i, row in enumerate(
            [
                *(parts["average"][name] for name in ("bias_squared", "variance", "error")),
                parts["median"],
            ]
        ):
            found = [float(texts[2 * i]), *map(float, texts[2 * i + 1].strip("[]").split(", "))]
            truth = [row["estimate"], row["low"], row["high"]]
            np.testing.assert_allclose(found, truth, rtol=6e-3, atol=1e-12)


@pytest.mark.parametrize("name", ["fit", "tradeoff"])
def test_prediction_ends_where_the_button_is_pressed_again(page, fit_file, name):
    page.goto(f"{fit_file}#{name}?n=5&sets=20")
    page.locator(f"#{name}-answer:not(:empty)").wait_for()
    toggle = shown(page).get_by_role("button", name="Predict first")
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "true"
    toggle.click()
    press(page, "noise", "ArrowRight", 1)
    page.locator(f"#{name}-answer").filter(has_text="noise 0.0961").wait_for()
    assert "predict" not in page.url
