"""The tables of `epoch-wise-double-descent`. Errors are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, NETWORK, SEEDS
from genlab.experiments._experiment import Table

_SIZE = {"capacity": "hidden width", "n_parameters": "weights and biases"}

TABLES = {
    "changes": Table(
        "One row per hidden width and change of the test error from `tested_from` on; all "
        "differences of one width hold at once with 95% confidence.",
        {
            **_SIZE,
            "change": "end (last step minus the lowest mean), rise (to the peak, or the largest "
            "rise where no peak is found) or fall (peak minus the lowest mean after it)",
            "from_step": "the first of the two steps, for a fall the later one",
            "to_step": "the second of the two steps, for a fall the earlier one",
            **ESTIMATE,
            "found": "end: whether its interval is above 0; rise and fall: whether both intervals "
            "are, which is an epoch-wise double descent",
            **SEEDS,
        },
    ),
    "fitted": Table(
        "One row per hidden width: the step from which training error is below 1%.",
        {**_SIZE, **ESTIMATE, "n_fitted": "networks that reach it", **SEEDS},
    ),
    "map": Table(
        "One row per hidden width, step and error: the mean over networks.",
        {
            **_SIZE,
            "step": "training steps taken",
            "curve": "train_error or test_error",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "networks": Table("One row per network, after its last step.", NETWORK),
}
