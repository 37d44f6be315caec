"""The tables of `toy-smoothness`. x and y have no units; distances are in units of y."""

from __future__ import annotations

from genlab.experiments._experiment import Table

_FIT = {
    "capacity": "hidden units",
    "multiple": "length of the random change added to the minimum-norm fit, in lengths of that "
    "fit; 0: the minimum-norm fit itself",
}
_SPREAD = {
    "estimate": "median over data sets",
    "low": "lower end of its 95% interval",
    "high": "upper end of its 95% interval",
    "quantile_05": "5% quantile over data sets",
    "quantile_95": "95% quantile over data sets",
}
_N = {"n_datasets": "data sets"}
_CURVE = {"x": "input", "y": "value"}
_START = {"start": "initial parameters: zero or random"}

TABLES = {
    "interpolations": Table(
        "One row per capacity, kind of exact fit and quantity: its spread over data sets.",
        {
            **_FIT,
            "quantity": "roughness (total variation of the slope), sharpest_bend (largest change "
            "of slope at a knot), distance (root mean squared distance from the truth) or norm "
            "(length of the parameters)",
            **_SPREAD,
            "tail_index": "exponent of the power law that the largest values follow",
            "tail_index_low": "lower end of its 95% interval",
            "tail_index_high": "upper end of its 95% interval",
            **_N,
        },
    ),
    "training_residuals": Table(
        "One row per capacity and kind of exact fit: the largest absolute training residual.",
        {
            **_FIT,
            "median_of_largest": "median over data sets of the largest residual",
            "largest": "largest residual of all data sets",
            **_N,
        },
    ),
    "against_unique_fit": Table(
        "One row per capacity and quantity: how often the minimum-norm fit is lower than the "
        "only fit of the first capacity.",
        {
            "capacity": "hidden units",
            "quantity": "roughness, sharpest_bend, distance or norm",
            "estimate": "fraction of data sets in which it is lower",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            **_N,
        },
    ),
    "truth": Table("One row.", {"roughness": "total variation of the true function's slope"}),
    "descent": Table(
        "One row per start, quantity and number of steps: where gradient descent is.",
        {
            **_START,
            "quantity": "distance from the minimum-norm fit in parameters (in lengths of that "
            "fit) or predictions (root mean square), or the residual in training (root mean "
            "square)",
            "step": "steps taken",
            **_SPREAD,
            **_N,
        },
    ),
    "descent_end": Table(
        "One row per start and quantity, after the last step.",
        {
            "start": "initial parameters: zero, random or both",
            "quantity": "those of `descent`; parameters_from_limit (distance from the limit of "
            "this start); those of `interpolations`; slowest_steps (steps in which the slowest "
            "part of the error shrinks by a factor e)",
            "step": "steps taken",
            **_SPREAD,
            **_N,
        },
    ),
    "fits": Table(
        "One row per point of a fit to the problem's own data set.",
        {**_FIT, **_CURVE},
    ),
    "descent_fits": Table(
        "One row per point of a fit to the problem's own data set.",
        {
            "fit": "minimum_norm; zero or random: where gradient descent from that start is "
            "after the last step",
            **_CURVE,
        },
    ),
    "points": Table("One row per training point of the problem's own data set.", _CURVE),
    "function": Table("One row per point of the true function.", _CURVE),
}
