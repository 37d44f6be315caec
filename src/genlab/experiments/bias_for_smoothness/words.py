"""The sentences of `bias-for-smoothness`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import (
    counted,
    decimals,
    estimate,
    listed,
    negated,
    number,
    percent,
    points,
)
from genlab.experiments._rows import pick
from genlab.experiments.bias_for_smoothness.protocol import ENSEMBLE, PLAIN, Protocol, Toy

Tables = Mapping[str, Sequence[Row]]

_TEXTS = {
    PLAIN: "plain training",
    "small_steps": "small steps",
    "large_steps": "large steps",
    "weight_decay": "weight decay",
    ENSEMBLE: "ensemble",
}


def method_text(method: str) -> str:
    """What a method is called.

    >>> method_text("weight_decay_0.03"), method_text("small_steps")
    ('weight decay 0.03', 'small steps')
    """
    return _TEXTS.get(method, method.replace("_", " "))


def answer(tables: Tables, protocol: Protocol) -> str:
    """The finding, then its numbers; the rest is in the captions and in the tables."""
    level = quoted_level(tables, protocol.levels)
    if level is None:
        networks = ["On MNIST-1D no two methods reach a common training loss in every seed."]
    else:
        networks = [
            *_lead(tables, level, protocol),
            *_methods_told(tables, level, protocol),
            _correlated(tables, level),
        ]
    return " ".join([*networks, *_toy_told(tables, protocol.toy)])


def _lead(tables: Tables, level: float, protocol: Protocol) -> list[str]:
    """Which methods are smoother and better than plain training at the level, and which rougher."""
    signs = {
        method: tuple(
            _sign(difference(tables, method, level, quantity))
            for quantity in ("total_variation", "test_error")
        )
        for method in _others(tables, level)
    }
    told = []
    for wanted, text in (
        ((-1, -1), "smoother than plain training, and has a lower test error"),
        ((1, 1), "rougher than plain training, and has a higher test error"),
        ((-1, 1), "smoother than plain training, but has a higher test error"),
        ((1, -1), "rougher than plain training, but has a lower test error"),
    ):
        named = [_name(method, protocol) for method, found in signs.items() if found == wanted]
        if named:
            shown = text if len(named) == 1 else text.replace("has a", "have a")
            verb = "is" if len(named) == 1 else "are"
            told.append(f"At equal training loss on MNIST-1D, {listed(named)} {verb} {shown}.")
    if not told:
        told.append(
            "At equal training loss on MNIST-1D, no method differs from plain training in both "
            "smoothness and test error, beyond what could be chance."
        )
    return told


def plain_told(tables: Tables, levels: Sequence[float]) -> str:
    """The roughness and the test error of plain training, and what stopping it does: a caption."""
    level = quoted_level(tables, levels)
    if level is None:
        return ""
    rough, error = (
        pick(tables["networks"], method=PLAIN, level=level, quantity=quantity)
        for quantity in ("total_variation", "test_error")
    )
    return (
        f"At a training loss of {level:g} nats, plain training has a total variation of "
        f"{estimate(rough, 2)} along paths, and a test error of {percent(error)}."
        f"{_stopped(tables['network_stopping'])}"
    )


def finding(tables: Tables, protocol: Protocol) -> str:
    """The answer in one sentence of at most 25 words."""
    level = quoted_level(tables, protocol.levels)
    row = None if level is None else _of_networks(tables, level)
    if row is None:
        row = _toy_row(tables, protocol.toy, "weight_decay", "total_variation")
        return (
            "In the toy problem, at equal training loss, weight decay changes the total variation "
            f"of the fit by {_amount(row)}."
        )
    sign, shown = _sign(row), estimate(row, 2)
    if sign == 0:
        return (
            "These seeds do not show whether smoother networks have lower test error at equal "
            f"training loss: the rank correlation is {shown}."
        )
    return (
        f"At equal training loss, smoother networks have {'lower' if sign > 0 else 'higher'} test "
        f"error: the rank correlation over {row['n_methods']} ways to train is {shown}."
    )


def quoted_level(tables: Tables, levels: Sequence[float]) -> float | None:
    """The lowest level that most methods reach in every seed; None where only one method does."""
    count = {level: len(_others(tables, level)) for level in levels}
    most = max(count.values())
    return min(level for level, n in count.items() if n == most) if most else None


def difference(tables: Tables, method: str, level: float, quantity: str) -> Row:
    """A method minus plain training, on MNIST-1D."""
    return pick(tables["network_differences"], method=method, level=level, quantity=quantity)


def _others(tables: Tables, level: float) -> list[str]:
    """The methods that are compared with plain training at a level."""
    rows = (row for row in tables["network_differences"] if row["level"] == level)
    return list(dict.fromkeys(str(row["method"]) for row in rows))


def _sign(row: Row) -> int:
    """−1 or 1 where the whole interval is below or above 0; 0 where it is not, or is missing."""
    if row["low"] is None or row["high"] is None:
        return 0
    return -1 if row["high"] < 0 else int(row["low"] > 0)


def _amount(row: Row) -> str:
    return estimate(row, decimals(row["estimate"], row["low"], row["high"]))


def _compared(row: Row, unit: str = "") -> str:
    """That a quantity is so much lower or higher.

    In `unit` "points" it is a fraction; with "digits" it is shown with three significant digits.
    """
    sign = _sign(row)
    shown = negated(row) if sign < 0 else row
    text = f"{points(shown)} points" if unit == "points" else estimate(shown, 3)
    if unit == "digits":
        text = _amount(shown)
    if sign:
        return f"is {text} {'lower' if sign < 0 else 'higher'}"
    return f"changes by {text}, which could be chance"


def _name(method: str, protocol: Protocol) -> str:
    if method == ENSEMBLE:
        return f"an ensemble of {protocol.n_members} networks"
    return method_text(method)


def _methods_told(tables: Tables, level: float, protocol: Protocol) -> list[str]:
    """The differences of each method that differs in both, and the names of the others."""
    told, others = [], []
    for method in _others(tables, level):
        rough = difference(tables, method, level, "total_variation")
        error = difference(tables, method, level, "test_error")
        if _sign(rough) and _sign(error):
            told.append(
                f"with {_name(method, protocol)} total variation {_compared(rough)}, and test "
                f"error {_compared(error, 'points')}"
            )
        else:
            others.append(_name(method, protocol))
    sentences = [f"At a training loss of {level:g} nats, {one}." for one in told]
    if others:
        sentences.append(
            f"With {listed(others)}, at least one of the two differences could be chance."
        )
    return sentences


def _correlation(tables: Tables, level: float, methods: str = "all") -> Row | None:
    """That of total variation and test error at a level; None of fewer than three methods."""
    wanted = {"level": level, "methods": methods, "roughness": "total_variation"}
    rows = tables["correlations"]
    return next((r for r in rows if all(r[key] == value for key, value in wanted.items())), None)


def _of_networks(tables: Tables, level: float) -> Row | None:
    """The correlation without the ensemble where it is known: the more cautious one."""
    return _correlation(tables, level, "single") or _correlation(tables, level)


def _correlated(tables: Tables, level: float) -> str:
    row = _of_networks(tables, level)
    if row is None:
        return "There are too few methods for a correlation of roughness and test error."
    told = {
        -1: "so smoother networks have higher test error",
        0: "so these seeds do not show whether smoother networks have lower test error",
        1: "so smoother networks have lower test error",
    }
    return (
        f"Among the {row['n_methods']} networks of one training set, one for each way to train, "
        f"the mean rank correlation of total variation and test error is {estimate(row, 2)}, "
        f"{told[_sign(row)]}."
    )


def _stopped(rows: Sequence[Row]) -> str:
    """What stopping plain training at the highest level does, against the lowest."""
    if not rows:
        return ""
    level = max(row["level"] for row in rows)
    rough, error = (
        pick(rows, level=level, quantity=name) for name in ("total_variation", "test_error")
    )
    return (
        f" Stopped at a training loss of {level:g} in place of {rough['lowest']:g}, its total "
        f"variation {_compared(rough)}, and its test error {_compared(error, 'points')}."
    )


def _toy_row(tables: Tables, toy: Toy, method: str, quantity: str) -> Row:
    return pick(tables["toy_differences"], method=method, level=toy.quoted, quantity=quantity)


def _toy_told(tables: Tables, toy: Toy) -> list[str]:
    """Weight decay and ensembles against gradient descent."""
    told = []
    for method, name in (
        ("weight_decay", "weight decay"),
        (ENSEMBLE, f"an ensemble of {toy.n_members} models"),
    ):
        rough = _compared(_toy_row(tables, toy, method, "total_variation"))
        error = _compared(_toy_row(tables, toy, method, "test_error"), "digits")
        told.append(f"With {name}, total variation {rough}, and test error {error}.")
    return [
        "In the toy problem the comparison is with gradient descent, at a training loss of "
        f"{toy.quoted:g}.",
        *told,
    ]


def steps_told(tables: Tables, quoted: float) -> str:
    """The largest effect of a step size, rounded up to two significant digits: for a caption."""
    total = pick(tables["toy"], method=PLAIN, level=quoted, quantity="total_variation")
    bound = largest_step_effect(tables, quoted)
    digits = 1 - math.floor(math.log10(bound))
    shown = f"{math.ceil(bound * 10**digits) / 10**digits:.{max(0, digits)}f}"
    return (
        f"At a training loss of {quoted:g}, other step sizes change total variation by at most "
        f"{shown}, of {_amount(total)}."
    )


def largest_step_effect(tables: Tables, quoted: float) -> float:
    """The largest end of the intervals of what a step size changes of the total variation.

    At the quoted level: the intervals of the methods at one level hold at once.
    """
    rows = (
        row
        for row in tables["toy_differences"]
        if (row["level"], row["quantity"]) == (quoted, "total_variation")
        and row["method"].endswith("_steps")
    )
    return max(abs(float(row[end])) for row in rows for end in ("low", "high"))


def notes(tables: Tables, protocol: Protocol) -> list[str]:
    """What is compared, at which losses, and over what the intervals are taken."""
    toy, n = protocol.toy, protocol.n_seeds
    steps = listed([f"{method_text(method)} {size:g}" for method, size in toy.step_sizes.items()])
    return [
        "Plain training at a training loss is training that is stopped when the training loss has "
        "fallen so far. So every comparison is with early stopping. How early stopping itself "
        "changes roughness and test error is in the tables `network_stopping` and `toy_stopping`.",
        f"Networks: 40-{protocol.width}-{protocol.width}-10, {protocol.n_train:,} training "
        f"examples with {protocol.label_noise.fraction:.0%} label noise, SGD with momentum "
        f"{protocol.settings[0].recipe.momentum:g}. {_recipes(protocol)} An ensemble is the mean "
        f"of the probabilities of {protocol.n_members} networks. They are trained like the plain "
        "one on the same labels, from other initial weights and with other batch orders; the first "
        "is the plain one. The training loss of an ensemble is that of the mean probabilities.",
        f"Each run is evaluated at {protocol.n_evaluations} steps. Its values at a training loss "
        "are interpolated between the first evaluation at or below this loss and the one before, "
        "in proportion to the logarithm of the loss. A method is compared at a level only if every "
        f"seed reaches it. {_nearness(tables)} {_missing(tables)}",
        "Learning rates, weight decays and the steps of the evaluations were chosen by runs of "
        f"other seeds: the first {protocol.first_seed} are left out here.",
        f"Roughness of a network: that of its probabilities on {2 * protocol.n_paths} straight "
        "paths between training examples, half of them of different classes and half of the same "
        f"class, from {protocol.n_places} places on each. Total variation is half the sum of the "
        "absolute changes of the probabilities along a path.",
        f"Intervals: 95%, over {counted(n, 'seed')} for networks, and over {toy.n_datasets:,} data "
        "sets in the toy problem. Differences are of the same training sets, labels and, but for "
        "the ensemble, initial weights. At one level their intervals hold at once for all methods "
        "and any two quantities, such as total variation and test error. The answer quotes the "
        "lowest training loss that most methods reach.",
        "The correlation is computed over the methods in each seed; its interval is over seeds. "
        "Networks of one seed also differ by chance, whatever the method, and these differences "
        "are part of it. So it is about networks. What a method does is in the differences. An "
        "ensemble averages such differences away, so it is left out where there are enough other "
        "methods; the table `correlations` has both.",
        f"Toy problem: {toy.n_points} points at the middles of equal cells, {toy.n_hidden} hidden "
        "units with random knots, one in each of as many cells, and parameters that begin at 0. "
        "The number of steps, λ, or the steps of all members are chosen for each data set, so that "
        "the training loss is exactly the level. Total variation and curvature are exact. The "
        "test error is the noise variance, which is known, plus the mean squared distance from the "
        "true function.",
        "Step sizes in the toy problem, as fractions of the largest that does not diverge: "
        f"{steps}. The number of steps times the step size decides nearly everything: "
        "1 − (1 − η s²)ᵗ is nearly 1 − exp(−η s² t). The number of steps need not be whole; its "
        f"median is {number(_least_steps(tables))} or more.",
    ]


def _recipes(protocol: Protocol) -> str:
    first = protocol.settings[0].recipe
    rates = [
        f"{s.recipe.learning_rate:g} ({method_text(s.method)})"
        for s in protocol.settings
        if s.recipe.learning_rate != first.learning_rate
    ]
    size = "Full batches" if first.batch_size is None else f"Batches of {first.batch_size}"
    told = f"{size}, learning rate {first.learning_rate:g}"
    return f"{told}, or {listed(rates)}." if rates else f"{told}."


def _nearness(tables: Tables) -> str:
    """How far apart the losses are between which values are interpolated."""
    ratios = [
        row["loss_before"] / row["loss_after"]
        for row in tables["reached"]
        if row["n_reached"] == row["n"]
    ]
    if not ratios:
        return ""
    return (
        "The mean training loss at the evaluation before is "
        f"{number(min(ratios))} to {number(max(ratios))} times that at the one after."
    )


def _missing(tables: Tables) -> str:
    """The methods that some seed does not bring to a level."""
    texts = [
        f"{method_text(row['method'])} at {row['level']:g} ({row['n_reached']} of {row['n']} seeds)"
        for row in tables["reached"]
        if row["n_reached"] < row["n"]
    ]
    return f"Left out: {listed(texts)}." if texts else "No method is left out at any level."


def _least_steps(tables: Tables) -> float:
    rows = [row for row in tables["toy_strengths"] if row["strength"] == "steps"]
    return min(float(row["estimate"]) for row in rows)
