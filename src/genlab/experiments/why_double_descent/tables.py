"""The tables of `why-double-descent`. Errors are fractions; the unit of a part is its loss's."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, FITS, LABELS, NETWORK
from genlab.experiments._experiment import Table

_LOSS = {
    "loss": "brier (from 0 to 2), cross_entropy (nats), zero_one (error, a fraction; after "
    "Domingos) or kohavi_wolpert (the same, by shares of votes)"
}
_PART = {"part": "bias_squared_and_noise or bias_and_noise, variance, or loss (their sum)"}

TABLES = {
    "tests": Table(
        "One row per part and claim, with intervals that hold for all pairs of widths at once.",
        {
            **LABELS,
            **_LOSS,
            **_PART,
            "claim": "peak_rise and peak_fall (before and after the peak), largest_rise, or change "
            "(last width minus first)",
            "from": "hidden width of the first of the two values",
            "to": "hidden width of the second",
            "estimate": "mean difference over groups of training sets: the value at the higher end "
            "of a rise or a fall minus the other",
            "low": "lower end of its simultaneous 95% interval",
            "high": "upper end of its simultaneous 95% interval",
            "found": "whether the claim is made: for a peak, both its intervals lie above 0",
            "most": "of largest_rise, the largest rise that is not excluded; empty elsewhere",
        },
    ),
    "highest": Table(
        "One row per width that may have the highest value of a part, with 95% confidence.",
        {**LABELS, **_LOSS, **_PART, "capacity": "hidden width"},
    ),
    "thresholds": Table(
        "One row per kind of labels: the width from which training error is below 1%.",
        {
            **LABELS,
            "none_below": "largest width up to which no network is below; empty for none",
            "all_from": "smallest width from which every network is; empty for none",
            **ESTIMATE,
        },
    ),
    "parts": Table(
        "One row per width, loss and part, on average over the test examples.",
        {
            **LABELS,
            "capacity": NETWORK["capacity"],
            "n_parameters": NETWORK["n_parameters"],
            **_LOSS,
            **_PART,
            "estimate": "estimate from all training sets",
            "low": "lower end of its 95% interval over training sets",
            "high": "upper end of its 95% interval over training sets",
            "n_datasets": "training sets behind the estimate",
        },
    ),
    "bands": Table(
        "One row per width: mean training and test error.",
        {
            **LABELS,
            "capacity": NETWORK["capacity"],
            "n_parameters": NETWORK["n_parameters"],
            "curve": "train_error or test_error",
            **ESTIMATE,
            **FITS,
        },
    ),
    "groups": Table(
        "One row per width, part and group of training sets: what the tests compare.",
        {
            **LABELS,
            "capacity": NETWORK["capacity"],
            **_LOSS,
            **_PART,
            "group": "number of the group, from 0",
            "estimate": "the part as this group estimates it",
        },
    ),
}
