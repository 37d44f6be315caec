"""The pictures of figures: their files beside a page, and what the page says of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from genlab._base.files import write_whole
from genlab.charts import Figure, config, picture_size, shared_data

#: The script that makes figures interactive, in the folder of a report.
LIBRARY = "vega.js"
#: The texts of an experiment's figures, in its folder: a page is made again without drawing them.
TEXTS = "figures.json"
_ENDS = {"full": ".svg", "narrow": "-narrow.svg"}


def write_figures(figures: Sequence[Figure], folder: Path, *, png: bool = False) -> None:
    """Write the pictures of figures into a folder, and what makes each interactive."""
    for figure in figures:
        for name, content in figure.files(png=png).items():
            write_whole(folder / name, content)
        shared = shared_data({name: layout.spec for name, layout in figure.layouts.items()})
        shared["datasets"] = {name: _columns(rows) for name, rows in shared["datasets"].items()}
        text = json.dumps(shared, separators=(",", ":"), ensure_ascii=False)
        script = f"layouts[document.currentScript.dataset.source]={text};"
        # Within a page the script must not end early.
        write_whole(folder / f"{figure.name}.js", script.replace("</", "<\\/").encode())


def _columns(rows: Any) -> Any:
    """Rows as columns, which page.js turns into rows: half the bytes, because names stand once.

    A column of a few texts holds these, and their places. Rows that do not all have the same names
    stay as they are.

    >>> _columns([{"x": 1, "of": "a"}, {"x": 2, "of": "a"}])
    {'x': [1, 2], 'of': {'values': ['a'], 'places': [0, 0]}}
    """
    if not all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
        return rows
    found: dict[str, Any] = {}
    for name in rows[0] if rows else ():
        column = [row[name] for row in rows]
        found[name] = column
        if all(isinstance(value, str) for value in column):
            values = list(dict.fromkeys(column))
            if 2 * len(values) <= len(column):
                places = {value: i for i, value in enumerate(values)}
                found[name] = {"values": values, "places": [places[value] for value in column]}
    return found or rows


def write_library(folder: Path) -> None:
    """Write the script that makes figures interactive, where it is not there yet."""
    path, content = folder / LIBRARY, library().encode()
    if not path.is_file() or path.stat().st_size != len(content):
        write_whole(path, content)


@lru_cache
def library() -> str:
    """Vega, Vega-Lite, Vega-Embed and the themes: the same for all pages, and a second's work."""
    import vl_convert

    themes = {"light": config() | {"background": "transparent"}, "dark": config(dark=True)}
    for theme in themes.values():
        theme["aria"] = False  # the numbers are in tables: a thousand dots are no text
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"{bundle}\nwindow.themes = {json.dumps(themes)};\n"


def said(figure: Figure) -> dict[str, Any]:
    """The texts of a figure, which its page says in place of the picture."""
    heading = figure.heading()
    subtitle = heading.get("subtitle", [])
    return {
        "name": figure.name,
        "title": heading["text"],
        "subtitle": _sentences([subtitle] if isinstance(subtitle, str) else list(subtitle)),
        "caption": figure.caption,
        "wide": figure.wide,
    }


def shown(
    figure: Mapping[str, Any],
    folder: Path,
    *,
    number: int | None = None,
    up: str = "",
    held: bool = False,
) -> dict[str, Any]:
    """What a page shows of a figure, as `said` gives it, whose files are in `folder`.

    `up` leads from the page to the report's folder. With `held` the page holds the pictures, and
    has no files beside it.
    """
    name = figure["name"]
    files = {
        kind: f"{name}.{kind.lower()}"
        for kind in ("SVG", "PDF", "PNG")
        if (folder / f"{name}.{kind.lower()}").is_file()
    }
    return {
        **figure,
        "number": number,
        **{kind: _picture(folder / f"{name}{end}", held) for kind, end in _ENDS.items()},
        "files": {} if held else files,
        "script": f"{folder.name}/{name}.js" if held else f"{name}.js",
        "library": LIBRARY if held else f"{up}{LIBRARY}",
    }


def _picture(path: Path, held: bool) -> dict[str, Any]:
    content = path.read_bytes()
    width, height = picture_size(content[:2000].decode(errors="ignore"))
    source = as_address(content) if held else path.name
    return {"source": source, "width": round(width), "height": round(height)}


def as_address(svg: bytes) -> str:
    """A picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _sentences(lines: Sequence[str]) -> list[str]:
    """Lines of a chart, which were broken to fit it, as lines that end where a part ends."""
    parts: list[str] = []
    for line in lines:
        if parts and not parts[-1].endswith((".", ";", ":")):
            parts[-1] += f" {line}"
        else:
            parts.append(line)
    if parts and not parts[-1].endswith((".", "!", "?")):
        parts[-1] = f"{parts[-1].rstrip(';,')}."
    return parts
