"""The tables of `removing-the-peak`. Errors are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, NETWORK, PEAK, SEEDS
from genlab.experiments._experiment import Table

_CONDITION = {
    "label_noise": "fraction of the training labels that are resampled",
    "weight_decay": "decoupled weight decay",
    "stopping": "last (after the last step) or validation (at the lowest validation loss)",
}

TABLES = {
    "peaks": Table(
        "One row per noise level, weight decay and stopping: the largest rise of the test error "
        "along the width and the fall after it; all differences of one curve hold at once with 95% "
        "confidence.",
        {
            **_CONDITION,
            **PEAK,
            "most": "largest upper end of the intervals of all rises: more is excluded",
            "found": "whether rise and fall are both above 0: a peak",
            **SEEDS,
        },
    ),
    "changes": Table(
        "One row per way to regularise or noise level, and change: how much smaller it is than "
        "without regularisation at the noise level of the protocol. Between the widths of the "
        "largest rise there, of the same seeds; all differences of the table hold at once with 95% "
        "confidence.",
        {
            **_CONDITION,
            "change": "rise (to the peak) or fall (after it)",
            "from": "hidden width before, or after",
            "to": "hidden width of the peak, or of the largest rise",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "curves": Table(
        "One row per noise level, weight decay, stopping and width: the mean test error.",
        {
            **_CONDITION,
            "capacity": "hidden width",
            "n_parameters": "weights and biases",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "gains": Table(
        "One row per way to regularise and width: how much lower test error is than without, of "
        "the same seeds; all differences hold at once with 95% confidence.",
        {**_CONDITION, "capacity": "hidden width", **ESTIMATE, **SEEDS},
    ),
    "thresholds": Table(
        "One row per kind of network and data: the width from which training error is below 1%, "
        "and how many parameters that is for each training example and class.",
        {
            "n_train": "examples that are trained on, without those held out",
            "label_noise": "fraction of the training labels that are resampled",
            "weight_decay": "decoupled weight decay",
            "n_layers": "hidden layers",
            **ESTIMATE,
            "ratio": "parameters / (examples × classes) at that width",
            "ratio_low": "the same at the lower end",
            "ratio_high": "the same at the upper end",
            "n_fitted": "seeds that reach it",
            **SEEDS,
            "scanned": "whether the widths were chosen for the threshold: a scan",
            "change": "of a scan, the ratio minus that of the first scan, of the same seeds; empty "
            "where a seed has no threshold among the widths",
            "change_low": "lower end of its interval; those of all changes hold at once with 95% "
            "confidence",
            "change_high": "upper end of its interval",
        },
    ),
    "networks": Table(
        "One row per network, after its last step.",
        {
            **NETWORK,
            "weight_decay": "decoupled weight decay",
            "n_train": "examples that are trained on, without those held out",
            "n_layers": "hidden layers",
            "stopped_step": "step of the lowest validation loss",
            "stopped_test_error": "fraction of test examples misclassified there",
        },
    ),
}
