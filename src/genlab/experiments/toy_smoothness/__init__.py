"""`toy-smoothness`: of all fits through a few points, the one of least norm is smooth.

Figure 8.11 of S. Prince, "Understanding Deep Learning": with more hidden units than needed
the fit between sparse points can be smoother, but is not obliged to. Here: how much, how
rough it may be just as well, and that gradient descent finds the smooth one from zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, ToySamples, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, estimate, text
from genlab.measure import quantile_interval, tail_index, wilson_interval
from genlab.models import HingeFit, HingeRegression

_N_POINTS = 6
_N_DATASETS = {"quick": 400, "default": 2_000, "paper": 20_000}
# Five hidden units have as many parameters as there are points, and so one fit only.
_CAPACITIES = (5, 6, 7, 8, 10, 50)
# Length of what is added to the fit of least norm, in lengths of that fit.
_MULTIPLES = (1, 3, 10)
# On the problem's own data set one such direction is added and taken off this many times.
_DRAWN_MULTIPLE = 5
# Distances are root mean squares over the middles of 200 equal cells of [0, 1].
_INPUTS = (np.arange(200) + 0.5) / 200
_TAIL_SHARE = 0.05

_DESCENT_CAPACITY = 50
_N_DESCENTS = {"quick": 20, "default": 40, "paper": 100}
_N_STEPS = {"quick": 5_000, "default": 50_000, "paper": 1_000_000}
# Length of a start that is not zero, in lengths of the fit of least norm.
_START = 3.0
_ZERO, _ELSEWHERE = "zero", "elsewhere"

Parameters = Float[np.ndarray, "n_datasets n_parameters"]


def run(context: Context) -> Findings:
    """Fit a few points with ever more hidden units: smoothly, roughly, and by descent."""
    scale = context.scale
    seed, descent_seed = context.seeds(2)
    problem = make_toy_regression(n=_N_POINTS)
    samples = problem.fresh(_N_DATASETS[scale], seed=seed)
    interpolations: list[Row] = []
    residuals: list[Row] = []
    least = {}
    for capacity in _CAPACITIES:
        fits = _interpolations(capacity, samples, seed, _MULTIPLES)
        measured = {multiple: _measures(fit, problem) for multiple, fit in fits.items()}
        least[capacity] = measured[0]
        for multiple, fit in fits.items():
            interpolations += _summaries(capacity, multiple, measured[multiple])
            residuals.append(_residual_row(capacity, multiple, fit, samples))
    descent, descent_end, descent_fits = _descents(
        problem, _N_DESCENTS[scale], _N_STEPS[scale], descent_seed
    )
    tables = {
        "interpolations": interpolations,
        "training_residuals": residuals,
        "against_one_fit": [row for c in _CAPACITIES[1:] for row in _against(c, least)],
        "truth": [{"roughness": _roughness_of_truth(problem)}],
        "descent": descent,
        "descent_end": descent_end,
        "fits": [row for capacity in _CAPACITIES for row in _fit_rows(capacity, problem, seed)],
        "descent_fits": descent_fits,
        "points": curve_rows(problem.x, problem.y),
        "function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
    }
    return Findings(tables, [], _answer(tables), notes=_notes(tables))


def null_part(
    features: Float[np.ndarray, "n_datasets n n_parameters"], vectors: Parameters
) -> Parameters:
    """What of each vector of parameters changes no prediction at the training points.

    The projection on the null space of a data set's features, by the orthonormal basis of
    the singular value decomposition.
    """
    basis = np.linalg.svd(features, full_matrices=True)[2][:, features.shape[1] :]
    return np.vecmat(np.matvec(basis, vectors), basis)


def gradient_descent(
    features: Float[np.ndarray, "n_datasets n n_parameters"],
    targets: Float[np.ndarray, "n_datasets n"],
    start: Parameters,
    steps: Sequence[int],
) -> Float[np.ndarray, "checkpoints n_datasets n_parameters"]:
    """Parameters after each of the numbers of steps, of every data set by itself.

    Descends ½ Σ(y − f(x))² with a step size of 1 over the square of the largest singular
    value of the features, half of the largest that does not diverge.
    """
    size = np.linalg.norm(features, ord=2, axis=(1, 2))[:, None] ** -2.0
    parameters, reached, done = start.copy(), [], 0
    for step in steps:
        for _ in range(step - done):
            residuals = targets - np.matvec(features, parameters)
            parameters += size * np.vecmat(residuals, features)
        done = step
        reached.append(parameters.copy())
    return np.stack(reached)


def _interpolations(
    capacity: int, samples: ToySamples, seed: int, multiples: Sequence[int]
) -> dict[int, HingeFit]:
    """The fits of least norm, and others with a random direction of the null space added."""
    model = HingeRegression(capacity)
    fit = model.fit(samples.x, samples.y)
    if model.n_parameters <= samples.x.shape[1]:
        return {0: fit}
    normal = streams.numpy_stream(seed, streams.NULL_SPACE, capacity).standard_normal(
        fit.parameters.shape
    )
    direction = null_part(model.features(samples.x), normal)
    added = direction * (_length(fit.parameters) / _length(direction))[:, None]
    return {0: fit} | {k: HingeFit(model, fit.parameters + k * added) for k in multiples}


def _measures(fit: HingeFit, problem: ToyRegression) -> dict[str, Float[np.ndarray, " n"]]:
    """Of each data set's fit, how rough it is and how far from the truth."""
    # The first slope is the rise from 0 on; the others are changes at the joints inside.
    bends = np.abs(fit.slopes[:, 1:])
    return {
        "roughness": bends.sum(axis=1),
        "sharpest bend": bends.max(axis=1),
        "distance": _root_mean_square(fit.predict(_INPUTS) - problem.truth(_INPUTS)),
        "norm": _length(fit.parameters),
    }


def _summaries(
    capacity: int, multiple: int, measured: dict[str, Float[np.ndarray, " n"]]
) -> list[Row]:
    rows = []
    for quantity, values in measured.items():
        index = tail_index(values, share=_TAIL_SHARE)
        rows.append(
            {
                "capacity": capacity,
                "multiple": multiple,
                "quantity": quantity,
                **_spread(values),
                "tail_index": float(index.mean),
                "tail_low": float(index.low),
                "tail_high": float(index.high),
                "n_datasets": len(values),
            }
        )
    return rows


def _residual_row(capacity: int, multiple: int, fit: HingeFit, samples: ToySamples) -> Row:
    largest = np.abs(fit.predict(samples.x) - samples.y).max(axis=1)
    return {
        "capacity": capacity,
        "multiple": multiple,
        "median_of_largest": float(np.median(largest)),
        "largest": float(largest.max()),
        "n_datasets": len(largest),
    }


def _against(capacity: int, least: dict[int, dict[str, Float[np.ndarray, " n"]]]) -> list[Row]:
    """In how many data sets the fit of least norm is lower than the one fit there is at 5."""
    rows = []
    for quantity, values in least[capacity].items():
        lower = int((values < least[_CAPACITIES[0]][quantity]).sum())
        share = wilson_interval(lower, len(values))
        row = {"capacity": capacity, "quantity": quantity, **estimate(share)}
        rows.append({**row, "n_datasets": len(values)})
    return rows


def _roughness_of_truth(problem: ToyRegression) -> float:
    """Total variation of the function's slope over (0, 1), from 20,000 straight lines."""
    x = np.linspace(0.0, 1.0, 20_001)
    slopes = np.diff(problem.truth(x)) / np.diff(x)
    return float(np.abs(np.diff(slopes)).sum())


def _fit_rows(capacity: int, problem: ToyRegression, seed: int) -> list[Row]:
    """Curves through the problem's own points."""
    signs = (_DRAWN_MULTIPLE, -_DRAWN_MULTIPLE)
    fits = _interpolations(capacity, _own(problem), seed, signs)
    return [
        row
        for multiple, fit in fits.items()
        for row in curve_rows(
            CURVE_X, fit.predict(CURVE_X)[0], capacity=capacity, multiple=multiple
        )
    ]


def _descents(
    problem: ToyRegression, n: int, n_steps: int, seed: int
) -> tuple[list[Row], list[Row], list[Row]]:
    """Gradient descent from zero and from elsewhere: on the way, at the end, and one in curves.

    The curves are those of the problem's own data set, the numbers those of n others.
    """
    samples = problem.fresh(n, seed=seed)
    x, y, _ = (np.vstack(pair) for pair in zip(_own(problem), samples, strict=True))
    model = HingeRegression(_DESCENT_CAPACITY)
    features, least = model.features(x), model.fit(x, y).parameters
    normal = streams.numpy_stream(seed, streams.DESCENT_START).standard_normal(least.shape)
    elsewhere = normal * (_START * _length(least) / _length(normal))[:, None]
    starts = {_ZERO: np.zeros_like(least), _ELSEWHERE: elsewhere}
    steps = np.unique(np.geomspace(1, n_steps, 61).round().astype(int)).tolist()
    # Both starts go down together: a step of many data sets costs little more than of one.
    reached = gradient_descent(
        np.vstack([features] * 2), np.vstack([y] * 2), np.vstack(list(starts.values())), steps
    )
    paths = dict(zip(starts, np.split(reached, 2, axis=1), strict=True))
    curve: list[Row] = []
    end: list[Row] = []
    for name, path in paths.items():
        for step, parameters in zip(steps, path, strict=True):
            distances = {
                "parameters": _length(parameters - least) / _length(least),
                "predictions": _root_mean_square((parameters - least) @ model.features(_INPUTS).T),
                "training": _root_mean_square(np.matvec(features, parameters) - y),
            }
            curve += _descent_rows(name, step, distances)
        limit = least + null_part(features, starts[name])
        own = _length(path[-1] - limit) / _length(least)
        measured = {**distances, "parameters, from own limit": own}
        end += _descent_rows(
            name, n_steps, measured | _measures(HingeFit(model, path[-1]), problem)
        )
    singular = np.linalg.svd(features, compute_uv=False)
    slowest = {"steps that shrink the slowest part by e": (singular[:, 0] / singular[:, -1]) ** 2}
    end += _descent_rows("either", n_steps, slowest)
    drawn = {"least norm": least, **{f"from {name}": path[-1] for name, path in paths.items()}}
    fits = [
        row
        for name, parameters in drawn.items()
        for row in curve_rows(CURVE_X, HingeFit(model, parameters[0]).predict(CURVE_X), fit=name)
    ]
    return curve, end, fits


def _descent_rows(start: str, step: int, values: dict[str, Float[np.ndarray, " n"]]) -> list[Row]:
    """One row a quantity, over the fresh data sets: the first is the problem's own."""
    return [
        {"start": start, "quantity": name, "step": step, **_spread(v[1:]), "n_datasets": len(v) - 1}
        for name, v in values.items()
    ]


def _own(problem: ToyRegression) -> ToySamples:
    """The problem's own data set, as one of several."""
    return ToySamples(problem.x[None], problem.y[None], problem.clean[None])


def _spread(values: Float[np.ndarray, " n"]) -> Row:
    """Median, its 95% interval, and the quantiles between which most values lie."""
    low, high = np.quantile(values, [0.05, 0.95])
    return {
        **estimate(quantile_interval(values)),
        "quantile_05": float(low),
        "quantile_95": float(high),
    }


def _length(vectors: Float[np.ndarray, "... k"]) -> Float[np.ndarray, ...]:
    return np.linalg.norm(vectors, axis=-1)


def _root_mean_square(values: Float[np.ndarray, "... k"]) -> Float[np.ndarray, ...]:
    return np.sqrt((values**2).mean(axis=-1))


def _pick(rows: list[Row], **wanted: object) -> Row:
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def _answer(tables: dict[str, list[Row]]) -> str:
    def found(capacity: int, quantity: str, multiple: int = 0) -> Row:
        rows = tables["interpolations"]
        return _pick(rows, capacity=capacity, quantity=quantity, multiple=multiple)

    few, many, far = _CAPACITIES[0], _CAPACITIES[-1], _MULTIPLES[-1]
    nearer = _pick(tables["against_one_fit"], capacity=many, quantity="distance")
    shares = {key: 100 * nearer[key] for key in ("estimate", "low", "high")}
    ends = {
        start: _pick(tables["descent_end"], start=start, quantity="predictions")
        for start in (_ZERO, _ELSEWHERE)
    }
    return (
        f"Because among the many fits through {_N_POINTS} points the one of least norm is smooth: "
        f"its median distance from the truth falls from {text(found(few, 'distance'), 3)} at "
        f"{few} hidden units, where there is one fit only, to {text(found(many, 'distance'), 3)} "
        f"at {many}, which is nearer in {text(shares, 0)}% of {nearer['n_datasets']:,} data sets. "
        f"Capacity does not oblige it: at {many} hidden units a random change that no training "
        f"point sees, {far} times as long as the fit, takes its roughness from "
        f"{text(found(many, 'roughness'), 1)} to {text(found(many, 'roughness', far), 0)} and its "
        f"distance to {text(found(many, 'distance', far), 3)}. Gradient descent goes to the fit of "
        f"least norm from zero (after {ends[_ZERO]['step']:,} steps predictions differ by "
        f"{_small(ends[_ZERO])}) and not from elsewhere ({text(ends[_ELSEWHERE], 3)})."
    )


def _notes(tables: dict[str, list[Row]]) -> list[str]:
    def found(capacity: int, quantity: str) -> Row:
        rows = tables["interpolations"]
        return _pick(rows, capacity=capacity, quantity=quantity, multiple=0)

    few, many = _CAPACITIES[0], _CAPACITIES[-1]
    end = tables["descent_end"]
    tail, heavy = found(many, "distance"), found(_N_POINTS, "distance")
    sharp, rough = (
        [found(capacity, quantity) for capacity in (few, many)]
        for quantity in ("sharpest bend", "roughness")
    )
    largest = max(row["largest"] for row in tables["training_residuals"])
    smoother = _pick(tables["against_one_fit"], capacity=many, quantity="roughness")
    shares = {key: 100 * smoother[key] for key in ("estimate", "low", "high")}
    slowest = _pick(end, quantity="steps that shrink the slowest part by e")
    left = _pick(end, start=_ZERO, quantity="parameters")
    own = _pick(end, start=_ELSEWHERE, quantity="parameters, from own limit")
    return [
        f"Roughness is the total variation of the slope over (0, 1), the sum of the changes of "
        f"slope at the joints inside: {tables['truth'][0]['roughness']:.1f} for the truth. "
        f"Distance is the root of the mean over x of (fit − truth)². All fits go through all "
        f"points: the largest training residual of any is {largest:.0e}, 0 to rounding.",
        f"Medians with 95% intervals over {tail['n_datasets']:,} data sets, and 5% and 95% "
        f"quantiles; no means, for tails fall as a power: of {text(_tail(tail), 1)} for the "
        f"distance at {many} hidden units and {text(_tail(heavy), 1)} at {_N_POINTS} (largest "
        f"{100 * _TAIL_SHARE:.0f}%), and below 2 a mean has no valid interval. {_N_POINTS} are the "
        f"worst because the model's {_N_POINTS} lines are then the cells that the inputs were "
        f"drawn in: each line holds one point, and the next only continues it.",
        f"Least norm means least Σ of the squares of offset and slopes, which many small bends "
        f"make small: the largest change of slope at one joint is {text(sharp[0], 1)} at {few} "
        f"hidden units and {text(sharp[1], 1)} at {many}. Total roughness does not fall likewise: "
        f"{text(rough[0], 1)} and {text(rough[1], 1)}; it is lower at {many} in "
        f"{text(shares, 0)}% of the data sets.",
        f"Gradient descent: {_DESCENT_CAPACITY} hidden units, {left['n_datasets']} data sets, ½ Σ "
        f"(y − f(x))² with step size 1/s² (s the largest singular value of the features, 2/s² "
        f"diverges), from zero and from a random start {_START:g} times as long as the fit of "
        f"least norm. It is slow, for the slowest part shrinks by a factor e in "
        f"{text(slowest, 0)} steps: from zero the distance in parameters is {_small(left)} lengths "
        f"of that fit at the end, and {left['quantile_95']:.2g} at the 95% quantile. From "
        f"elsewhere the limit is the fit of least norm plus what no training point sees of the "
        f"start, and the distance to that {_small(own)}.",
    ]


def _tail(row: Row) -> Row:
    return {"estimate": row["tail_index"], "low": row["tail_low"], "high": row["tail_high"]}


def _small(row: Row) -> str:
    """An estimate and its interval, of any size."""
    return f"{row['estimate']:.2g} [{row['low']:.2g}, {row['high']:.2g}]"
