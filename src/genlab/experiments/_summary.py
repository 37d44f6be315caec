"""What several results say together: what was run, and which published values were met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genlab._base.jsons import Row
from genlab._base.words import number
from genlab.experiments._results import ExperimentResult

if TYPE_CHECKING:
    from genlab.measure import Mark


@dataclass(frozen=True)
class Tally:
    """How many published values have each mark.

    Attributes
    ----------
    agrees, differs, uncertain
        Values measured by the published protocol, by what the interval says.
    apart
        Values not measured by the published protocol.
    """

    agrees: int
    differs: int
    uncertain: int
    apart: int

    @classmethod
    def of(cls, published: Sequence[Mapping[str, object]]) -> Tally:
        """Count the marks of rows of `ExperimentResult.published`."""
        counts = Counter(row["mark"] for row in published)
        return cls(
            counts["agrees"], counts["differs"], counts["uncertain"], counts["not comparable"]
        )

    @property
    def compared(self) -> int:
        """Values measured by the published protocol."""
        return self.agrees + self.differs + self.uncertain

    @property
    def mark(self) -> Mark | None:
        """The mark of all together, the worst first; None where nothing is published."""
        if self.differs:
            return "differs"
        if self.uncertain:
            return "uncertain"
        if self.agrees:
            return "agrees"
        return "not comparable" if self.apart else None


@dataclass(frozen=True)
class Summary:
    """What several results say together.

    Attributes
    ----------
    scales, seeds
        The different ones, in the order of the results.
    seconds
        Time of all runs; stored results that they used took none of it.
    tally
        The marks of all published values.
    differing, uncertain
        Rows of published values that are not met: `experiment`, the columns of
        `genlab.measure.Comparison`, and `why`, a sentence.
    """

    scales: list[str]
    seeds: list[int]
    seconds: float
    tally: Tally
    differing: list[Row]
    uncertain: list[Row]


def summarize(results: Sequence[ExperimentResult]) -> Summary:
    """What the results say together."""
    rows = [{"experiment": r.experiment, **row} for r in results for row in r.published]
    return Summary(
        scales=list(dict.fromkeys(result.scale for result in results)),
        seeds=list(dict.fromkeys(result.seed for result in results)),
        seconds=sum(result.seconds for result in results),
        tally=Tally.of(rows),
        differing=[{**row, "why": _why(row)} for row in rows if row["mark"] == "differs"],
        uncertain=[{**row, "why": _why(row)} for row in rows if row["mark"] == "uncertain"],
    )


def _why(row: Row) -> str:
    """Why a published value is not met, and what its tolerance allows for."""
    allowed = f"{number(row['published'])} ± {number(row['tolerance'])}"
    if row["mark"] == "differs":
        why = f"The whole interval lies outside {allowed}."
    elif row["n"] < 2:
        why = "One seed cannot show agreement: run a larger scale."
    elif row["low"] is None or row["high"] is None:
        why = "There is no interval."
    else:
        why = f"The interval reaches across an end of {allowed}: more seeds would decide."
    return f"{why} Reason for the tolerance: {row['reason']}."
