"""The tables of `bias-for-smoothness`.

Roughness of networks is that of the predicted probabilities on straight paths between training
examples: see `genlab.measure.path_roughness`. In the toy problem x and y have no units.
"""

from __future__ import annotations

from genlab.experiments._experiment import Table

_ESTIMATE = {
    "estimate": "mean over data sets or seeds",
    "low": "lower end of its 95% interval; empty where there is none",
    "high": "upper end of its 95% interval; empty where there is none",
}
_DIFFERENCE = {
    "estimate": "mean over data sets or seeds of the method minus plain training, on the same data",
    "low": "lower end of its interval; those of the methods at one level and of any two quantities "
    "hold at once with 95% confidence",
    "high": "upper end of its interval",
}
_METHOD = {
    "method": "plain (stopped at this training loss), small_steps, large_steps, weight_decay with "
    "its strength, or ensemble (mean prediction)",
}
_TOY_QUANTITY = "test_error (expected squared error on new examples), total_variation (of the fit "
_TOY_QUANTITY += "over [0, 1]) or curvature (total variation of its slope)"
_QUANTITY = (
    "test_error (fraction misclassified), test_loss (cross-entropy), total_variation, curvature, "
    "class_changes or end_slope: means over paths; end_slope is that at both ends of a path"
)
_LOWEST = {"lowest": "the lowest level that plain training reaches"}
_STOPPING = {
    "estimate": "mean over data sets or seeds of the value at the level minus that at the lowest",
    "low": "lower end of its interval; those of all levels and of any two quantities hold at once "
    "with 95% confidence",
    "high": "upper end of its interval",
}
_N = {"n": "data sets"}
_SEEDS = {"n": "seeds: training sets, each with initial weights of its own"}
_LEVEL = {"level": "training loss: cross-entropy in nats, over the noisy labels"}
_TOY_LEVEL = {"level": "training loss: mean squared error"}
_CURVE = {"x": "input", "y": "value"}

TABLES = {
    "networks": Table(
        "One row per method, training loss and quantity, on MNIST-1D. Only where the training loss "
        "of every seed falls to that level.",
        {**_METHOD, **_LEVEL, "quantity": _QUANTITY, **_ESTIMATE, **_SEEDS},
    ),
    "network_differences": Table(
        "One row per method but the plain one, training loss and quantity, on MNIST-1D.",
        {**_METHOD, **_LEVEL, "quantity": _QUANTITY, **_DIFFERENCE, **_SEEDS},
    ),
    "network_stopping": Table(
        "One row per training loss but the lowest, and quantity: plain training that is stopped at "
        "this loss, on MNIST-1D.",
        {**_LEVEL, **_LOWEST, "quantity": _QUANTITY, **_STOPPING, **_SEEDS},
    ),
    "correlations": Table(
        "One row per training loss, group of methods and measure of roughness: Spearman's rank "
        "correlation of roughness and test error over the methods, on MNIST-1D, mean over seeds.",
        {
            **_LEVEL,
            "methods": "all, or single (without the ensemble)",
            "roughness": "total_variation, curvature, class_changes or end_slope",
            **_ESTIMATE,
            "n_methods": "methods that the correlation is over",
            **_SEEDS,
        },
    ),
    "reached": Table(
        "One row per method and training loss: the seeds that reach it, and how near the "
        "evaluations are between which the values are interpolated.",
        {
            **_METHOD,
            **_LEVEL,
            "n_reached": "seeds whose training loss is above the level at an evaluation, and at or "
            "below it at the next",
            **_SEEDS,
            "step": "training step at the level, mean over the seeds that reach it",
            "loss_before": "training loss at the evaluation before, mean over the seeds",
            "loss_after": "training loss at the evaluation after, mean over the seeds",
        },
    ),
    "runs": Table(
        "One row per method, seed and evaluation.",
        {
            **_METHOD,
            "seed": "number of the training set, from 0",
            "step": "training step",
            "train_loss": "cross-entropy over the noisy training labels, in nats",
            "test_error": "fraction of test examples misclassified",
            "test_loss": "cross-entropy over the test examples, in nats",
            "total_variation": "mean over paths",
            "curvature": "mean over paths",
            "class_changes": "mean over paths",
            "end_slope": "slope at the ends, mean over paths",
        },
    ),
    "toy": Table(
        "One row per method, training loss and quantity, in the toy problem.",
        {**_METHOD, **_TOY_LEVEL, "quantity": _TOY_QUANTITY, **_ESTIMATE, **_N},
    ),
    "toy_differences": Table(
        "One row per method but the plain one, training loss and quantity, in the toy problem.",
        {**_METHOD, **_TOY_LEVEL, "quantity": _TOY_QUANTITY, **_DIFFERENCE, **_N},
    ),
    "toy_stopping": Table(
        "One row per training loss but the lowest, and quantity: plain training that is stopped at "
        "this loss, in the toy problem.",
        {**_TOY_LEVEL, **_LOWEST, "quantity": _TOY_QUANTITY, **_STOPPING, **_N},
    ),
    "toy_strengths": Table(
        "One row per method and training loss: the strength that gives this training loss.",
        {
            **_METHOD,
            **_TOY_LEVEL,
            "strength": "steps (of gradient descent) or decay (λ of ridge regression)",
            "estimate": "median over data sets",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            **_N,
        },
    ),
    "toy_truth": Table(
        "One row.",
        {
            "total_variation": "total variation of the true function over [0, 1]",
            "curvature": "total variation of its slope",
        },
    ),
    "toy_fits": Table(
        "One row per method and point of a fit to the first data set, at the quoted training loss.",
        {**_METHOD, **_CURVE},
    ),
    "toy_points": Table("One row per training point of the first data set.", _CURVE),
    "toy_function": Table("One row per point of the true function.", _CURVE),
}
