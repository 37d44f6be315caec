"""Learning curves: errors against training examples, their power laws, and examples needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.measure import (
    Interval,
    PowerLaw,
    equivalent_sample_size,
    error_interval,
    fit_power_law,
    mean_interval,
)

#: Test errors of one model, one row per seed and one column per number of examples.
Errors = Float[np.ndarray, "seeds sizes"]


def band_rows(sizes: Sequence[int], errors: Errors, n_parameters: int, n_test: int) -> list[Row]:
    """The mean error at each number of examples, and its interval."""
    return [
        {
            "n_parameters": n_parameters,
            "n_train": n,
            "curve": "test_error",
            **interval.row(),
            "n_seeds": int(interval.n),
        }
        for n, of_size in zip(sizes, errors.T, strict=True)
        for interval in [error_interval(of_size, n_test)]
    ]


def law_rows(errors: Errors, laws: Mapping[str, PowerLaw]) -> list[Row]:
    """The parameters of the power laws, and how far the mean errors lie from them."""
    return [
        {
            "form": form,
            "from": int(law.n[0]),
            "to": int(law.n[-1]),
            **law.exponent.row("exponent"),
            **law.scale.row("scale"),
            **law.floor.row("floor"),
            "largest_residual": float(max(law.residuals, key=abs)),
            "largest_deviation": float(max(_deviations(law, errors), key=abs)),
            "n_seeds": int(law.exponent.n),
        }
        for form, law in laws.items()
    ]


def fit_rows(errors: Errors, laws: Mapping[str, PowerLaw]) -> list[Row]:
    """The fitted errors, and how far the means lie above them in proportion."""
    names = ("n_train", "fit", "deviation", "residual")
    return [
        {"form": form, **dict(zip(names, map(float, values), strict=True))}
        for form, law in laws.items()
        for values in zip(
            law.n, law.predict(law.n).mean, _deviations(law, errors), law.residuals, strict=True
        )
    ]


def worth_rows(
    sizes: Sequence[int],
    errors: Errors,
    mlp: Errors,
    mlp_laws: Mapping[str, PowerLaw],
    n_test: int,
) -> list[Row]:
    """Examples that the MLP needs for a model's error at each size, and their ratio to it."""
    rows = []
    for n, own in zip(sizes, errors.T, strict=True):
        needed, error = equivalent_sample_size(sizes, mlp, own), error_interval(own, n_test)
        bound, extrapolated = "", math.nan
        if math.isnan(needed.mean):
            bound = "below" if mean_interval(mlp[:, 0]).mean <= error.mean else "above"
        if bound == "above" and mlp_laws:
            extrapolated = float(mlp_laws["no_floor"].examples_for(float(error.mean)))
        ratio = Interval(needed.mean / n, needed.low / n, needed.high / n, needed.n)
        rows.append(
            {
                "n_train": n,
                **error.row("error"),
                **needed.row("mlp_examples"),
                "bound": bound,
                **ratio.row("ratio"),
                "extrapolated_by_power_law": extrapolated,
                "n_seeds": int(error.n),
            }
        )
    return rows


def power_laws(sizes: Sequence[int], errors: Errors, fit_from: int) -> dict[str, PowerLaw]:
    """The fits that the sizes from `fit_from` on allow, with and without a floor."""
    first = sum(n < fit_from for n in sizes)
    n, values = np.array(sizes[first:]), errors[:, first:]
    laws = {}
    if len(n) >= 3:
        laws["no_floor"] = fit_power_law(n, values)
    if len(n) >= 5:  # with 4 a curve of three parameters is hardly tested
        laws["floor"] = fit_power_law(n, values, floor=True)
    return laws


def _deviations(law: PowerLaw, errors: Errors) -> Float[np.ndarray, " k"]:
    return mean_interval(errors[:, -len(law.n) :]).mean / law.predict(law.n).mean - 1
