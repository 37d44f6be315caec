"""The protocol of `mnist1d-construction`, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

from genlab.experiments._experiment import Table


@dataclass(frozen=True)
class Protocol:
    """What is recorded.

    Attributes
    ----------
    n_samples
        Examples of MNIST-1D, training and test examples together.
    followed
        Index of the example whose stages are recorded, training examples first.
    n_train, n_test
        Training and test examples of each class that are shown.
    """

    n_samples: int = 5_000
    followed: int = 0
    n_train: int = 3
    n_test: int = 2


PROTOCOLS = {"quick": Protocol(), "default": Protocol(), "paper": Protocol()}

_LABEL = {"label": "class, 0 to 9"}
_SIGNAL = {
    "position": "number of the point, from 0",
    "t": "time of the point",
    "value": "value of the signal, without unit",
}

TABLES = {
    "templates": Table("One row per point of a template.", {**_LABEL, **_SIGNAL}),
    "stages": Table(
        "One row per point of the followed example after a stage of its construction.",
        {
            "stage": "template, pad, dilate, scale, translate, correlated noise, i.i.d. noise, "
            "shear, subsample, standardise",
            "position": _SIGNAL["position"],
            "value": _SIGNAL["value"],
        },
    ),
    "examples": Table(
        "One row per point of an example.",
        {
            "set": "train or test",
            "row": "1 for the first example of its class in the set, 2 for the second, ...",
            **_LABEL,
            "index": "index of the example in its set",
            **_SIGNAL,
        },
    ),
    "digits": Table(
        "One row per pixel that is not black of MNIST's first digit of each class; empty without "
        "MNIST.",
        {
            **_LABEL,
            "row": "row of the pixel, from the top",
            "column": "column of the pixel, from the left",
            "value": "brightness, above 0 and up to 1",
        },
    ),
}
