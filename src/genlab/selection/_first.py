"""Configurations that a search tries first: checked, and as points of its space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from genlab._base.words import received
from genlab.selection._space import Space
from genlab.training import frozen_class_weight


def first_points(space: Space, try_first: Any) -> tuple[dict[str, Any], ...]:
    """The points of the configurations to try first; they may leave parameters out.

    Parameters
    ----------
    space
        The space of the search.
    try_first
        None, or mappings from names of searched parameters to values.

    Raises
    ------
    TypeError, ValueError
        In one sentence: a parameter that is not searched, a value that the space does not have,
        a configuration that is empty or given twice.

    >>> from genlab.selection import Integer, Space
    >>> first_points(Space(parameters={"width": Integer(10, 400), "depth": [1, 2]}),
    ...              [{"width": 100}])
    ({'width': 100},)
    """
    if try_first is None:
        return ()
    if isinstance(try_first, (Mapping, str)) or not isinstance(try_first, Iterable):
        raise TypeError(
            "`try_first` must be several configurations such as [{'learning_rate': 0.01}], got "
            f"{received(try_first)}."
        )
    points: list[dict[str, Any]] = []
    for configuration in try_first:
        if not isinstance(configuration, Mapping) or not configuration:
            raise TypeError(
                "`try_first` must hold mappings from names of searched parameters to values, got "
                f"{received(configuration)}."
            )
        point = {name: _internal(space, name, value) for name, value in configuration.items()}
        if point in points:
            raise ValueError(
                f"`try_first` must hold each configuration once, got {received(configuration)} "
                "again."
            )
        points.append(point)
    return tuple(points)


def _internal(space: Space, name: str, value: Any) -> Any:
    """A value as Optuna represents it; ValueError where the space does not have it."""
    if name not in space.dimensions:
        raise ValueError(
            f"`try_first` must give values to parameters that are searched "
            f"({', '.join(space.dimensions)}), got {name!r}."
        )
    searched = space.dimensions[name]
    try:
        if space.model is not None and name == "class_weight":
            value = frozen_class_weight(value)
        return searched.internal(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"`try_first` must give `{name}` a value of {received(searched)}, got "
            f"{received(value)}."
        ) from None
