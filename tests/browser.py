"""Pages in the system's Chromium: what they print, ask of other hosts, and deny to some readers.

A test takes the fixture `page`, a `playwright.sync_api.Page`: it fails where the page prints
anything to the console, raises an error, or asks anything of another host.
"""

import contextlib
import importlib.util
import os
import shutil
from urllib.parse import urlsplit

import pytest

NEEDED = ("playwright", "axe_playwright_python")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: Width and height of a phone's and of a desk's window, in CSS pixels.
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
#: Milliseconds that a test waits for what comes: as long as nothing is wrong, it comes sooner.
PATIENCE = 60_000
_OWN = {"127.0.0.1", "localhost"}


def why_not():
    """What is missing for it, or None."""
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    if _program() is None:
        return "Chromium is not installed"
    return None


def _program():
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextlib.contextmanager
def chromium():
    """A browser that reaches no other host; skips where it cannot be.

    Playwright keeps an event loop running in its thread, where `asyncio.run` then fails: a module
    of tests has a browser, and not the whole session.
    """
    if missing := why_not():
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")  # which Chromium refuses to make for root
        browser = playwright.chromium.launch(executable_path=_program(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def table_of(place):
    """Open the last "As a table" there, and wait for its rows: a page hears of the opening late."""
    details = place.locator("details", has_text="As a table").last
    details.locator("summary").click()
    rows = details.locator("tbody tr")
    rows.first.wait_for()
    return rows


@contextlib.contextmanager
def quiet_page(browser, **options):
    """A page of its own profile, at the width of a desk, whose complaints fail the test."""
    context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
    context.set_default_timeout(PATIENCE)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("request", lambda request: complaints.extend(_elsewhere(request.url)))
    try:
        yield page
    finally:
        context.close()
    assert not complaints, "\n".join(complaints)


def _elsewhere(url):
    """A complaint if the address is another host's."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _OWN:
        yield f"a request to {url}"


# Of a page that is a file, axe would ask for style sheets in a way that the browser refuses; and of
# what is in order, it would describe each place.
_AXE = {"preload": False, "resultTypes": ["violations"]}
# Rows of a table that differ in their texts alone: one of them is looked at, for its colours are
# what takes most of the time.
_MARK_ALIKE = """() => {
  for (const body of document.querySelectorAll("tbody")) {
    const seen = new Set();
    for (const row of body.rows) {
      row.removeAttribute("data-alike");
      const kind = `${row.rowIndex % 2}${row.outerHTML.replace(/>[^<]+</g, "><")}`;
      row.toggleAttribute("data-alike", seen.has(kind));
      seen.add(kind);
    }
  }
}"""


def barriers(page):
    """What axe finds that keeps readers out, serious or critical: rule and first place of each."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(_MARK_ALIKE)
    rest = {"exclude": [["tr[data-alike]"]]}
    return [
        f"{found['id']} ({len(found['nodes'])} places): {found['nodes'][0]['html'][:200]}"
        for found in Axe().run(page, rest, _AXE).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def sideways(page):
    """By how many pixels the page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
