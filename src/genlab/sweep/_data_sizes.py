"""The sizes of a cell's data, and whether many other data sets have them, too."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from genlab.datasets import DataSpec, check_dense

#: Generators of which one study takes many data sets that differ in a seed or a number alone. Their
#: networks train side by side, each on data of its own.
DRAWN = ("sampled", "fresh", "toy_sample")
#: The arguments in which such data sets differ.
NUMBERS = ("seed", "index")
# Other generators, and the arguments that change no size.
_DRAWN_ANEW = {"mnist1d_redrawn": ("seed", "skip"), "mnist1d_resampled": ("seed",)}
_MOST_SEED = 2**32 - 2


class Sizes(NamedTuple):
    """What a cell must know of its data before it runs."""

    n_train: int
    n_test: int
    input_shape: tuple[int, ...]
    n_outputs: int
    n_bytes: int
    task: str
    grouped: bool


def is_drawn(spec: DataSpec) -> bool:
    """Whether others like this data set have its sizes, but for rows that are out of bag."""
    if spec.name == "sampled":
        whole = DataSpec.of(spec.arguments["of"])
        return whole.name != "sampled" and not sizes_of(whole).grouped
    return spec.name in DRAWN


@lru_cache(maxsize=10_000)
def sizes_of(spec: DataSpec) -> Sizes:
    """The sizes of a data set, which is made once to know them, or the whole of a sample is.

    Of data sets that differ in a seed alone, one is made.

    Rows that are out of bag are as many as the training examples of the whole, at most.
    """
    if spec.name == "sampled" and is_drawn(spec):
        whole, n = sizes_of(DataSpec.of(spec.arguments["of"])), spec.arguments["n"]
        n_test = whole.n_test if spec.arguments["predicted"] == "test" else whole.n_train
        return whole._replace(n_train=n, n_test=n_test)
    if (alike := _alike(spec)) != spec:
        return sizes_of(alike)
    data = spec.make()
    check_dense(data)
    n_bytes = data.x_train.nbytes + data.x_test.nbytes
    return Sizes(
        data.n_train,
        data.n_test,
        data.input_shape,
        data.n_outputs,
        n_bytes,
        data.task,
        data.groups is not None,
    )


def _alike(spec: DataSpec) -> DataSpec:
    """A data set of the same sizes: the same for all seeds that are allowed."""
    names = [name for name in _DRAWN_ANEW.get(spec.name, ()) if name in spec.arguments]
    values = [spec.arguments[name] for name in names]
    if not all(type(value) is int and 0 <= value <= _MOST_SEED for value in values):
        return spec
    return DataSpec(spec.name, {**spec.arguments, **dict.fromkeys(names, 0)})
