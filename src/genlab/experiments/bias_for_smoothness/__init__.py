"""`bias-for-smoothness`: whether smoother functions have a lower test error at equal training loss.

The last slides of S. Prince, "Understanding Deep Learning", ch. 8, end with a bias for smoothness:
of all functions that fit the training examples, training must prefer smooth ones. Weight decay,
early stopping, the size of the steps and ensembles are compared here at equal training loss, in the
toy problem, where each has a closed form, and for networks on MNIST-1D.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, roughness_of_truth
from genlab.experiments.bias_for_smoothness.networks import (
    QUANTITIES,
    ROUGHNESS,
    Course,
    at_level,
    courses,
    training_cells,
)
from genlab.experiments.bias_for_smoothness.protocol import (
    ENSEMBLE,
    PLAIN,
    PROTOCOLS,
    Protocol,
    Setting,
    Toy,
)
from genlab.experiments.bias_for_smoothness.tables import TABLES
from genlab.experiments.bias_for_smoothness.toy import (
    TOY_QUANTITIES,
    WEIGHT_DECAY,
    fitted_by,
    measure_toy,
    methods,
    random_models,
)
from genlab.experiments.bias_for_smoothness.words import answer, finding, notes
from genlab.measure import (
    Interval,
    error_interval,
    loss_interval,
    mean_interval,
    quantile_interval,
)

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "Setting", "Toy", "run"]

#: By method, level and quantity: one value per data set or seed.
Measured = Mapping[tuple[str, float, str], Float[np.ndarray, " n"]]
#: By method and level: what `at_level` gives for each seed.
AtLevels = Mapping[tuple[str, float], Sequence[Mapping[str, float] | None]]


def run(context: Context, protocol: Protocol) -> Findings:
    """Compare the methods at equal training loss, in the toy problem and on MNIST-1D."""
    cells = training_cells(context, protocol)
    runs = courses(cells, context.run_cells(list(cells.values())), protocol)
    there = _at_levels(runs, protocol)
    measured = _measured(there)
    tables = {
        "networks": _means(measured, QUANTITIES, protocol.n_test),
        "network_differences": differences(measured, QUANTITIES),
        "network_stopping": stopping(measured, QUANTITIES),
        "correlations": correlations(measured, protocol),
        "reached": _reached(there),
        "runs": [row for key, course in runs.items() for row in _run_rows(*key, course)],
        **_toy_tables(protocol.toy, context.seeds(1)[0]),
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        list(cells.values()),
        notes(tables, protocol),
        finding=finding(tables, protocol),
    )


def _at_levels(runs: Mapping[tuple[str, int], Course], protocol: Protocol) -> AtLevels:
    return {
        (method, level): [at_level(runs[method, seed], level) for seed in range(protocol.n_seeds)]
        for level in protocol.levels
        for method in protocol.methods
    }


def _measured(there: AtLevels) -> Measured:
    """The values at each level, of the methods that reach it in every seed."""
    found: dict[tuple[str, float, str], Float[np.ndarray, " n"]] = {}
    for (method, level), of_seeds in there.items():
        values = [one for one in of_seeds if one is not None]
        if len(values) == len(of_seeds):
            for name in QUANTITIES:
                found[method, level, name] = np.array([one[name] for one in values])
    return found


def _means(measured: Measured, quantities: Sequence[str], n_test: int | None) -> list[Row]:
    """A row for each; fractions of `n_test` examples are from 0 to 1, all others above 0."""
    return [
        {
            "method": method,
            "level": level,
            "quantity": quantity,
            **(
                error_interval(values, n_test)
                if quantity == "test_error" and n_test is not None
                else loss_interval(values)
            ).row(),
            "n": len(values),
        }
        for (method, level, quantity), values in measured.items()
        if quantity in quantities
    ]


def differences(measured: Measured, quantities: Sequence[str]) -> list[Row]:
    """Each method minus the plain one: at one level, intervals of any two quantities hold at once.

    So a method may be said to lower both roughness and test error. By Bonferroni's inequality:
    of k methods each interval has a confidence of 1 − 0.05 / 2k.
    """
    rows: list[Row] = []
    for level in dict.fromkeys(level for _, level, _ in measured):
        others = [m for m, at, q in measured if at == level and q == quantities[0] and m != PLAIN]
        if (PLAIN, level, quantities[0]) not in measured or not others:
            continue
        for method in others:
            for quantity in quantities:
                away = measured[method, level, quantity] - measured[PLAIN, level, quantity]
                head: Row = {"method": method, "level": level, "quantity": quantity}
                rows.append(head | _at_once(away, 2 * len(others)))
    return rows


def stopping(measured: Measured, quantities: Sequence[str]) -> list[Row]:
    """Plain training stopped at each level, minus that at the lowest level.

    The intervals of all levels and of any two quantities hold at once.
    """
    levels = [level for method, level, q in measured if method == PLAIN and q == quantities[0]]
    if not levels:
        return []
    lowest = min(levels)
    rows: list[Row] = []
    for level in levels:
        if level == lowest:
            continue
        for quantity in quantities:
            away = measured[PLAIN, level, quantity] - measured[PLAIN, lowest, quantity]
            head: Row = {"level": level, "lowest": lowest, "quantity": quantity}
            rows.append(head | _at_once(away, 2 * (len(levels) - 1)))
    return rows


def _at_once(values: Float[np.ndarray, " n"], k: int) -> Row:
    """The mean, with an interval that holds at once with those of k − 1 others.

    By Bonferroni's inequality: each of the k has a confidence of 1 − 0.05 / k.
    """
    return {**mean_interval(values, confidence=1 - 0.05 / k).row(), "n": len(values)}


def correlations(measured: Measured, protocol: Protocol) -> list[Row]:
    """Spearman's correlation of roughness and test error over methods, mean over seeds."""
    rows: list[Row] = []
    for level in protocol.levels:
        there = [m for m in protocol.methods if (m, level, "test_error") in measured]
        single = [method for method in there if method != ENSEMBLE]
        for name, group in (("all", there), ("single", single)):
            if len(group) < 3:
                continue
            errors = np.array([measured[method, level, "test_error"] for method in group])
            for roughness in ROUGHNESS:
                rough = np.array([measured[method, level, roughness] for method in group])
                rows.append(
                    {
                        "level": level,
                        "methods": name,
                        "roughness": roughness,
                        **mean_correlation(rough, errors).row(),
                        "n_methods": len(group),
                        "n": rough.shape[1],
                    }
                )
    return rows


def mean_correlation(
    first: Float[np.ndarray, "methods seeds"], second: Float[np.ndarray, "methods seeds"]
) -> Interval:
    """The mean over seeds of Spearman's correlation over methods, within [−1, 1].

    Where all values of a seed are equal, it has no correlation and is left out.
    """
    ranks = [scipy.stats.rankdata(values, axis=0) for values in (first, second)]
    centred = [rank - rank.mean(axis=0) for rank in ranks]
    size = np.sqrt([(one**2).sum(axis=0) for one in centred]).prod(axis=0)
    products = (centred[0] * centred[1]).sum(axis=0)
    found = np.divide(products, size, out=np.full(len(size), np.nan), where=size > 0)
    # As a fraction, so that the interval stays where a correlation can be.
    fraction = error_interval(np.clip((1 + found) / 2, 0, 1))
    return Interval(2 * fraction.mean - 1, 2 * fraction.low - 1, 2 * fraction.high - 1, fraction.n)


def _reached(there: AtLevels) -> list[Row]:
    rows: list[Row] = []
    names = ("step", "loss_before", "loss_after")
    for (method, level), of_seeds in there.items():
        values = [one for one in of_seeds if one is not None]
        rows.append(
            {
                "method": method,
                "level": level,
                "n_reached": len(values),
                "n": len(of_seeds),
                **{
                    name: float(np.mean([one[name] for one in values])) if values else None
                    for name in names
                },
            }
        )
    return rows


def _run_rows(method: str, seed: int, course: Course) -> list[Row]:
    return [
        {
            "method": method,
            "seed": seed,
            "step": int(step),
            "train_loss": float(course.loss[i]),
            **{name: float(values[i]) for name, values in course.values.items()},
        }
        for i, step in enumerate(course.steps)
    ]


def _toy_tables(toy: Toy, seed: int) -> dict[str, list[Row]]:
    problem = make_toy_regression(n=toy.n_points, design="grid")
    measured = measure_toy(problem, toy, seed)
    samples = problem.fresh(1, seed=seed)
    models = random_models(samples, toy, seed, 0)
    return {
        "toy": _means(measured, TOY_QUANTITIES, None),
        "toy_differences": differences(measured, TOY_QUANTITIES),
        "toy_stopping": stopping(measured, TOY_QUANTITIES),
        "toy_strengths": [
            {
                "method": method,
                "level": level,
                "strength": "decay" if method == WEIGHT_DECAY else "steps",
                **quantile_interval(values).row(),
                "n": len(values),
            }
            for (method, level, quantity), values in measured.items()
            if quantity == "strength"
        ],
        "toy_truth": [roughness_of_truth(problem)],
        "toy_fits": [
            row
            for method in methods(toy)
            for row in curve_rows(
                CURVE_X,
                fitted_by(method, models, samples.y, toy.quoted, toy)[1].predict(CURVE_X)[0],
                method=method,
            )
        ],
        "toy_points": curve_rows(samples.x[0], samples.y[0]),
        "toy_function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
    }
