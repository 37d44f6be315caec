"""Whether the probabilities of a model are calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab.datasets import Dataset
from genlab.measure import CalibrationTest, calibration_test, reliability
from genlab.studies.diagnosis._divided import Pair
from genlab.studies.diagnosis._effort import N_FOLDS
from genlab.studies.diagnosis._part import QUESTIONS, Part, points, turned
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


class Believed(NamedTuple):
    """The part, and the test behind it."""

    part: Part
    test: CalibrationTest


def probabilities(
    rows: Int[np.ndarray, " m"], stated: Float[np.ndarray, "m classes"], data: Dataset, seed: int
) -> Believed:
    """The part, from out-of-fold probabilities."""
    truth = data.y_train[rows]
    test = calibration_test(stated, truth, seed=seed)
    diagram = [row for row in reliability(stated, truth).rows() if row["count"]]
    measures = ("calibration_error", "overconfidence", "log_loss", "brier", "gain")
    summary = [{"measure": name, **getattr(test, name).row()} for name in measures]
    over = test.overconfidence.row()
    gap = f"confidence and accuracy differ by {points(test.calibration_error.row())}"
    answer = {
        "overconfident": "No, they are too high: the model is overconfident. Its mean confidence "
        f"is {points(over)} above its accuracy.",
        "underconfident": "No, they are too low: the model is underconfident. Its mean confidence "
        f"is {points(turned(over))} below its accuracy.",
        "miscalibrated": "Not quite: some are too high and others too low. On average (root mean "
        f"square) {gap}.",
        "no_evidence": "There is no evidence against it: on average (root mean square) "
        f"{gap}, which could be chance.",
    }[test.verdict]
    notes: tuple[str, ...] = ()
    if test.n_impossible:
        labels = "1 label was" if test.n_impossible == 1 else f"{test.n_impossible:,} labels were"
        notes = (
            f"{labels} given a probability of 0. Larger leaves, more neighbours or the average of "
            "several fits avoid probabilities of 0.",
        )
    tables = {"reliability": diagram, "calibration": summary}
    return Believed(Part("probabilities", QUESTIONS["probabilities"], answer, tables, notes), test)


def cooled(
    stated: Float[np.ndarray, "m classes"], test: CalibrationTest
) -> Float[np.ndarray, "m classes"]:
    """The probabilities, scaled by the temperature that fits them where they are too high."""
    if test.verdict != "overconfident":
        return stated
    with np.errstate(divide="ignore"):
        return np.asarray(scipy.special.softmax(np.log(stated) / test.temperature, axis=1))
