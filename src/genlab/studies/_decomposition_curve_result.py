"""Noise, bias and variance against capacity, and what the curves show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.measure import (
    LossParts,
    PeakTest,
    RiseTest,
    Threshold,
    highest_positions,
    interpolation_threshold,
    peak_test,
    rise_test,
)
from genlab.studies._fits import AnyResult, end
from genlab.studies._loss_decomposition import LossDecomposition
from genlab.studies._loss_fits import PlannedFits, parts_in_groups

if TYPE_CHECKING:
    import altair
    import pandas


@dataclass(frozen=True, eq=False)
class DecompositionCurve:
    """Noise, bias and variance of a model at many capacities.

    Attributes
    ----------
    capacities
        The capacities, in increasing order.
    n_parameters
        Weights and biases at each; None for an estimator.
    fits, results
        At each capacity its fits and their results, in the order of the data sets.
    n_groups
        Groups of data sets that the tests compare.
    """

    capacities: tuple[float, ...]
    n_parameters: tuple[int | None, ...]
    fits: tuple[PlannedFits, ...]
    results: tuple[tuple[AnyResult, ...], ...]
    n_groups: int

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses that are taken apart."""
        return self.fits[0].losses

    @cached_property
    def decompositions(self) -> Mapping[str, tuple[LossDecomposition, ...]]:
        """Loss -> its decomposition at each capacity; bias² has no intervals at single rows."""
        found = [
            fits.decomposed(results, row_intervals=False)
            for fits, results in zip(self.fits, self.results, strict=True)
        ]
        return {loss: tuple(parts[loss] for parts in found) for loss in self.losses}

    @cached_property
    def _groups(self) -> Mapping[str, list[list[LossParts | None]]]:
        """Loss -> at each capacity the average parts of every group."""
        return {
            loss: [
                parts_in_groups(parts, fits.samples, self.n_groups)
                for parts, fits in zip(self.decompositions[loss], self.fits, strict=True)
            ]
            for loss in self.losses
        }

    def terms(self, loss: str) -> tuple[str, ...]:
        """Names of the parts that add up to a loss."""
        return tuple(self.decompositions[loss][0].average.terms)

    def values(self, loss: str, part: str) -> Float[np.ndarray, "capacities groups"]:
        """A part, or the "loss" itself, at each capacity as each group of data sets estimates it.

        Data set i is in group i mod `n_groups`. With fresh data sets the groups are independent of
        each other, and are what `peak` and `rise` compare. NaN where fits failed and no row is
        predicted by two fits of a group.

        Notes
        -----
        Bias² and variance of "squared", "brier" and "kohavi_wolpert" are unbiased in groups of any
        size, so that a group of few fits tells the truth on average. Those of "cross_entropy" are
        corrected to the first order alone: where networks are far too confident, the bias in small
        groups is too high. That of "zero_one" is too high where votes are close, and no correction
        exists. Both faults are larger where the variance is higher, so that a peak of the variance
        can look like one of the bias. Test the bias of "brier" and of "kohavi_wolpert" in their
        place.
        """
        return np.array(
            [
                [np.nan if parts is None else float(_part(parts, part)) for parts in groups]
                for groups in self._groups[loss]
            ]
        )

    def peak(self, loss: str, part: str) -> PeakTest:
        """Whether a part rises to a peak and falls again, at positions of `capacities`."""
        return peak_test(list(self.values(loss, part)))

    def rise(self, loss: str, part: str) -> RiseTest:
        """Whether a part rises anywhere, at positions of `capacities`."""
        return rise_test(list(self.values(loss, part)))

    def highest(self, loss: str, part: str) -> list[float]:
        """Capacities among which the highest value of a part lies, with 95% confidence."""
        return [self.capacities[i] for i in highest_positions(list(self.values(loss, part)))]

    def errors(self, curve: str = "train_error") -> list[Float[np.ndarray, " fits"]]:
        """At each capacity the "train_error" or "test_error" of each fit that did not fail.

        With label noise a training error counts the noisy label as right.
        """
        errors = [np.array([end(result, curve) for result in results]) for results in self.results]
        return [values[np.isfinite(values)] for values in errors]

    @property
    def threshold(self) -> Threshold:
        """The interpolation threshold: the capacity from which training error is below 1%."""
        errors = [np.minimum(values, 1.0) for values in self.errors()]
        return interpolation_threshold(self.capacities, errors)

    def rows(self) -> list[Row]:
        """One row per capacity, loss and part, each an average over the rows that are predicted.

        Columns: capacity, n_parameters, loss, part (a term, "loss" or a detail), kind ("term",
        "loss" or "detail"), estimate, low, high, and n_datasets, the fits that did not fail.
        """
        return [
            {
                "capacity": capacity,
                "n_parameters": n_parameters,
                "loss": loss,
                **row,
                "n_datasets": len(parts.predictions),
            }
            for loss in self.losses
            for capacity, n_parameters, parts in zip(
                self.capacities, self.n_parameters, self.decompositions[loss], strict=True
            )
            for row in parts.averages()
        ]

    def to_frame(self) -> pandas.DataFrame:
        """The `rows` as a pandas frame."""
        import pandas

        return pandas.DataFrame(self.rows())

    def chart(self, loss: str | None = None) -> altair.LayerChart:
        """The parts of a loss and their sum against capacity, with 95% intervals.

        None takes the first of the losses.
        """
        from genlab.charts import parts_chart, titled

        loss = self.losses[0] if loss is None else loss
        if loss not in self.losses:
            raise ValueError(f"`loss` must be one of {', '.join(self.losses)}, got {loss!r}.")
        found = self.decompositions[loss][0]
        chart = parts_chart(
            [row for row in self.rows() if row["loss"] == loss and row["kind"] != "detail"],
            x_title="capacity",
            y_title=found.loss_name,
            ticks=self.capacities,
        )
        title = f"{found.model}: parts of the {found.loss_name} against capacity"
        n = len(found.predictions)
        drawn: altair.LayerChart = titled(
            chart, title, [f"{n} fits at each capacity; 95% intervals over fits"]
        )
        return drawn

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def __repr__(self) -> str:
        return (
            f"DecompositionCurve({', '.join(self.losses)}; capacities {self.capacities[0]} to "
            f"{self.capacities[-1]}, {len(self.results[0])} data sets)"
        )


def _part(parts: LossParts, part: str) -> np.ndarray:
    """The estimate of a term, of the "loss" or of a detail."""
    known = {**parts.terms, "loss": parts.loss, **parts.details}
    if part not in known:
        raise ValueError(f"`part` must be one of {', '.join(known)}, got {part!r}.")
    return known[part].mean
