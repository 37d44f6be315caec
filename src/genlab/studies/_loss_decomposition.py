"""The parts of the expected loss of any model, measured by fits to many data sets."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.jsons import Row
from genlab.measure import LossParts

if TYPE_CHECKING:
    import altair
    import pandas

_NAMES = {
    "squared": "squared error",
    "absolute": "absolute error",
    "zero_one": "0–1 loss",
    "kohavi_wolpert": "0–1 loss by probabilities",
    "cross_entropy": "cross-entropy (nats)",
    "brier": "Brier score",
}
_DATASETS = {
    "fresh": "fresh data sets",
    "bootstrap": "bootstrap samples",
    "subsamples": "overlapping subsamples",
    "disjoint": "disjoint parts",
}


@dataclass(frozen=True, eq=False)
class LossDecomposition:
    """A measured decomposition of the expected loss of a model.

    Attributes
    ----------
    model, dataset
        Names of the model's class and of the data set.
    loss
        "squared", "absolute", "zero_one", "kohavi_wolpert", "cross_entropy" or "brier".
    sampling
        "fresh", "bootstrap", "subsamples" or "disjoint".
    rows
        "test" where each fit predicts the test examples, "out_of_bag" where each fit predicts the
        training examples that its sample does not contain.
    n_train
        Mean number of training examples of a fit.
    n_datasets, seed
        Number of data sets, and the seed they were drawn by.
    at_rows, average
        Parts of the loss at each row that is predicted, and on average over these rows: see
        `genlab.measure.LossParts`. The terms add up to the loss.
    predictions, predicted
        Predictions of each fit that did not fail, shape (fits, m) or, of probabilities, (fits,
        m, classes); and whether a fit predicts a row, shape (fits, m).
    truth
        Label or target of each row, or the true function there, shape (m,).
    failed
        For each data set what was raised by its fit, "" where nothing was.
    notes
        Sentences on what these data sets can tell, and on what failed.
    """

    model: str
    dataset: str
    loss: str
    sampling: str
    rows: str
    n_train: float
    n_datasets: int
    seed: int
    at_rows: LossParts
    average: LossParts
    predictions: Float[np.ndarray, "fits m ..."]
    predicted: Bool[np.ndarray, "fits m"]
    truth: np.ndarray
    failed: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        """Number of fits that failed, and are left out."""
        return sum(map(bool, self.failed))

    @property
    def loss_name(self) -> str:
        """The loss in words, with its unit where that has a name."""
        return _NAMES[self.loss]

    def to_frame(self) -> pandas.DataFrame:
        """One row per part and average, and one per part and row that is predicted.

        Columns: row (missing for averages), part (the terms, "loss" and the details), kind
        ("term", "loss" or "detail"), estimate, low, high, and n, the fits that are behind it.
        NaN at a row that fewer than two fits predict.
        """
        import pandas

        frames = []
        for parts, rows in ((self.average, [None]), (self.at_rows, range(len(self.truth)))):
            for kind, part, interval in _parts(parts):
                ends = {"estimate": interval.mean, "low": interval.low, "high": interval.high}
                columns = {name: np.atleast_1d(values) for name, values in ends.items()}
                frames.append(
                    pandas.DataFrame(
                        {"row": pandas.array(list(rows), dtype="Int64"), "part": part, "kind": kind}
                        | columns
                        | {"n": np.atleast_1d(interval.n)}
                    )
                )
        return pandas.concat(frames, ignore_index=True)

    def averages(self) -> list[Row]:
        """One row per average: part, kind, estimate, low and high."""
        return [
            {"part": part, "kind": kind, **interval.row()}
            for kind, part, interval in _parts(self.average)
        ]

    def chart(self) -> altair.LayerChart:
        """The average parts and their sum, the mean loss, with 95% intervals."""
        from genlab.charts import loss_parts_chart

        return loss_parts_chart(
            [row for row in self.averages() if row["kind"] != "detail"],
            title=f"{self.model}: parts of the {self.loss_name}",
            subtitle=[
                f"{len(self.predictions)} fits to {_DATASETS[self.sampling]} of "
                f"{self.n_train:,.0f} examples; 95% intervals over fits"
            ],
            x_title=self.loss_name,
        )

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><th>{row['part'].replace('_', ' ')}</th><td>{row['estimate']:.4g}</td>"
            f"<td>[{row['low']:.4g}, {row['high']:.4g}]</td></tr>"
            for row in self.averages()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<table><caption>{escape(repr(self))}</caption>{body}</table><ul>{notes}</ul>"

    def __repr__(self) -> str:
        failed = f", {self.n_failed} failed" if self.n_failed else ""
        return (
            f"LossDecomposition({self.loss} loss of {self.model} on {self.dataset}, "
            f"{self.n_datasets} {_DATASETS[self.sampling]}{failed}, mean over "
            f"{self.average.n_rows} rows)"
        )


def _parts(parts: LossParts) -> list[tuple[str, str, Any]]:
    """Kind, name and interval of each part."""
    return [
        *(("term", name, interval) for name, interval in parts.terms.items()),
        ("loss", "loss", parts.loss),
        *(("detail", name, interval) for name, interval in parts.details.items()),
    ]
