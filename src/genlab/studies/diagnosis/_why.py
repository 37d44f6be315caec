"""Why: bias and variance of the model on these data."""

from __future__ import annotations

from typing import Any, NamedTuple

from genlab._base.words import percent
from genlab.datasets import Dataset
from genlab.studies._decompose import decompose
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies.diagnosis._effort import Work
from genlab.studies.diagnosis._part import QUESTIONS, Part
from genlab.training import Recipe

_LOSS = {"classification": "kohavi_wolpert", "regression": "squared"}


class Why(NamedTuple):
    """The part, the decomposition behind it, and the share of variance in the loss."""

    part: Part
    decomposition: LossDecomposition
    variance_share: float


def why(
    model: Any,
    data: Dataset,
    n_samples: int,
    recipe: Recipe | None,
    *,
    work: Work,
    seed: int,
) -> Why:
    """Take the loss apart over bootstrap samples of the data, each predicting what it lacks."""
    found = decompose(
        model,
        data,
        n_samples,
        loss=_LOSS[data.task],
        sampling="bootstrap",
        rows="out_of_bag",
        recipe=recipe,
        seed=seed,
        **work.options("why"),
    )
    terms = {name: interval.row() for name, interval in found.average.terms.items()}
    loss = float(found.average.loss.mean)
    share = terms["variance"]["estimate"] / loss if loss > 0 else float("nan")
    in_percent = " and ".join(
        f"{percent({end: value / loss for end, value in row.items()}, 0)} {name.replace('_', ' ')}"
        for name, row in terms.items()
    )
    answer = f"Of its loss {in_percent}." if loss > 0 else "It makes no error."
    part = Part("why", QUESTIONS["why"], answer, {"parts": found.averages()}, found.notes)
    return Why(part, found, share)
