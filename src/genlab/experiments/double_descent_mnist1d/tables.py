"""The tables of `double-descent-mnist1d`. Errors are fractions, losses cross-entropies in nats."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, LABELS, NETWORK, SEEDS
from genlab.experiments._experiment import Table

TABLES = {
    "landmarks": Table(
        "One row per landmark of a test-error curve.",
        {
            **LABELS,
            "landmark": "threshold (where training error falls below 1%), first_minimum, peak, "
            "second_minimum, rise (peak minus first minimum), fall (peak minus second minimum)",
            "capacity": "hidden width at which it lies",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "bands": Table(
        "One row per curve and hidden width: the mean over networks.",
        {
            **LABELS,
            "capacity": "hidden width",
            "n_parameters": "weights and biases",
            "label_noise": "fraction of the training labels that are resampled",
            "curve": "train_loss, test_loss, train_error or test_error",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "networks": Table("One row per network, after its last step.", {**LABELS, **NETWORK}),
    "published_points": Table(
        "One row per value read from the book's figure.",
        {
            **LABELS,
            "curve": "train_error or test_error",
            "capacity": "hidden width",
            "value": "error, a fraction",
            "source": "where it was published",
        },
    ),
}
