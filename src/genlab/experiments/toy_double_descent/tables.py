"""The tables of `toy-double-descent`. Errors are squared errors in squared units of y."""

from __future__ import annotations

from genlab.experiments._experiment import Table

_DESIGN = {"design": "grid (fixed inputs) or stratified (random inputs, one in each cell)"}
_CAPACITY = {"capacity": "hidden units", "n_parameters": "parameters"}
_RIDGE = {"ridge": "ridge penalty; 0: none"}

TABLES = {
    "landmarks": Table(
        "One row per design, ridge and landmark of the expected error against capacity.",
        {
            **_DESIGN,
            **_RIDGE,
            "landmark": "first_minimum (lowest with fewer parameters than points), threshold "
            "(parameters = points), peak (highest from the first minimum on), "
            "units_equal_points (hidden units = points), second_minimum (lowest with more "
            "parameters than points), largest_capacity",
            **_CAPACITY,
            "estimate": "expected error: exact for the grid, else the median over draws of the "
            "inputs",
            "low": "lower end of the median's 95% interval; empty for the grid",
            "high": "upper end of the median's 95% interval; empty for the grid",
        },
    ),
    "grid": Table(
        "One row per capacity and ridge: the expected error with fixed inputs, exact.",
        {
            **_CAPACITY,
            **_RIDGE,
            "noise": "variance of the noise",
            "bias_squared": "squared bias, mean over x",
            "variance": "variance of the prediction, mean over x",
            "error": "expected error: noise + bias_squared + variance",
            "train_error": "expected mean squared error on the training points",
            "smallest_singular_value": "smallest singular value of the features",
            "is_best_ridge": "whether this ridge has the lowest error at this capacity",
        },
    ),
    "grid_measured": Table(
        "One row per checked capacity: the expected error with fixed inputs, measured.",
        {
            "capacity": "hidden units",
            "estimate": "expected error, measured",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            "exact": "expected error, computed",
            "contains_exact": "whether the interval contains the computed error",
            "n_datasets": "data sets behind the estimate",
        },
    ),
    "stratified": Table(
        "One row per ridge and capacity: the expected error given random inputs, over draws of "
        "the inputs.",
        {
            **_CAPACITY,
            **_RIDGE,
            "estimate": "median over draws",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            "quantile_05": "5% quantile over draws",
            "quantile_25": "25% quantile over draws",
            "quantile_75": "75% quantile over draws",
            "quantile_95": "95% quantile over draws",
            "largest": "largest of all draws",
            "tail_index": "exponent of the power law that the largest values follow",
            "tail_index_low": "lower end of its 95% interval",
            "tail_index_high": "upper end of its 95% interval",
            "n_datasets": "draws of the inputs",
        },
    ),
    "training_residuals": Table(
        "One row per design and capacity: the largest absolute training residual, no ridge.",
        {
            **_DESIGN,
            "capacity": "hidden units",
            "median_of_largest": "median over data sets of the largest residual, in units of y",
            "largest": "largest residual of all data sets, in units of y",
            "n_datasets": "data sets",
        },
    ),
}
