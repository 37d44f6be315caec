"""The tables of `double-descent-mnist1d`. Errors are fractions, losses cross-entropies in nats."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, FITS, LABELS, NETWORK, SEEDS
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
            **FITS,
        },
    ),
    "networks": Table("One row per network, after its last step.", {**LABELS, **NETWORK}),
    "infinite_width": Table(
        "One row per training labels and kernel of a network of infinite width; none where the "
        "protocol leaves them out.",
        {
            **LABELS,
            "kernel": "nngp (all weights but the last layer's stay random) or ntk (all layers "
            "with hidden inputs are trained)",
            "estimate": "fraction of test examples misclassified: mean over seeds of label noise",
            "low": "lower end of its 95% interval over test examples",
            "high": "upper end of its 95% interval over test examples",
            "n_seeds": "seeds of label noise; 1 with clean labels, where nothing is random",
            "capacity": "hidden width of the widest network that was trained",
            "difference": "its test error less that of infinite width, on the same test examples",
            "difference_low": "lower end of its 95% interval over test examples",
            "difference_high": "upper end of its 95% interval over test examples",
        },
    ),
    "published_points": Table(
        "One row per value read from the book's figure; none where the networks are not trained as "
        "in it.",
        {
            **LABELS,
            "curve": "train_error or test_error",
            "capacity": "hidden width",
            "value": "error, a fraction",
            "source": "where it was published",
        },
    ),
}
