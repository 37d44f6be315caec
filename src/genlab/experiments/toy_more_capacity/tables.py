"""The tables of `toy-more-capacity`. Errors are in squared units of y."""

from __future__ import annotations

from genlab.experiments._experiment import Table
from genlab.experiments._toy import N_DATASETS, SQUARED_ERROR, XY

_CAPACITY = {"capacity": "hidden units"}
_ESTIMATE = {**SQUARED_ERROR, "estimate": "mean or median over data sets, as `summary` says"}

TABLES = {
    "parts": Table(
        "One row per capacity and part of the error, averaged over x.",
        {
            **_CAPACITY,
            "part": "bias_squared or variance",
            "summary": "mean (over data sets) or median (over drawn inputs)",
            **_ESTIMATE,
            **N_DATASETS,
        },
    ),
    "errors": Table(
        "One row per capacity and set: error of single fits.",
        {
            **_CAPACITY,
            "set": "train (the points that were fitted) or test (expected on fresh targets, noise "
            "included)",
            "summary": "median (over data sets)",
            **_ESTIMATE,
            **N_DATASETS,
        },
    ),
    "one_data_set": Table(
        "One row per capacity: error of the fit to one data set.",
        {
            **_CAPACITY,
            "train_loss": "mean squared error on the points that were fitted",
            "test_loss": "expected squared error on fresh targets, noise included",
        },
    ),
    "bands": Table(
        "One row per capacity and x: where the fits to many data sets lie, in units of y.",
        {
            **_CAPACITY,
            "summary": "mean or median",
            "x": XY["x"],
            "middle": "mean or median of the fits",
            "low": "middle minus two standard deviations, or the 2.3% quantile",
            "high": "middle plus two standard deviations, or the 97.7% quantile",
        },
    ),
    "one_fit": Table("One row per point of a fit to the one data set.", {**_CAPACITY, **XY}),
    "samples": Table("One row per point of the one data set.", XY),
    "function": Table("One row per point of the function.", XY),
}
