"""The browser of the tests: it tells of everything that a page should not do."""

import pytest
from browser import PHONE, barriers, quiet_page, sideways

WIDE = "<html lang=en><title>a</title><main><div style='width:500px;height:9px'></div></main>"


def test_a_page_that_is_quiet(page, screenshot):
    page.set_content(WIDE)
    assert sideways(page) == 0
    assert barriers(page) == []
    page.set_viewport_size(PHONE)
    assert sideways(page) > 100
    screenshot(page, "wide")


@pytest.mark.parametrize(
    ("script", "event", "told"),
    [
        ("console.warn('a')", "console", "warning: a"),
        (
            "document.querySelector('b').click()",
            "pageerror",
            "error: Cannot read properties of null",
        ),
        (
            "new Image().src = 'http://example.invalid/'",
            "request",
            "a request to http://example.invalid/",
        ),
    ],
)
def test_what_a_page_must_not_do(browser, script, event, told):
    def visit():
        with quiet_page(browser) as page, page.expect_event(event):
            page.set_content(f"<title>a</title><script>{script}</script>")

    with pytest.raises(AssertionError, match=told):
        visit()


def test_what_keeps_readers_out(page):
    page.set_content("<title>a</title><main><img src='data:,'></main>")
    assert {text.partition(" ")[0] for text in barriers(page)} == {"image-alt", "html-has-lang"}
