"""The tables of `variance-along-width`. Errors are fractions, variances parts of Brier scores."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, NETWORK
from genlab.experiments._experiment import Table

_WIDTH = {"capacity": "hidden width"}
_N = {"n": "independent replicates or ensembles behind the estimate, without diverged ones"}

TABLES = {
    "components": Table(
        "One row per hidden width and component of the variance; those of a width add up.",
        {
            **_WIDTH,
            "component": "a source (training_sample, label_noise, initial_weights, batch_order) "
            "for its main effect, or several with colons between for their interaction",
            **ESTIMATE,
            **_N,
            "reason": "why there is no interval; empty where there is one",
            "may_be_largest": "whether no other component of this width is larger beyond chance: "
            "by intervals of all differences at once",
        },
    ),
    "totals": Table(
        "One row per hidden width and sum of components, or other part of the loss.",
        {
            **_WIDTH,
            "part": "a source (the sum of all components that involve it), variance (the sum of "
            "all), bias_squared_and_noise, or loss (the Brier score)",
            **ESTIMATE,
            **_N,
        },
    ),
    "peaks": Table(
        "One row per sum of components or other part: whether it peaks along width.",
        {
            "part": "as in totals",
            "before": "hidden width of the minimum before the peak",
            "capacity": "hidden width of the peak",
            "after": "hidden width of the minimum after the peak",
            "rise": "the part at the peak minus that before",
            "rise_low": "lower end of its 95% interval, simultaneous for all pairs of widths",
            "rise_high": "upper end",
            "fall": "the part at the peak minus that after",
            "fall_low": "lower end of its 95% interval, simultaneous for all pairs of widths",
            "fall_high": "upper end",
            "found": "whether both intervals are above 0",
        },
    ),
    "ensembles": Table(
        "One row per hidden width and quantity of ensembles.",
        {
            **_WIDTH,
            "quantity": "single (loss of a network), predicted (loss of an ensemble, from the "
            "components), measured (loss of ensembles that are not in the design), difference "
            "(measured minus predicted), limit (predicted for infinitely many networks)",
            **ESTIMATE,
            **_N,
        },
    ),
    "errors": Table(
        "One row per hidden width and error: the mean over replicates.",
        {
            **_WIDTH,
            "n_parameters": NETWORK["n_parameters"],
            "curve": "train_error or test_error",
            **ESTIMATE,
            **_N,
        },
    ),
    "networks": Table(
        "One row per network, after its last step.",
        {
            "batch_size": "training examples of each step",
            **_WIDTH,
            "group": "number of the replicate or of the ensemble, from 0",
            "in_ensemble": "true for a network of an ensemble, false for one of the design",
            "levels": "level of each source in the design, or number in the ensemble, from 0",
            **{
                name: NETWORK[name]
                for name in ("train_loss", "test_loss", "train_error", "test_error")
            },
        },
    ),
}
TABLES |= {
    f"batch_{name}": TABLES[name]._replace(
        about=f"Of networks trained with batches, whose order is a source: {TABLES[name].about}"
    )
    for name in ("components", "totals", "peaks", "errors")
}
