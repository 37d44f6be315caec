"""The rules of a generator of data, as checks."""

from __future__ import annotations

import copy
import inspect
import json
import random
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from genlab._base import kinds, specs
from genlab.datasets import GENERATORS, Dataset, DataSpec
from genlab.testing._check import Check

_STATE = 271828


def dataset_checks(generator: Callable[..., Dataset] | str, **arguments: Any) -> list[Check]:
    """The rules that a generator of data of your own must keep, to be called one by one.

    Parameters
    ----------
    generator
        The function, its name among `GENERATORS`, or its import path "package.module:function".
    **arguments
        Arguments that make a small data set. Where the function has an argument `seed`, another
        value of it must make other data.

    Returns
    -------
    list of Check
        As those of `model_checks`.

    Raises
    ------
    TypeError, ValueError
        Where `generator` names no function, or does not take the arguments.

    >>> from genlab.datasets import make_mnist1d
    >>> for check in dataset_checks("mnist1d", n_samples=100):
    ...     check()
    """
    function: Any = generator
    if isinstance(generator, str):
        by_path = kinds.is_import_path(generator)
        function = kinds.find(generator) if by_path else GENERATORS[generator]
    if not callable(function) or not hasattr(function, "__qualname__"):
        raise TypeError(f"`generator` must be a function with a name, got {generator!r}.")
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise TypeError(
            f"`arguments` must be those of `{function.__name__}`, got {arguments}: {error}."
        ) from None
    tried = _Tried(function, arguments)
    rules = {
        "be what other processes can import": tried.is_importable,
        "return a Dataset with examples to train on": tried.returns_data,
        "return the same data for the same arguments": tried.repeats,
    }
    if tried.other is not None:
        rules["return other data of the same shape for another `seed`"] = tried.takes_a_seed
    rules |= {
        "keep no state between calls": tried.keeps_no_state,
        "leave its arguments as they are": tried.leaves_arguments,
        "leave the random state of NumPy and of Python as it is": tried.leaves_random_state,
        "take arguments that JSON holds, and return the same data for them": tried.takes_json,
    }
    return [Check(f"`{function.__name__}`", rule, find) for rule, find in rules.items()]


class _Tried:
    """A generator, and what several checks need of it."""

    def __init__(self, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
        self.function = function
        self.arguments = arguments

    def make(self, arguments: dict[str, Any]) -> Any:
        return self.function(**copy.deepcopy(arguments))

    @cached_property
    def first(self) -> Any:
        return self.make(self.arguments)

    @cached_property
    def other(self) -> dict[str, Any] | None:
        """The arguments with another seed; None where there is no seed."""
        signature = inspect.signature(self.function)
        if "seed" not in signature.parameters:
            return None
        bound = signature.bind(**self.arguments)
        bound.apply_defaults()
        seed = bound.arguments["seed"]
        return {**self.arguments, "seed": seed + 1 if isinstance(seed, int) else 1}

    @property
    def name(self) -> str:
        """Its name in data specs: genlab's own are in the registry by another than their own."""
        for name in GENERATORS.builtin:
            if GENERATORS[name] is self.function:
                return name
        return f"{self.function.__module__}:{self.function.__qualname__}"

    def is_importable(self) -> str | None:
        try:
            kinds.check_importable("generator", self.name, self.function)
        except ValueError as error:
            return str(error).partition(", got ")[2].rstrip(".")
        return None

    def returns_data(self) -> str | None:
        if not isinstance(self.first, Dataset):
            return f"a {type(self.first).__name__}"
        if self.first.n_classes == 1:
            return "examples of one class alone"
        missing = set(range(self.first.n_classes)) - set(self.first.y_train.tolist())
        return f"no training example of class {min(missing)}" if missing else None

    def repeats(self) -> str | None:
        first, again = (self.make(self.arguments).fingerprint for _ in range(2))
        return None if first == again else "other data at a second call"

    def takes_a_seed(self) -> str | None:
        assert self.other is not None
        other = self.make(self.other)
        if other.fingerprint == self.first.fingerprint:
            return f"the same data for seed {self.other['seed']}"
        shapes = [(data.input_shape, data.task, data.n_outputs) for data in (self.first, other)]
        return None if shapes[0] == shapes[1] else f"{self.first!r} and {other!r}"

    def keeps_no_state(self) -> str | None:
        first = self.make(self.arguments)
        before = first.fingerprint
        if self.other is not None:
            self.make(self.other)
        if first.fingerprint != before:
            return "a data set that a later call changes"
        same = self.make(self.arguments).fingerprint == before
        return None if same else "other data after a call with another seed"

    def leaves_arguments(self) -> str | None:
        given = copy.deepcopy(self.arguments)
        self.function(**given)
        for name, value in given.items():
            if not np.array_equal(value, self.arguments[name]):
                return f"another `{name}` after the call"
        return None

    def leaves_random_state(self) -> str | None:
        states = np.random.get_state(), random.getstate()
        try:
            # A generator may have set its own state before, so begin from another one.
            np.random.seed(_STATE)
            random.seed(_STATE)
            before = _random_states()
            self.make(self.arguments)
            after = _random_states()
        finally:
            np.random.set_state(states[0])
            random.setstate(states[1])
        changed = [name for name in before if after[name] != before[name]]
        return f"another state of {changed[0]} after the call" if changed else None

    def takes_json(self) -> str | None:
        spec = DataSpec(self.name, self.arguments)
        again = specs.from_dict(json.loads(json.dumps(specs.to_dict(spec))), {"DataSpec": DataSpec})
        if again != spec:
            return f"{dict(again.arguments)} from {self.arguments}"
        made = again.make()
        return None if made.fingerprint == self.first.fingerprint else "other data from its spec"


def _random_states() -> dict[str, Any]:
    name, words, *rest = np.random.get_state()
    return {"numpy.random": (name, np.asarray(words).tobytes(), *rest), "random": random.getstate()}
