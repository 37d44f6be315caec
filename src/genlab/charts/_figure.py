"""A figure: a chart with its name and caption."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt

from genlab.charts._layout import Drawn, narrow, thumbnail, untitled, with_numbers
from genlab.charts._still import compact, described, drawn, light_and_dark
from genlab.charts._theme import config

AnyChart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart


@dataclass(frozen=True)
class Figure:
    """A chart with the name of its files and its caption.

    Attributes
    ----------
    name
        Name of its files, without suffix.
    caption
        The sentence below it.
    chart
        An Altair chart.
    wide
        Whether it takes the whole width of the page.
    """

    name: str
    caption: str
    chart: AnyChart
    wide: bool = False

    def spec(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification.

        Altair does not compare it with Vega-Lite's schema here, which takes most of the time of
        drawing: the tests do, for every figure.
        """
        return copy.deepcopy(self._spec)

    @cached_property
    def _spec(self) -> dict[str, Any]:
        """The same, made once: Altair takes as long for it as Vega for drawing."""
        spec: dict[str, Any] = self.chart.to_dict(validate=False)
        return spec

    @cached_property
    def layouts(self) -> dict[str, Drawn]:
        """The figure without its title, "full" and "narrow", for a phone."""
        full = Drawn.of(untitled(with_numbers(self._spec)))
        return {"full": full, "narrow": narrow(full)}

    def files(self, *, png: bool = False) -> dict[str, bytes]:
        """The pictures of a page's folder: file name -> content.

        NAME.svg and NAME-narrow.svg, for a phone, without the title that the page says; NAME.pdf
        and, where wanted, NAME.png with it.
        """
        import vl_convert

        files = {
            f"{self.name}{'' if name == 'full' else f'-{name}'}.svg": self._picture(layout).encode()
            for name, layout in self.layouts.items()
        }
        whole = compact(drawn(self._spec))
        files[f"{self.name}.pdf"] = vl_convert.svg_to_pdf(whole)
        if png:
            files[f"{self.name}.png"] = vl_convert.svg_to_png(whole, scale=2)
        return files

    def _picture(self, layout: Drawn) -> str:
        return described(light_and_dark(compact(layout.svg)), self.title(), self.caption)

    def thumbnail(self) -> str:
        """A small picture without text, as SVG."""
        return light_and_dark(compact(drawn(thumbnail(self._spec)), digits=0))

    def title(self) -> str:
        """The chart's title."""
        return str(self.heading()["text"])

    def heading(self) -> dict[str, Any]:
        """The chart's title and subtitle, as in its specification, without the making of that."""
        heading: dict[str, Any] = self.chart.title.to_dict(validate=False)
        return heading


def stacked(figures: Sequence[Figure]) -> alt.VConcatChart:
    """The charts of figures, one below the other."""
    parts = []
    for figure in figures:
        part = figure.chart.copy()
        part.config = alt.Undefined
        parts.append(part)
    return alt.vconcat(*parts).configure(**config())
