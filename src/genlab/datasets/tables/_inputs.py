"""What each input of a data set says in the columns and units of its table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genlab.datasets.tables._columns import CategoryColumn, ColumnEncoding, DateColumn


@dataclass(frozen=True)
class TableInput:
    """One input, and what it says of the rows of the table.

    Parameters
    ----------
    column
        Name of the column that it is made of.
    name
        Name of the number: that of the column or, of a date, of its part.
    centre, scale
        A number is `centre` plus `scale` times the input, in the unit of the column.
    level
        For an input that is 1 or 0, what a row with 1 is: "Oslo", "missing" or "rare"; None for
        a number. Gaps of a number stand at its median.
    """

    column: str
    name: str
    centre: float = 0.0
    scale: float = 1.0
    level: str | None = None

    def condition(self, above: float = -math.inf, up_to: float = math.inf) -> str:
        """Words for the rows whose input is above one bound and at most the other.

        Parameters
        ----------
        above, up_to
            Bounds in the unit of the column; at least one is finite.

        >>> TableInput("age", "age").condition(above=41)
        'age > 41'
        >>> TableInput("city", "city", level="Oslo").condition(up_to=0.5)
        'city is not Oslo'
        """
        if self.level is not None:
            return f"{self.column} is {'' if above > -math.inf else 'not '}{self.level}"
        if above == -math.inf:
            return f"{self.name} <= {up_to:.12g}"
        if up_to == math.inf:
            return f"{self.name} > {above:.12g}"
        return f"{above:.12g} < {self.name} <= {up_to:.12g}"


def inputs_of(column: ColumnEncoding) -> list[TableInput]:
    """The inputs that a column of a table becomes, in their order."""
    name = column.name
    if isinstance(column, CategoryColumn):
        words = ["missing" if level is None else str(level) for level in column.levels]
        words += ["rare"] * bool(column.n_rare)
        return [TableInput(name, name, level=word) for word in words]
    parts = column.parts if isinstance(column, DateColumn) else (column,)
    found = [TableInput(name, part.name, part.mean, part.scale) for part in parts]
    return [*found, TableInput(name, name, level="missing")] if column.n_missing else found
