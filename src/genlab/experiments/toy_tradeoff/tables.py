"""The tables of `toy-tradeoff`. Errors are in squared units of y."""

from __future__ import annotations

from genlab.experiments._experiment import Table
from genlab.experiments._toy import N_DATASETS, SQUARED_ERROR
from genlab.experiments.toy_tradeoff.protocol import FEW

_CAPACITY = {"capacity": "hidden units"}

TABLES = {
    "tradeoff": Table(
        "One row per capacity and part of the error, averaged over x.",
        {
            **_CAPACITY,
            "n_parameters": "offset and slopes",
            "part": "bias_squared, variance or sum",
            "summary": "mean (over data sets) or median (over drawn inputs)",
            **SQUARED_ERROR,
            "estimate": "mean or median, as `summary` says",
            "exact": "mean with the noise integrated in closed form, over drawn inputs; empty for "
            "medians",
            **N_DATASETS,
        },
    ),
    "minimum": Table(
        "One row per capacity: its expected error compared with the lowest, on the same data sets.",
        {
            **_CAPACITY,
            "is_lowest": "whether its error is the lowest",
            **SQUARED_ERROR,
            "estimate": "mean difference from the lowest",
            **N_DATASETS,
            **{
                f"fraction_lowest_of_{k}": "fraction of the cases in which it has the lowest mean "
                f"error over {k} data set{'s' if k > 1 else ''}"
                for k in FEW
            },
        },
    ),
    "given_inputs": Table(
        "One row per capacity: variance due to noise, given the inputs, over draws of the inputs.",
        {
            **_CAPACITY,
            "variance_median": "median over the draws",
            "variance_median_low": "lower end of its 95% interval",
            "variance_median_high": "upper end of its 95% interval",
            "quantile_05": "5% quantile",
            "quantile_25": "25% quantile",
            "quantile_75": "75% quantile",
            "quantile_95": "95% quantile",
            "largest": "largest of the draws",
            "tail_index": "power of 1/v with which the fraction of draws above v falls; a mean "
            "exists above 1, its interval above 2",
            "tail_index_low": "lower end of its 95% interval",
            "tail_index_high": "upper end of its 95% interval",
            "n_datasets": "draws of the inputs",
        },
    ),
    "tails": Table(
        "One row per capacity and value of the variance given the inputs.",
        {
            **_CAPACITY,
            "variance": "variance due to noise, given the inputs",
            "fraction": "fraction of the draws whose variance is at least that",
        },
    ),
    "published_points": Table(
        "One row per value read from the book's figure.",
        {
            **_CAPACITY,
            "part": "bias_squared or variance",
            "value": "value in squared units of y",
            "source": "where it was published",
        },
    ),
}
