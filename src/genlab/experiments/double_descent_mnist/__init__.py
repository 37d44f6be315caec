"""`double-descent-mnist`: test loss against number of parameters, one hidden layer on MNIST.

Figure 3 of Belkin et al., "Reconciling modern machine-learning practice and the classical
bias–variance trade-off" (PNAS 2019), by its protocol: squared loss, SGD with momentum 0.95,
and below the interpolation threshold each network starts from the trained weights of the
next smaller one. Beside it the same recipe without that reuse, and a plain one: Adam on full
batches, from the usual initial weights.
"""

from __future__ import annotations

from genlab._base.jsons import Row
from genlab.datasets import Dataset, fetch_mnist
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import text
from genlab.measure import Comparison, DoubleDescent, Interval, compare, double_descent
from genlab.models import MLP
from genlab.studies import CapacityCurve, CapacityRun
from genlab.sweep import TrainingCell
from genlab.training import Recipe, StepDecay

_PAPER = "Belkin et al., PNAS 2019"
_N_TRAIN, _N_TEST, _N_CLASSES = 4_000, 10_000, 10
_BATCH = 20
_EPOCHS = {"quick": 250, "default": 250, "paper": 6_000}
_N_SEEDS = {"quick": 1, "default": 3, "paper": 5}
# Hidden units: up to the threshold of 40,000 parameters a chain of networks, each starting
# from the one before; beyond it every network starts afresh.
_CHAIN = (4, 6, 9, 13, 16, 20, 25, 30, 38, 44, 50)
_BEYOND = {"quick": (57, 88, 200), "default": (57, 88, 200, 400), "paper": (57, 88, 200, 400, 1000)}
# Of these, networks from fresh weights too, by the same recipe and by a plain one: what the
# peak owes to the chain.
_FRESH = (9, 13, 20, 30, 50, 200)
_PLAIN_RATE = 0.001
_PLAIN_STEPS = {"quick": 1000, "default": 4000, "paper": 20_000}
_THRESHOLD = _N_TRAIN * _N_CLASSES

# Read from the paper's figure: hidden units nearest to it -> test loss.
_PUBLISHED = {13: 0.28, 50: 0.55, 200: 0.2}
_TOLERANCE = 0.1


def run(context: Context) -> Findings:
    """Train the chain and what lies beyond, and find the peak."""
    data, missing = context.at_hand(_digits)
    if data is None:
        tables = {"published_points": _published_points()}
        return Findings(tables, [], f"No network was trained.{missing}")
    runs = [
        one
        for seed in context.seeds(_N_SEEDS[context.scale])
        for one in _networks(data, context.scale, seed, _BEYOND[context.scale])
    ]
    others = {
        "fresh": ("normal", _recipe(context.scale)),
        "plain": ("fan_in", _plain(context.scale)),
    }
    parts = {"reused": runs} | {
        name: [
            _run(TrainingCell(data.spec, MLP((hidden,), init=init), recipe, seed))
            for seed in context.seeds(_N_SEEDS[context.scale])
            for hidden in _FRESH
        ]
        for name, (init, recipe) in others.items()
    }
    cells = [one.cell for part in parts.values() for one in part]
    results = iter(context.run_cells(cells))
    curves = {
        name: CapacityCurve(
            tuple(part), tuple(next(results) for _ in part), data.n_train, data.n_classes
        )
        for name, part in parts.items()
    }
    curve = curves["reused"]
    extremes = double_descent(curve.capacities, curve.values("test_loss"), _THRESHOLD)
    tables = {
        "landmarks": _landmarks(extremes),
        "recipes": _recipe_rows(curves),
        "bands": curve.bands(),
        "networks": [
            {"recipe": name, **row} for name, part in curves.items() for row in part.rows()
        ],
        "published_points": _published_points(),
    }
    return Findings(
        tables,
        _published(curve),
        _answer(extremes),
        cells,
        _notes(context.scale, tables["recipes"]),
    )


def _recipe_rows(curves: dict[str, CapacityCurve]) -> list[Row]:
    """Test loss of the chain's networks beside that of networks from fresh weights."""
    return [
        {
            "recipe": name,
            **{key: band[key] for key in ("capacity", "n_parameters", "mean", "low", "high")},
            "n_seeds": band["n_seeds"],
        }
        for name, part in curves.items()
        for band in part.bands()
        if band["curve"] == "test_loss" and band["capacity"] in curves["fresh"].capacities
    ]


def _digits() -> Dataset:
    return fetch_mnist(n_train=_N_TRAIN, n_test=_N_TEST)


_digits.__name__ = "fetch_mnist"  # what the sentence on missing files names


def _recipe(scale: str, *, chained: bool = False) -> Recipe:
    """Below the threshold the rate falls by 10% after every 500 epochs, as published."""
    steps = _EPOCHS[scale] * _N_TRAIN // _BATCH
    return Recipe.sgd(
        0.001,
        momentum=0.95,
        batch_size=_BATCH,
        steps=steps,
        schedule=StepDecay(500, 0.9) if chained else None,
        loss="squared",
        evaluate_every=max(1, steps // 10),
    )


def _plain(scale: str) -> Recipe:
    steps = _PLAIN_STEPS[scale]
    return Recipe.adam(
        _PLAIN_RATE, batch_size=None, steps=steps, loss="squared", evaluate_every=steps // 4
    )


def _n_parameters(hidden: int) -> int:
    return (784 + 1) * hidden + (hidden + 1) * _N_CLASSES


def _networks(data: Dataset, scale: str, seed: int, beyond: tuple[int, ...]) -> list[CapacityRun]:
    """A seed's networks; those of the chain know the one that they start from."""
    runs: list[CapacityRun] = []
    before: TrainingCell | None = None
    for hidden in (*_CHAIN, *beyond):
        model = MLP((hidden,), init="glorot" if before is None else "normal")
        chained = hidden in _CHAIN
        start = before if chained else None
        before = TrainingCell(data.spec, model, _recipe(scale, chained=chained), seed, start=start)
        runs.append(_run(before))
    return runs


def _run(cell: TrainingCell) -> CapacityRun:
    assert isinstance(cell.model, MLP)
    size = _n_parameters(cell.model.hidden[0])
    return CapacityRun(size, size, cell)


def _landmarks(extremes: DoubleDescent) -> list[Row]:
    found = {
        "first minimum": extremes.first_minimum,
        "peak": extremes.peak,
        "second minimum": extremes.second_minimum,
    }
    return [
        {
            "landmark": name,
            "capacity": extremum.capacity,
            "mean": float(extremum.value.mean),
            "low": float(extremum.value.low),
            "high": float(extremum.value.high),
            "n_seeds": int(extremum.value.n),
        }
        for name, extremum in found.items()
    ]


def _published(curve: CapacityCurve) -> list[Comparison]:
    losses = dict(zip(curve.capacities, curve.values("test_loss"), strict=True))
    return [
        compare(
            f"test loss, {_n_parameters(hidden):,} parameters",
            value,
            losses[_n_parameters(hidden)],
            _TOLERANCE,
            _PAPER,
        )
        for hidden, value in _PUBLISHED.items()
    ]


def _published_points() -> list[Row]:
    return [
        {
            "curve": "test_loss",
            "capacity": _n_parameters(hidden),
            "value": value,
            "source": _PAPER,
        }
        for hidden, value in _PUBLISHED.items()
    ]


def _answer(extremes: DoubleDescent) -> str:
    first, peak, last = extremes.first_minimum, extremes.peak, extremes.second_minimum
    before, after = (float(peak.value.mean / other.value.mean) for other in (first, last))
    return (
        f"It falls to {_value(first.value)} at {first.capacity:,.0f} parameters, rises to a peak "
        f"of {_value(peak.value)} at {peak.capacity:,.0f} (training examples times classes: "
        f"{_THRESHOLD:,}), and falls to {_value(last.value)} at {last.capacity:,.0f}: the peak is "
        f"{before:.2f} times the minimum before it and {after:.2f} times the one after."
    )


def _value(interval: Interval) -> str:
    return text(interval, 3).replace(" [nan, nan]", "")


def _value_of(row: Row) -> str:
    return text({**row, "estimate": row["mean"]}, 3).replace(" [nan, nan]", "")


def _notes(scale: str, recipes: list[Row]) -> list[str]:
    last = max(row["capacity"] for row in recipes if row["capacity"] <= _THRESHOLD)
    ends = {row["recipe"]: _value_of(row) for row in recipes if row["capacity"] == last}
    plain = [row for row in recipes if row["recipe"] == "plain"]
    highest = max(plain, key=lambda row: row["mean"])
    n_seeds = _N_SEEDS[scale]
    seeds = (
        "One seed, so no intervals."
        if n_seeds == 1
        else f"Intervals: 95%, Student's t over {n_seeds} seeds (initial weights, batch order); "
        f"the data stay the same."
    )
    return [
        f"{seeds} The first {_N_TRAIN:,} training digits, tested on all {_N_TEST:,} test digits; "
        f"the loss is the squared distance from 1 for the right class and 0 for the others, "
        f"summed over classes.",
        f"The paper's protocol as far as it is told: SGD with momentum 0.95, below the threshold a "
        f"learning rate that falls by 10% after every 500 epochs; here it begins at 0.001, with "
        f"batches of {_BATCH} and {_EPOCHS[scale]:,} epochs (published: up to 6,000, and below "
        f"the threshold fewer where no training digit is misclassified any more). Up to "
        f"{_THRESHOLD:,} parameters each network starts from the trained weights of the next "
        f"smaller one, the smallest from Glorot's, new ones normal with variance 0.01; "
        f"beyond, each starts afresh.",
        f"The peak owes most to this reuse: the chain carries on what it has fitted. Networks of "
        f"the same sizes from fresh weights, trained as those beyond the threshold are, do not "
        f"show it: at {last:,.0f} parameters their test loss is {ends['fresh']}, and that of the "
        f"chain {ends['reused']}.",
        f"A plain recipe beside both: Adam with a learning rate of {_PLAIN_RATE:g}, "
        f"{_PLAIN_STEPS[scale]:,} steps on all digits at once, from the usual initial weights. "
        f"Its test loss is {_value_of(plain[0])} at {plain[0]['capacity']:,.0f} parameters, "
        f"highest, {_value_of(highest)}, at {highest['capacity']:,.0f}, and "
        f"{_value_of(plain[-1])} at {plain[-1]['capacity']:,.0f}.",
    ]
