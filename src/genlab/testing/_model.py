"""The rules of a model spec, as checks."""

from __future__ import annotations

import dataclasses
import json
import math
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from genlab._base import kinds, specs
from genlab._base.checks import integer
from genlab._base.precision import in_float32
from genlab.datasets import Dataset
from genlab.models import MODELS, ModelSpec, array_shapes, trained_and_gathered
from genlab.sweep import CellResult, TrainingCell
from genlab.testing._check import Check
from genlab.training import Recipe

# Fields of these names say how many numbers a model learns.
_WIDTHS = ("hidden", "n_hidden", "width", "widths")
# Of float32, and of sums in another order.
_CLOSE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-5}
_EXAMPLES = 48


def model_checks(
    model: ModelSpec, input_shape: tuple[int, ...] = (8,), n_outputs: int = 3
) -> list[Check]:
    """The rules that a model spec of your own must keep, to be called one by one.

    They take a few seconds together, most of it for compiling.

    Parameters
    ----------
    model
        The spec with parameters that make it small.
    input_shape
        Shape of an example that it takes.
    n_outputs
        Number of outputs: of classes, or 1 for a model that is trained on a regression.

    Returns
    -------
    list of Check
        Each is a function without arguments that raises `genlab.ConformanceError`, an
        AssertionError whose sentence names the rule. Its text is the rule, which serves pytest
        as `ids`.

    Raises
    ------
    TypeError, ValueError
        Where `model` is no spec, or a number is not allowed.

    >>> from genlab.models import Logistic
    >>> checks = model_checks(Logistic())
    >>> str(checks[0]), len(checks)
    ('be a frozen dataclass', 16)
    >>> for check in checks[:4]:
    ...     check()
    """
    if not isinstance(model, ModelSpec):
        raise TypeError(f"`model` must be a ModelSpec, got {model!r}.")
    shape = tuple(integer("input_shape", n, low=1) for n in input_shape)
    tried = _Tried(model, shape, integer("n_outputs", n_outputs, low=1))
    rules = {
        "be a frozen dataclass": tried.is_frozen,
        "be equal and hash alike where its parameters are equal": tried.is_equal,
        "turn to JSON and back": tried.turns_to_json,
        "be what other processes can import": tried.is_importable,
        "refuse invalid parameters with a ValueError or TypeError": tried.refuses,
        "draw the same weights from the same key": tried.draws_the_same,
        "draw other weights from another key": tried.draws_others,
        "return finite logits, a row per output and a column per example": tried.has_logits,
        "return the same logits for the same inputs": tried.keeps_no_state,
        "compute each example's logits from that example alone": tried.takes_each_alone,
        "compute by `logits` what its module returns for each example": tried.agrees_with_module,
        "have finite gradients that are not all zero": tried.has_gradients,
        "count its parameters in `layers` as its arrays hold them": tried.counts,
        "compute the same within the arrays of its padded spec": tried.is_the_same_padded,
        "lower its training loss within 20 steps": tried.learns,
        "give the same results from the same cell": tried.repeats,
    }
    return [Check(f"`{type(model).__name__}`", rule, find) for rule, find in rules.items()]


class _Tried:
    """A model, and what several checks need of it."""

    def __init__(self, model: ModelSpec, input_shape: tuple[int, ...], n_outputs: int) -> None:
        self.model = model
        self.sizes = (input_shape, n_outputs)
        random = np.random.default_rng(0)
        self.x = random.standard_normal((_EXAMPLES, *input_shape)).astype(np.float32)

    @in_float32
    def build(self, seed: int) -> eqx.Module:
        return self.model.build(*self.sizes, jax.random.key(seed))

    @cached_property
    def module(self) -> eqx.Module:
        return self.build(0)

    @in_float32
    def logits(self, x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n_outputs n"]:
        return np.asarray(self.model.logits(self.module, jnp.asarray(x)))

    @cached_property
    def cell(self) -> TrainingCell:
        """Some steps on classes that lie apart, or on a linear target: any model can learn them."""
        input_shape, n_outputs = self.sizes
        directions = np.random.default_rng(1).standard_normal((n_outputs, *input_shape))
        settings: dict[str, Any] = {"steps": 20, "batch_size": None, "evaluate_every": 20}
        if n_outputs == 1:
            settings["loss"] = "squared"
            targets = (self.x * directions).reshape(_EXAMPLES, -1).sum(axis=1)
            self.data = Dataset(self.x, targets, self.x[:2], targets[:2], task="regression")
        else:
            y = np.arange(_EXAMPLES) % n_outputs
            x = (0.3 * self.x + directions[y]).astype(np.float32)
            self.data = Dataset(x, y, x[:n_outputs], y[:n_outputs], n_classes=n_outputs)
        return TrainingCell(self.data.spec, self.model, Recipe.adam(0.01, **settings), seed=0)

    @cached_property
    def result(self) -> CellResult:
        return self.cell.run()

    def is_frozen(self) -> str | None:
        parameters = getattr(type(self.model), "__dataclass_params__", None)
        if parameters is None:
            return "a class that is no dataclass"
        return None if parameters.frozen else "a dataclass that can be changed"

    def is_equal(self) -> str | None:
        again = dataclasses.replace(self.model)  # type: ignore[type-var]
        if again != self.model:
            return "two of the same parameters that differ"
        return None if hash(again) == hash(self.model) else "two hashes"

    def turns_to_json(self) -> str | None:
        written = specs.canonical_json(specs.to_dict(self.model))
        again = specs.from_dict(json.loads(written), MODELS.builtin, kinds.find)
        return None if again == self.model else f"{again!r} from {written}"

    def is_importable(self) -> str | None:
        try:
            kinds.check_spec_importable("model", self.model)
        except ValueError as error:
            return str(error).partition(", got ")[2].rstrip(".")
        return None

    def refuses(self) -> str | None:
        for name, value in _fields(self.model).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            invalid = ["a word", 0 if name in _WIDTHS else math.nan]
            for one in invalid:
                try:
                    _with(self.model, {name: one})
                except (TypeError, ValueError):
                    continue
                return f"no error for `{name}` = {one!r}"
        return None

    def draws_the_same(self) -> str | None:
        first, _, again = (_arrays(self.build(seed)) for seed in (0, 1, 0))
        return None if _are_equal(first, again) else "other weights from a second `build`"

    def draws_others(self) -> str | None:
        first, other = (_arrays(self.build(seed)) for seed in (0, 1))
        return "the same ones" if _are_equal(first, other) else None

    def has_logits(self) -> str | None:
        found = self.logits(self.x)
        if found.shape != (self.sizes[1], _EXAMPLES):
            return (
                f"shape {found.shape} for {_EXAMPLES} examples of shape {self.sizes[0]} and "
                f"{self.sizes[1]} outputs"
            )
        n_bad = np.count_nonzero(~np.isfinite(found))
        return f"{n_bad} values that are not finite" if n_bad else None

    def keeps_no_state(self) -> str | None:
        first, _, again = (self.logits(x) for x in (self.x, -self.x, self.x))
        return None if np.array_equal(first, again) else "others at a second call"

    def takes_each_alone(self) -> str | None:
        alone = np.concatenate([self.logits(self.x[i : i + 1]) for i in range(3)], axis=1)
        together = self.logits(self.x)[:, :3]
        return None if _are_close(alone, together) else "others where more examples are given"

    @in_float32
    def agrees_with_module(self) -> str | None:
        module: Any = self.module
        each = np.stack([np.asarray(module(jnp.asarray(x))) for x in self.x[:3]], axis=1)
        mapped = np.asarray(jax.vmap(module, out_axes=1)(jnp.asarray(self.x[:3])))
        if not _are_close(each, mapped):
            return "a module that computes something else under `jax.vmap`"
        return None if _are_close(each, self.logits(self.x[:3])) else "something else"

    @in_float32
    def has_gradients(self) -> str | None:
        trained, gathered = trained_and_gathered(self.module)
        arrays, rest = eqx.partition(trained, eqx.is_inexact_array)

        def loss(arrays: Any) -> Array:
            module = eqx.combine(arrays, rest, gathered)
            return jnp.square(self.model.logits(module, jnp.asarray(self.x))).mean()

        gradients = [np.asarray(one) for one in jax.tree.leaves(jax.jit(jax.grad(loss))(arrays))]
        if not all(np.isfinite(one).all() for one in gradients):
            return "values that are not finite"
        return None if any(one.any() for one in gradients) else "zeros alone"

    def counts(self) -> str | None:
        n_parameters = self.model.n_parameters(*self.sizes)
        for name, model in {"": self.model, **_neighbours(self.model)}.items():
            try:
                shapes, _ = array_shapes(model, *self.sizes)
                counted = model.n_parameters(*self.sizes)
            except (TypeError, ValueError):
                if not name:
                    raise
                continue  # a neighbour need not suit these inputs
            trained, _ = trained_and_gathered(shapes)
            held = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(trained))
            if held != counted:
                return f"{counted} for the {held} of {model!r}"
            if name in _WIDTHS and counted == n_parameters:
                return f"{counted} whatever its `{name}`"
        return None

    @in_float32
    def is_the_same_padded(self) -> str | None:
        padded = self.model.padded()
        if padded == self.model:
            return None
        if padded.padded() != padded:
            return "a padded spec that is padded again"
        within = padded.build_within(
            jnp.asarray(self.model.sizes()), *self.sizes, jax.random.key(0)
        )
        found = np.asarray(padded.logits(within, jnp.asarray(self.x)))
        return None if _are_close(found, self.logits(self.x)) else "other logits"

    def learns(self) -> str | None:
        before, *_, after = self.result.train_loss
        return None if after < before else f"{before:.4g} before and {after:.4g} after"

    def repeats(self) -> str | None:
        again = TrainingCell.from_dict(json.loads(json.dumps(self.cell.to_dict())))
        if again != self.cell or again.key != self.cell.key:
            return "another cell from its JSON"
        first, second = (TrainingCell.pack(result) for result in (self.result, again.run()))
        return None if first == second else "other results from a second run"


def _fields(model: Any) -> dict[str, Any]:
    return {f.name: getattr(model, f.name) for f in dataclasses.fields(model) if f.init}


def _with(model: Any, values: dict[str, Any]) -> Any:
    return dataclasses.replace(model, **values)


def _neighbours(model: Any) -> dict[str, Any]:
    """The model with one parameter larger by 1, for each that is a whole number or several."""
    found = {}
    for name, value in _fields(model).items():
        numbers = value if isinstance(value, tuple) else (value,)
        if not numbers or not all(type(one) is int for one in numbers):
            continue
        larger = tuple(one + 1 for one in numbers)
        try:
            found[name] = _with(model, {name: larger if isinstance(value, tuple) else larger[0]})
        except (TypeError, ValueError):
            continue
    return found


def _arrays(module: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(module, eqx.is_array))]


def _are_equal(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def _are_close(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and np.allclose(first, second, **_CLOSE)
