"""The tables of `what-helps`. Errors are fractions, losses cross-entropies in nats."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, NETWORK, SEEDS
from genlab.experiments._experiment import Table

_WHERE = {
    "positions": "ordered or shuffled: the positions of all examples",
    "model": "logistic, MLP, CNN or GRU",
}
_FORM = {"form": "floor or no_floor: whether the power law has a floor"}


def _interval(name: str, holds: str) -> dict[str, str]:
    return {
        name: holds,
        f"{name}_low": "lower end of its 95% interval",
        f"{name}_high": "upper end of its 95% interval",
    }


TABLES = {
    "worth": Table(
        "One row per positions, model and number of examples: how many examples the MLP needs "
        "to match it.",
        {
            "positions": _WHERE["positions"],
            "model": "CNN or GRU",
            "n_train": "training examples of this model",
            **_interval("error", "its test error, mean over seeds"),
            **_interval("mlp_examples", "examples with which the MLP has that error"),
            "bound": "above where the MLP needs more than the largest number that was run, below "
            "where it needs fewer than the smallest, else empty",
            **_interval("ratio", "mlp_examples divided by n_train"),
            "extrapolated_by_power_law": "examples the MLP would need if its power law went on; "
            "only where the bound is above, without an interval; not to be relied on where "
            "the law's largest_residual is beyond 3",
            **SEEDS,
        },
    ),
    "bands": Table(
        "One row per positions, model and number of examples: the mean over networks.",
        {
            **_WHERE,
            "n_parameters": "weights and biases",
            "n_train": "training examples",
            "curve": "test_error",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "power_law": Table(
        "One row per positions, model and form: error = scale · n^(−exponent) + floor, fitted to "
        "the mean errors.",
        {
            **_WHERE,
            **_FORM,
            "from": "smallest number of examples in the fit",
            "to": "largest number of examples in the fit",
            **_interval("exponent", "exponent"),
            **_interval("scale", "scale"),
            **_interval("floor", "floor; 0 where the form has none"),
            "largest_residual": "largest difference of a mean error from the fit, in standard "
            "errors over seeds",
            "largest_deviation": "largest relative difference of a mean error from the fit",
            **SEEDS,
        },
    ),
    "fits": Table(
        "One row per positions, model, form and number of examples: the fitted error.",
        {
            **_WHERE,
            **_FORM,
            "n_train": "training examples",
            "fit": "fitted error",
            "deviation": "relative difference of the mean error from the fit",
            "residual": "difference of the mean error from the fit, in standard errors over seeds",
        },
    ),
    "published_points": Table(
        "One row per published error.",
        {
            **_WHERE,
            "value": "test error, a fraction",
            "n_train": "training examples",
            "source": "where it was published",
        },
    ),
    "networks": Table(
        "One row per network, after its last step.",
        {
            **_WHERE,
            "n_parameters": NETWORK["n_parameters"],
            "n_train": "training examples",
            "label_noise": NETWORK["label_noise"],
            "seed": "seed of training examples, initial weights and batch order",
            "step": NETWORK["step"],
            **{
                name: NETWORK[name]
                for name in ("train_loss", "test_loss", "train_error", "test_error")
            },
            "lowest_test_error": "lowest test error during training",
        },
    ),
}
