"""Which parts of a loss an ensemble of networks removes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from genlab._base.arrays import floats, squarable
from genlab._base.checks import integer, several
from genlab._base.words import received
from genlab.measure._capacity import difference_interval
from genlab.measure._intervals import Interval
from genlab.measure._variance_components import (
    VarianceComponents,
    checked_truth,
    mean_intervals,
    with_intervals,
)


def ensemble_components(
    components: VarianceComponents, size: int, over: Sequence[str]
) -> VarianceComponents:
    """The parts of the loss of ensembles: of the mean prediction of `size` networks.

    The networks of an ensemble differ in the sources `over` and share all others. Their mean
    divides each component that involves one of `over` by `size`, and changes neither the other
    components nor the bias (d'Ascoli et al., "Double trouble in double descent", ICML 2020,
    section 4.2).

    Parameters
    ----------
    components
        The parts of single networks, with `truth`.
    size
        Networks of an ensemble, at least 1.
    over
        The sources in which they differ, such as ["initial_weights"].

    Returns
    -------
    VarianceComponents
        Its loss is the one predicted for ensembles.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    For ensembles of networks that are in the design themselves the prediction is no test: it is
    their measured loss, by algebra. `ensemble_difference` compares it with other ensembles.

    >>> from genlab.measure import variance_components
    >>> one = [[[[0.0]], [[1.0]]], [[[2.0]], [[3.0]]]]  # 2 training samples x 2 initial weights
    >>> parts = variance_components([one, one], ["sample", "weights"], [[0.0]])
    >>> four = ensemble_components(parts, 4, ["weights"])
    >>> float(four.components["sample"].mean), float(four.components["weights"].mean)
    (2.0, 0.125)
    >>> float(parts.loss.mean), float(four.loss.mean)
    (3.5, 3.125)
    """
    parts = _checked_components(components)
    size = integer("size", size, low=1)
    differ = _checked_over(over, parts.sources)
    found = {
        name: values / size if differ & {*name.split(":")} else values
        for name, values in parts.by_replicate.items()
    }
    return with_intervals(parts.sources, found, parts.noise, parts.reason, parts.confidence)


def ensemble_difference(
    members: Any, truth: Any, components: VarianceComponents, over: Sequence[str]
) -> tuple[Interval, Interval]:
    """The measured loss of ensembles, and by how much it differs from the predicted one.

    Parameters
    ----------
    members
        Predictions of networks that are not in the design, shape (ensembles, size, examples,
        outputs). Those of an ensemble differ in the sources `over` alone, and ensembles share
        nothing. An ensemble with a NaN or infinite value is left out.
    truth
        As for `variance_components`, and of the same examples.
    components
        The parts of single networks.
    over
        The sources in which the networks of an ensemble differ.

    Returns
    -------
    measured, difference
        The loss of the mean prediction, with Student's t interval on the scale of the logarithm;
        and this loss minus the one that `ensemble_components` predicts, with Welch's t interval:
        both are over independent networks.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.measure import variance_components
    >>> one = [[[[0.0]], [[1.0]]], [[[2.0]], [[3.0]]]]  # 2 training samples x 2 initial weights
    >>> parts = variance_components([one, one], ["sample", "weights"], [[0.0]])
    >>> others = [[[[1.0]], [[2.0]]], [[[0.0]], [[3.0]]]]  # 2 samples, each of 2 initial weights
    >>> loss, difference = ensemble_difference(others, [[0.0]], parts, ["weights"])
    >>> float(loss.mean), float(difference.mean)
    (2.25, -1.0)
    """
    values = squarable("members", floats("members", members))
    if values.ndim != 4 or not values.size:
        raise ValueError(
            "`members` must have shape (ensembles, size, examples, outputs), got "
            f"{np.shape(members)}."
        )
    parts = _checked_components(components)
    true = checked_truth(truth, values.shape[2:])
    predicted = ensemble_components(parts, values.shape[1], over)
    values = values[np.isfinite(values).reshape(len(values), -1).all(axis=1)]
    if not len(values):
        raise ValueError("`members` must hold an ensemble without a diverged network, got 0.")
    noise = parts.noise or 0.0
    losses = ((values.mean(axis=1) - true) ** 2).sum(axis=2).mean(axis=1) + noise
    expected = np.sum(list(predicted.by_replicate.values()), axis=0) + noise
    difference = difference_interval(losses, expected, parts.confidence)
    (loss,) = mean_intervals(losses[:, None], parts.confidence, len(losses) < 2, noise)
    return loss, difference


def _checked_over(over: Sequence[str], names: tuple[str, ...]) -> set[str]:
    differ = {name for name in several("over", over) if isinstance(name, str)}
    if not differ or len(differ) < len(list(over)) or not differ <= {*names}:
        raise ValueError(f"`over` must be some of {', '.join(names)}, got {received(over)}.")
    return differ


def _checked_components(components: Any) -> VarianceComponents:
    if not isinstance(components, VarianceComponents) or components.loss is None:
        raise ValueError(
            "`components` must be the result of `variance_components` with `truth`, got "
            f"{received(components)}."
        )
    return components
