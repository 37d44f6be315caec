"""Whether a figure is whole in every frame that the browser shows while a slider is dragged."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from benchmarks._browser import dragged

#: Share of a figure's columns of pixels in which its curve must be seen.
_WHOLE = 0.5
# Of each picture of the window, the share of columns of a place that hold a colour: that of lines,
# for a band's colour is mixed.
_COLUMNS = """async ({ pictures, box, colour }) => {
  const wanted = colour.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16)), shares = [];
  for (const picture of pictures) {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const scale = image.width / box.window;
    const [width, height] = [box.width, box.height].map((size) => Math.round(size * scale));
    const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d");
    context.drawImage(image, -box.x * scale, -box.y * scale);
    const { data } = context.getImageData(0, 0, width, height);
    let columns = 0;
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) {
        const i = 4 * (y * width + x);
        if (wanted.every((part, k) => Math.abs(data[i + k] - part) < 50)) { columns++; break; }
      }
    shares.push(columns / width);
  }
  return shares;
}"""


class Frames(NamedTuple):
    """Frames that were shown, and those in which less than half of the curve could be seen."""

    shown: int
    broken: int
    least: float


def frames(
    page: Any,
    reader: Any,
    slider: str,
    n_events: int,
    track: tuple[float, float],
    curves: list[tuple[int, str]],
) -> Frames:
    """Drag a slider of the page, and look at every frame.

    Parameters
    ----------
    page
        The explorer's page, which shows the figure.
    reader
        Another page, which reads the pictures.
    slider, n_events, track
        What is dragged, as of `dragged`.
    curves
        Number of a plot among those of the page -> the colour of a curve that it must show, by
        its name in the palette.

    Raises
    ------
    RuntimeError
        Where the check would miss a figure without its lines.
    """
    places = [(_box(page, number), _colour(page, name)) for number, name in curves]
    canvases = "document.querySelectorAll('section:not([hidden]) canvas')"
    hide = f"value => {canvases}.forEach((one) => (one.style.visibility = value))"
    page.evaluate(hide, "hidden")
    hidden = [base64.b64encode(page.screenshot()).decode()]
    page.evaluate(hide, "")
    if any(max(_shares(reader, hidden, *place)) >= _WHOLE for place in places):
        raise RuntimeError("a figure without its lines would not be noticed.")
    pictures: list[str] = []
    session = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        pictures.append(frame["data"])
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", keep)
    session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    dragged(page, slider, n_events, track)
    session.send("Page.stopScreencast")
    session.detach()
    least = [
        min(values)
        for values in zip(*(_shares(reader, pictures, *place) for place in places), strict=True)
    ]
    return Frames(len(least), sum(share < _WHOLE for share in least), min(least))


def _shares(reader: Any, pictures: list[str], box: dict[str, float], colour: str) -> list[float]:
    found: list[float] = []
    for i in range(0, len(pictures), 20):
        given = {"pictures": pictures[i : i + 20], "box": box, "colour": colour}
        found += reader.evaluate(_COLUMNS, given)
    return found


def _box(page: Any, number: int) -> dict[str, float]:
    """The place of a plot in the window, between its axes."""
    found: dict[str, float] = page.evaluate(
        """number => {
          const host = document.querySelectorAll("section:not([hidden]) .plot")[number];
          const { x, y, width, height } = host.getBoundingClientRect();
          const window = innerWidth;
          return { x: x + 60, y: y + 10, width: width - 80, height: height - 60, window };
        }""",
        number,
    )
    return found


def _colour(page: Any, name: str) -> str:
    text: str = page.evaluate("name => colour(name)", name)
    return text
