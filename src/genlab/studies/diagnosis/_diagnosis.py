"""The result of a diagnosis: its answers, the tables behind them, and its advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from genlab._base.jsons import Row
from genlab._base.version import __version__
from genlab.studies.diagnosis._advice import TEMPERATURE, Advice
from genlab.studies.diagnosis._effort import EFFORTS, Effort
from genlab.studies.diagnosis._part import Part

if TYPE_CHECKING:
    import pandas

    from genlab.charts import AnyChart, Figure


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """How well a model does on data it has not seen, why, and what would help.

    Attributes
    ----------
    model, dataset
        Names of the model and of the data.
    task
        "classification", whose error is the fraction misclassified, or "regression", whose error
        is the fraction of the target's variance that is unexplained.
    n_train, n_test
        Numbers of training examples, which everything but the last number rests on, and of test
        examples.
    seed, effort
        What was drawn, and how much was measured: an `Effort`.
    level
        Its number, from 1 to 5.
    parts
        Six questions with their answers and tables.
    advice
        At most five changes, the largest expected gain first; none where the measurements support
        none.
    notes
        What the table's reader decided and warned of, and test examples that copy a training
        example.
    seconds
        Seconds that the call took.
    """

    model: str
    dataset: str
    task: str
    n_train: int
    n_test: int
    seed: int
    effort: Effort
    level: int
    parts: tuple[Part, ...]
    advice: tuple[Advice, ...]
    notes: tuple[str, ...]
    seconds: float

    def part(self, name: str) -> Part:
        """The part of a name, such as "more data"."""
        for one in self.parts:
            if one.name == name:
                return one
        names = ", ".join(one.name for one in self.parts)
        raise ValueError(f"`name` must be one of {names}, got {name!r}.")

    @property
    def tables(self) -> Mapping[str, list[Row]]:
        """All tables by name: those of the parts, and the advice."""
        found = {name: rows for part in self.parts for name, rows in part.tables.items()}
        return {"advice": [one.row() for one in self.advice], **found}

    def to_frame(self, table: str = "standing") -> pandas.DataFrame:
        """One of the `tables` as a pandas frame; the default compares the models."""
        import pandas

        tables = self.tables
        if table not in tables:
            raise ValueError(f"`table` must be one of {', '.join(tables)}, got {table!r}.")
        return pandas.DataFrame(tables[table])

    def figures(self) -> dict[str, Figure]:
        """Name of a part -> its figure; parts that were not measured have none."""
        from genlab.studies.diagnosis._figures import Of, figures_of

        return figures_of(Of(self.model, self.task, self.effort.n_samples), self.parts)

    def chart(self, name: str = "how well") -> AnyChart:
        """The Altair chart of a part, such as "capacity".

        Raises ValueError where there is no such part, or it was not measured.
        """
        part, drawn = self.part(name), self.figures()
        if name not in drawn:
            why = part.skipped or "it has no figure."
            raise ValueError(f"`name` must be one of {', '.join(drawn)}, got {name!r}: {why}")
        return drawn[name].chart

    def to_dict(self) -> dict[str, Any]:
        """The diagnosis as JSON values, but for NaN."""
        head = {name: getattr(self, name) for name in ("model", "dataset", "task")}
        return {
            "version": __version__,
            **head,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "seed": self.seed,
            "level": self.level,
            "effort": asdict(self.effort),
            "advice": [one.row() for one in self.advice],
            "parts": [
                {**asdict(part), "tables": dict(part.tables), "notes": list(part.notes)}
                for part in self.parts
            ],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    @property
    def remark(self) -> str:
        """What is to be said of the advice in a sentence or two; in its place where there is none.

        "" where there is nothing to say.
        """
        if sum(one.kind != TEMPERATURE for one in self.advice) > 1:
            return (
                "Each number is for one change alone. Several changes together usually gain "
                "less than the sum."
            )
        if self.advice:
            return ""
        standing = self.part("how well").tables["standing"]
        if any(row["role"] == "asked" and row["estimate"] == 0 for row in standing):
            return (
                "No advice: the model made no error on held-out examples. Check that every input "
                "will be known when the target is to be predicted."
            )
        said = "No advice: no change that was tried lowers the error by more than chance."
        if self.level < len(EFFORTS):
            said += " With more minutes or a higher effort, smaller gains could be detected."
        return said

    def __str__(self) -> str:
        """Answers and advice as text, a line each."""
        lines = [repr(self), ""]
        for part in self.parts:
            lines += [part.question, f"  {part.skipped or part.answer}"]
        lines += ["", "Advice", *(f"  {one.sentence}" for one in self.advice)]
        lines += [f"  {self.remark}"] if self.remark else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        advice = "".join(f"<li>{escape(one.sentence)}</li>" for one in self.advice)
        parts = "".join(
            f"<dt>{escape(part.question)}</dt><dd>{escape(part.skipped or part.answer)}</dd>"
            for part in self.parts
        )
        remark = f"<p>{escape(self.remark)}</p>"
        return f"<h4>{escape(repr(self))}</h4><dl>{parts}</dl><ol>{advice}</ol>{remark}"

    def __repr__(self) -> str:
        return (
            f"Diagnosis({self.model} on {self.dataset}: {self.n_train:,} training and "
            f"{self.n_test:,} test examples)"
        )
