"""`toy-double-descent`: past the number of points the expected error peaks, then falls again.

Section 8.4 of S. Prince, "Understanding Deep Learning", where figure 8.10 shows it for a
network, on the toy problem: there the expected error is computed, not estimated.
"""

from __future__ import annotations

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import estimate, text
from genlab.measure import quantile_interval, tail_index
from genlab.models import HingeRegression
from genlab.studies import decompose, decompose_exactly

_N_STRATIFIED = {"quick": 100, "default": 1_000, "paper": 10_000}
_N_MEASURED = {"quick": 200, "default": 2_000, "paper": 40_000}
_CAPACITIES = (*range(1, 41), 50, 60, 80, 100, 150, 200)
# Where the computed error is checked by measuring.
_CHECKED = (1, 3, 4, 6, 8, 10, 12, 13, 14, 15, 16, 18, 20, 25, 30, 40, 60, 100, 200)
_RESIDUALS_OF = (13, 14, 15, 16, 20, 40, 100, 200)
_RIDGES = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
_RIDGE = 1e-3
# Predictions are compared with the truth at the middles of so many equal cells of [0, 1].
_INPUTS = (np.arange(100) + 0.5) / 100
_TAIL_SHARE = 0.05
_DESIGNS = ("grid", "stratified")
_TOLD = (
    "lowest with fewer parameters than points",
    "highest from the first minimum on",
    "lowest with more parameters than points",
    "largest capacity",
)


def run(context: Context) -> Findings:
    """The expected error of every capacity, at fixed inputs exactly and at drawn ones."""
    n, n_measured = _N_STRATIFIED[context.scale], _N_MEASURED[context.scale]
    # The checks have data sets of their own each, so that they do not miss together.
    seed, *own = context.seeds(1 + len(_CHECKED))
    fixed = make_toy_regression(design="grid")
    drawn = make_toy_regression()
    grid = [row for capacity in _CAPACITIES for row in _grid_rows(fixed, capacity)]
    stratified = [
        _stratified_row(drawn, capacity, ridge, n, seed)
        for ridge in (0.0, _RIDGE)
        for capacity in _CAPACITIES
    ]
    exact = {row["capacity"]: row for row in grid if row["ridge"] == 0}
    measured = [
        _measured_row(fixed, capacity, exact[capacity]["error"], n_measured, own_seed)
        for capacity, own_seed in zip(_CHECKED, own, strict=True)
    ]
    residuals = [
        _residual_row(problem, capacity, n, seed)
        for problem in (fixed, drawn)
        for capacity in _RESIDUALS_OF
    ]
    marks = [
        row
        for design, rows in zip(_DESIGNS, (_as_estimates(grid), stratified), strict=True)
        for ridge in (0.0, _RIDGE)
        for row in _landmarks(design, ridge, [r for r in rows if r["ridge"] == ridge], fixed.n)
    ]
    tables = {
        "landmarks": marks,
        "grid": grid,
        "grid_measured": measured,
        "stratified": stratified,
        "training_residuals": residuals,
    }
    return Findings(tables, [], _answer(marks, n), notes=_notes(tables, fixed.n, n, n_measured))


def _grid_rows(problem: ToyRegression, capacity: int) -> list[Row]:
    """The error of one capacity at the problem's inputs, exactly, a row each ridge."""
    truth = problem.truth(_INPUTS)
    features = HingeRegression(capacity).features(problem.x)
    singular = np.linalg.svd(features, compute_uv=False)
    rows: list[Row] = []
    for ridge in _RIDGES:
        model = HingeRegression(capacity, ridge)
        solver = model.solver(problem.x)
        smoother = model.features(_INPUTS) @ solver
        residual = np.eye(problem.n) - features @ solver
        bias_squared = ((smoother @ problem.clean - truth) ** 2).mean()
        variance = problem.noise**2 * (smoother**2).sum(axis=1).mean()
        missed = ((residual @ problem.clean) ** 2).mean()
        train = missed + problem.noise**2 * (residual**2).sum() / problem.n
        rows.append(
            {
                "capacity": capacity,
                "n_parameters": capacity + 1,
                "ridge": ridge,
                "noise": problem.noise**2,
                "bias_squared": float(bias_squared),
                "variance": float(variance),
                "error": float(problem.noise**2 + bias_squared + variance),
                "train_error": float(train),
                "smallest_singular": float(singular.min()),
            }
        )
    best = min(row["error"] for row in rows)
    return [{**row, "is_best_ridge": row["error"] == best} for row in rows]


def _measured_row(problem: ToyRegression, capacity: int, exact: float, n: int, seed: int) -> Row:
    """The same error from fits to data sets with drawn noise."""
    error = decompose(HingeRegression(capacity), problem, n, inputs=_INPUTS, seed=seed).average
    row = estimate(error.error)
    return {
        "capacity": capacity,
        **row,
        "exact": exact,
        "holds_exact": row["low"] <= exact <= row["high"],
        "n_datasets": n,
    }


def _stratified_row(problem: ToyRegression, capacity: int, ridge: float, n: int, seed: int) -> Row:
    """The error given the inputs, over draws of the inputs."""
    model = HingeRegression(capacity, ridge)
    exact = decompose_exactly(model, problem, n, inputs=_INPUTS, seed=seed)
    excess = exact.given_bias_squared + exact.given_variance
    error = problem.noise**2 + excess
    index = tail_index(excess, share=_TAIL_SHARE)
    names = ("05", "25", "75", "95")
    quantiles = np.quantile(error, [0.05, 0.25, 0.75, 0.95])
    return {
        "capacity": capacity,
        "n_parameters": capacity + 1,
        "ridge": ridge,
        **estimate(quantile_interval(error)),
        **{f"quantile_{q}": float(v) for q, v in zip(names, quantiles, strict=True)},
        "largest": float(error.max()),
        "tail_index": float(index.mean),
        "tail_low": float(index.low),
        "tail_high": float(index.high),
        "n_datasets": n,
    }


def _residual_row(problem: ToyRegression, capacity: int, n: int, seed: int) -> Row:
    samples = problem.fresh(n, seed=seed)
    fit = HingeRegression(capacity).fit(samples.x, samples.y)
    largest = np.abs(fit.predict(samples.x) - samples.y).max(axis=1)
    return {
        "design": problem.design,
        "capacity": capacity,
        "median_of_largest": float(np.median(largest)),
        "largest": float(largest.max()),
        "n_datasets": n,
    }


def _as_estimates(grid: list[Row]) -> list[Row]:
    """The grid's errors in the columns of an estimate; exact ones have no interval."""
    return [{**row, "estimate": row["error"], "low": None, "high": None} for row in grid]


def _landmarks(design: str, ridge: float, rows: list[Row], n: int) -> list[Row]:
    """Where the error is lowest and highest on either side of as many parameters as points."""
    first = min((row for row in rows if row["n_parameters"] < n), key=_error)
    found = {
        "lowest with fewer parameters than points": first,
        "parameters = points": next(row for row in rows if row["n_parameters"] == n),
        "highest from the first minimum on": max(
            (row for row in rows if row["capacity"] >= first["capacity"]), key=_error
        ),
        "hidden units = points": next(row for row in rows if row["capacity"] == n),
        "lowest with more parameters than points": min(
            (row for row in rows if row["n_parameters"] > n), key=_error
        ),
        "largest capacity": rows[-1],
    }
    return [
        {
            "design": design,
            "ridge": ridge,
            "landmark": name,
            **{key: row[key] for key in ("capacity", "n_parameters", "estimate", "low", "high")},
        }
        for name, row in found.items()
    ]


def _error(row: Row) -> float:
    return float(row["estimate"])


def _marked(marks: list[Row], design: str, ridge: float) -> dict[str, Row]:
    return {
        row["landmark"]: row for row in marks if (row["design"], row["ridge"]) == (design, ridge)
    }


def _answer(marks: list[Row], n: int) -> str:
    fixed, drawn = _marked(marks, "grid", 0.0), _marked(marks, "stratified", 0.0)
    ridge = [_marked(marks, design, _RIDGE)["hidden units = points"] for design in _DESIGNS]
    first, peak, lowest, last = (fixed[name] for name in _TOLD)
    drawn_first, drawn_peak, drawn_lowest, drawn_last = (drawn[name] for name in _TOLD)
    threshold = fixed["parameters = points"]["capacity"]
    verbs = [
        "falls below" if after["estimate"] < before["estimate"] else "stays above"
        for before, after in ((first, lowest), (drawn_first, drawn_lowest))
    ]
    return (
        f"The expected error peaks about where training error reaches 0, at {threshold} hidden "
        f"units, and falls a second time. With 15 fixed inputs it is lowest at {first['capacity']} "
        f"({first['estimate']:.3f}), highest at {peak['capacity']} ({peak['estimate']:.3f}) and "
        f"{last['estimate']:.3f} at {last['capacity']}; with drawn inputs its median over {n:,} "
        f"draws is {text(drawn_first, 3)} at {drawn_first['capacity']}, {text(drawn_peak, 2)} at "
        f"{drawn_peak['capacity']} and {text(drawn_last, 3)} at {drawn_last['capacity']}. Past the "
        f"peak it {verbs[0]} the first minimum with fixed inputs (lowest: "
        f"{lowest['estimate']:.3f} at {lowest['capacity']}) and {verbs[1]} it with drawn ones "
        f"({text(drawn_lowest, 3)} at {drawn_lowest['capacity']}); a ridge of {_RIDGE:g} "
        f"removes the peak: {ridge[0]['estimate']:.3f} and {text(ridge[1], 3)} at "
        f"{ridge[0]['capacity']}."
    )


def _notes(tables: dict[str, list[Row]], n: int, n_draws: int, n_measured: int) -> list[str]:
    """`n` is the number of points a data set."""
    plain = {row["capacity"]: row for row in tables["grid"] if row["ridge"] == 0}
    heavy = {row["capacity"]: row for row in tables["stratified"] if row["ridge"] == 0}
    held = sum(row["holds_exact"] for row in tables["grid_measured"])
    largest = max(
        row["largest"] for row in tables["training_residuals"] if row["capacity"] >= n - 1
    )
    singular = [plain[capacity]["smallest_singular"] for capacity in (n - 1, n, n + 1)]
    best = min((row for row in tables["grid"]), key=lambda row: row["error"])
    last = next(
        row for row in tables["grid"] if row["is_best_ridge"] and row["capacity"] == max(plain)
    )
    return [
        f"Fixed inputs are the middles of {n} equal cells, the same in every data set; then "
        f"noise, bias² and variance follow from one smoother matrix. Nothing is sampled, so these "
        f"numbers have no interval. As a check the error is measured too, each over {n_measured:,} "
        f"data sets of its own: {held} of {len(tables['grid_measured'])} 95% intervals hold the "
        f"computed value.",
        f"Drawn inputs are one uniform draw a cell. The error given the inputs is computed, its "
        f"median over {n_draws:,} draws has a 95% interval, and bands hold the middle half of the "
        f"draws. Medians, because the tail falls as a power of {heavy[n]['tail_index']:.2f} "
        f"[{heavy[n]['tail_low']:.2f}, {heavy[n]['tail_high']:.2f}] at {n} hidden units (from the "
        f"largest {100 * _TAIL_SHARE:.0f}% of draws): at 1 and below there is no mean.",
        f"As many parameters as points, {n}, is {n - 1} hidden units: from there on the largest "
        f"training residual of any data set is {largest:.0e}, 0 to rounding. The peak comes one "
        f"later because with {n} hidden units the model's lines are the design's cells, so that "
        f"each line holds one point and the next only continues it: the smallest singular value "
        f"of the features is {singular[0]:.4f}, {singular[1]:.4f} and {singular[2]:.4f} at "
        f"{n - 1}, {n} and {n + 1} hidden units, and noise is magnified by its inverse. At "
        f"{2 * n} every fixed input lies on a joint, and the error dips.",
        f"The best ridge is, at each capacity, that of {', '.join(f'{r:g}' for r in _RIDGES)} "
        f"whose expected error is least: it needs the truth, and shows what ridge could do. The "
        f"least of all is {best['error']:.3f} at {best['capacity']} hidden units with ridge "
        f"{best['ridge']:g}; at {last['capacity']} it is {last['error']:.3f} with "
        f"{last['ridge']:g}.",
    ]
