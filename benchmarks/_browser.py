"""A Chromium, and how long a page takes from an input event to the frame that shows it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Notes in `latencies` how long each input event took to the end of the frame that shows it.
# Where a page draws as soon as it can, the frame after an event shows it. A page that waits for a
# server says up to which event it has drawn (`shownUpTo`).
WATCH = """
(() => {
  if (window.latencies) { window.latencies.length = 0; return; }
  window.latencies = [];
  window.inputs = 0;
  let waiting = [];
  const note = (event) => waiting.push([++window.inputs, event.timeStamp]);
  document.addEventListener("input", note, true);
  const drawn = CanvasRenderingContext2D.prototype.restore;
  const channel = new MessageChannel();
  let shown = [];
  CanvasRenderingContext2D.prototype.restore = function () {
    drawn.call(this);
    const upTo = window.shownUpTo ? window.shownUpTo() : window.inputs;
    const now = waiting.filter(([number]) => number <= upTo);
    waiting = waiting.filter(([number]) => number > upTo);
    if (now.length) { shown.push(...now); channel.port2.postMessage(0); }
  };
  channel.port1.onmessage = () => {
    for (const [, began] of shown) window.latencies.push(performance.now() - began);
    shown = [];
  };
})();
"""


def chromium_path() -> str | None:
    """The system's Chromium: $CHROMIUM, or the first of the usual names; None for Playwright's."""
    return os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def dragged(
    page: Any, slider: str, n_events: int, track: tuple[float, float] = (0.0, 1.0)
) -> list[float]:
    """Milliseconds from each input event to the end of the frame that shows its value.

    The slider of that name is dragged to and fro between two shares of its track, at the pace of
    a quick hand: 3 pixels every 12 ms, so that most frames bring a new value.
    """
    page.evaluate(WATCH)
    handle = page.locator(f'section:not([hidden]) input[data-name="{slider}"]')
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    left, right = (box["x"] + 8 + share * (box["width"] - 16) for share in track)
    y = box["y"] + box["height"] / 2
    page.mouse.move(left, y)
    page.mouse.down()
    place, step = left, 3.0
    while page.evaluate("window.latencies.length") < n_events:
        for _ in range(20):
            place += step
            if not left <= place <= right:
                step = -step
                place += 2 * step
            page.mouse.move(place, y)
            time.sleep(0.012)
    page.mouse.up()
    page.wait_for_timeout(200)
    found: list[float] = page.evaluate("window.latencies")
    return found
