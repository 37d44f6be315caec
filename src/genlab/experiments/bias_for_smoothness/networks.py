"""Networks on MNIST-1D: roughness and test error in the course of training, at equal loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab.datasets import DataSpec, values_on_paths
from genlab.experiments._experiment import Context
from genlab.experiments.bias_for_smoothness.protocol import ENSEMBLE, PLAIN, Protocol
from genlab.measure import path_roughness
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import Seeds

#: Measures of roughness: means over paths.
ROUGHNESS = ("total_variation", "curvature", "class_changes", "end_slope")
#: What is measured of a network at an evaluation.
QUANTITIES = ("test_error", "test_loss", *ROUGHNESS)
#: The kinds of paths: between training examples of different classes, and of the same one.
_BETWEEN = ("different", "same")


class Network(NamedTuple):
    """A network after some steps: of a method, a training set, and a member of an ensemble."""

    method: str
    seed: int
    member: int
    steps: int


class Course(NamedTuple):
    """One run, or ensemble, in the course of training: training loss and what is measured."""

    steps: Int[np.ndarray, " evaluations"]
    loss: Float[np.ndarray, " evaluations"]
    values: dict[str, Float[np.ndarray, " evaluations"]]


def training_cells(context: Context, protocol: Protocol) -> dict[Network, TrainingCell]:
    """A cell for each evaluation of each run: it trains so many steps, and keeps its outputs."""
    first = protocol.first_seed
    seeds = context.seeds(first + protocol.n_seeds * protocol.n_members)[first:]
    found = {}
    for i in range(protocol.n_seeds):
        own = seeds[i * protocol.n_members : (i + 1) * protocol.n_members]
        whole = DataSpec(
            "mnist1d_resampled",
            {"seed": own[0], "n_train": protocol.n_train, "n_test": protocol.n_test},
        )
        paths = DataSpec.of_part(
            "paths", whole, n_paths=protocol.n_paths, n_places=protocol.n_places
        )
        for setting in protocol.settings:
            members = own if setting.method == PLAIN else own[:1]
            for steps in setting.steps(protocol.n_evaluations):
                recipe = dataclasses.replace(
                    setting.recipe, steps=steps, evaluate_every=protocol.evaluate_every
                )
                for member, seed in enumerate(members):
                    found[Network(setting.method, i, member, steps)] = TrainingCell(
                        DataSpec.of_part("fitted_too", paths),
                        MLP(hidden=(protocol.width, protocol.width), init="fan_in"),
                        recipe,
                        Seeds(label_noise=own[0], initialisation=seed, batch_order=seed),
                        protocol.label_noise,
                        keep_outputs=True,
                    )
    return found


def courses(
    trained: Mapping[Network, TrainingCell], results: Sequence[CellResult], protocol: Protocol
) -> dict[tuple[str, int], Course]:
    """The course of each method and training set; of the ensemble that of the mean probabilities.

    A run without a finite training loss at a step has none of the values there.
    """
    outputs = dict(zip(trained, results, strict=True))
    found = {}
    for i in range(protocol.n_seeds):
        first = trained[Network(PLAIN, i, 0, protocol.settings[0].first)]
        labels = _labels(first)
        for method in protocol.methods:
            setting = next(
                s
                for s in protocol.settings
                if s.method == (PLAIN if method == ENSEMBLE else method)
            )
            members = range(protocol.n_members if method == ENSEMBLE else 1)
            steps = setting.steps(protocol.n_evaluations)
            rows = [
                measured(
                    [outputs[Network(setting.method, i, member, step)] for member in members],
                    first.data,
                    labels,
                )
                for step in steps
            ]
            found[method, i] = Course(
                np.array(steps),
                np.array([row["train_loss"] for row in rows]),
                {name: np.array([row[name] for row in rows]) for name in QUANTITIES},
            )
    return found


def _labels(cell: TrainingCell) -> tuple[np.ndarray, np.ndarray]:
    """The labels of the test examples, and the noisy ones that a cell is trained on."""
    data = cell.data.make()
    seed = cell.seed.label_noise if isinstance(cell.seed, Seeds) else cell.seed
    noise = cell.label_noise
    labels = data.y_train if noise is None else noise.labels(data.y_train, data.n_classes, seed)
    whole = DataSpec.of(DataSpec.of(cell.data.arguments["of"]).arguments["of"]).make()
    return whole.y_test, labels


def measured(
    members: Sequence[CellResult], data: DataSpec, labels: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """Training loss, test error and roughness of the mean of the members' probabilities."""
    if any(member.diverged_at >= 0 for member in members):
        return dict.fromkeys(("train_loss", *QUANTITIES), np.nan)
    of_members = [np.asarray(member.test_outputs, np.float64) for member in members]
    probabilities = np.mean([scipy.special.softmax(z, axis=1) for z in of_members], axis=0)
    of_test, of_train = labels
    n = len(probabilities) - len(of_train)
    on_test, on_paths = values_on_paths(DataSpec.of(data.arguments["of"]), probabilities[:n])
    rough = path_roughness(np.concatenate([on_paths[kind] for kind in _BETWEEN]))
    return {
        "train_loss": cross_entropy(probabilities[n:], of_train),
        "test_error": float(np.mean(on_test.argmax(axis=1) != of_test)),
        "test_loss": cross_entropy(on_test, of_test),
        "total_variation": float(rough.total_variation.mean()),
        "curvature": float(rough.curvature.mean()),
        "class_changes": float(rough.class_changes.mean()),
        "end_slope": float((rough.start_slope + rough.end_slope).mean() / 2),
    }


def cross_entropy(
    probabilities: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]
) -> float:
    """The mean of −log p of the label, in nats."""
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_label, np.finfo(np.float64).tiny)).mean())


def at_level(course: Course, level: float) -> dict[str, float] | None:
    """The values where the training loss first falls to a level; None where it does not.

    They are interpolated between the first evaluation at or below the level and the one before,
    in proportion to the logarithm of the training loss. A run that is below the level at its first
    evaluation has no value.
    """
    below = np.flatnonzero(course.loss <= level)
    if not len(below) or below[0] == 0 or not np.isfinite(course.loss[below[0] - 1]):
        return None
    after = int(below[0])
    before = after - 1
    start, end = course.loss[before], course.loss[after]
    share = float(np.log(start / level) / np.log(start / end))
    columns = {"step": course.steps, **course.values}
    return {
        "loss_before": float(start),
        "loss_after": float(end),
        **{name: float((1 - share) * v[before] + share * v[after]) for name, v in columns.items()},
    }
