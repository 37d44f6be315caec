"""A figure as a picture: SVG that is small, light and dark; PDF and PNG."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from genlab.charts._theme import DARK, LIGHT

# What Vega writes that draws nothing, or says what holds anyway.
_ATTRIBUTES = re.compile(
    r' (?:class|role|aria-[a-z]+|pointer-events|xml:space)="[^"]*"| opacity="1"'
    r'| stroke-width="1"|(?<=<text) text-anchor="start"| xmlns:xlink="[^"]*"'
)
_EMPTY = re.compile(
    r'<path d="(?:M0,0h0v0h0Z)?"[^>]*/>|<(?:path|line|rect)(?: [^>]*)? opacity="0"[^>]*/>'
    r'|<text[^>]* opacity="0"[^>]*>[^<]*</text>'
)
_GROUP = re.compile(r"<g(?: [^>]*)?></g>")
_BARE = re.compile(r"<g><g>((?:(?!</?g[ >]).)*)</g></g>", re.DOTALL)
# Places and sizes are in tags; a text keeps its digits.
_TAG = re.compile(r"<[^<>]*>")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_CIRCLE = re.compile(
    r'<path transform="translate\(([^,]+),([^)]+)\)" '
    r'd="M([\d.]+),0A\3,\3,0,1,1,-\3,0A\3,\3,0,1,1,\3,0"'
)
_PAINTS = ("fill", "stroke")
_TRANSPARENT = re.compile(r'<(?:path|circle|line|rect|text) [^>]* opacity="[^>]*>')
# A mark without an outline says how wide it is.
_NO_OUTLINE = re.compile(r'<(?:path|circle|line|rect) (?![^>]* stroke=)[^>]* stroke-width="[^>]*>')
_WIDTH = re.compile(r' stroke-width="[^"]*"')
# A group of marks or of texts alone, and what all of them may have from it.
_MARK = r"<(?:path|circle|line|rect) [^<>]*/>|<text [^<>]*>[^<]*</text>"
_MARKS = re.compile(rf"<g((?: [^>]*)?)>((?:{_MARK}){{2,}})</g>")
_MARK_TAG = re.compile(r"<(?:path|circle|line|rect|text) [^<>]*>")
_INHERITED = re.compile(
    r' ((?:fill|stroke)(?:-[a-z]+)?|font-(?:size|weight|style)|text-anchor)="[^"]*"'
)
_FONT = re.compile(r' font-family="([^"]*)"')


def compact(svg: str, digits: int = 2) -> str:
    """The same picture in about half the bytes: numbers with so many decimals, nothing unseen."""
    svg = _ATTRIBUTES.sub("", svg)
    svg = _EMPTY.sub("", svg)
    while True:
        svg, n = _GROUP.subn("", svg)
        if not n:
            break
    svg = _TAG.sub(lambda tag: _NUMBER.sub(lambda found: _rounded(found[0], digits), tag[0]), svg)
    svg = _CIRCLE.sub(r'<circle cx="\1" cy="\2" r="\3"', svg)
    svg = _NO_OUTLINE.sub(lambda mark: _WIDTH.sub("", mark[0]), flat(svg))
    svg = _MARKS.sub(_from_group, svg)
    fonts = set(_FONT.findall(svg))
    if len(fonts) == 1:
        svg = _FONT.sub("", svg).replace("<svg ", f'<svg font-family="{fonts.pop()}" ', 1)
    return svg


def flat(svg: str) -> str:
    """The same picture with the opacity of marks in their fill or stroke, which a group can hold.

    A PDF needs a group of its own for each mark that is transparent as a whole, which makes it four
    times as large.
    """
    return _TRANSPARENT.sub(_in_paint, svg)


def _in_paint(found: re.Match[str]) -> str:
    mark = found[0]
    fill, stroke = (f' {kind}="' in mark.replace(f'{kind}="none"', "") for kind in _PAINTS)
    if fill == stroke:
        return mark
    return mark.replace(" opacity=", " fill-opacity=" if fill else " stroke-opacity=")


def _from_group(found: re.Match[str]) -> str:
    """The group with the attributes that all of its marks have, and the marks without them."""
    group, marks = found.groups()
    tags = [tag[0] for tag in _MARK_TAG.finditer(marks)]
    own = {name[1] for name in _INHERITED.finditer(group)}
    shared = [one[0] for one in _INHERITED.finditer(tags[0]) if one[1] not in own]
    shared = [one for one in shared if all(one in tag for tag in tags)]
    held = re.compile("|".join(map(re.escape, shared)) or "$^")
    marks = _MARK_TAG.sub(lambda tag: held.sub("", tag[0]), marks)
    return f"<g{group}{''.join(shared)}>{marks}</g>"


def _rounded(number: str, digits: int) -> str:
    text = f"{float(number):.{digits}f}"
    if digits:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def light_and_dark(svg: str) -> str:
    """The picture with the colours of text, axes and ground that the reader's screen has.

    What is light in its attributes is dark by a style, where a dark screen is preferred: programs
    that know no such styles show it light, and so does paper.
    """
    rules = "".join(
        f'[{kind}="{LIGHT[name]}"]{{{kind}:{DARK[name]}}}'
        for name in ("ink", "faint", "grid")
        for kind in ("fill", "stroke")
    )
    rules += f'svg>rect[fill="{LIGHT["ground"]}"]{{fill:{DARK["ground"]}}}'
    style = f"<style>@media screen and (prefers-color-scheme:dark){{{rules}}}</style>"
    head, end, body = svg.partition(">")
    return head + end + style + body


def described(svg: str, title: str, text: str) -> str:
    """The picture with its title and what it shows, for those who hear it."""
    head, end, body = svg.partition(">")
    return f"{head}{end}<title>{escape(title)}</title><desc>{escape(text)}</desc>{body}"


def drawn(spec: dict[str, Any]) -> str:
    """The SVG of a specification."""
    import vl_convert

    quiet = {**spec, "config": {**spec.get("config", {}), "aria": False}}
    svg: str = vl_convert.vegalite_to_svg(quiet)
    return svg


def picture_size(svg: str) -> tuple[float, float]:
    """Width and height of a picture, in pixels."""
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg)
    assert found is not None
    return float(found[1]), float(found[2])
