"""Advice: what would lower the error, with the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genlab._base.jsons import Row
from genlab._base.words import estimate, label, percent
from genlab.measure import CalibrationTest, Interval
from genlab.studies.diagnosis._capacity import (
    OVER_FITTED,
    STILL_IMPROVING,
    UNDER_FITTED,
    Capacity,
)
from genlab.studies.diagnosis._divided import Losses, gain_interval
from genlab.studies.diagnosis._more_data import MoreData
from genlab.studies.diagnosis._tried import N_AVERAGED, Tried, linear_model
from genlab.sweep import EstimatorResult

#: Most sentences of advice.
MOST = 5
#: Advice on probabilities, which changes no prediction; it comes after what lowers the error.
TEMPERATURE = "temperature"
# A fall that is expected of more data is told from this fraction of the error on.
_WORTH = 0.02

# Above this temperature probabilities are nearly equal: nothing of theirs is used.
_NO_INFORMATION = 20.0


@dataclass(frozen=True)
class Advice:
    """A change, and what it is expected to do.

    Attributes
    ----------
    kind
        "more data", "capacity", "linear model", "average" or "temperature".
    action
        What to do, as an imperative.
    before
        Error now, a fraction; of a temperature the cross-entropy now, in nats.
    estimate, low, high
        What is expected after the change, and its 95% interval.
    because
        The evidence, in words.
    part
        Name of the part that shows it.
    settings
        Of "capacity" the parameter and its value, for `set_params`.
    """

    kind: str
    action: str
    before: float
    estimate: float
    low: float
    high: float
    because: str
    part: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        """Expected fall, in the unit of `before`."""
        return self.before - self.estimate

    @property
    def sentence(self) -> str:
        """The advice in a sentence."""
        row = {"estimate": self.estimate, "low": self.low, "high": self.high}
        name, before, after = "error", f"{100 * self.before:.1f}%", percent(row)
        if self.kind == TEMPERATURE:
            name, before, after = "cross-entropy", f"{self.before:.3f}", estimate(row, 3) + " nats"
        return (
            f"{self.action}: expected to lower the {name} from {before} to {after}, because "
            f"{self.because}."
        )

    def row(self) -> Row:
        """The advice as a row of a table."""
        return {**vars(self), "settings": dict(self.settings), "sentence": self.sentence}


def advice(
    found: Mapping[Any, Tried],
    averaged: list[Losses] | None,
    more: MoreData | None,
    capacity: Capacity | None,
    parameter: str,
    variance_share: float | None,
    calibration: CalibrationTest | None,
    n_tried: int,
) -> tuple[Advice, ...]:
    """What the measurements support, the largest expected gain first.

    A change of the model is advised where the interval of its gain on the same splits, which
    holds for all `n_tried` changes at once, lies above 0; more data where the error fell over the
    last doubling by more than chance and the forecast falls on.
    """
    asked = found["asked"]
    before = float(np.nanmean(asked.errors()))
    told = [
        *_of_capacity(capacity, parameter, before),
        *_of_linear(found, before, n_tried),
        *_of_average(asked, averaged, variance_share, before, n_tried),
        *_of_data(more, before),
        *_of_temperature(calibration),
    ]
    told.sort(key=lambda one: (one.kind == TEMPERATURE, -one.gain))
    return tuple(told[:MOST])


def _after(before: float, gain: Interval) -> tuple[float, float, float, float]:
    """What is now and what is expected with its ends, which stay at 0 or above."""
    row = gain.row()
    after = (before - row[name] for name in ("estimate", "high", "low"))
    estimate, low, high = (max(value, 0.0) for value in after)
    return before, estimate, low, high


def _of_capacity(capacity: Capacity | None, parameter: str, before: float) -> list[Advice]:
    if capacity is None or capacity.best is None or not capacity.gain.low > 0:
        return []
    train = f"its training error is {100 * capacity.own_train_error:.1f}%"
    because = {
        UNDER_FITTED: f"the model under-fits: {train}, and more capacity lowers the error on "
        "other examples",
        STILL_IMPROVING: f"{train}, but more capacity still lowers the error on other examples: "
        "this is the second descent",
        OVER_FITTED: f"the model over-fits: {train}, and less capacity lowers the error on other "
        "examples",
    }[capacity.position]
    return [
        Advice(
            "capacity",
            f"Set {parameter} to {label(capacity.best)}",
            *_after(before, capacity.gain),
            because=because,
            part="capacity",
            settings={parameter: capacity.best},
        )
    ]


def _of_linear(found: Mapping[Any, Tried], before: float, n_tried: int) -> list[Advice]:
    asked, linear = found["asked"], found["linear"]
    gain = gain_interval(asked.losses(), linear.losses(), asked.pairs, n_tried)
    if not gain.low > 0:
        return []
    name = type(linear_model(asked.data).steps[-1][1]).__name__
    return [
        Advice(
            "linear model",
            f"Use a linear model of the standardised inputs (StandardScaler and {name})",
            *_after(before, gain),
            because="its error on the same held-out examples is lower by more than chance",
            part="how well",
        )
    ]


def _of_average(
    asked: Tried,
    averaged: list[Losses] | None,
    share: float | None,
    before: float,
    n_tried: int,
) -> list[Advice]:
    if averaged is None:
        return []
    gain = gain_interval(asked.losses(), averaged, asked.pairs, n_tried)
    if not gain.low > 0:
        return []
    kind = "Regressor" if asked.data.task == "regression" else "Classifier"
    network = not isinstance(asked.results[0], EstimatorResult)
    how = "trained with other seeds" if network else f"scikit-learn's Bagging{kind}"
    because = "averaging lowers variance"
    if share is not None and np.isfinite(share):
        because += f", which is {100 * share:.0f}% of the loss"
    return [
        Advice(
            "average",
            f"Average {N_AVERAGED} fits of the model ({how})",
            *_after(before, gain),
            because=because,
            part="why",
        )
    ]


def _of_data(more: MoreData | None, before: float) -> list[Advice]:
    if more is None or more.twice is None or not more.last_fall.low > 0:
        return []
    row = more.twice
    if not before - row["estimate"] > _WORTH * before:
        return []
    fall = 100 * float(more.last_fall.mean)
    return [
        Advice(
            "more data",
            "Collect twice as many examples",
            before,
            row["estimate"],
            row["low"],
            row["high"],
            because=(
                f"the last doubling of the training examples lowered it by {fall:.1f} points, "
                "more than chance"
            ),
            part="more data",
        )
    ]


def _of_temperature(test: CalibrationTest | None) -> list[Advice]:
    if test is None or not test.gain.low > 0 or test.temperature > _NO_INFORMATION:
        return []
    if test.n_impossible:
        return []  # the logarithm of 0 is infinite at any temperature
    over = 100 * float(test.overconfidence.mean)
    return [
        Advice(
            TEMPERATURE,
            "Divide the logarithms of the probabilities by a temperature of "
            f"{test.temperature:.2g}, and normalise",
            *_after(float(test.log_loss.mean), test.gain),
            because=f"mean confidence is {abs(over):.1f} points {'above' if over > 0 else 'below'} "
            "accuracy",
            part="probabilities",
        )
    ]
