"""The figures of `mnist1d-mlp`."""

from __future__ import annotations

from genlab.charts import Figure, bands_chart
from genlab.experiments import ExperimentResult
from genlab.experiments.mnist1d_mlp.words import SCHEDULES

_CAPTIONS = {
    ("error", "constant"): "Training error falls to almost 0; test error levels off.",
    ("loss", "constant"): "Test loss falls, then rises: the network becomes more confident in "
    "its wrong predictions.",
    ("error", "halving"): "Halving the learning rate stops learning before the network fits the "
    "training set.",
    ("loss", "halving"): "Once the learning rate is close to 0, neither loss changes any more.",
}


def figures(result: ExperimentResult) -> list[Figure]:
    """Error and loss through training, for each learning-rate schedule."""
    counts = {row["n_seeds"] for row in result.tables["bands"]}
    n_seeds = " to ".join(str(n) for n in sorted({min(counts), max(counts)}))
    per_epoch = result.tables["training"][0]["steps_per_epoch"]
    hidden = "-".join(str(width) for width in result.protocol["model"]["hidden"])
    return [
        Figure(
            name=f"{quantity}-{schedule}",
            caption=caption,
            chart=bands_chart(
                [row for row in result.tables["bands"] if row["schedule"] == schedule],
                quantity,
                title=f"MNIST-1D: training and test {quantity}, {SCHEDULES[schedule]}",
                subtitle=[
                    f"mean of {n_seeds} seeds (initial weights and batch order), 95% interval;",
                    f"40-{hidden}-10 network, SGD; training and test sets are the same for all "
                    "seeds",
                ],
                x_title=f"training step ({per_epoch:g} steps = 1 epoch)",
                published=result.tables["published_points"],
            ),
        )
        for (quantity, schedule), caption in _CAPTIONS.items()
    ]
