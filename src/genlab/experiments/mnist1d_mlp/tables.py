"""The tables of `mnist1d-mlp`. Errors are fractions, losses cross-entropies in nats."""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, LAYERS, NETWORK, SEEDS
from genlab.experiments._experiment import Table

_SCHEDULE = {"schedule": "constant or halving: the learning rate during training"}

TABLES = {
    "layers": Table("One row per layer of the network.", LAYERS),
    "training": Table(
        "One row per schedule: how the networks were trained.",
        {
            **_SCHEDULE,
            "optimizer": "sgd or adam",
            "learning_rate": "learning rate at the start",
            "decay_factor": "what the learning rate is multiplied by; empty where it is constant",
            "decay_every_epochs": "epochs from one such step to the next",
            "n_train": "training examples",
            "n_test": "test examples",
            "batch_size": "examples per batch",
            "steps_per_epoch": "batches per epoch",
            "steps": "training steps",
            "epochs": "passes through the training examples",
            "n_seeds": "networks",
        },
    ),
    "end": Table(
        "One row per schedule and quantity that summarises its curves: the mean over seeds.",
        {
            **_SCHEDULE,
            "quantity": "final_test_error, final_train_error, final_test_loss, final_train_loss, "
            "train_error_at_STEP, lowest_test_loss or step_of_lowest_test_loss",
            "unit": "%, nats or step",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "bands": Table(
        "One row per schedule, curve and step: the mean over seeds.",
        {
            **_SCHEDULE,
            "curve": "train_loss, test_loss, train_error or test_error",
            "step": "training steps taken",
            "epoch": "epochs taken",
            **ESTIMATE,
            **SEEDS,
        },
    ),
    "curves": Table(
        "One row per network and step at which it was evaluated.",
        {
            "dataset": NETWORK["dataset"],
            "model": NETWORK["model"],
            **_SCHEDULE,
            **{
                name: NETWORK[name]
                for name in (
                    "n_parameters",
                    "seed",
                    "step",
                    "train_loss",
                    "test_loss",
                    "train_error",
                    "test_error",
                )
            },
        },
    ),
    "published_points": Table(
        "One row per value read from the book's figure.",
        {
            "curve": "train_loss, test_loss, train_error or test_error",
            "step": "training step",
            "value": "error, a fraction, or loss, in nats",
            "source": "where it was published",
        },
    ),
}
