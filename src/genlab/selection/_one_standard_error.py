"""The one-standard-error rule: the simplest configuration that is about as good as the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice
from genlab._base.words import label, received
from genlab.datasets import Dataset
from genlab.selection._dimensions import Choice, plain
from genlab.selection._scoring import Scoring
from genlab.selection._space import Space
from genlab.selection._trials import Outcome, TrialRow
from genlab.selection._validation import Validation

#: How a configuration is chosen among those that were tried; the default first.
RULES = ("best", "one-standard-error")

# Means that are equal but for the order of adding count as equal.
_ROUNDING = 1e-12
_ENDS = {"low": "lowest", "high": "highest"}


@dataclass(frozen=True)
class Simplicity:
    """The order of configurations from the simplest on.

    Attributes
    ----------
    space
        The space that they are of.
    input_shape, n_outputs
        Sizes of the data, which decide the number of a model's parameters.
    by
        Name of a parameter -> "low", "high", or its options from the simplest on; the first
        counts most. None orders genlab's models by their number of parameters.
    """

    space: Space
    input_shape: tuple[int, ...]
    n_outputs: int
    by: Mapping[str, Any] | None

    @property
    def description(self) -> str:
        """What makes a configuration simpler, in words."""
        if self.by is None:
            return "fewest parameters"
        return ", then ".join(
            f"{_ENDS[order]} {name}"
            if isinstance(order, str)
            else f"{name} in the order {', '.join(label(plain(one)) for one in order)}"
            for name, order in self.by.items()
        )

    def measured(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """What a configuration is ordered by: name -> value in JSON values."""
        if self.by is None:
            model, _ = self.space.model_and_recipe(configuration)
            return {"n_parameters": model.n_parameters(self.input_shape, self.n_outputs)}
        return {name: plain(configuration.get(name)) for name in self.by}

    def key(self, configuration: Mapping[str, Any]) -> tuple[float, ...]:
        """Where a configuration stands: the lower, the simpler."""
        if self.by is None:
            return (float(self.measured(configuration)["n_parameters"]),)
        return tuple(
            _place(configuration[name], order) if name in configuration else -math.inf
            for name, order in self.by.items()
        )


def _place(value: Any, order: Any) -> float:
    if isinstance(order, str):
        return float(value) if order == "low" else -float(value)
    return float(list(map(repr, order)).index(repr(value)))


def simplicity_of(space: Space, data: Dataset, choose: Any, simplest: Any) -> Simplicity | None:
    """The order that a rule needs, checked; None for the rule "best", which needs none.

    Raises
    ------
    TypeError, ValueError
        In one sentence: no such rule, an estimator without an order, an order where none is
        needed, or one that is not of the space.
    """
    choice("choose", choose, RULES)
    if choose == "best":
        if simplest is not None:
            raise ValueError(
                f"`simplest` belongs to choose='one-standard-error', got {received(simplest)} "
                "without it."
            )
        return None
    if simplest is None and space.model is None:
        raise ValueError(
            "`simplest` must say what makes an estimator simpler, such as {'max_depth': 'low'}, "
            "where choose='one-standard-error', got None."
        )
    by = None if simplest is None else _checked_orders(space, simplest)
    return Simplicity(space, data.input_shape, data.n_outputs, by)


def _checked_orders(space: Space, simplest: Any) -> dict[str, Any]:
    if not isinstance(simplest, Mapping) or not simplest:
        raise TypeError(
            "`simplest` must map names of searched parameters to 'low', 'high' or their options "
            f"from the simplest on, got {received(simplest)}."
        )
    orders: dict[str, Any] = {}
    for name, order in simplest.items():
        if name not in space.dimensions:
            raise ValueError(
                f"`simplest` must name parameters that are searched "
                f"({', '.join(space.dimensions)}), got {name!r}."
            )
        searched = space.dimensions[name]
        if isinstance(searched, Choice):
            orders[name] = _order_of_options(name, searched, order)
        elif isinstance(order, str) and order in _ENDS:
            orders[name] = order
        else:
            raise ValueError(
                f"`simplest` must give `{name}` 'low' or 'high', got {received(order)}."
            )
    return orders


def _order_of_options(name: str, searched: Choice, order: Any) -> Any:
    options = searched.options
    if isinstance(order, str) and order in _ENDS:
        if not all(isinstance(one, (int, float)) for one in options):
            raise ValueError(
                f"`simplest` must list the options of `{name}` from the simplest on, because they "
                f"are not all numbers, got {order!r}."
            )
        return order
    given = order if isinstance(order, Sequence) and not isinstance(order, str) else (order,)
    labels = [searched.internal(one) for one in given if _is_option(searched, one)]
    if sorted(labels) != sorted(searched.labels) or len(labels) < len(given):
        raise ValueError(
            f"`simplest` must give `{name}` 'low', 'high' or all of its options from the simplest "
            f"on, {received(options)}, got {received(order)}."
        )
    return tuple(searched.value(one) for one in labels)


def _is_option(searched: Choice, value: Any) -> bool:
    try:
        searched.internal(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class OneStandardError:
    """A choice by the one-standard-error rule.

    Of the trials whose validation error, or score, is at most one standard error worse than the
    best, the simplest is chosen; of equally simple ones the better (Breiman, Friedman,
    Olshen & Stone 1984, section 3.4.3; Hastie, Tibshirani & Friedman, "The Elements of
    Statistical Learning", section 7.10).

    Attributes
    ----------
    standard_error
        Standard error of the lowest validation error. With several splits it is s √(m/n): s is the
        standard deviation of the error over splits, m the number of validation examples in one and
        n that of different ones in all. For K folds that is s/√K. Folds share training examples,
        so it is usually too small, and no unbiased estimate exists (Bengio & Grandvalet, JMLR
        2004). It is itself uncertain, by about 1/√(2(K − 1)) of its value: a third for 5 folds.
        With one part of n examples held out it is √(p(1 − p)/n) for the error p: it does not
        include the randomness of training, and it is 0 where no example is misclassified. Of
        another score it is that of the mean of its parts (`Trial.parts`).
    limit
        Worst validation error, or score, that counts as about as good: the best, worse by one
        standard error.
    simplicity
        What makes a configuration simpler.
    within
        Numbers of the trials at most at the limit, from the simplest on: the first is the chosen
        one.
    """

    standard_error: float
    limit: float
    simplicity: Simplicity
    within: tuple[int, ...]

    def chooser(
        self, configurations: Sequence[Mapping[str, Any]], n_others: int = 0
    ) -> Callable[[Float[np.ndarray, "trials ..."]], Int[np.ndarray, ...]]:
        """The rule as a function of errors of configurations: the row that it chooses.

        The standard error stays the same. After the configurations come `n_others` rows that it
        never chooses.
        """
        keys = [self.simplicity.key(configuration) for configuration in configurations]
        order = {key: place for place, key in enumerate(sorted(set(keys)))}
        places = np.array([*(float(order[key]) for key in keys), *[math.inf] * n_others])

        def chosen(errors: Float[np.ndarray, "trials ..."]) -> Int[np.ndarray, ...]:
            by_trial = places.reshape(-1, *[1] * (errors.ndim - 1))
            limit = errors.min(axis=0) + self.standard_error + _ROUNDING
            place = np.where(errors <= limit, by_trial, math.inf)
            rows: Int[np.ndarray, ...] = np.where(
                place == place.min(axis=0), errors, math.inf
            ).argmin(axis=0)
            return rows

        return chosen


def one_standard_error(
    rows: Sequence[TrialRow],
    lowest: int,
    validation: Validation,
    scoring: Scoring,
    simplicity: Simplicity,
) -> OneStandardError:
    """What the rule makes of finished trials; `lowest` is the number of the one of best score."""
    outcomes = {row.number: row.outcome for row in rows if row.outcome is not None}
    errors = {
        number: scoring.order(outcome.value)
        for number, outcome in outcomes.items()
        if outcome.state == "complete"
    }
    keys = {
        row.number: simplicity.key(simplicity.space.configuration(row.point))
        for row in rows
        if row.number in errors
    }
    width = standard_error(outcomes[lowest], validation)
    limit = errors[lowest] + width
    within = [number for number, error in errors.items() if error <= limit + _ROUNDING]
    within.sort(key=lambda number: (keys[number], errors[number], number != lowest, number))
    return OneStandardError(width, scoring.order(limit), simplicity, tuple(within))


def standard_error(outcome: Outcome, validation: Validation) -> float:
    """Standard error of a trial's score: see `OneStandardError`."""
    if len(validation) == 1:
        if not outcome.scores:
            return float(np.std(outcome.wrong) / math.sqrt(len(outcome.wrong)))
        parts = outcome.scores[0].parts
        return float(np.std(parts, ddof=1) / math.sqrt(len(parts))) if len(parts) > 1 else 0.0
    values = [one.value for one in outcome.scores] or outcome.accuracies
    n_examples = len(np.unique(np.concatenate(validation.chosen_by)))
    n_validation = float(np.mean([len(rows) for rows in validation.chosen_by]))
    return float(np.std(values, ddof=1) * math.sqrt(n_validation / n_examples))
