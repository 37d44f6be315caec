"""A figure: a chart with its name and caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

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
        spec: dict[str, Any] = self.chart.to_dict(validate=False)
        return spec

    def files(self) -> dict[str, bytes]:
        """The chart as SVG, PDF and PNG: file name -> content."""
        import vl_convert

        svg = vl_convert.vegalite_to_svg(self.spec())
        return {
            f"{self.name}.svg": svg.encode(),
            f"{self.name}.pdf": vl_convert.svg_to_pdf(svg),
            f"{self.name}.png": vl_convert.svg_to_png(svg, scale=2),
        }


def stacked(figures: Sequence[Figure]) -> alt.VConcatChart:
    """The charts of figures, one below the other."""
    parts = []
    for figure in figures:
        part = figure.chart.copy()
        part.config = alt.Undefined
        parts.append(part)
    return alt.vconcat(*parts).configure(**config())
