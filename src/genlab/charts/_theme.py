"""One style for every figure: on the page, in the paper, light and dark."""

from __future__ import annotations

from typing import Any

#: Colours that colour-blind readers can tell apart, on white and on dark backgrounds.
TRAIN, TEST = "#2a7fc9", "#d9622b"
#: Colours of the parts of an error, of the true function, of a fit and of the data.
NOISE, BIAS, VARIANCE, ERROR = "#8a93a3", "#2a7fc9", "#d9622b", "#8e5bb5"
TRUTH, FIT, POINT = "#159a8c", "#2a7fc9", "#d9622b"
#: Colours of lines and dots whose order alone tells them apart.
SERIES = (BIAS, VARIANCE, ERROR, TRUTH, "#b8860b", "#6f7b8c", "#c2407e")
#: Model of the MNIST-1D paper -> its colour.
MODEL_COLORS = {"logistic": NOISE, "MLP": BIAS, "CNN": VARIANCE, "GRU": ERROR}

#: Colours of text, of what is beside it, of grids and of the ground, on light and dark screens.
LIGHT = {"ink": "#1d232c", "faint": "#596273", "grid": "#e3e6eb", "ground": "white"}
DARK = {"ink": "#e4e7ec", "faint": "#9aa3b2", "grid": "#323945", "ground": "#14181f"}

# Fonts with the widths that a figure is laid out for, wherever it is looked at.
_FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"


def config(*, dark: bool = False) -> dict[str, Any]:
    """The Vega-Lite configuration; figures in files are light, on white."""
    ink, faint, grid = ((DARK if dark else LIGHT)[name] for name in ("ink", "faint", "grid"))
    return {
        "background": "transparent" if dark else "white",
        "font": _FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": faint,
            "titleColor": ink,
            "labelFontSize": 12,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "gridColor": grid,
            "domainColor": faint,
            "tickColor": faint,
        },
        "legend": {
            "labelColor": ink,
            "titleColor": ink,
            "labelFontSize": 12,
            "symbolStrokeWidth": 3,
            "orient": "top",
            "title": None,
            "symbolOpacity": 1,
            "labelLimit": 0,
        },
        "header": {"labelColor": ink, "titleColor": faint, "titleFontWeight": "normal"},
        "title": {
            "color": ink,
            "subtitleColor": faint,
            "fontSize": 15,
            "subtitleFontSize": 12,
            "subtitlePadding": 5,
            "anchor": "start",
            "offset": 8,
        },
        "rule": {"color": faint},
        "text": {"color": ink},
        "style": {"ink": {"color": ink}},
    }
