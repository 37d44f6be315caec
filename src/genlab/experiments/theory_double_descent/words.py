"""The sentences of `theory-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import decimals, estimate, percent
from genlab.experiments._infinite_width import KERNEL_TEXTS
from genlab.experiments.theory_double_descent.protocol import Protocol

#: Codes of models -> what people read.
MODEL_TEXTS = {
    "isotropic": "linear, equal variances",
    "general": "linear, two variances",
    "random_features": "random ReLU features",
}
Tables = Mapping[str, Sequence[Row]]


def answer(tables: Tables, protocol: Protocol) -> str:
    """The peak is where theory has it, and how often theory lies in the interval."""
    plain = _row(tables["risk"], "isotropic", 0.0, _next_to_1(tables), "risk")
    median = _row(tables["risk"], "isotropic", 0.0, 1.0, "variance_at_a_point")
    exact = _count(tables, "isotropic", 0.0, "finite")
    ridge = _count(tables, "isotropic", protocol.ridge, "finite")
    ridged = protocol.features_ridge
    peak = _row(tables["risk"], "random_features", ridged, 1.0, "risk")
    limit = _row(tables["extrapolated"], "random_features", ridged, 1.0, "risk")
    features = _count(tables, "random_features", ridged, "limit_extrapolated")
    held = "holds" if median["finite_inside"] else "does not hold"
    yes = "Yes" if _agrees(exact) else "Not in this run"
    return (
        f"{yes}: theory says that the risk peaks where there are as many features as training "
        "examples, and how high. The risk is the expected squared error without the noise of new "
        f"targets. In linear regression with {plain['ratio']:g} features per example it is "
        f"{_value(plain)} in the simulation and {_theory(plain, 'finite')} in theory. With equally "
        "many its mean is infinite. There the median of the variance at one test input is "
        f"{_value(median)}; this interval {held} the exact value, {_theory(median, 'finite')}. "
        "Without a ridge the exact risk lies inside the 95% interval at "
        f"{_of(exact)} other ratios of features to examples. With ridge {protocol.ridge:g} the "
        f"theory for {protocol.n_examples} examples lies inside at {_of(ridge)} ratios. For random "
        "ReLU features only the limit of infinitely many examples is known. So the simulation is "
        f"extrapolated to it from {protocol.n_smaller} and {protocol.n_examples} examples. With "
        f"ridge {ridged:g} the limit lies inside the extrapolated interval at {_of(features)} "
        f"ratios{_too_few(features)}. At the peak the limit is {_theory(peak, 'limit')}. The risk "
        f"there is {_value(peak)} with {protocol.n_examples} examples and {_value(limit)} "
        f"extrapolated{'' if limit['limit_inside'] else ', which does not agree'}."
    )


def finding(tables: Tables) -> str:
    """The answer in one sentence."""
    row = _row(tables["risk"], "isotropic", 0.0, _next_to_1(tables), "risk")
    verb = "predicts" if _agrees(_count(tables, "isotropic", 0.0, "finite")) else "misses"
    return (
        f"Theory {verb} the peak: with {row['ratio']:g} features per example the risk is "
        f"{_value(row)}, in theory {_theory(row, 'finite')}."
    )


def _too_few(count: Row) -> str:
    """That fewer intervals hold a limit than would if it were right."""
    if _agrees(count):
        return ""
    return f", fewer than the {count['by_chance_low']} or more that chance allows"


def _agrees(count: Row) -> bool:
    """Whether as many intervals hold the theory as would if it is right."""
    return bool(count["n_inside"] >= count["by_chance_low"])


def notes(tables: Tables, protocol: Protocol) -> list[str]:
    """What the intervals are over, what is compared, where theory is not in them, and h = ∞."""
    counts = [row for row in tables["agreement"] if row["n_compared"] == len(protocol.ratios)]
    chance = (
        f"If theory is right, about 95% of the ratios have it in their interval: of "
        f"{counts[0]['n_compared']} ratios {counts[0]['by_chance_low']} to "
        f"{counts[0]['by_chance_high']}, in 95% of repetitions."
        if counts
        else ""
    )
    limits = "; ".join(
        f"{MODEL_TEXTS[model]}, {_ridge(ridge)}, {part} {_of(row)} ({_of(plain)})"
        for model, ridge, part in (
            ("isotropic", 0.0, "risk"),
            ("isotropic", protocol.ridge, "risk"),
            ("general", 0.0, "risk"),
            ("general", protocol.ridge, "risk"),
            ("random_features", 0.0, "risk"),
            ("random_features", 0.0, "variance"),
            ("random_features", protocol.features_ridge, "risk"),
            ("random_features", protocol.features_ridge, "variance"),
        )
        for row in [_count(tables, model, ridge, "limit_extrapolated", part)]
        for plain in [_count(tables, model, ridge, "limit", part)]
    )
    width = ", ".join(
        f"{KERNEL_TEXTS[row['kernel']]} with {row['labels']} labels {percent(row)}"
        for row in tables["infinite_width"]
    )
    examples = tables["infinite_width"][0]
    return [
        f"Intervals: 95%, over {protocol.n_draws} training sets at each ratio, each with a new "
        "target and new features. Means over label noise and over test inputs are computed, not "
        f"simulated. {chance}",
        "Features of equal variance, and of two variances, are those of linear regression. A ridge "
        "is a penalty on the squared length of the coefficients. Without one, and with more "
        "features than examples, the fit is the one of minimum norm.",
        "The theory of Hastie et al. and of Mei and Montanari is a limit of infinitely many "
        f"examples. The mean for {protocol.n_examples} examples differs from it by an amount in "
        f"proportion to 1 / {protocol.n_examples}, which is larger near the peak. Where the "
        "intervals are narrow they show that difference. So the limit is compared with two "
        f"simulations, of {protocol.n_smaller} and {protocol.n_examples} examples at the same "
        "ratios, extrapolated to infinitely many: the logarithm of the mean is taken as linear in "
        "1 / examples. The interval is that of the extrapolated value, and wider than that of "
        "either simulation. A ratio is left out where a training set has no finite variance of "
        "its risk: without a ridge, and with numbers of examples and features that differ by 3 or "
        "less.",
        "Ratios that have the limit in the interval of the extrapolated simulation, and in "
        f"brackets in that of {protocol.n_examples} examples: {limits}.",
        "Without a ridge, and with as many features as examples, the mean is infinite. There no "
        "mean of training sets has a valid interval, so the table has medians. For linear "
        "regression with equal variances the median of the variance at one test input is known "
        "exactly. For the other models no such theory is used.",
        "A network of infinite width is kernel regression. With the kernel NNGP only its last "
        "layer is trained. With the kernel NTK all layers with hidden inputs are trained. Here "
        f"they have {protocol.depth} hidden layers and are trained to the end on "
        f"{examples['n_train']:,} examples of MNIST-1D. Test error: {width}. Noisy labels have "
        f"{protocol.label_noise:.0%} label noise. Intervals: 95%, over {examples['n_test']:,} test "
        "examples; one training set.",
    ]


def _row(rows: Sequence[Row], model: str, ridge: float, ratio: float, part: str) -> Row:
    wanted = (model, ridge, ratio, part)
    return next(r for r in rows if (r["model"], r["ridge"], r["ratio"], r["part"]) == wanted)


def _count(tables: Tables, model: str, ridge: float, theory: str, part: str = "risk") -> Row:
    wanted = (model, ridge, theory, part)
    return next(
        row
        for row in tables["agreement"]
        if (row["model"], row["ridge"], row["theory"], row["part"]) == wanted
    )


def _next_to_1(tables: Tables) -> float:
    """The largest ratio below 1."""
    return float(max(row["ratio"] for row in tables["risk"] if row["ratio"] < 1))


def _value(row: Row) -> str:
    return estimate(row, decimals(row["low"]))


def _theory(row: Row, name: str) -> str:
    """What theory says, with as many decimals as the measured value."""
    return f"{row[name]:,.{decimals(row['low'])}f}"


def _of(row: Row) -> str:
    return f"{row['n_inside']} of {row['n_compared']}"


def _ridge(ridge: float) -> str:
    return f"ridge {ridge:g}" if ridge else "no ridge"
