"""A data set: its arrays, and the spec that can make it again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import is_sparse
from genlab._base.checks import integer, real
from genlab._base.kinds import check_importable, is_import_path
from genlab._base.specs import canonical_json
from genlab._base.words import received
from genlab.datasets._arrays import frozen, inputs, kept_names, names_of_inputs
from genlab.datasets._contents import held, hold
from genlab.datasets._generators import CONTENT, canonical_name, generator
from genlab.datasets._labels import count_classes
from genlab.datasets._sparse import canonical, content, like
from genlab.datasets._split import split_indices
from genlab.datasets._targets import (
    CLASSIFICATION,
    REGRESSION,
    checked_task,
    class_names,
    group_numbers,
    row_numbers,
    targets,
    weights,
)

if TYPE_CHECKING:
    import pandas

# What may come with each training example beside its inputs and its target.
_BESIDE = ("groups", "sample_weight")
# The same, which are no part of what is learned from.
_TOLD = ("rows",)


@dataclass(frozen=True)
class DataSpec:
    """A data set's identity.

    Parameters
    ----------
    name
        A key of `GENERATORS`; or "package.module:function" for a function of your own, which
        takes the arguments by name and returns a `Dataset`, the same for the same arguments; or
        "content" for arrays that no generator made. The name of an entry point becomes
        "package.module:function".
    arguments
        All arguments of the generator, or {"fingerprint": SHA-256 of the arrays}.

    >>> from genlab.datasets import make_mnist1d
    >>> spec = make_mnist1d(n_samples=100).spec
    >>> spec.name, spec.arguments["n_samples"], spec.arguments["seed"]
    ('mnist1d', 100, 42)
    >>> spec.make().x_train.shape
    (80, 40)
    """

    name: str
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", canonical_name(self.name))
        plain = json.loads(canonical_json(self.arguments))
        object.__setattr__(self, "arguments", MappingProxyType(plain))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, canonical_json(dict(self.arguments))))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, dict(self.arguments))  # its mapping cannot be pickled

    @classmethod
    def of_part(cls, name: str, whole: DataSpec, **arguments: Any) -> DataSpec:
        """The spec of a part of another data set, taken out by the generator `name`."""
        of = {"name": whole.name, "arguments": dict(whole.arguments)}
        return cls(name, {"of": of, **arguments})

    @classmethod
    def of(cls, given: DataSpec | Mapping[str, Any], parameter: str = "given") -> DataSpec:
        """The spec itself, or that of a mapping with its name and arguments.

        Parameters
        ----------
        given
            A spec, or a mapping with the keys `name` and `arguments`.
        parameter
            What an error calls it.

        Raises
        ------
        TypeError
            Where it is neither.
        """
        if isinstance(given, DataSpec):
            return given
        if not (isinstance(given, Mapping) and isinstance(given.get("arguments"), Mapping)):
            raise TypeError(
                f"`{parameter}` must be a DataSpec, or a mapping with a name and arguments, "
                f"got {received(given)}."
            )
        return cls(given.get("name", ""), given["arguments"])

    @cached_property
    def whole(self) -> DataSpec | None:
        """The spec of the data set that this one is a part of; None where it is no part."""
        given = self.arguments.get("of")
        if isinstance(given, Mapping) and "name" in given and "arguments" in given:
            return DataSpec.of(given)
        return None

    def make(self) -> Dataset:
        """Make the data set; the last few made are kept, so asking again is free.

        A generator that is named by its import path is imported and called, so make only
        specs that you trust. A spec of content gives the data set of this content that this
        process holds.

        Raises
        ------
        ValueError
            Where the generator cannot be imported, or this process holds no such content.
        """
        return held(self.arguments["fingerprint"]) if self.name == CONTENT else _make(self)

    def check_importable(self, parameter: str = "data") -> None:
        """Raise ValueError where a worker process could not import the generator."""
        check_importable(parameter, self.name)
        if (whole := self.whole) is not None:
            whole.check_importable(parameter)


class Examples(NamedTuple):
    """Inputs, one example per row, and their labels or, for a regression, their targets."""

    x: Float[np.ndarray, "n ..."]
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]


class Encoder(Protocol):
    """What turns the rows of a table into the inputs of a data set."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it reads."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was decided about the table."""
        ...

    def transform(self, rows: Any) -> Float[np.ndarray, "n inputs"]:
        """The inputs of each row."""
        ...

    def to_frame(self) -> pandas.DataFrame:
        """One row per column of the table: its kind, and what becomes of it."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The encoder as JSON values."""
        ...


class Split(NamedTuple):
    """Three sets of examples: for training, for validation, and for the final test."""

    train: Examples
    validation: Examples
    test: Examples


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test examples of one classification or regression problem, read-only.

    Parameters
    ----------
    x_train, x_test
        Inputs, one example per row: shape (n_train, ...) and (n_test, ...) with the same
        trailing axes. float32 is kept, everything else becomes float64. Values lie within the
        range of float32. The columns of a data frame are matched by name. A data set whose
        test set is sealed has no test examples: shape (0, ...). Sparse matrices and arrays of
        SciPy stay sparse: as rows (CSR), for estimators alone.
    y_train, y_test
        Labels from 0 to n_classes − 1: shape (n_train,) and (n_test,). They become int64. For a
        regression finite numbers within the range of float32, which become float64.
    n_classes
        Number of classes, from 1 to 10,000; None takes the number of different labels, which
        then number the classes from 0 without a gap. State it where a class has no example.
        For a regression it is 0.
    t
        Position of each input along its axis, in the units of the generator, or None.
    spec
        Spec of the generator that made it; None takes a fingerprint of the arrays.
    columns
        Names of the inputs where each example is one row of a table, or None; a data frame
        brings its own. A saved model keeps them. They are no part of the fingerprint.
    task
        "classification" or "regression"; None means classification.
    classes
        Names of the classes in the order of their labels: words, numbers or booleans, all
        different; or None. They are no part of the fingerprint.
    target
        Name of what is predicted, or None. It is no part of the fingerprint.
    groups
        Group of each training example, numbers or words of shape (n_train,), or None: examples
        of one group, such as measurements of one patient, are kept together by whatever divides
        the training set. They become numbers from 0.
    sample_weight
        Weight of each training example in the training loss, at least 0, of shape (n_train,);
        None weighs all alike.
    encoder
        What turned the rows of a table into the inputs, or None. A saved model keeps it.
    rows
        Number of each training example's row in the table that it came from, from 0; or None.
        They are no part of the fingerprint.

    Raises
    ------
    ValueError
        Where lengths or shapes disagree, the training set is empty, an input is not finite,
        a label is not an integer from 0 to n_classes − 1, the labels cannot be the numbers
        of classes, or a target is not a number.

    >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
    >>> data.n_train, data.n_test, data.input_shape, data.n_classes
    (2, 1, (1,), 2)
    >>> Dataset([[0.0], [1.0]], [0.5, 2.5], [[0.5]], [1.5], task="regression").n_outputs
    1
    >>> data.x_train[0, 0] = 3.0
    Traceback (most recent call last):
        ...
    ValueError: assignment destination is read-only
    """

    x_train: Float[np.ndarray, "n_train ..."]
    y_train: Int[np.ndarray, " n_train"] | Float[np.ndarray, " n_train"]
    x_test: Float[np.ndarray, "n_test ..."]
    y_test: Int[np.ndarray, " n_test"] | Float[np.ndarray, " n_test"]
    n_classes: int = None  # type: ignore[assignment]  # always an int once made
    t: Float[np.ndarray, " length"] | None = None
    spec: DataSpec = field(default=None)  # type: ignore[assignment]  # likewise
    columns: tuple[str, ...] | None = None
    task: str = None  # type: ignore[assignment]  # likewise
    classes: tuple[Any, ...] | None = None
    target: str | None = None
    groups: Int[np.ndarray, " n_train"] | None = None
    sample_weight: Float[np.ndarray, " n_train"] | None = None
    encoder: Encoder | None = None
    rows: Int[np.ndarray, " n_train"] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", checked_task(self.task))
        columns = names_of_inputs(self.columns, self.x_train)
        sparse = [x for x in (self.x_train, self.x_test) if is_sparse(x)]
        for part in ("train", "test"):
            given = getattr(self, f"x_{part}")
            x = inputs(f"x_{part}", given, columns, may_be_empty=part == "test")
            if sparse and not is_sparse(x):
                x = canonical(f"x_{part}", like(sparse[0], x))
            y = targets(f"y_{part}", getattr(self, f"y_{part}"), x.shape[0], self.task)
            object.__setattr__(self, f"x_{part}", x)
            object.__setattr__(self, f"y_{part}", y)
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise ValueError(
                f"`x_test` must have examples of the shape {self.x_train.shape[1:]} of "
                f"`x_train`, got {self.x_test.shape[1:]}."
            )
        object.__setattr__(self, "columns", kept_names(columns, self.input_shape))
        object.__setattr__(self, "n_classes", self._count_classes())
        object.__setattr__(self, "classes", class_names(self.classes, self.n_classes, self.task))
        if self.target is not None and not isinstance(self.target, str):
            raise TypeError(f"`target` must be a name or None, got {self.target!r}.")
        if self.rows is not None:
            object.__setattr__(self, "rows", row_numbers(self.rows, self.n_train))
        object.__setattr__(self, "groups", group_numbers(self.groups, self.n_train))
        object.__setattr__(self, "sample_weight", weights(self.sample_weight, self.n_train))
        if self.t is not None:
            object.__setattr__(self, "t", frozen(np.array(self.t, dtype=np.float64)))
        if self.spec is None or self.spec.name == CONTENT:  # given where one field is replaced
            object.__setattr__(self, "spec", DataSpec(CONTENT, {"fingerprint": self.fingerprint}))
            hold(self)

    def _count_classes(self) -> int:
        """The number of classes; 0 for a regression."""
        if self.task == CLASSIFICATION:
            return count_classes(self.y_train, self.y_test, self.n_classes)
        if self.n_classes:
            raise ValueError(f"`n_classes` must be None for a regression, got {self.n_classes!r}.")
        return 0

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew where it is unpickled, so that its arrays are read-only there, too.
        return type(self), tuple(getattr(self, f.name) for f in dataclasses.fields(self))

    @property
    def n_train(self) -> int:
        """Number of training examples."""
        return int(self.x_train.shape[0])

    @property
    def n_test(self) -> int:
        """Number of test examples."""
        return int(self.x_test.shape[0])

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a model of it: one per class, or 1 for a regression."""
        return 1 if self.task == REGRESSION else self.n_classes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return tuple(self.x_train.shape[1:])

    @property
    def name(self) -> str:
        """Name of the generator, or "content"."""
        return self.spec.name

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the arrays, their shapes and the number of classes, in hexadecimal.

        Groups and weights are part of it where there are any. That of sparse inputs is of their
        canonical form, so that it is the same for any order of what they store; that of the same
        inputs as dense arrays is another one.
        """
        kind = self.task if self.task == REGRESSION else self.n_classes
        digest = hashlib.sha256(f"genlab dataset {kind}".encode())
        arrays = [("", self.x_train), ("", self.y_train), ("", self.x_test), ("", self.y_test)]
        # By name, so that the fingerprint without them is the one from before there were any.
        arrays += [(name, getattr(self, name)) for name in _BESIDE]
        for name, array in arrays:
            if is_sparse(array):
                digest.update(f"{name}sparse{array.dtype.str}{array.shape}".encode())
                for part in content(array):
                    digest.update(part)
            elif array is not None:
                digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def without_test(self) -> Dataset:
        """The data set without its test examples, for use while the test set is sealed.

        >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
        >>> data.without_test().n_test
        0
        """
        if self.n_test == 0:
            return self
        part = DataSpec.of_part("development", self.spec)
        spec: Any = None if self.spec.name == CONTENT else part
        return dataclasses.replace(self, x_test=self.x_test[:0], y_test=self.y_test[:0], spec=spec)

    def subset(self, train: Any = None, test: Any = None) -> Dataset:
        """Keep some of the examples.

        Parameters
        ----------
        train, test
            Examples that are kept of each set: a number (the first ones), indices, a Boolean
            mask, or None for all.

        >>> data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 1], [[0.5]], [1])
        >>> data.subset(train=2).x_train.ravel()
        array([0., 1.])
        >>> data.subset(train=[2, 0]).y_train
        array([1, 0])
        """
        rows = {
            part: _rows(part, wanted, len(getattr(self, f"y_{part}")))
            for part, wanted in (("train", train), ("test", test))
        }
        test = {name: getattr(self, name)[rows["test"]] for name in ("x_test", "y_test")}
        return dataclasses.replace(self, **self._of_train(rows["train"]), **test)

    def divided(
        self,
        fitted: Int[np.ndarray, " n"],
        held_out: Int[np.ndarray, " m"],
        spec: DataSpec | None = None,
    ) -> Dataset:
        """The training set divided: some examples to train on, others as the test set.

        Parameters
        ----------
        fitted, held_out
            Rows of the training examples that become the training and the test set.
        spec
            Spec of the result; None takes a fingerprint of the arrays.

        >>> data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 1], [[0.5]], [1])
        >>> data.divided(np.array([0, 1]), np.array([2])).x_test
        array([[2.]])
        """
        parts = self._of_train(fitted) | {
            "x_test": self.x_train[held_out],
            "y_test": self.y_train[held_out],
            "spec": spec,
        }
        return dataclasses.replace(self, **parts)

    def fitted_on(self, rows: Int[np.ndarray, " n"], spec: DataSpec | None = None) -> Dataset:
        """The data set with some of its training examples; the test set stays.

        Parameters
        ----------
        rows
            Rows of the training examples that are kept.
        spec
            Spec of the result; None takes a fingerprint of the arrays.

        >>> data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 1], [[0.5]], [1])
        >>> data.fitted_on(np.array([0, 2])).x_train.ravel()
        array([0., 2.])
        """
        return dataclasses.replace(self, **self._of_train(rows) | {"spec": spec})

    def _of_train(self, rows: Any) -> dict[str, Any]:
        """Fields with some of the training examples, and no spec: their arrays are other ones."""
        kept = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("x_train", "y_train", *_BESIDE, *_TOLD)
        }
        return {**kept, "spec": None}

    def split(self, validation: float = 0.2, *, stratified: bool = True, seed: int = 0) -> Split:
        """Split the training set into training and validation examples; the test set stays.

        Train on the first, choose on the second, evaluate on the third once.

        Parameters
        ----------
        validation
            Fraction of the training examples that is held out for validation, between 0 and 1.
        stratified
            Whether the fraction is the same in every class, to within one example, or as far as
            the groups allow.
        seed
            Seed of the split, from 0 to 2³² − 1.

        >>> from genlab.datasets import make_mnist1d
        >>> train, validation, test = make_mnist1d(n_samples=100).split(0.25)
        >>> len(train.y), len(validation.y), len(test.y)
        (60, 20, 20)
        """
        chosen = split_indices(
            self.y_train,
            (1 - real("validation", validation, low=0, high=1), validation),
            stratified=stratified,
            groups=self.groups,
            seed=seed,
        )
        train, held_out = (Examples(self.x_train[rows], self.y_train[rows]) for rows in chosen)
        return Split(train, held_out, Examples(self.x_test, self.y_test))

    def to_frame(self) -> pandas.DataFrame:
        """One row per example: its set, its label or target, and one column per input."""
        import pandas

        target = "label" if self.task == CLASSIFICATION else self.target or "y"
        if taken := {"set", target} & set(self.columns or ()):
            raise ValueError(
                f"a frame has the columns `set` and `{target}` of its own, and these data have an "
                f"input named {min(taken)!r}: rename it."
            )
        parts = []
        for part in ("train", "test"):
            x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
            names = self.columns or [f"x{i}" for i in range(math.prod(self.input_shape))]
            if is_sparse(x):
                thin: Any = pandas.DataFrame.sparse
                frame = thin.from_spmatrix(x, columns=list(names))
            else:
                frame = pandas.DataFrame(x.reshape(len(x), len(names)), columns=list(names))
            frame.insert(0, target, y)
            frame.insert(0, "set", part)
            parts.append(frame)
        return pandas.concat(parts, ignore_index=True)

    def _repr_html_(self) -> str:
        if self.task == REGRESSION:
            head = "".join(f"<th>{name}</th>" for name in ("examples", "mean", "sd", "min", "max"))
            rows = {part: _summary(getattr(self, f"y_{part}")) for part in ("train", "test")}
            caption = f"{self!r}: {self.target or 'the target'}"
            first = "set"
        else:
            names = range(self.n_classes) if self.classes is None else self.classes
            head = "".join(f"<th>{escape(str(name))}</th>" for name in names)
            rows = {
                part: np.bincount(getattr(self, f"y_{part}"), minlength=self.n_classes).tolist()
                for part in ("train", "test")
            }
            caption = f"{self!r}: number of examples in each class"
            first = "class"
        body = "".join(
            f"<tr><th>{part}</th>{''.join(f'<td>{value}</td>' for value in row)}</tr>"
            for part, row in rows.items()
        )
        return (
            f"<table><caption>{escape(caption)}</caption><tr><th>{first}</th>{head}</tr>{body}"
            "</table>"
        )

    def __repr__(self) -> str:
        kind = "regression" if self.task == REGRESSION else f"{self.n_classes} classes"
        sparse = "sparse, " if is_sparse(self.x_train) else ""
        return (
            f"Dataset({self.name}: {self.n_train} training and {self.n_test} test examples "
            f"of shape {self.input_shape}, {sparse}{kind})"
        )


def _summary(y: Float[np.ndarray, " n"]) -> list[str]:
    """Number, mean, standard deviation, lowest and highest of targets; no more where none are."""
    if not len(y):
        return ["0", "", "", "", ""]
    return [f"{len(y)}", *(f"{value:.4g}" for value in (y.mean(), y.std(), y.min(), y.max()))]


@lru_cache(maxsize=4)
def _make(spec: DataSpec) -> Dataset:
    made = generator(spec.name)(**spec.arguments)
    if not isinstance(made, Dataset):
        raise TypeError(f"the generator {spec.name!r} must return a Dataset, got {made!r}.")
    if is_import_path(spec.name) and made.spec.name == CONTENT:
        return dataclasses.replace(made, spec=spec)  # so that it need not know of specs
    return made


def _rows(name: str, wanted: Any, n: int) -> Any:
    """The index of the examples that `subset` keeps, of n."""
    if wanted is None:
        return slice(None)
    if isinstance(wanted, (int, np.integer)) and not isinstance(wanted, bool):
        return slice(integer(name, wanted, low=1, high=n))
    rows = np.asarray(wanted)
    if rows.dtype == bool and rows.shape != (n,):
        raise ValueError(f"`{name}` must be a mask of {n} examples, got one of {rows.shape}.")
    if rows.size == 0 and rows.ndim == 1:
        return slice(0)
    if rows.dtype.kind not in "iub" or rows.ndim != 1:
        raise TypeError(f"`{name}` must be a number, indices or a mask, got {received(wanted)}.")
    if rows.dtype != bool and not (rows.min() >= 0 and rows.max() < n):
        raise ValueError(f"`{name}` must hold indices from 0 to {n - 1}, got {received(wanted)}.")
    if rows.dtype != bool and len(rows) == n > 2 and rows.max() < 2:
        raise ValueError(
            f"`{name}` must be a mask of True and False, or indices, got {n} numbers 0 and 1."
        )
    return rows
