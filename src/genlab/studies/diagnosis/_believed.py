"""Whether the probabilities of a model can be believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets import Dataset
from genlab.measure import reliability
from genlab.studies.diagnosis._divided import Pair
from genlab.studies.diagnosis._effort import N_FOLDS
from genlab.studies.diagnosis._part import QUESTIONS, Part
from genlab.studies.diagnosis._tried import Tried, answers
from genlab.training import Recipe


def out_of_fold(
    asked: Tried, pairs: Sequence[Pair], recipe: Recipe | None
) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, "m ..."]]:
    """Rows of the training examples, and what was predicted for each where it was held out.

    Of the first repeat of the folds; folds whose fit failed are left out.
    """
    known = [
        (held_out, answers(result, recipe))
        for (_, held_out), result in list(zip(pairs, asked.results, strict=True))[:N_FOLDS]
        if not getattr(result, "failed", "") and np.isfinite(getattr(result, "test_error", 0)).all()
    ]
    return (
        np.concatenate([rows for rows, _ in known]),
        np.concatenate([values for _, values in known]),
    )


def probabilities(
    rows: Int[np.ndarray, " m"], stated: Float[np.ndarray, "m classes"], data: Dataset
) -> Part:
    """The part, from out-of-fold probabilities."""
    counts = reliability(stated, data.y_train[rows])
    table = [row for row in counts.rows() if row["count"]]
    answer = (
        f"The expected calibration error is {100 * float(counts.error):.1f}%; a perfectly "
        f"calibrated model would have {100 * float(counts.chance):.1f}% by chance."
    )
    return Part("probabilities", QUESTIONS["probabilities"], answer, {"reliability": table})
