"""`toy-data`: the curve, its noise, and the model taken apart.

Figures 8.3 and 8.4 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, distance_from_truth, estimate, text
from genlab.measure import mean_interval, wilson_interval
from genlab.models import HingeFit, HingeRegression

_N_DATASETS = {"quick": 10_000, "default": 100_000, "paper": 1_000_000}
_AT_ONCE = 100_000
_MODEL = HingeRegression(3)


def run(context: Context) -> Findings:
    """Draw the problem, measure its noise, and take a fit apart."""
    problem = make_toy_regression()
    fit = _MODEL.fit(problem.x, problem.y)
    noise = _noise(problem, _N_DATASETS[context.scale], context.seeds(1)[0])
    tables = {
        "noise": noise,
        "model": _model_rows(fit),
        "errors": _error_rows(problem, fit),
        "function": [
            {"x": float(x), "y": float(y), "low": float(y - 2 * problem.noise),
             "high": float(y + 2 * problem.noise)}
            for x, y in zip(CURVE_X, problem.truth(CURVE_X), strict=True)
        ],
        "samples": [
            {"x": float(x), "y": float(y), "clean": float(clean)}
            for x, y, clean in zip(problem.x, problem.y, problem.clean, strict=True)
        ],
        "units": _unit_rows(fit),
        "fit": curve_rows(CURVE_X, fit.predict(CURVE_X)),
    }  # fmt: skip
    return Findings(tables, [], _answer(noise, tables["model"], tables["errors"]), notes=_NOTES)


_NOTES = [
    "Intervals: 95%; Wilson's for shares, Student's t for the variance, over fresh targets. The "
    "fitted offset, slopes and errors describe one data set, so they have none.",
]


def _noise(problem: ToyRegression, n_datasets: int, seed: int) -> list[Row]:
    """How fresh targets lie around the curve, beside what a normal distribution says."""
    noise = np.concatenate(
        [
            _differences(problem, min(_AT_ONCE, n_datasets - start), seed, start)
            for start in range(0, n_datasets, _AT_ONCE)
        ]
    )
    rows: list[Row] = []
    for k in (1, 2, 3):
        inside = int(np.count_nonzero(np.abs(noise) <= k * problem.noise))
        rows.append(
            {
                "measured": f"share of targets within {k} standard deviations",
                **estimate(wilson_interval(inside, len(noise))),
                "expected": float(stats.norm.cdf(k) - stats.norm.cdf(-k)),
                "n_targets": len(noise),
            }
        )
    rows.append(
        {
            "measured": "variance of the targets around the curve",
            **estimate(mean_interval(noise**2)),
            "expected": problem.noise**2,
            "n_targets": len(noise),
        }
    )
    return rows


def _differences(problem: ToyRegression, n_datasets: int, seed: int, start: int) -> np.ndarray:
    samples = problem.fresh(n_datasets, seed=seed, start=start)
    return (samples.y - samples.clean).ravel()


def _model_rows(fit: HingeFit) -> list[Row]:
    rows: list[Row] = [{"parameter": "offset", "joint": None, "value": float(fit.offset)}]
    for d, (joint, slope) in enumerate(zip(fit.model.knots, fit.slopes, strict=True), start=1):
        rows.append({"parameter": f"slope {d}", "joint": float(joint), "value": float(slope)})
    return rows


def _error_rows(problem: ToyRegression, fit: HingeFit) -> list[Row]:
    """Mean squared errors of the one fit: on its own data, and of the curve on average."""
    distance = distance_from_truth(fit, problem)
    return [
        {
            "measured": "mean squared error on its 15 training points",
            "value": float(np.mean((fit.predict(problem.x) - problem.y) ** 2)),
        },
        {
            "measured": "mean squared distance from the true curve, over x in [0, 1]",
            "value": distance,
        },
        {
            "measured": "expected squared error on a fresh target",
            "value": distance + problem.noise**2,
        },
    ]


def _unit_rows(fit: HingeFit) -> list[Row]:
    """Each hidden unit along x, before and after its weight."""
    units = fit.model.features(CURVE_X)[:, 1:]
    return [
        {
            "unit": f"unit {d + 1}",
            "x": float(x),
            "activation": float(units[i, d]),
            "weighted": float(units[i, d] * slope),
        }
        for d, slope in enumerate(fit.slopes)
        for i, x in enumerate(CURVE_X)
    ]


def _answer(noise: list[Row], model: list[Row], errors: list[Row]) -> str:
    within = next(row for row in noise if row["measured"].endswith("2 standard deviations"))
    percent = {name: 100 * within[name] for name in ("estimate", "low", "high")}
    variance = noise[-1]
    slopes = ", ".join(f"{row['value']:.1f}" for row in model[1:])
    train, distance = errors[0]["value"], errors[1]["value"]
    return (
        f"A known curve, exp(sin 2πx), with normal noise of standard deviation 0.3: "
        f"{text(percent, 2)}% of {within['n_targets']:,} fresh targets lie within two standard "
        f"deviations (a normal distribution: {100 * within['expected']:.2f}%), and their variance "
        f"around the curve is {text(variance, 4)}. The model is an offset and three hinges that "
        f"begin at 0, 1/3 and 2/3; fitted to these 15 points, an offset of {model[0]['value']:.2f} "
        f"and slopes of {slopes}. Its mean squared error is {train:.3f} on the points, and its "
        f"mean squared distance from the curve {distance:.3f}."
    )
