"""The tables of `between-points`. Distances are Euclidean, in units of the inputs."""

from __future__ import annotations

from genlab.experiments._experiment import Table

_ESTIMATE = {
    "estimate": "mean or median over draws",
    "low": "lower end of its 95% interval",
    "high": "upper end of its 95% interval",
}
_QUANTITIES = (
    "smallest, mean, largest: distances of pairs; smallest_over_mean, largest_over_mean; "
    "nearest_over_mean: distance of a point's nearest neighbour, averaged over points, in mean "
    "distances"
)
_INPUTS = {"inputs": "number of inputs (dimensions)"}

TABLES = {
    "distances": Table(
        "One row per kind of random points, number of inputs and quantity.",
        {
            "data": "normal (standard normal) or uniform (in the unit cube)",
            **_INPUTS,
            "quantity": f"{_QUANTITIES}; largest_over_smallest",
            "summary": "mean or median: over draws",
            **_ESTIMATE,
            "n_draws": "draws of the points",
        },
    ),
    "real_data": Table(
        "One row per data set and quantity.",
        {
            "data": "name of the data set",
            **_INPUTS,
            "quantity": f"{_QUANTITIES}; equivalent_inputs: number of inputs with which normal "
            "points have equally close neighbours (nearest_over_mean)",
            "summary": "mean: over subsets",
            **_ESTIMATE,
            "n_draws": "disjoint subsets of the training examples",
        },
    ),
    "examples_needed": Table(
        "One row per distance and number of inputs.",
        {
            **_INPUTS,
            "within": "distance within which every point of the unit cube has a neighbour",
            "log10_examples": "log10 of the examples that this needs at least; a lower bound",
        },
    ),
    "spread": Table(
        "One row per number of inputs and bin: distances of pairs of normal points.",
        {
            **_INPUTS,
            "from": "lower edge of the bin, in mean distances",
            "to": "upper edge of the bin, in mean distances",
            "estimate": "fraction of pairs in the bin, mean over draws",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            "n_draws": "draws of the points",
        },
    ),
}
