"""The tables of `toy-error-sources`. Errors are in squared units of y, where not said otherwise."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE
from genlab.experiments._experiment import Table
from genlab.experiments._toy import N_DATASETS, SQUARED_ERROR, XY

_KIND = {"kind": "measurement_error, unobserved_variable or mislabelled: the kind of noise"}
_CELL = {"x": "middle of one of 25 equal cells of [0, 1]"}

TABLES = {
    "parts": Table(
        "One row per part of the test error, averaged over x.",
        {
            "part": "noise, bias_squared, variance, sum (of these three), test_error (measured "
            "independently), test_error_minus_sum or best_bias_squared (the lowest possible bias² "
            "of the model, computed without data)",
            **SQUARED_ERROR,
            "exact": "value with the noise integrated in closed form, over drawn inputs",
            **N_DATASETS,
        },
    ),
    "kinds_of_noise": Table(
        "One row per kind of noise and property.",
        {
            **_KIND,
            "quantity": "variance (of y given x), kurtosis, beyond_2_sd (fraction of the points "
            "more than two standard deviations from E[y|x]) or error_of_f_minus_noise (squared "
            "error of the function f as a prediction, minus the noise)",
            **ESTIMATE,
            "estimate": "mean over data sets; for beyond_2_sd a fraction of all points",
            "exact": "value in closed form",
            **N_DATASETS,
            "n": "points in a data set",
        },
    ),
    "large_model": Table(
        "One row per kind of noise, input of the large model and number of training examples.",
        {
            **_KIND,
            "given": "x or x_and_h: what the model is given; h is the unobserved variable",
            "n": "training examples",
            **SQUARED_ERROR,
            "estimate": "test error, mean over data sets",
            "noise": "variance of y given what the model is given",
            "above": "test error minus the noise on the same points, mean over data sets",
            "above_low": "lower end of its 95% interval",
            "above_high": "upper end of its 95% interval",
            **N_DATASETS,
        },
    ),
    "test_error_by_x": Table(
        "One row per cell of x: test error on the points in the cell.",
        {
            **_CELL,
            **SQUARED_ERROR,
            "noise_bias_variance": "noise + bias² + variance in the cell",
            **N_DATASETS,
        },
    ),
    "mean_moved": Table(
        "One row per kind of noise and cell of x: mean target minus function, in units of y.",
        {
            **_KIND,
            **_CELL,
            **ESTIMATE,
            "estimate": "mean over data sets",
            "exact": "E[y|x] minus function, at the same inputs",
            **N_DATASETS,
        },
    ),
    "parts_by_x": Table(
        "One row per part of the test error and x.",
        {"part": "noise, bias_squared or variance", "x": XY["x"], **SQUARED_ERROR},
    ),
    "curves": Table(
        "One row per x: the function and the fits, in units of y.",
        {
            "x": XY["x"],
            "truth": "the function",
            **ESTIMATE,
            "estimate": "mean fit",
            "standard_deviation": "standard deviation of single fits",
        },
    ),
    "single_fits": Table(
        "One row per fit and knot (or end): the fits are straight lines between.",
        {"fit": "which of the fits, from 0", **XY},
    ),
    "fresh_points": Table("One row per fresh noisy point.", XY),
    "function": Table("One row per point of the function.", XY),
    "mean_when_mislabelled": Table("One row per point of E[y|x] with mislabelled points.", XY),
    "examples": Table(
        "One row per example of each kind of noise.",
        {
            **_KIND,
            **XY,
            "cause": "what makes the target noisy: the error, h, or 1 for a mislabelled point and "
            "0 for the others",
        },
    ),
}
