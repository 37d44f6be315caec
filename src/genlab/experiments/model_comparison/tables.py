"""The tables of `model-comparison`. Accuracies and errors are fractions."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, LAYERS, SEEDS
from genlab.experiments._experiment import Table

_WHERE = {
    "dataset": "mnist, mnist1d or mnist1d_shuffled (the positions of all examples in another "
    "order, one for all)",
    "model": "logistic, MLP, CNN or GRU",
}
_TRAINING = {
    "training": "last_step (all training examples, weights after the last step) or "
    "early_stopping (some held out, weights with the lowest validation loss)"
}

TABLES = {
    "accuracy": Table(
        "One row per data set, model and way of training: mean test accuracy over seeds. "
        "Human accuracy is quoted from the paper.",
        {
            "dataset": _WHERE["dataset"],
            "model": f"{_WHERE['model']}, or human",
            "training": f"{_TRAINING['training']}; quoted where the model is human",
            **ESTIMATE,
            **SEEDS,
            "best": "highest test accuracy during training; optimistic, as it is chosen on the "
            "test examples",
            "best_low": "lower end of its 95% interval",
            "best_high": "upper end of its 95% interval",
            "train_accuracy": "mean training accuracy",
            "n_train": "examples that the weights were fitted to",
            "step": "mean training step of the weights that were kept",
        },
    ),
    "cost": Table(
        "One row per data set and model: size, work and time.",
        {
            **_WHERE,
            "n_parameters": "weights and biases",
            "flop_per_example": "FLOPs for one prediction; a multiply-add counts as two",
            "training_gflop": "10^9 FLOPs of one training, evaluations included",
            "seconds_median": "median time of one training over seeds, in seconds on one thread",
            "seconds_min": "shortest time",
            "seconds_max": "longest time; the first network in a process compiles the program",
            "n_seeds": "networks whose time is known",
        },
    ),
    "training": Table(
        "One row per data set and model: how it was trained.",
        {
            **_WHERE,
            "optimizer": "sgd or adam",
            "learning_rate": "learning rate at the start",
            "schedule": "constant or cosine (to 0)",
            "batch_size": "examples per batch",
            "steps": "training steps",
            "epochs": "passes through the training examples",
            "n_train": "training examples",
            "n_test": "test examples",
        },
    ),
    "bands": Table(
        "One row per data set, model, curve and step: mean over seeds, all training examples.",
        {
            **_WHERE,
            "curve": "train_accuracy or test_accuracy",
            "step": "training steps taken",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "class_errors": Table(
        "One row per data set, model and class: fraction of its test examples misclassified.",
        {**_WHERE, "class": "true class", **ESTIMATE, **SEEDS},
    ),
    "most_confused": Table(
        "One row per data set, model and mistake: the five most frequent ones.",
        {
            **_WHERE,
            "true": "true class",
            "predicted": "predicted class",
            "count": "test examples, summed over seeds",
            **ESTIMATE,
            "estimate": "fraction of the true class's test examples, mean over seeds",
        },
    ),
    "confusion": Table(
        "One row per data set, model, true class and predicted class.",
        {
            **_WHERE,
            "true": "true class",
            "predicted": "predicted class",
            "count": "test examples, summed over seeds",
            "fraction": "fraction of the true class's test examples",
        },
    ),
    "calibration": Table(
        "One row per data set, model and way of training: expected calibration error.",
        {
            **_WHERE,
            **_TRAINING,
            **ESTIMATE,
            **SEEDS,
            "by_chance": "the error that a calibrated model shows by chance with these counts",
        },
    ),
    "reliability": Table(
        "One row per data set, model and bin of confidence.",
        {
            **_WHERE,
            "low_edge": "lower edge of the bin",
            "high_edge": "upper edge of the bin",
            "count": "test examples in the bin, summed over seeds",
            "confidence": "their mean confidence; empty where there are none",
            "accuracy": "the fraction of them that is classified correctly",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
        },
    ),
    "layers": Table("One row per data set, model and layer.", {**_WHERE, **LAYERS}),
    "published_points": Table(
        "One row per data set and model: the paper's accuracy.",
        {
            **_WHERE,
            "curve": "test_accuracy",
            "step": "training step at which it is drawn: the last",
            "value": "accuracy, a fraction",
            "source": "where it was published",
        },
    ),
}
