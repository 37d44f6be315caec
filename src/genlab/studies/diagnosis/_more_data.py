"""More data: the learning curve, its forecast, and how far such forecasts were right here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab._base.words import percent
from genlab.datasets import Dataset
from genlab.measure import Interval, fit_forecast
from genlab.studies._learning_curve import LearningCurve, learning_curve
from genlab.studies.diagnosis._divided import Losses, Pair, gain_interval
from genlab.studies.diagnosis._effort import Work
from genlab.studies.diagnosis._part import QUESTIONS, Part, change, is_known
from genlab.studies.diagnosis._tried import losses_of
from genlab.training import Recipe

_TIMES = (1.5, 2.0, 4.0)
# Sizes, each half of the next, and the fewest examples of one.
_N_SIZES, _FEWEST, _A_CLASS = 6, 10, 3
# Sizes that a forecast is made from.
_NEEDED = 3


class MoreData(NamedTuple):
    """The part, the curve, the fall over the last doubling, and the forecast of twice the data.

    `twice` is None where there is no forecast.
    """

    part: Part
    curve: LearningCurve
    last_fall: Interval
    twice: Row | None


def more_data(
    model: Any,
    data: Dataset,
    pairs: Sequence[Pair],
    recipe: Recipe | None,
    *,
    work: Work,
    seed: int,
) -> MoreData:
    """Measure the learning curve on the splits, and forecast it."""
    curve = learning_curve(
        model,
        data,
        recipe,
        sizes=_sizes(min(len(fitted) for fitted, _ in pairs), data),
        seeds=(seed,),
        cv=pairs,
        **work.options("more data"),
    )
    nan = np.array(np.nan)
    fall = Interval(nan, nan, nan, np.array(0))
    if len(curve.sizes) > 1:
        half, whole = (_losses_at(curve, data, pairs, i) for i in (-2, -1))
        fall = gain_interval(half, whole, pairs)
    forecast, reason = _forecast(curve)
    backtests = _backtests(curve)
    tables = {
        "learning": curve.bands(),
        "forecast": forecast,
        "backtests": backtests,
    }
    note = reason or (
        "The forecast assumes that further examples come from the same source as these. Its "
        "interval covers everything from no further fall to a slightly faster fall than before."
    )
    answer = _answer(curve, fall, forecast, backtests)
    part = Part("more data", QUESTIONS["more data"], answer, tables, (note,))
    return MoreData(part, curve, fall, next((r for r in forecast if r["times"] == 2.0), None))


def _losses_at(
    curve: LearningCurve, data: Dataset, pairs: Sequence[Pair], size: int
) -> list[Losses]:
    """In each split the losses of the fit of one size, by its place among the sizes."""
    place = range(len(curve.sizes))[size] * len(pairs)
    results = curve.results[place : place + len(pairs)]
    return [
        losses_of(data, held_out, result)
        for (_, held_out), result in zip(pairs, results, strict=True)
    ]


def _sizes(n: int, data: Dataset) -> list[int]:
    fewest = min(n, max(_FEWEST, _A_CLASS * data.n_classes))
    return sorted({size for i in range(_N_SIZES) if (size := n >> i) >= fewest} | {n})


def _forecast(curve: LearningCurve) -> tuple[list[Row], str]:
    """The rows of the forecast, and why there are none."""
    n = curve.sizes[-1]
    known = np.isfinite(curve.errors()).any(axis=0)
    if _makes_no_error(curve):
        return [], "There is no forecast: an error of 0 cannot fall."
    if known.sum() < _NEEDED:
        return [], (
            f"There is no forecast: it needs {_NEEDED} sizes at which the model could be fitted, "
            f"got {known.sum()}."
        )
    try:
        rows = curve.forecast([round(times * n) for times in _TIMES])
    except ValueError as error:
        return [], f"There is no forecast: {error}"
    return [{"times": times, **row} for times, row in zip(_TIMES, rows, strict=True)], ""


def _makes_no_error(curve: LearningCurve) -> bool:
    """Whether no fit to all examples made an error."""
    last = curve.errors()[:, -1]
    return bool(np.isfinite(last).any() and np.nanmax(last) == 0)


def _backtests(curve: LearningCurve) -> list[Row]:
    """Forecasts from smaller parts of this data set, compared with what was then measured.

    Of twice the examples and of four times, wherever three sizes come before.
    """
    errors, rows = curve.errors(), []
    for last in range(_NEEDED - 1, len(curve.sizes) - 1):
        for ahead in (last + 1, last + 2):
            if ahead >= len(curve.sizes):
                continue
            known = errors[:, : last + 1]
            try:
                made = fit_forecast(
                    curve.sizes[: last + 1], known, at_most_1=curve.task == "classification"
                ).at([curve.sizes[ahead]])
            except ValueError:
                continue
            measured = float(np.nanmean(errors[:, ahead]))
            row = made.row(index=0)
            rows.append(
                {
                    "from_n": curve.sizes[last],
                    "n_train": curve.sizes[ahead],
                    "times": round(curve.sizes[ahead] / curve.sizes[last]),
                    **row,
                    "measured": measured,
                    "held": bool(row["low"] <= measured <= row["high"]),
                }
            )
    return rows


def _answer(curve: LearningCurve, fall: Interval, forecast: list[Row], backtests: list[Row]) -> str:
    n = curve.sizes[-1]
    if _makes_no_error(curve):
        return f"No: with {n:,} training examples the model makes no error on held-out examples."
    sentences = []
    row = fall.row()
    if len(curve.sizes) > 1 and is_known(row["estimate"]):
        said = f"from {curve.sizes[-2]:,} to {n:,} training examples the error "
        changed = change(row, "fell", "rose")
        if not is_known(row["low"]):
            sentences.append(f"This cannot be decided: {said}{changed}, and there is no interval.")
        elif row["low"] > 0:
            sentences.append(f"Probably: {said}{changed}.")
        elif row["high"] < 0:
            sentences.append(f"No: {said}{changed}.")
        elif row["low"] == row["high"] == 0:
            sentences.append(f"Probably not: {said}did not change.")
        else:
            sentences.append(f"This cannot be decided: {said}{changed}, which could be chance.")
    if forecast:
        told = [f"{percent(one)} with {one['n_train']:,}" for one in forecast]
        sentences.append(f"The forecast of the error is {told[0]}, {told[1]} and {told[2]}.")
    if backtests:
        sentences.append(_record(backtests, "such " if forecast else ""))
    return " ".join(sentences) or "There are too few examples for a learning curve."


def _record(backtests: list[Row], such: str) -> str:
    """How often forecasts from smaller parts were right."""
    n, right = len(backtests), sum(one["held"] for one in backtests)
    if n == 1:
        was = "right: its interval contains" if right else "wrong: its interval does not contain"
        return (
            f"The one {such}forecast made from a smaller part of these data was {was} the error "
            "that was then measured."
        )
    return (
        f"{right} of {n} {such}forecasts made from smaller parts of these data were right: their "
        "interval contains the error that was then measured."
    )
