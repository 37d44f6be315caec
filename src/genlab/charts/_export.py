"""A figure for a lecture or a paper: SVG, PDF or PNG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from genlab.charts._layout import Drawn, broken, larger, narrow, untitled
from genlab.charts._still import compact, described, drawn, picture_size

if TYPE_CHECKING:
    from genlab.charts._figure import Figure

#: Ends of file names that `export` writes.
FORMATS = (".svg", ".pdf", ".png")
_TITLE_LETTER, _SUBTITLE_LETTER = 8.0, 6.0  # pixels, on average


class Style(NamedTuple):
    """How a figure is laid out for a place.

    Attributes
    ----------
    width
        Width of the whole, in CSS pixels (96 an inch); None takes the figure's own.
    png_width
        Pixels of a PNG's width; None takes twice the figure's own.
    text
        Size of text, lines and dots, relative to the panels, as a multiple of the page's.
    narrow, titled
        Whether panels stand below each other, and whether the title is in the picture.
    """

    width: float | None = None
    png_width: float | None = None
    text: float = 1.0
    narrow: bool = False
    titled: bool = True


#: Name of a style -> how a figure is laid out.
STYLES = {
    "page": Style(),
    # A slide of 13.3 by 7.5 inches, 1920 pixels wide on a screen.
    "slides": Style(width=1280, png_width=1920, text=1.5),
    # One column of 3.35 inches: text of 8 points. The caption says what the title would.
    "paper": Style(width=321.6, png_width=2010, narrow=True, titled=False),
}


def export(figure: Figure, suffix: str, style: str = "page") -> bytes:
    """The figure as a file.

    Parameters
    ----------
    figure
        Of `genlab.experiments.figures`, for one.
    suffix
        One of `FORMATS`.
    style
        One of `STYLES`: "page" as in a report, "slides" with large text, "paper" for one column of
        a paper, 3.35 inches wide, with panels below each other and no title.
    """
    import vl_convert

    if suffix not in FORMATS:
        raise ValueError(f"`suffix` must be one of {', '.join(FORMATS)}, got {suffix!r}.")
    if style not in STYLES:
        raise ValueError(f"`style` must be one of {', '.join(STYLES)}, got {style!r}.")
    wanted = STYLES[style]
    svg = compact(_laid_out(figure.spec(), wanted))
    own = picture_size(svg)[0]
    if suffix == ".png":
        content: bytes = vl_convert.svg_to_png(svg, scale=(wanted.png_width or 2 * own) / own)
        return content
    if suffix == ".pdf":
        # vl-convert takes a pixel for a point, 72 an inch.
        points = own if wanted.width is None else 0.75 * wanted.width
        pdf: bytes = vl_convert.svg_to_pdf(_scaled(svg, points / own))
        return pdf
    if wanted.width is not None:
        svg = _scaled(svg, wanted.width / own)
    return described(svg, figure.title(), figure.caption).encode()


def _laid_out(spec: dict[str, Any], style: Style) -> str:
    """The SVG of a figure in a style, in the size in which it is drawn."""
    plain = untitled(larger(spec, style.text))
    full = Drawn.of(plain)
    if style.narrow:
        full = narrow(full)
    if not style.titled:
        return full.svg
    # A title that is wider than the panels would make them smaller.
    title = dict(spec["title"])
    for part, letter in (("text", _TITLE_LETTER), ("subtitle", _SUBTITLE_LETTER)):
        text = title.get(part)
        if text:
            text = " ".join(text) if isinstance(text, list) else text
            title[part] = broken(text, full.width, letter)
    return drawn({**full.spec, "title": title})


def _scaled(svg: str, factor: float) -> str:
    """The same picture in another size."""
    width, height = (round(one * factor, 1) for one in picture_size(svg))
    size = f'width="{width:g}" height="{height:g}"'
    return re.sub(r'width="[\d.]+" height="[\d.]+"', size, svg, count=1)
