"""The files of the pages, in memory: what is asked for by name is looked up, never opened."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Ground, panels, ink, fainter ink, grid, edges, links and the band, light and dark.
_LIGHT = {
    "ground": "#ffffff",
    "panel": "#f1f3f6",
    "ink": "#1d232c",
    "faint": "#596273",
    "line": "#e3e6eb",
    "edge": "#7b8494",
    "accent": "#1b66a8",
}
_DARK = {
    "ground": "#14181f",
    "panel": "#232a35",
    "ink": "#e4e7ec",
    "faint": "#9aa3b2",
    "line": "#2b323d",
    "edge": "#7c8698",
    "accent": "#74b3ec",
}


@cache
def assets() -> dict[str, tuple[bytes, str]]:
    """Name -> content and type of every file that the pages load."""
    found = {
        file.name: (file.read_bytes(), _KINDS[f".{file.name.rpartition('.')[2]}"])
        for file in files("genlab.explorer").joinpath("page").iterdir()
        if file.name.endswith(tuple(_KINDS))
    }
    return found | {"palette.css": (_palette().encode(), "text/css")}


def index(token: str | None = None) -> str:
    """The page; with the token that it sends with each question, where a server answers them."""
    text = assets()["index.html"][0].decode()
    if token is None:
        return text
    return text.replace("<title>", f'<meta name="genlab-token" content="{token}">\n<title>', 1)


def loaded(kind: str) -> list[str]:
    """The names of the page's scripts (kind "js") or styles ("css"), in their order."""
    return re.findall(rf'(?:src|href)="([\w.]+\.{kind})"', index())


def _palette() -> str:
    from genlab.charts import BIAS, ERROR, FIT, NOISE, POINT, TRUTH, VARIANCE

    figures = {
        "truth": TRUTH,
        "fit": FIT,
        "point": POINT,
        "noise": NOISE,
        "bias": BIAS,
        "variance": VARIANCE,
        "error": ERROR,
    }
    light, dark = (_rules({**figures, **place}) for place in (_LIGHT, _DARK))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _rules(colors: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colors.items())
