"""`toy-error-sources`: noise, bias and variance apart, each measured; and kinds of noise.

Figure 8.5 of S. Prince, "Understanding Deep Learning" (2023), with numbers: what fresh
targets do, what the family of models misses, how single fits differ, and the test error
that the three must add up to, measured by itself. Then section 8.2.1's three origins of
noise, simulated with one variance.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, estimate, text
from genlab.experiments._toy_noise import (
    MISLABELLED,
    NOISE,
    NOISE_KINDS,
    SHARE,
    UNOBSERVED,
    VARIANCE_F,
    NoiseKind,
    NoisySets,
)
from genlab.measure import Interval, binned_means, mean_interval, wilson_interval
from genlab.models import HingeRegression
from genlab.studies import Decomposition, ExactDecomposition, decompose, decompose_exactly

_N_DATASETS = {"quick": 2_000, "default": 20_000, "paper": 100_000}
_N_EXACT = {"quick": 2_000, "default": 4_000, "paper": 40_000}
_MODEL = HingeRegression(3)
# Fresh noisy points that each fit is tested on, and the cells of [0, 1] they are counted in.
_N_TEST = 100
_CELLS = 25
_FITS_SHOWN = 12
_POINTS_SHOWN = 60

# The second half: data sets of each size that a large model is fitted to.
_N_KIND_SETS = {"quick": 20, "default": 200, "paper": 2_000}
_SIZES = (200, 500, 1_000, 2_000)
_LARGE = HingeRegression(20)
# Data sets whose features are in memory at once.
_BLOCK = 50
_EXAMPLES_SHOWN = 300

_SEEING = "x and h"
_OF_F = "error of f − noise"
# What no data can improve on: a computed number without an interval.
_BEST = "bias² of the best three lines"


def run(context: Context) -> Findings:
    """Measure each part of the test error by itself, then the kinds of noise."""
    problem = make_toy_regression(noise=NOISE)
    n, n_kind = _N_DATASETS[context.scale], _N_KIND_SETS[context.scale]
    fits, targets, trained, tested, large, fresh, shown = context.seeds(7)
    measured = decompose(_MODEL, problem, n, seed=fits)
    exact = decompose_exactly(_MODEL, problem, _N_EXACT[context.scale], seed=fits)
    noise = _noise(n, targets, measured)
    test, cells = _test_error(problem, n, trained, tested)
    parts = _part_rows(measured, exact, noise, test)
    drawn = {kind: kind.draw(n_kind, _SIZES[-1], fresh) for kind in NOISE_KINDS}
    kinds = [row for kind, sets in drawn.items() for row in _kind_rows(kind, sets)]
    floor = [
        row
        for kind in NOISE_KINDS
        for size in _SIZES
        for row in _large_model_rows(kind, n_kind, size, large, fresh)
    ]
    tables = {
        "parts": parts,
        "kinds_of_noise": kinds,
        "large_model": floor,
        "test_error_by_x": _cell_rows(cells, measured),
        "mean_moved": [row for kind, sets in drawn.items() for row in _moved_rows(kind, sets)],
        "parts_by_x": _input_rows(measured, noise),
        "curves": _curve_rows(measured),
        "single_fits": _single_fits(problem, shown),
        "fresh_points": _fresh_points(shown),
        "function": curve_rows(CURVE_X, problem.truth(CURVE_X)),
        "mean_when_mislabelled": curve_rows(CURVE_X, MISLABELLED.mean(problem.truth(CURVE_X))),
        "examples": [row for kind in NOISE_KINDS for row in _example_rows(kind, shown)],
    }
    return Findings(
        tables, [], _answer(parts, floor), notes=_notes(parts, kinds, floor, exact.n_datasets)
    )


def _noise(n: int, seed: int, measured: Decomposition) -> Float[np.ndarray, "n_datasets m"]:
    """Squared distance of fresh targets from the truth, at the inputs of a decomposition."""
    grid = make_toy_regression(n=len(measured.inputs), noise=NOISE, design="grid")
    samples = grid.fresh(n, seed=seed)
    return (samples.y - samples.clean) ** 2


def _test_error(
    problem: ToyRegression, n: int, seed: int, test_seed: int
) -> tuple[Float[np.ndarray, " n_datasets"], Interval]:
    """Each fit's mean squared error on fresh noisy points, and that in each cell of x."""
    samples = problem.fresh(n, seed=seed)
    uniform = make_toy_regression(n=_N_TEST, noise=NOISE, design="uniform")
    test = uniform.fresh(n, seed=test_seed)
    errors = (_MODEL.fit(samples.x, samples.y).predict(test.x) - test.y) ** 2
    return errors.mean(axis=1), mean_interval(binned_means(test.x, errors, _CELLS))


def _part_rows(
    measured: Decomposition,
    exact: ExactDecomposition,
    noise: Float[np.ndarray, "n_datasets m"],
    test: Float[np.ndarray, " n_datasets"],
) -> list[Row]:
    """The three parts, their sum, and the test error beside it."""
    bias, variance = float(exact.bias_squared.mean()), float(exact.variance.mean())
    total = NOISE**2 + bias + variance
    # Independent data sets side by side: what a sum and a difference vary by is theirs.
    summed = noise.mean(axis=1) + measured.excess
    rows = {
        "noise": (mean_interval(noise.mean(axis=1)), NOISE**2),
        "bias²": (measured.average.bias_squared, bias),
        "variance": (measured.average.variance, variance),
        "sum": (mean_interval(summed), total),
        "test error": (mean_interval(test), total),
        "test error − sum": (mean_interval(test - summed), 0.0),
    }
    found = [
        {"part": name, **estimate(interval), "exact": exactly, "n_datasets": int(interval.n)}
        for name, (interval, exactly) in rows.items()
    ]
    best = {"part": _BEST, "estimate": None, "low": None, "high": None}
    return [*found, {**best, "exact": _best_of_family(measured), "n_datasets": None}]


def _best_of_family(measured: Decomposition) -> float:
    """The least mean squared distance from the truth that any of the models has."""
    x, truth = measured.inputs, measured.truth
    return float(((_MODEL.fit(x, truth).predict(x) - truth) ** 2).mean())


def _input_rows(measured: Decomposition, noise: Float[np.ndarray, "n_datasets m"]) -> list[Row]:
    at = measured.at_inputs
    parts = {"noise": mean_interval(noise), "bias²": at.bias_squared, "variance": at.variance}
    return [
        {"part": name, "x": float(x), **estimate(interval, i)}
        for name, interval in parts.items()
        for i, x in enumerate(measured.inputs)
    ]


def _cell_rows(cells: Interval, measured: Decomposition) -> list[Row]:
    """The test error in each cell of x, beside the decomposition's error there."""
    expected = measured.at_inputs.error.mean.reshape(_CELLS, -1).mean(axis=1)
    return [
        {
            "x": (i + 0.5) / _CELLS,
            **estimate(cells, i),
            "noise_bias_variance": float(expected[i]),
            "n_datasets": int(cells.n[i]),
        }
        for i in range(_CELLS)
    ]


def _curve_rows(measured: Decomposition) -> list[Row]:
    """The truth, the mean fit with its interval, and the standard deviation of single fits."""
    spread = np.sqrt(measured.at_inputs.variance.mean)
    return [
        {
            "x": float(x),
            "truth": float(measured.truth[i]),
            **estimate(measured.prediction, i),
            "standard_deviation": float(spread[i]),
        }
        for i, x in enumerate(measured.inputs)
    ]


def _single_fits(problem: ToyRegression, seed: int) -> list[Row]:
    """Models fitted to one data set each, at the joints and at 1: straight lines between."""
    samples = problem.fresh(_FITS_SHOWN, seed=seed)
    ends = np.append(_MODEL.knots, 1.0)
    fits = _MODEL.fit(samples.x, samples.y).predict(ends)
    return [row for i, y in enumerate(fits) for row in curve_rows(ends, y, fit=i)]


def _fresh_points(seed: int) -> list[Row]:
    problem = make_toy_regression(n=_POINTS_SHOWN, noise=NOISE, design="uniform")
    samples = problem.fresh(1, seed=seed)
    return curve_rows(samples.x[0], samples.y[0])


def _kind_rows(kind: NoiseKind, sets: NoisySets) -> list[Row]:
    """How large the noise is and what shape it has, beside the closed forms."""
    squares = (sets.y - kind.mean(sets.clean)) ** 2
    beyond = int((squares > 4 * NOISE**2).sum())
    of_f = ((sets.y - sets.clean) ** 2 - squares).mean(axis=1)
    rows = {
        "variance of y given x": (mean_interval(squares.mean(axis=1)), NOISE**2),
        "kurtosis": (mean_interval((squares**2).mean(axis=1) / NOISE**4), kind.kurtosis),
        "share beyond 2σ": (wilson_interval(beyond, squares.size), kind.beyond),
        _OF_F: (mean_interval(of_f), (1 - kind.kept) ** 2 * VARIANCE_F),
    }
    return [
        {"kind": kind.name, "quantity": name, **estimate(interval), "exact": exact}
        | {"n_datasets": len(sets.x), "n": sets.x.shape[1]}
        for name, (interval, exact) in rows.items()
    ]


def _moved_rows(kind: NoiseKind, sets: NoisySets) -> list[Row]:
    """How far the mean target lies from f in each cell of x, and where E[y|x] lies."""
    found = mean_interval(binned_means(sets.x, sets.y - sets.clean, _CELLS))
    exact = binned_means(sets.x, kind.mean(sets.clean) - sets.clean, _CELLS).mean(axis=0)
    return [
        {
            "kind": kind.name,
            "x": (i + 0.5) / _CELLS,
            **estimate(found, i),
            "exact": float(exact[i]),
            "n_datasets": int(found.n[i]),
        }
        for i in range(_CELLS)
    ]


def _large_model_rows(
    kind: NoiseKind, n_datasets: int, size: int, seed: int, test_seed: int
) -> list[Row]:
    """The error of a large model, and how far it is above the noise on the same points.

    Where a variable is unobserved, also the error of a model that is given it.
    """
    train, test = (kind.draw(n_datasets, size, s) for s in (seed, test_seed))
    noise = ((test.y - kind.mean(test.clean)) ** 2).mean(axis=1)
    errors = {"x": _large_errors(train, test)}
    if kind is UNOBSERVED:
        errors[_SEEING] = _observing_errors(train, test)
    rows = []
    for given, error in errors.items():
        above = mean_interval(error - noise) if given == "x" else mean_interval(error)
        rows.append(
            {
                "kind": kind.name,
                "given": given,
                "n": size,
                **estimate(mean_interval(error)),
                "noise": NOISE**2 if given == "x" else 0.0,
                **{f"above_{end}": value for end, value in estimate(above).items()},
                "n_datasets": n_datasets,
            }
        )
    return rows


def _large_errors(train: NoisySets, test: NoisySets) -> Float[np.ndarray, " n_datasets"]:
    errors = np.empty(len(train.x))
    for start in range(0, len(errors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        fit = _LARGE.fit(train.x[rows], train.y[rows])
        errors[rows] = ((fit.predict(test.x[rows]) - test.y[rows]) ** 2).mean(axis=1)
    return errors


def _observing_errors(train: NoisySets, test: NoisySets) -> Float[np.ndarray, " n_datasets"]:
    """The same for the large model with h as a second input, of which it is linear."""
    errors = np.empty(len(train.x))
    for i in range(len(errors)):
        inputs = [np.column_stack([_LARGE.features(s.x[i]), s.told[i]]) for s in (train, test)]
        weights = np.linalg.lstsq(inputs[0], train.y[i], rcond=None)[0]
        errors[i] = ((inputs[1] @ weights - test.y[i]) ** 2).mean()
    return errors


def _example_rows(kind: NoiseKind, seed: int) -> list[Row]:
    """A data set's points; `told` is the error, h, or 1 where a label is wrong."""
    sets = kind.draw(1, _EXAMPLES_SHOWN, seed)
    return [
        {"kind": kind.name, "x": float(x), "y": float(y), "told": float(told)}
        for x, y, told in zip(sets.x[0], sets.y[0], sets.told[0], strict=True)
    ]


def _answer(parts: list[Row], floor: list[Row]) -> str:
    part = {row["part"]: row for row in parts}
    most = {(row["kind"], row["given"]): row for row in floor if row["n"] == _SIZES[-1]}
    blind = [text(most[kind.name, "x"], 4) for kind in NOISE_KINDS]
    return (
        f"From three sources: noise {text(part['noise'], 4)}, bias² {text(part['bias²'], 4)} and "
        f"variance {text(part['variance'], 4)} add up to {text(part['sum'], 4)}, and the test "
        f"error measured by itself is {text(part['test error'], 4)}. Noise of variance "
        f"{NOISE**2:g} is a floor wherever it comes from: a large model fitted to {_SIZES[-1]:,} "
        f"points still has error {blind[0]} under measurement error, {blind[1]} with an unobserved "
        f"variable and {blind[2]} with mislabelled points. Only observing the variable takes the "
        f"error below, to {text(most[UNOBSERVED.name, _SEEING], 4)}."
    )


def _notes(parts: list[Row], kinds: list[Row], floor: list[Row], n_exact: int) -> list[str]:
    part = {row["part"]: row for row in parts}
    shape = {(row["kind"], row["quantity"]): row for row in kinds}
    beyond = [text(shape[kind.name, "share beyond 2σ"], 4) for kind in NOISE_KINDS]
    kurtosis = [text(shape[kind.name, "kurtosis"], 1) for kind in NOISE_KINDS]
    moved = shape[MISLABELLED.name, _OF_F]
    return [
        f"Intervals of the parts: 95%, over {part['noise']['n_datasets']:,} data sets. Noise, fits "
        f"and test error come from independent draws, so nothing makes the sum agree; test error "
        f"less sum is {text(part['test error − sum'], 4)}. 'exact' integrates the noise in closed "
        f"form, over {n_exact:,} draws of the inputs. No three lines come nearer to the truth than "
        f"a mean squared distance of {part[_BEST]['exact']:.4f}: computed without data, so without "
        f"an interval.",
        f"Intervals of the kinds of noise: 95%, over {floor[0]['n_datasets']:,} data sets; that of "
        f"a share over their points. The unobserved variable is y = f(x) + a·h with h uniform from "
        f"−1 to 1 and a = {NOISE:g}·√3; {100 * SHARE:.1f}% of the points are mislabelled, with "
        f"the target of another example: so the variance of all three is {NOISE**2:g}. The large "
        f"model has {_LARGE.n_hidden} hidden units, whose bias is what is left once h is observed.",
        f"In shape the kinds differ. Beyond 2σ lie shares of {beyond[0]} (measurement error), "
        f"{beyond[1]} (unobserved variable) and {beyond[2]} (mislabelled points); the kurtosis is "
        f"{kurtosis[0]}, {kurtosis[1]} and {kurtosis[2]}. Wrong labels also move the mean, to "
        f"E[y|x] = {1 - SHARE:.3f}·f(x) + {SHARE:.3f}·(mean of f), so f is no longer the best "
        f"prediction: its error exceeds the noise by {text(moved, 4)}.",
    ]
