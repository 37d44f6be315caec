"""`what-helps`: more examples, or a model that knows which positions are neighbours.

The four models of the MNIST-1D paper (Greydanus & Kobak, ICML 2024) on 100 to 64,000 fresh
examples, and how many of them the perceptron needs for the convolutional network's error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, MNIST1DSettings
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import estimate, text
from genlab.measure import (
    Comparison,
    Interval,
    PowerLaw,
    compare,
    equivalent_sample_size,
    fit_power_law,
    mean_interval,
)
from genlab.models import CNN, GRU, MLP, Logistic, ModelSpec
from genlab.sweep import Cell, CellResult
from genlab.training import CURVES, Recipe

_PAPER = "Greydanus & Kobak, MNIST-1D, ICML 2024"

_MODELS: dict[str, ModelSpec] = {
    "logistic": Logistic(),
    "MLP": MLP(hidden=(100, 100), skip=True),
    "CNN": CNN(),
    "GRU": GRU(),
}
_RECIPE = Recipe.adam(learning_rate=0.01, batch_size=100, steps=6000, evaluate_every=1000)
_N_TEST = 20_000  # so many that the test sample adds little

_ORDERED, _SHUFFLED = "positions in order", "positions shuffled"


class _Scale(NamedTuple):
    """Seeds, and for each data set which models are trained on how many examples."""

    n_seeds: int
    sizes: dict[str, tuple[int, ...]]
    models: dict[str, tuple[str, ...]]


_SIZES = (100, 200, 400, 1000, 2000, 4000, 16_000, 64_000)
_ALL_SIZES = (100, 200, 400, 700, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000)
_ALL, _FEW = tuple(_MODELS), ("MLP", "CNN")
_SCALES = {
    "quick": _Scale(
        3,
        {_ORDERED: (100, 400, 1600, 4000), _SHUFFLED: (400, 4000)},
        {_ORDERED: ("logistic", "MLP", "CNN"), _SHUFFLED: _FEW},
    ),
    "default": _Scale(
        5,
        {_ORDERED: _SIZES, _SHUFFLED: (100, 400, 1000, 4000, 16_000, 64_000)},
        {_ORDERED: _ALL, _SHUFFLED: _FEW},
    ),
    "paper": _Scale(
        10, {_ORDERED: _ALL_SIZES, _SHUFFLED: _ALL_SIZES}, {_ORDERED: _ALL, _SHUFFLED: _ALL}
    ),
}

# Test errors in percent with 4,000 examples.
_PUBLISHED_SIZE = 4000
_PUBLISHED = {
    _ORDERED: {"logistic": 68.0, "MLP": 32.0, "CNN": 6.0, "GRU": 9.0},
    _SHUFFLED: {"logistic": 68.0, "MLP": 32.0, "CNN": 44.0, "GRU": 43.0},
}
_TOLERANCE = 4.0

# Below it the errors approach those of guessing, which bends every curve.
_FIT_FROM = 400

_Errors = Float[np.ndarray, "seeds sizes"]


class _Run(NamedTuple):
    dataset: str
    model: str
    n_train: int
    seed: int


def run(context: Context) -> Findings:
    """Train every model on every number of examples, and set the MLP beside the others."""
    scale = _SCALES[context.scale]
    seeds = context.seeds(scale.n_seeds)
    runs = [
        _Run(dataset, model, n, seed)
        for dataset, sizes in scale.sizes.items()
        for n in sizes
        for seed in seeds
        for model in scale.models[dataset]
    ]
    cells = [
        Cell(_data(one.dataset, one.n_train, one.seed), _MODELS[one.model], _RECIPE, one.seed)
        for one in runs
    ]
    results = dict(zip(runs, context.run_cells(cells), strict=True))
    errors = {
        (dataset, model): np.array(
            [
                [results[_Run(dataset, model, n, seed)].test_error[-1] for n in sizes]
                for seed in seeds
            ]
        )
        for dataset, sizes in scale.sizes.items()
        for model in scale.models[dataset]
    }
    worth = [
        row for key in errors if key[1] in ("CNN", "GRU") for row in _worth(*key, scale, errors)
    ]
    networks = [_network_row(*one) for one in results.items()]
    tables = {
        "worth": worth,
        "bands": [row for key in errors for row in _band_rows(*key, scale, errors[key])],
        "power_law": [row for key in errors for row in _law_rows(*key, scale, errors[key])],
        "fits": [row for key in errors for row in _fit_rows(*key, scale, errors[key])],
        "published_points": _published_points(errors),
        "networks": networks,
    }
    return Findings(
        tables,
        _published(scale, errors),
        _answer(scale, errors, worth),
        cells,
        _notes(context.scale, networks),
    )


def _data(dataset: str, n_train: int, seed: int) -> DataSpec:
    """In order: a common test set. Shuffled: every seed has an order and a test set of its own."""
    if dataset == _ORDERED:
        arguments = {"seed": seed, "n_train": n_train, "n_test": _N_TEST}
        return DataSpec("mnist1d_resampled", arguments)
    n = n_train + _N_TEST
    settings = MNIST1DSettings(shuffle_seq=True, seed=seed)
    # Half an example more, for the product is rounded down.
    return DataSpec("mnist1d", settings.arguments(n, (n_train + 0.5) / n, "fast"))


def _band_rows(dataset: str, model: str, scale: _Scale, errors: _Errors) -> list[Row]:
    return [
        {
            "dataset": dataset,
            "model": model,
            "n_parameters": _MODELS[model].n_parameters((40,), 10),
            "n_train": n,
            "curve": "test_error",
            "mean": float(found.mean),
            "low": float(found.low),
            "high": float(found.high),
            "n_seeds": int(found.n),
        }
        for n, found in zip(scale.sizes[dataset], map(mean_interval, errors.T), strict=True)
    ]


def _laws(sizes: Sequence[int], errors: _Errors) -> dict[str, PowerLaw]:
    """The fits that the sizes from `_FIT_FROM` on allow, with and without a floor."""
    first = sum(n < _FIT_FROM for n in sizes)
    n, values = np.array(sizes[first:]), errors[:, first:]
    laws = {}
    if len(n) >= 3:
        laws["no floor"] = fit_power_law(n, values)
    if len(n) >= 5:  # with 4 a curve of three parameters is hardly tested
        laws["floor"] = fit_power_law(n, values, floor=True)
    return laws


def _law_rows(dataset: str, model: str, scale: _Scale, errors: _Errors) -> list[Row]:
    return [
        {
            "dataset": dataset,
            "model": model,
            "form": form,
            "from": int(law.n[0]),
            "to": int(law.n[-1]),
            **_named("exponent", law.exponent),
            **_named("scale", law.scale),
            **_named("floor", law.floor),
            "largest_residual": float(max(law.residuals, key=abs)),
            "largest_deviation": float(max(_deviations(law, errors), key=abs)),
            "n_seeds": int(law.exponent.n),
        }
        for form, law in _laws(scale.sizes[dataset], errors).items()
    ]


def _fit_rows(dataset: str, model: str, scale: _Scale, errors: _Errors) -> list[Row]:
    """The fitted errors where they were fitted; what the mean is above them, in proportion."""
    names = ("n_train", "fit", "deviation", "residual")
    return [
        {"dataset": dataset, "model": model, "form": form}
        | dict(zip(names, map(float, values), strict=True))
        for form, law in _laws(scale.sizes[dataset], errors).items()
        for values in zip(
            law.n, law.predict(law.n).mean, _deviations(law, errors), law.residuals, strict=True
        )
    ]


def _deviations(law: PowerLaw, errors: _Errors) -> Float[np.ndarray, " k"]:
    return mean_interval(errors[:, -len(law.n) :]).mean / law.predict(law.n).mean - 1


def _named(name: str, interval: Interval) -> Row:
    values = estimate(interval)
    return {name: values["estimate"], f"{name}_low": values["low"], f"{name}_high": values["high"]}


def _worth(
    dataset: str, model: str, scale: _Scale, errors: dict[tuple[str, str], _Errors]
) -> list[Row]:
    """Examples that the MLP needs for a model's error at each size, and their ratio to it."""
    sizes, curve = scale.sizes[dataset], errors[dataset, "MLP"]
    laws = _laws(sizes, curve)
    rows = []
    for i, n in enumerate(sizes):
        own = errors[dataset, model][:, i]
        found, error = equivalent_sample_size(sizes, curve, own), mean_interval(own)
        beyond, extrapolated = "", math.nan
        if math.isnan(found.mean):
            few = mean_interval(curve[:, 0]).mean <= error.mean
            beyond = f"fewer than {sizes[0]:,}" if few else f"more than {sizes[-1]:,}"
        if beyond.startswith("more") and laws:
            extrapolated = float(laws["no floor"].examples_for(float(error.mean)))
        rows.append(
            {
                "dataset": dataset,
                "model": model,
                "n_train": n,
                **_named("error", error),
                **_named("mlp_examples", found),
                "beyond": beyond,
                **_named("ratio", Interval(found.mean / n, found.low / n, found.high / n, found.n)),
                "extrapolated_by_power_law": extrapolated,
                "n_seeds": int(error.n),
            }
        )
    return rows


def _network_row(one: _Run, result: CellResult) -> Row:
    return {
        "dataset": one.dataset,
        "model": one.model,
        "n_parameters": _MODELS[one.model].n_parameters((40,), 10),
        "n_train": one.n_train,
        "label_noise": 0.0,
        "seed": one.seed,
        "step": int(result.steps[-1]),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
        "lowest_test_error": float(np.nanmin(result.test_error)),
    }


def _published_points(errors: dict[tuple[str, str], _Errors]) -> list[Row]:
    """The paper's values as points of the figures: errors as fractions."""
    where = {"n_train": _PUBLISHED_SIZE, "source": _PAPER}
    return [
        {"dataset": dataset, "model": model, "value": _PUBLISHED[dataset][model] / 100, **where}
        for dataset, model in errors
    ]


def _published(scale: _Scale, errors: dict[tuple[str, str], _Errors]) -> list[Comparison]:
    return [
        compare(
            f"test error with {_PUBLISHED_SIZE:,} examples (%), {model}, {dataset}",
            _PUBLISHED[dataset][model],
            100 * values[:, scale.sizes[dataset].index(_PUBLISHED_SIZE)],
            _TOLERANCE,
            _PAPER,
        )
        for (dataset, model), values in errors.items()
        if _PUBLISHED_SIZE in scale.sizes[dataset]
    ]


def _examples(row: Row) -> str:
    """What the MLP needs, for a sentence; an end beyond the sizes run is told as open."""
    if row["beyond"]:
        return row["beyond"]
    low, high = (
        "…" if math.isnan(row[name]) else f"{row[name]:,.0f}"
        for name in ("mlp_examples_low", "mlp_examples_high")
    )
    return f"{row['mlp_examples']:,.0f} [{low}, {high}]"


def _answer(scale: _Scale, errors: dict[tuple[str, str], _Errors], worth: list[Row]) -> str:
    def percent(dataset: str, model: str, n: int) -> str:
        values = errors[dataset, model][:, scale.sizes[dataset].index(n)]
        return f"{text(mean_interval(100 * values), 1)}%"

    def takes(row: Row) -> str:
        told = f"takes the MLP {_examples(row)} examples"
        return told if row["beyond"] else f"{told}, {row['ratio']:.2g} times as many"

    n = _PUBLISHED_SIZE
    rows = {(row["dataset"], row["n_train"]): row for row in worth if row["model"] == "CNN"}
    ordered = [row for (dataset, _), row in rows.items() if dataset == _ORDERED]
    inside = [row for row in ordered if not row["beyond"]]
    # The first and the last error of the CNN that the MLP reaches, and that with `n`.
    shown = {row["n_train"]: row for row in (*inside[:1], *inside[-1:], rows[_ORDERED, n])}
    told = "; ".join(
        f"{percent(_ORDERED, 'CNN', size)} with {size:,} {takes(row)}"
        for size, row in shown.items()
    )
    by_model = ", ".join(f"{percent(_ORDERED, m, n)} ({m})" for m in scale.models[_ORDERED])
    return (
        f"With {n:,} examples the test error is {by_model}. The CNN's error of {told}. On "
        f"shuffled positions the CNN's error with {n:,} is {percent(_SHUFFLED, 'CNN', n)} and the "
        f"MLP's {percent(_SHUFFLED, 'MLP', n)}: the CNN's {takes(rows[_SHUFFLED, n])}."
    )


def _notes(scale: str, networks: list[Row]) -> list[str]:
    n_seeds, added = _SCALES[scale].n_seeds, 100 * (0.25 / _N_TEST) ** 0.5
    gains: dict[tuple[str, str, int], list[float]] = {}
    for row in networks:
        key = row["dataset"], row["model"], row["n_train"]
        gains.setdefault(key, []).append(100 * (row["test_error"] - row["lowest_test_error"]))
    most = max(gains, key=lambda key: float(np.nanmean(gains[key])))
    quick = " This scale leaves out the GRU, which takes longest." if scale == "quick" else ""
    return [
        f"Intervals: 95%, Student's t over {n_seeds} seeds, as they come out. Every seed draws "
        f"its own training examples, initial weights and batches; a seed's smaller samples are "
        f"the first of its larger ones, and its models are trained on the same.{quick}",
        f"In order, all networks are tested on the same {_N_TEST:,} fresh examples of the "
        f"distribution; that sample's chance, a deviation of at most {added:.2f} points, is not "
        f"in the intervals, and mostly cancels between models. Shuffled, every seed has an order "
        f"of the positions and {_N_TEST:,} test examples of its own, which the intervals hold. "
        f"The published values are of one set of 4,000 training and 1,000 test examples.",
        f"All train for 6,000 steps of Adam (rate 0.01) on batches of 100, 6,000 epochs of 100 "
        f"examples and 9.4 of 64,000, and are tested at the end. Had each stopped at the best of "
        f"the tests every 1,000 steps, chosen on the test set itself, the mean error would be "
        f"lower by {float(np.mean(gains[most])):.1f} points at most ({most[1]}, {most[0]}, "
        f"{most[2]:,} examples): an upper bound without an interval.",
        "Examples the MLP needs: where its mean error, on straight lines between the sizes run "
        "on log axes, equals the other model's. The interval holds the numbers at which the "
        "jackknife's interval of the log ratio of the two errors over seeds holds 0; an end "
        "beyond the sizes run is open. Numbers extrapolated by the power law are marked so and "
        "have no interval, for nothing says that it goes on.",
        f"Power laws are fitted from {_FIT_FROM} examples on and shown where they were fitted; "
        f"residuals are in standard errors over seeds. Beyond about 3 the law does not hold "
        f"there, and its parameters only sum up the curve.",
    ]
