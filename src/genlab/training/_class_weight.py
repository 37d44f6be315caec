"""The weight of each class in the training loss, as a recipe states it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import real
from genlab._base.words import received, some

#: What a recipe takes as `class_weight`; the order says how a text is read.
ClassWeight = Mapping[str, float] | tuple[float, ...] | str | tuple[tuple[Any, float], ...] | None
BALANCED = "balanced"

_LARGEST = float(np.finfo(np.float32).max)
_NAMES = (str, int, float, bool)
_RULE = (
    "must be None, 'balanced', weights by class name, or one weight per class in the order of the "
    "labels"
)


def frozen_class_weight(given: Any) -> Any:
    """Class weights in the form that a recipe keeps; TypeError or ValueError where they are none.

    It is None, "balanced", a tuple of one weight per label, or a tuple of pairs of a class and
    its weight, sorted.

    >>> frozen_class_weight({"sick": 5, "healthy": 1})
    (('healthy', 1.0), ('sick', 5.0))
    """
    if given is None or (isinstance(given, str) and given == BALANCED):
        return given
    if isinstance(given, Mapping):
        return _pairs(given.items())
    if isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray)) or len(given) == 0:
        raise ValueError(f"`class_weight` {_RULE}, got {received(given)}.")
    if any(isinstance(one, (Sequence, np.ndarray)) for one in given):
        return _pairs(given)
    return tuple(_weight(one) for one in given)


def _pairs(given: Iterable[Any]) -> tuple[tuple[Any, float], ...]:
    pairs = []
    for pair in given:
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise ValueError(f"`class_weight` {_RULE}, got {received(pair)} among them.")
        name = pair[0].item() if isinstance(pair[0], np.generic) else pair[0]
        if not isinstance(name, _NAMES):
            raise TypeError(
                f"`class_weight` must name classes by words, numbers or booleans, got {name!r}."
            )
        pairs.append((name, _weight(pair[1])))
    if not pairs:
        raise ValueError(f"`class_weight` {_RULE}, got none.")
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"`class_weight` must name each class once, got {received(names)}.")
    return tuple(sorted(pairs, key=lambda pair: (type(pair[0]).__name__, pair[0])))


def _weight(given: Any) -> float:
    return real("class_weight", given, low=0, high=_LARGEST)


def weights_by_label(class_weight: Any, classes: Sequence[Any]) -> Any:
    """The class weights of a recipe with every class by its label; "balanced" and None stay.

    Parameters
    ----------
    class_weight
        In the form that a recipe keeps.
    classes
        Names of the classes in the order of their labels; where they have none, the labels.

    Returns
    -------
    None, str or tuple
        A tuple holds one weight per label, 1 for classes that are not named.

    Raises
    ------
    ValueError
        Where a class is not there or named twice, or there is not one weight per label.

    >>> weights_by_label((("sick", 5.0),), ("healthy", "sick"))
    (1.0, 5.0)
    """
    if class_weight is None or class_weight == BALANCED:
        return class_weight
    if not isinstance(class_weight[0], tuple):
        if len(class_weight) != len(classes):
            raise ValueError(
                f"`class_weight` must hold a weight for each of {len(classes)} classes, got "
                f"{len(class_weight)}."
            )
        return class_weight
    weights: dict[int, float] = {}
    for name, weight in class_weight:
        label = _label(name, classes)
        if label is None:
            known = some([repr(one) for one in classes])
            raise ValueError(
                f"`class_weight` must name classes of the data ({known}), got {name!r}."
            )
        if label in weights:
            raise ValueError(
                f"`class_weight` must name each class once, got {classes[label]!r} twice."
            )
        weights[label] = weight
    return tuple(weights.get(label, 1.0) for label in range(len(classes)))


def _label(name: Any, classes: Sequence[Any]) -> int | None:
    """The label of a class by its name, by its name as a text, or, among words, by its label."""
    for label, one in enumerate(classes):
        if one == name and isinstance(one, bool) == isinstance(name, bool):
            return label
    if isinstance(name, str):
        texts = [str(one) for one in classes]
        return texts.index(name) if name in texts else None
    is_label = isinstance(name, int) and not isinstance(name, bool) and 0 <= name < len(classes)
    return name if is_label and all(isinstance(one, str) for one in classes) else None


def weight_of_each(
    class_weight: Any, y: Int[np.ndarray, " n"], fitted: Any, n_classes: int
) -> Float[np.ndarray, " n"]:
    """The weight of each example by its class.

    Parameters
    ----------
    class_weight
        "balanced", or a tuple of one weight per label.
    y
        Labels.
    fitted
        Index of the examples that are trained on, which "balanced" counts: it is
        n / (k · count) for n examples of k classes. A class without any weighs 1.
    n_classes
        Number of labels.
    """
    if class_weight != BALANCED:
        return np.asarray(class_weight)[y]
    counts = np.bincount(y[fitted], minlength=n_classes)
    present = counts > 0
    weights = np.ones(n_classes)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    by_example: Float[np.ndarray, " n"] = weights[y]
    return by_example
