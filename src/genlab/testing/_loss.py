"""The rules of a loss, as checks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from genlab._base import kinds
from genlab._base.checks import choice, integer
from genlab._base.precision import in_float32
from genlab.testing._check import Check

_EXAMPLES = 12
# Of float32, and of sums in another order.
_CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-6}


def loss_checks(
    loss: Callable[[Any, Any], Any], task: str = "classification", n_outputs: int = 3
) -> list[Check]:
    """The rules that a loss of your own must keep, to be called one by one.

    Parameters
    ----------
    loss
        The function that a `Recipe` names: of outputs, shape (outputs, n), and of labels or
        standardised targets, shape (n,), to the loss of each example, shape (n,).
    task
        "classification" or "regression", which has one output.
    n_outputs
        Number of classes of a classification.

    Returns
    -------
    list of Check
        As those of `model_checks`.

    Raises
    ------
    TypeError, ValueError
        Where `loss` is no function, or `task` is none.

    >>> checks = loss_checks(lambda outputs, y: (outputs[0] - y) ** 2, "regression")
    >>> str(checks[1])
    'return one finite number per example'
    >>> for check in checks[1:]:  # the first one: a lambda cannot be imported
    ...     check()
    """
    if not callable(loss):
        raise TypeError(f"`loss` must be a function, got {loss!r}.")
    regression = choice("task", task, ("classification", "regression")) == "regression"
    n = 1 if regression else integer("n_outputs", n_outputs, low=2)
    tried = _Tried(loss, n, regression=regression)
    rules = {
        "be a function that other processes can import": tried.is_importable,
        "return one finite number per example": tried.is_finite,
        "depend on one example each": tried.is_of_each,
        "return the same in a compiled program, also for several models at once": tried.compiles,
        "have a finite gradient": tried.has_gradient,
        "have a gradient that is not zero for random outputs": tried.teaches,
        "have the gradient that finite differences give": tried.is_differentiated,
    }
    return [
        Check(f"`{getattr(loss, '__name__', loss)}`", rule, find) for rule, find in rules.items()
    ]


class _Tried:
    """A loss, and outputs that it is called with."""

    def __init__(self, loss: Any, n_outputs: int, *, regression: bool) -> None:
        random = np.random.default_rng(0)
        self.loss = loss
        self.outputs = jnp.asarray(random.normal(size=(n_outputs, _EXAMPLES)), jnp.float32)
        labels = np.arange(_EXAMPLES) % n_outputs
        self.y = jnp.asarray(random.normal(size=_EXAMPLES), jnp.float32)
        if not regression:
            self.y = jnp.asarray(labels, jnp.int32)

    @in_float32
    def is_importable(self) -> None:
        kinds.check_importable("loss", kinds.kind_of(self.loss), self.loss)
        if not inspect.isfunction(self.loss):
            raise TypeError(f"a {type(self.loss).__name__}")

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray(self.loss(self.outputs, self.y), np.float64)

    @cached_property
    def gradient(self) -> np.ndarray:
        mean = jax.grad(lambda outputs: jnp.mean(self.loss(outputs, self.y)))
        return np.asarray(mean(self.outputs), np.float64)

    @in_float32
    def is_finite(self) -> str | None:
        if self.values.shape != self.y.shape:
            return f"shape {self.values.shape} for {_EXAMPLES} examples"
        wrong = self.values[~np.isfinite(self.values)]
        return f"{wrong[0]}" if len(wrong) else None

    @in_float32
    def is_of_each(self) -> str | None:
        order = np.random.default_rng(1).permutation(_EXAMPLES)[:-1]
        found = np.asarray(self.loss(self.outputs[:, order], self.y[order]))
        if not np.allclose(found, self.values[order], **_CLOSE):
            return "other values for fewer examples in another order"
        return None

    @in_float32
    def compiles(self) -> str | None:
        several = jnp.stack([self.outputs, -self.outputs])
        together = jax.jit(jax.vmap(self.loss, in_axes=(0, None)))(several, self.y)
        alone = [self.values, np.asarray(self.loss(-self.outputs, self.y))]
        if not np.allclose(np.asarray(together), alone, **_CLOSE):
            return "other values"
        return None

    @in_float32
    def has_gradient(self) -> str | None:
        wrong = self.gradient[~np.isfinite(self.gradient)]
        return f"{wrong[0]}" if wrong.size else None

    @in_float32
    def teaches(self) -> str | None:
        return None if self.gradient.any() else "zero for all outputs"

    @in_float32
    def is_differentiated(self) -> str | None:
        """Along one random direction, by central differences."""
        way = jnp.asarray(np.random.default_rng(2).normal(size=self.outputs.shape), jnp.float32)
        ends = [float(jnp.mean(self.loss(self.outputs + s * way, self.y))) for s in (0.01, -0.01)]
        found, slope = (
            float((self.gradient * np.asarray(way)).sum()),
            (ends[0] - ends[1]) / 0.02,
        )
        if not np.isclose(found, slope, rtol=0.05, atol=1e-3):
            return f"a slope of {found:.3g} where differences give {slope:.3g}"
        return None
