"""Figures: pure functions from rows to Altair charts, in one style."""

from genlab.charts._bands import bands_chart, bands_table
from genlab.charts._capacity import capacity_chart, capacity_table
from genlab.charts._compared import compared_chart, compared_table
from genlab.charts._decomposition import decomposition_chart, decomposition_table
from genlab.charts._diamonds import diamonds
from genlab.charts._estimates import dots_with_bars, line_with_band, reference_line, threshold_band
from genlab.charts._export import FORMATS, STYLES, export
from genlab.charts._figure import AnyChart, Figure, stacked
from genlab.charts._layout import NARROW, shared_data
from genlab.charts._learning import learning_chart, learning_table
from genlab.charts._loss_parts import loss_parts_chart, loss_parts_table
from genlab.charts._marks import (
    Y_DOMAIN,
    band,
    colors,
    curve,
    data,
    panel,
    points,
    titled,
    truth,
    x_axis,
    y_axis,
)
from genlab.charts._parameter import parameter_chart, parameter_table
from genlab.charts._parts import parts_chart, parts_table
from genlab.charts._reliability import reliability_chart, reliability_table
from genlab.charts._selection import best_trials, curves_table, selection_figures
from genlab.charts._selection_axes import ERROR_AXIS, ScoreShown, axis_table, lines_table, place
from genlab.charts._still import picture_size
from genlab.charts._theme import (
    BIAS,
    ERROR,
    FIT,
    MODEL_COLORS,
    NOISE,
    POINT,
    SERIES,
    TEST,
    TRAIN,
    TRUTH,
    VARIANCE,
    config,
)

__all__ = [
    "BIAS",
    "ERROR",
    "ERROR_AXIS",
    "FIT",
    "FORMATS",
    "MODEL_COLORS",
    "NARROW",
    "NOISE",
    "POINT",
    "SERIES",
    "STYLES",
    "TEST",
    "TRAIN",
    "TRUTH",
    "VARIANCE",
    "Y_DOMAIN",
    "AnyChart",
    "Figure",
    "ScoreShown",
    "axis_table",
    "band",
    "bands_chart",
    "bands_table",
    "best_trials",
    "capacity_chart",
    "capacity_table",
    "colors",
    "compared_chart",
    "compared_table",
    "config",
    "curve",
    "curves_table",
    "data",
    "decomposition_chart",
    "decomposition_table",
    "diamonds",
    "dots_with_bars",
    "export",
    "learning_chart",
    "learning_table",
    "line_with_band",
    "lines_table",
    "loss_parts_chart",
    "loss_parts_table",
    "panel",
    "parameter_chart",
    "parameter_table",
    "parts_chart",
    "parts_table",
    "picture_size",
    "place",
    "points",
    "reference_line",
    "reliability_chart",
    "reliability_table",
    "selection_figures",
    "shared_data",
    "stacked",
    "threshold_band",
    "titled",
    "truth",
    "x_axis",
    "y_axis",
]
