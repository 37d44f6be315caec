"""The tables of `double-descent-mnist`.

Losses are squared distances from the one-hot label, summed over classes; errors are fractions.
"""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, FITS, NETWORK, SEEDS
from genlab.experiments._experiment import Table

_SIZE = {"capacity": "weights and biases, as on the figures' axis"}
_RECIPE = {
    "recipe": "reused (up to the threshold each network starts from the trained weights of the "
    "next smaller one), fresh (none does) or plain (Adam on full batches)"
}

TABLES = {
    "landmarks": Table(
        "One row per landmark of the curve of test loss, reused weights.",
        {
            "landmark": "first_minimum, peak or second_minimum",
            "capacity": "weights and biases at which it lies",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "recipes": Table(
        "One row per recipe and network size: the mean test loss.",
        {**_RECIPE, **_SIZE, "n_parameters": "weights and biases", **ESTIMATE, **FITS},
    ),
    "bands": Table(
        "One row per curve and network size, reused weights: the mean over networks.",
        {
            **_SIZE,
            "n_parameters": "weights and biases",
            "label_noise": "fraction of the training labels that are corrupted: 0",
            "curve": "train_loss, test_loss, train_error or test_error",
            **ESTIMATE,
            **FITS,
        },
    ),
    "networks": Table("One row per network, after its last step.", {**_RECIPE, **NETWORK, **_SIZE}),
    "published_points": Table(
        "One row per value read from the paper's figure.",
        {
            "curve": "test_loss",
            **_SIZE,
            "value": "loss",
            "source": "where it was published",
        },
    ),
}
