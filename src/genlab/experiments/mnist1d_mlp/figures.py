"""The figures of `mnist1d-mlp`."""

from __future__ import annotations

from genlab.charts import Figure, bands_chart
from genlab.experiments import ExperimentResult

_TITLES = {"constant": "constant learning rate", "halving": "rate halved every 10 epochs"}
_CAPTIONS = {
    ("error", "constant"): "Training error falls to almost nothing; test error levels off.",
    ("loss", "constant"): "Test loss falls, then rises: wrong answers grow more confident.",
    ("error", "halving"): "Halving the rate stops learning before the training set is fitted.",
    ("loss", "halving"): "With the rate gone, neither loss moves any more.",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """Error and loss through training, for each learning-rate schedule."""
    counts = {row["n_seeds"] for row in result.tables["bands"]}
    n_seeds = " to ".join(str(n) for n in sorted({min(counts), max(counts)}))
    return [
        Figure(
            name=f"{quantity}-{schedule}",
            caption=caption,
            chart=bands_chart(
                [row for row in result.tables["bands"] if row["schedule"] == schedule],
                quantity,
                title=f"MNIST-1D: {quantity}, {_TITLES[schedule]}",
                subtitle=[
                    f"mean of {n_seeds} seeds (initial weights and batch order), 95% interval;",
                    "40-100-100-10 network, SGD; the training and test sets stay the same",
                ],
                x_title="training step (40 steps = 1 epoch)",
                published=result.tables["published_points"],
            ),
        )
        for (quantity, schedule), caption in _CAPTIONS.items()
    ]
