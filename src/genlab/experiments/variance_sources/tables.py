"""The tables of `variance-sources`. Errors are fractions, losses cross-entropies in nats."""

from __future__ import annotations

from genlab.experiments._columns import LABELS, NETWORK
from genlab.experiments._experiment import Table

_QUANTITY = {"quantity": "test_error or test_loss"}
_SOURCE = {
    "source": "what is resampled: training_sample, label_noise, initial_weights, batch_order, or "
    "all (together)"
}
_GROUPS = {"n_groups": "groups behind the estimate; groups with a diverged network are left out"}

TABLES = {
    "deviations": Table(
        "One row per source and quantity: its standard deviation while the others are held fixed.",
        {
            **LABELS,
            **_QUANTITY,
            **_SOURCE,
            "estimate": "standard deviation, a fraction or nats",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            "share": "its variance as a fraction of that of all together",
            "share_low": "lower end of the 95% interval of share; empty for all",
            "share_high": "upper end of the 95% interval of share; empty for all",
            **_GROUPS,
        },
    ),
    "sums": Table(
        "One row per quantity: the sum of the variances of single sources.",
        {
            **LABELS,
            **_QUANTITY,
            "estimate": "sum as a fraction of the variance of all together",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            **_GROUPS,
        },
    ),
    "sampling": Table(
        "One row per size of test set: the standard deviation that resampling it adds.",
        {
            **LABELS,
            "n_test": "test examples",
            "test_error": "mean test error p, a fraction",
            "standard_deviation": "√(p(1 − p)/n_test), a fraction",
        },
    ),
    "changes": Table(
        "One row per pair of networks that differ in one source alone, or share nothing.",
        {
            **LABELS,
            **_SOURCE,
            "group": "number of the group, from 0",
            "test_error_change": "difference of the two test errors",
            "test_loss_change": "difference of the two test losses, in nats",
        },
    ),
    "runs": Table(
        "One row per network, after its last step.",
        {
            "dataset": NETWORK["dataset"],
            "model": "kind of model and hidden widths",
            "n_parameters": NETWORK["n_parameters"],
            "label_noise": "fraction of the training labels that are resampled",
            "group": "number of the group, from 0",
            "resampled": "the source in which it differs from the first network of its group; "
            "empty for the first",
            **{
                name: NETWORK[name]
                for name in ("step", "train_loss", "test_loss", "train_error", "test_error")
            },
        },
    ),
}
