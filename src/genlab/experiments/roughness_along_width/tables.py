"""The tables of `roughness-along-width`. Errors are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, LABELS, NETWORK, PEAK, SEEDS
from genlab.experiments._experiment import Table

_PATHS = {
    "paths": "same, different (to a training example of the same or of another class) or test (to "
    "the nearest test example); none: the quantity is a test error"
}
_QUANTITY = {
    "quantity": "test_error; or of the predicted probabilities, on average over paths: "
    "total_variation, excess_variation (above the distance of the ends), curvature, start_slope "
    "(at the training example), end_slope, class_changes, neither_fraction (of the places "
    "between the ends, with the class of neither end)"
}
_SETS = {"n_seeds": "training sets behind the estimate; those with a diverged network are left out"}

TABLES = {
    "descents": Table(
        "Two rows per kind of labels and paths and quantity: how much it falls along the second "
        "descent of the test error, and from the first width to the last.",
        {
            **LABELS,
            **_PATHS,
            **_QUANTITY,
            "span": "second_descent (from the width of the highest test error, or after its "
            "largest rise, to that of the lowest after it) or all_widths",
            "from": "hidden width at its beginning",
            "to": "hidden width at its end",
            "estimate": "mean difference over training sets: the value at `from` minus that at "
            "`to`",
            "low": "lower end of its 95% interval, which holds for all pairs of widths at once",
            "high": "upper end of the same",
            "found": "whether the interval lies above 0: a fall",
            **_SETS,
        },
    ),
    "peaks": Table(
        "One row per kind of labels and paths and quantity: the largest rise along the width and "
        "the fall after it; all differences of one curve hold at once with 95% confidence.",
        {
            **LABELS,
            **_PATHS,
            **_QUANTITY,
            **PEAK,
            "found": "whether rise and fall are both above 0: a peak",
            **_SETS,
        },
    ),
    "highest": Table(
        "One row per width that may have the highest value of a quantity, with 95% confidence.",
        {**LABELS, **_PATHS, **_QUANTITY, "capacity": "hidden width"},
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
    "curves": Table(
        "One row per kind of labels and paths, quantity and width: the mean over training sets.",
        {**LABELS, **_PATHS, **_QUANTITY, "capacity": "hidden width", **ESTIMATE, **SEEDS},
    ),
    "toy": Table(
        "One row per number of hidden units of the toy model with fixed inputs: expected values "
        "over data sets, computed and not estimated, so without intervals.",
        {
            "capacity": "hidden units",
            "n_parameters": "offset and slopes",
            "error": "expected squared error on new targets, in squared units of y",
            "total_variation": "expected total variation of the fit over inputs from 0 to 1, in "
            "units of y",
            "curvature": "expected sum of the absolute changes of slope inside, in units of y",
        },
    ),
    "toy_truth": Table(
        "The true function of the toy problem over inputs from 0 to 1, in units of y.",
        {"total_variation": "its total variation", "curvature": "that of its slope"},
    ),
    "example": Table(
        "One row per width, place and class on one path: to a training example of the same class, "
        "with noisy labels.",
        {
            "capacity": "hidden width",
            "place": "share of the way, from 0 to 1",
            "class": "class",
            "probability": "its predicted probability",
        },
    ),
    "example_ends": Table(
        "One row per end of that path.",
        {
            "end": "start or end",
            "row": "number of the training example",
            "label": "its class",
            "noisy_label": "the label that was trained on",
        },
    ),
    "networks": Table(
        "One row per network and kind of paths: means over the paths.",
        {
            **{name: NETWORK[name] for name in ("capacity", "n_parameters", "label_noise")},
            "seed": "seed of training set, label noise, initial weights and batch order",
            "train_error": NETWORK["train_error"],
            "test_error": "fraction of test examples misclassified, without the paths",
            "paths": "same, different or test",
            "total_variation": "mean total variation of the probabilities",
            "excess_variation": "the same above the distance of the ends",
            "curvature": "mean curvature",
            "start_slope": "mean slope at the training example",
            "end_slope": "mean slope at the other end",
            "class_changes": "mean number of changes of the predicted class",
            "neither_fraction": "mean share of the places with the class of neither end",
        },
    ),
}
