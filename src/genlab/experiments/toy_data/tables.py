"""The tables of `toy-data`."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE
from genlab.experiments._experiment import Table
from genlab.experiments._toy import XY

TABLES = {
    "noise": Table(
        "One row per property of the noise, measured on fresh targets.",
        {
            "quantity": "within_1_sd, within_2_sd, within_3_sd (fraction of targets that lie "
            "within so many standard deviations of the function) or variance (of the targets "
            "around the function, in squared units of y)",
            **ESTIMATE,
            "estimate": "measured value",
            "expected": "value of a normal distribution with the same standard deviation",
            "n_targets": "fresh targets behind the estimate",
        },
    ),
    "model": Table(
        "One row per fitted parameter of the model.",
        {
            "parameter": "offset (in units of y) or slope (in units of y per unit of x)",
            "unit": "hidden unit that the slope belongs to, from 1; empty for the offset",
            "knot": "x from which the hidden unit rises; empty for the offset",
            "value": "fitted value",
        },
    ),
    "errors": Table(
        "One row per mean squared error of the fit, in squared units of y.",
        {
            "quantity": "train (on the points it was fitted to), distance (from the function, "
            "over x in [0, 1]) or expected_test (expected error on a fresh target: distance plus "
            "variance of the noise)",
            "value": "mean squared error",
        },
    ),
    "function": Table(
        "One row per point of the function.",
        {
            **XY,
            "low": "y minus two standard deviations of the noise",
            "high": "y plus two standard deviations of the noise",
        },
    ),
    "samples": Table(
        "One row per point of the data set.",
        {"x": XY["x"], "y": "noisy target", "clean": "target without noise"},
    ),
    "units": Table(
        "One row per hidden unit and x.",
        {
            "unit": "hidden unit, from 1",
            "x": XY["x"],
            "activation": "output of the unit: max(0, x − knot)",
            "weighted": "activation times slope, in units of y",
        },
    ),
    "fit": Table("One row per point of the fitted curve.", XY),
}
