"""Readers of the explorer: real pages in one Chromium, each used at the pace of a person."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks._browser import WATCH, chromium_path

#: What a reader does next: a page, and the slider that is dragged there, if any.
_TURNS = (
    ("fit", "hidden"),
    ("fit", "noise"),
    ("tradeoff", "hidden"),
    ("tradeoff", "n"),
    ("choosing", "tries"),
    ("results", None),
    ("networks", None),
    ("mnist1d", "shift"),
    ("openings", None),
)
# Seconds from one action of a reader to the next: what was done is looked at.
_PACE = (5.0, 10.0)
# Seconds within which all readers come.
_COMING = 30.0
_SHOWN = "section:not([hidden]) "
# Milliseconds of the server's answers since this was asked last.
_ANSWERS = """() => {
  const asked = performance.getEntriesByType("resource");
  performance.clearResourceTimings();
  return asked.filter(({ name }) => name.includes("/api/")).map(({ duration }) => duration);
}"""
# Milliseconds from input events to the frames that showed them, since this was asked last.
_PAINTED = "() => window.latencies ? window.latencies.splice(0) : []"
_LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"


@dataclass
class Read:
    """What readers met: milliseconds of loads, of the server's answers and to frames."""

    loads: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    turns: int = 0
    samples: list[tuple[float, float]] = field(default_factory=list)


def read_pages(link: str, n: int, minutes: float, memory: Callable[[], float]) -> Read:
    """Let `n` readers use the pages at once, each doing something every 5 to 10 seconds.

    Parameters
    ----------
    link
        What opens the explorer.
    n
        Readers, each with a page and a profile of its own.
    minutes
        How long, once all have loaded their first page.
    memory
        The server's memory; noted every five seconds with the seconds since the start.
    """
    return asyncio.run(_read(link, n, minutes, memory))


async def _read(link: str, n: int, minutes: float, memory: Callable[[], float]) -> Read:
    from playwright.async_api import async_playwright

    found, loaded = Read(), asyncio.Barrier(n + 1)

    async def note() -> None:
        await loaded.wait()
        began = time.monotonic()
        while time.monotonic() < began + 60 * minutes:
            found.samples.append((time.monotonic() - began, memory()))
            await asyncio.sleep(min(5, 6 * minutes))

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        readers = [_reader(chromium, link, number, minutes, loaded, found) for number in range(n)]
        await asyncio.gather(note(), *readers)
        await chromium.close()
    return found


async def _reader(
    chromium: Any, link: str, number: int, minutes: float, loaded: asyncio.Barrier, found: Read
) -> None:
    rng = random.Random(number)
    context = await chromium.new_context(viewport={"width": 1366, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda message: found.errors.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.errors.append(f"page: {error}"))
    page.on(
        "response",
        lambda answer: (
            found.errors.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
        ),
    )
    await context.add_init_script(WATCH)
    await asyncio.sleep(rng.uniform(0, _COMING))
    await page.goto(link, timeout=300_000)  # before the time that is measured
    await loaded.wait()
    turn, end = 0, time.monotonic() + 60 * minutes
    while (began := time.monotonic()) < end:
        try:
            if turn % 20 == 5:
                await page.goto("about:blank")
                await page.goto(link)
                found.loads.append(await page.evaluate(_LOADED))
            name, slider = rng.choice(_TURNS)
            await page.click(f'nav a[data-page="{name}"]')
            if slider is not None:
                await _drag(page, slider, rng)
            elif name == "results":
                await _compare(page, rng)
            await asyncio.sleep(max(0, began + rng.uniform(*_PACE) - time.monotonic()))
            found.answers += await page.evaluate(_ANSWERS)
            found.frames += await page.evaluate(_PAINTED)
        except Exception as error:
            found.errors.append(f"{type(error).__name__}: {str(error)[:200]}")
            await asyncio.sleep(1)
        turn += 1
        found.turns += 1
    await context.close()


async def _drag(page: Any, slider: str, rng: random.Random) -> None:
    """About a second, from where the slider's handle is put to another place."""
    handle = page.locator(f'{_SHOWN}input[data-name="{slider}"]')
    await handle.scroll_into_view_if_needed()
    box = await handle.bounding_box()
    y = box["y"] + box["height"] / 2
    start, stop = (box["x"] + 8 + rng.random() * (box["width"] - 16) for _ in range(2))
    await page.mouse.move(start, y)
    await page.mouse.down()
    for i in range(1, 26):
        await page.mouse.move(start + (stop - start) * i / 25, y)
        await asyncio.sleep(0.04)
    await page.mouse.up()


async def _compare(page: Any, rng: random.Random) -> None:
    """Tick or untick a run."""
    boxes = page.locator(f"{_SHOWN}input[type=checkbox]:enabled")
    await boxes.first.wait_for()
    await boxes.nth(rng.randrange(await boxes.count())).click()
