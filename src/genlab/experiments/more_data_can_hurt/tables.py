"""The tables of `more-data-can-hurt`. Errors are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, NETWORK, SEEDS
from genlab.experiments._experiment import Table

_KIND = {
    "label_noise": "fraction of the training labels that are resampled",
    "capacity": "hidden width",
}

TABLES = {
    "rises": Table(
        "One row per noise level and width: the largest rise of the test error from fewer to more "
        "training examples; all differences of one curve hold at once with 95% confidence.",
        {
            **_KIND,
            "from_n": "training examples before it",
            "to_n": "training examples after it",
            **ESTIMATE,
            "found": "whether its interval is above 0: more data hurts",
            "most": "largest upper end of the intervals of all rises: more is excluded",
            **SEEDS,
        },
    ),
    "curves": Table(
        "One row per noise level, width, number of training examples and error: the mean.",
        {
            **_KIND,
            "n_train": "training examples",
            "curve": "train_error or test_error",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "networks": Table(
        "One row per network, after its last step.", {**NETWORK, "n_train": "training examples"}
    ),
}
