"""The tables of `hyperparameter-choice`. Errors, and differences of errors, are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE
from genlab.experiments._experiment import Table

_WAY = {
    "way": "training, validation or test: the configuration with the lowest error on that set, "
    "and that error; sealed_test: the one with the lowest validation error, and its test error"
}
_REPETITIONS = {"n_repetitions": "repetitions behind the mean, each with all sets resampled"}
_CONFIGURATION = {
    "depth": "hidden layers",
    "width": "units in each",
    "learning_rate": "learning rate of SGD",
    "epochs": "passes through the training examples",
    "n_parameters": "weights and biases",
}


def _interval(name: str, holds: str) -> dict[str, str]:
    return {
        name: holds,
        f"{name}_low": "lower end of its 95% interval",
        f"{name}_high": "upper end of its 95% interval",
    }


_MEANS = {
    **_interval("reported", "error that is reported, mean over repetitions"),
    **_interval("fresh", "error of the same model on fresh examples"),
    **_interval("gap", "reported minus fresh error; below 0 where the report is optimistic"),
    **_REPETITIONS,
}

TABLES = {
    "ways": Table("One row per way of choosing.", {**_WAY, **_MEANS}),
    "against_trials": Table(
        "One row per way of choosing and number of trials to choose from.",
        {**_WAY, "n_trials": "trials: configurations with a seed", **_MEANS},
    ),
    "against_size": Table(
        "One row per size of the validation set; the choice is by validation error.",
        {"n_validation": "validation examples", **_MEANS},
    ),
    "estimates": Table(
        "One row per quantity and how it was obtained: what the validation set alone tells about "
        "the cost of choosing.",
        {
            "quantity": "optimism (true error minus the lowest validation error), other_winner "
            "(probability that another configuration wins on a new set) or gain (error minus that "
            "of the default configuration)",
            "method": "measured, bootstrap, nested (halves) or validated (as the validation set "
            "shows it)",
            **ESTIMATE,
            **_REPETITIONS,
        },
    ),
    "configurations": Table(
        "One row per configuration: mean errors, and how often it was chosen.",
        {
            "configuration": "number of the configuration, from 0",
            **_CONFIGURATION,
            **_interval("train_error", "training error"),
            **_interval("validation_error", "validation error"),
            **_interval("fresh_error", "error on examples outside validation and test set"),
            "chosen_by_training": "fraction of choices by training error",
            "chosen_by_validation": "fraction of choices by validation error",
            "chosen_by_test": "fraction of choices by test error",
            **_REPETITIONS,
        },
    ),
    "repetitions": Table(
        "One row per repetition, pair of sets and way of choosing: what was chosen.",
        {
            "repetition": "number of the repetition, from 0",
            "pair": "number of the pair of a validation and a test set, from 0",
            **_WAY,
            "configuration": "the chosen configuration",
            "reported": "error that is reported",
            **_CONFIGURATION,
            "fresh": "error of the same model on fresh examples",
            "gap": "reported minus fresh error",
        },
    ),
}
