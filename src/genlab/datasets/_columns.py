"""The columns of a table: which of them can be inputs, and in which order they are read."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

from genlab._base.words import some
from genlab.datasets._unfit import UnfitError

if TYPE_CHECKING:
    import pyarrow

# Names that pandas and pyarrow give to an index without a name.
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+(_level_\d+)?")
_IDENTIFIER = re.compile(r"(?i:(.*[\W_])?(id|index|idx|row|key|uuid|guid|identifier))|.*[a-z]I[dD]")
# A column whose whole numbers all differ is an identifier where the probability of that is
# below this for numbers drawn at random from its range ...
_CHANCE = 0.01
# ... or where its range is wider than that of 16 bits, or its name is an identifier's, and
# there are at least so many examples.
_WIDE = 2**16
_FEWEST = {"wide": 20, "named": 5}


def check_names(names: Sequence[str]) -> None:
    """UnfitError unless every column of a table has a name of its own."""
    if "" in names:
        raise UnfitError(
            f"has a column without a name, column {names.index('') + 1} of {len(names)}; pandas "
            "writes its index so, which is no input: leave it out (in pandas, write with "
            "index=False)."
        )
    if twice := twice_used(names):
        raise UnfitError(f"has two columns named {twice!r}: rename one of them.")
    if names_are_numbers(names):
        raise UnfitError(
            "must begin with the names of its columns, got numbers: add a first line with a name "
            "for each column."
        )


def twice_used(names: Sequence[str]) -> str | None:
    """The first name that several columns have, or None."""
    return next((name for name, n in Counter(names).items() if n > 1), None)


def names_are_numbers(names: Sequence[str]) -> bool:
    """Whether all names are numbers, as where a file has no line of names."""
    return bool(names) and all(_is_number(name) for name in names)


def is_index(name: str) -> bool:
    """Whether pandas or pyarrow gives an index without a name this name."""
    return bool(_INDEX.fullmatch(name))


def check_no_index(inputs: Sequence[str], index: Collection[str] = ()) -> None:
    """UnfitError where one of the inputs is the index of a pandas table.

    `index` are the columns that are known to be the index: see `index_of`.
    """
    for name in inputs:
        if name in index or is_index(name):
            raise UnfitError(
                f"has the index of a pandas table in the column {name!r}, which is no input: leave "
                "it out (in pandas, write with index=False)."
            )


def check_no_identifier(
    columns: Mapping[str, pyarrow.ChunkedArray], sets: Sequence[Bool[np.ndarray, " n"] | slice]
) -> None:
    """UnfitError where whole numbers in one of the inputs only tell the examples apart.

    Parameters
    ----------
    columns
        The inputs, without missing values.
    sets
        The examples of each set: an identifier may start anew in each of them.
    """
    import pyarrow as pa

    whole = {name: column for name, column in columns.items() if pa.types.is_integer(column.type)}
    for name in identifiers(whole, sets, len(whole)):
        raise UnfitError(
            f"has an identifier in the column {name!r}, a different whole number in every row, "
            "which is no input: leave it out, or write its numbers with a decimal point if they "
            "are measurements."
        )


def identifiers(
    whole: Mapping[str, pyarrow.ChunkedArray],
    sets: Sequence[Bool[np.ndarray, " n"] | slice],
    n_columns: int,
) -> dict[str, bool]:
    """The columns of whole numbers that only tell the rows apart, and whether that is certain.

    It is certain unless the only reason is that numbers from a wide range are all different.

    Parameters
    ----------
    whole
        Columns of whole numbers, without missing values.
    sets
        The rows of each set: an identifier may start anew in each of them.
    n_columns
        Number of columns among which one may have different values by chance.
    """
    found = {}
    # exp(−pairs) is the probability that numbers drawn at random all differ.
    chance = math.log(max(n_columns, 1) / _CHANCE)
    for name, column in whole.items():
        numbers = np.asarray(column)
        parts = [numbers] if _all_differ(numbers) else [numbers[rows] for rows in sets]
        if not all(_all_differ(part) for part in parts):
            continue
        n, width = len(numbers), _width(numbers)
        pairs = sum(len(part) * (len(part) - 1) / 2 / _width(part) for part in parts)
        wide = width > _WIDE and n >= _FEWEST["wide"]
        named = bool(_IDENTIFIER.fullmatch(name)) and n >= _FEWEST["named"]
        if pairs >= chance or wide or named:
            found[name] = pairs >= chance or named
    return found


def in_order(names: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """The names of input columns in the order in which a model takes them.

    Columns called x0, x1, ... are those of genlab's own files: their numbers are their places.

    Parameters
    ----------
    names
        Names of the input columns that are available.
    wanted
        Names of the inputs that a model was trained on, in their order, or None where they are
        not known: then the order of `names` is theirs.

    Raises
    ------
    UnfitError
        Where a wanted column is missing, or there is another one.
    """
    if wanted is not None and set(wanted) == set(names):
        return list(wanted)
    places = [f"x{i}" for i in range(len(names))]
    if set(names) == set(places) and (wanted is None or len(wanted) == len(names)):
        return places
    if wanted is None:
        return list(names)
    available, known = set(names), set(wanted)
    missing = [name for name in wanted if name not in available]
    new = [name for name in names if name not in known]
    faults = [f"lacks {some(missing)}"] if missing else []
    faults += [f"also has {some(new)}"] if new else []
    raise UnfitError(f"must have the input columns {some(wanted)}: it {' and '.join(faults)}.")


def are_places(names: Sequence[str]) -> bool:
    """Whether columns are called x0, x1, ...: then their names say no more than their order."""
    return list(names) == [f"x{i}" for i in range(len(names))]


def index_of(table: pyarrow.Table) -> set[str]:
    """The columns that pandas says are the index of its table."""
    stated = table.schema.pandas_metadata
    index = stated.get("index_columns") if isinstance(stated, Mapping) else None
    return {name for name in index if isinstance(name, str)} if isinstance(index, list) else set()


def _width(numbers: np.ndarray) -> int:
    return int(numbers.max()) - int(numbers.min()) + 1


def _all_differ(numbers: np.ndarray) -> bool:
    return _width(numbers) >= len(numbers) and len(np.unique(numbers)) == len(numbers)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
