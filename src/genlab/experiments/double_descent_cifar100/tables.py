"""The tables of `double-descent-cifar100`. Errors are fractions, losses cross-entropies in nats.

Without a GPU or images only `published_points` has rows.
"""

from __future__ import annotations

from genlab.experiments._columns import ESTIMATE, FITS, LABELS, NETWORK
from genlab.experiments._experiment import Table

_WIDTH = {"capacity": "width k: channels of the first stage"}

TABLES = {
    "landmarks": Table(
        "One row per landmark of a test-error curve.",
        {
            **LABELS,
            "landmark": "threshold (where training error falls below 1%; no estimate), "
            "first_minimum, peak, second_minimum, rise (peak minus first minimum), fall (peak "
            "minus second minimum)",
            "capacity": "width k at which it lies",
            **ESTIMATE,
        },
    ),
    "protocol": Table(
        "One row: the images and the recipe.",
        {
            "dataset": "cifar100 or cifar10",
            "n_train": "training images",
            "n_test": "test images",
            "widths": "number of widths",
            "optimizer": "kind of optimizer",
            "learning_rate": "learning rate",
            "batch_size": "images per training step",
            "steps": "training steps",
            "epochs": "passes over the training images",
            "augment": "augmentation of the training images, or none",
        },
    ),
    "bands": Table(
        "One row per curve and width; only test errors have an interval.",
        {
            **LABELS,
            **_WIDTH,
            "n_parameters": NETWORK["n_parameters"],
            "label_noise": NETWORK["label_noise"],
            "curve": "train_loss, test_loss, train_error or test_error",
            **ESTIMATE,
            **FITS,
        },
    ),
    "networks": Table("One row per network, after its last step.", {**LABELS, **NETWORK, **_WIDTH}),
    "published_points": Table(
        "One row per value read from the paper's figure.",
        {
            **LABELS,
            "curve": "train_error or test_error",
            **_WIDTH,
            "value": "error, a fraction",
            "source": "where it was published",
        },
    ),
    "layers": Table(
        "One row per layer of the widest network, and their total.",
        {
            "layer": "name of the layer",
            "output_shape": "shape of its output",
            "n_parameters": NETWORK["n_parameters"],
            "n_multiply_adds": "multiplications and additions per image",
            "output_bytes": "size of its output",
            "parameter_bytes": "size of its parameters",
        },
    ),
}
