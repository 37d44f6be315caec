"""Every experiment by name. A new one is a module here beside, and an entry below.

The entries are plain data, so that listing them loads nothing.
"""

from __future__ import annotations

from genlab.experiments._experiment import Experiment

_ALL = (
    Experiment(
        name="mnist1d-construction",
        title="How MNIST-1D is made",
        question="What turns ten templates into examples that are hard to tell apart?",
        seconds={"quick": 5, "default": 5, "paper": 5},
        module="genlab.experiments.mnist1d_construction",
    ),
    Experiment(
        name="mnist1d-tsne",
        title="MNIST and MNIST-1D seen by their neighbours",
        question="Are examples of one class near each other?",
        seconds={"quick": 30, "default": 60, "paper": 60},
        module="genlab.experiments.mnist1d_tsne",
    ),
    Experiment(
        name="mnist1d-mlp",
        title="The chapter's network on MNIST-1D",
        question="How do training and test error part as a network learns?",
        seconds={"quick": 15, "default": 15, "paper": 40},
        module="genlab.experiments.mnist1d_mlp",
    ),
)

EXPERIMENTS: dict[str, Experiment] = {experiment.name: experiment for experiment in _ALL}
if len(EXPERIMENTS) < len(_ALL):
    raise ValueError("two experiments have one name.")


def get_experiment(name: str) -> Experiment:
    """The experiment called `name`; ValueError listing the names where there is none."""
    if name not in EXPERIMENTS:
        raise ValueError(f"unknown experiment {name!r}; there are: {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[name]
