"""The tables of `toy-more-data`. Bias² and variance are in squared units of y."""

from __future__ import annotations

from genlab.experiments._experiment import Table
from genlab.experiments._toy import N_DATASETS, SQUARED_ERROR, XY

_SIZE = {"n": "training examples"}

TABLES = {
    "parts": Table(
        "One row per number of training examples and part of the error, averaged over x.",
        {
            **_SIZE,
            "part": "bias_squared or variance",
            **SQUARED_ERROR,
            "exact": "value with the noise integrated in closed form, over drawn inputs",
            "many_points": "noise variance · parameters / n, the theory of least squares with "
            "many points; empty for bias_squared",
            **N_DATASETS,
        },
    ),
    "slopes": Table(
        "One row per range of sizes: slope of log variance on log n, by least squares.",
        {
            "over": "all, many (from the protocol's size `many` on) or pair (two sizes that follow "
            "each other)",
            "n_low": "smallest number of training examples",
            "n_high": "largest number of training examples",
            "estimate": "slope; −1 means that variance is proportional to 1/n",
            "low": "lower end of its 95% interval, sampling error only",
            "high": "upper end of its 95% interval, sampling error only",
        },
    ),
    "fits": Table(
        "One row per point of a fitted curve.",
        {**_SIZE, "fit": "which of the fits, from 1", **XY},
    ),
    "samples": Table("One row per training example of the first of the fits.", {**_SIZE, **XY}),
    "function": Table("One row per point of the function.", XY),
}
