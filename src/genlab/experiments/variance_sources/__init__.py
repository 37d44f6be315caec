"""`variance-sources`: what test error owes to the training sample, labels, weights and batches.

The slides of S. Prince, "Understanding Deep Learning", ch. 8, name the variability "every
time we capture training data, and also from stochastic learning algorithms". Here networks
that differ in one source alone are compared on one large test set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, LabelNoise
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import BOOK, estimate, text
from genlab.measure import (
    Comparison,
    Interval,
    compare,
    deviation_interval,
    jackknife_interval,
    mean_interval,
)
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES, Recipe, Seeds

_N_GROUPS = {"quick": 6, "default": 20, "paper": 100}

_MODEL = MLP(hidden=(100, 100), init="fan_in")
_RECIPE = Recipe.sgd(learning_rate=0.1, batch_size=100, steps=6000, evaluate_every=6000)
_N_TRAIN = 4000
# Large, for few test examples would add as much as what is looked for.
_N_TEST = 200_000
# Test examples of the published set.
_N_PUBLISHED_TEST = 1000

_SAMPLE, _NOISE, _WEIGHTS, _ORDER = (
    "training sample",
    "label noise",
    "initial weights",
    "batch order",
)
_SOURCES = (_SAMPLE, _NOISE, _WEIGHTS, _ORDER)
_TOGETHER = "all together"

_CLEAN, _NOISY = "clean labels", "15% of labels redrawn"
_LABELS = {_CLEAN: None, _NOISY: LabelNoise(0.15)}
_QUANTITIES = ("test_error", "test_loss")

# Errors or losses at the end: a row a group, its first network, then one a source.
_Ends = Float[np.ndarray, "groups networks"]


class _Run(NamedTuple):
    """One network: the first of its group, or the one with a source drawn anew."""

    labels: str
    group: int
    drawn_anew: str | None


def run(context: Context) -> Findings:
    """Train the groups, and set what each source adds beside what all add together."""
    n_groups = _N_GROUPS[context.scale]
    seeds = context.seeds(2 * n_groups)
    runs = [
        _Run(labels, group, drawn_anew)
        for labels in _LABELS
        for group in range(n_groups)
        for drawn_anew in (None, *_sources(labels))
    ]
    cells = [_cell(one, seeds) for one in runs]
    results = dict(zip(runs, context.run_cells(cells), strict=True))
    ends = {
        (labels, quantity): _ends(results, labels, quantity, n_groups)
        for labels in _LABELS
        for quantity in _QUANTITIES
    }
    deviations = [row for key in ends for row in _deviation_rows(*key, ends[key])]
    sums = [_sum_row(*key, ends[key]) for key in ends]
    sampling = [row for labels in _LABELS for row in _sampling_rows(labels, ends)]
    tables = {
        "deviations": deviations,
        "sums": sums,
        "sampling": sampling,
        "changes": [row for labels in _LABELS for row in _change_rows(labels, ends)],
        "runs": [_run_row(*one) for one in zip(runs, cells, results.values(), strict=True)],
    }
    return Findings(
        tables,
        _published(ends),
        _answer(ends, deviations, sums, sampling),
        cells,
        _notes(n_groups, sums, sampling),
    )


def _sources(labels: str) -> tuple[str, ...]:
    """What can be drawn anew: no label noise where there is none."""
    return tuple(source for source in _SOURCES if source != _NOISE or _LABELS[labels])


def _cell(one: _Run, seeds: list[int]) -> TrainingCell:
    """Seed 2i for every source in group i, and 2i + 1 for the one that is drawn anew."""
    of = dict.fromkeys(_SOURCES, seeds[2 * one.group])
    if one.drawn_anew is not None:
        of[one.drawn_anew] = seeds[2 * one.group + 1]
    data = {"seed": of[_SAMPLE], "n_train": _N_TRAIN, "n_test": _N_TEST}
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        _MODEL,
        _RECIPE,
        Seeds(label_noise=of[_NOISE], initialisation=of[_WEIGHTS], batch_order=of[_ORDER]),
        _LABELS[one.labels],
    )


def _ends(results: dict[_Run, CellResult], labels: str, quantity: str, n_groups: int) -> _Ends:
    """Groups of which a network diverged are left out."""
    ends = np.array(
        [
            [
                getattr(results[_Run(labels, group, drawn_anew)], quantity)[-1]
                for drawn_anew in (None, *_sources(labels))
            ]
            for group in range(n_groups)
        ]
    )
    return ends[np.isfinite(ends).all(axis=1)]


def _variances(ends: _Ends) -> Float[np.ndarray, " sources_and_all"]:
    """Half the mean squared difference of two networks, which is a variance.

    Of two that differ in one source alone, for each source: the variance that goes with it
    while the others stay, averaged over what they are, its total effect (Homma & Saltelli,
    Reliability Engineering & System Safety 1996; estimated as Jansen, Computer Physics
    Communications 1999, equation 9). Last, of any two of different groups, which share
    nothing: the variance of all together.
    """
    alone = ((ends[:, 1:] - ends[:, :1]) ** 2).mean(axis=0) / 2
    # The mean over all pairs of networks from different groups, without listing them.
    together = ends.mean(axis=1).var(ddof=1) + ends.var(axis=1).mean()
    return np.array([*alone, together])


def _compared(ends: _Ends) -> Interval:
    """The sources' shares of the variance of all together, their sum, and that variance.

    Jackknife intervals over groups, on logarithms, for what is positive and skewed. They
    cover 91 to 95% of normal effects from 6 groups, 93 to 95% from 20 on, alone or
    interacting (simulated).
    """

    def logs(ends: _Ends) -> Float[np.ndarray, " numbers"]:
        *alone, together = _variances(ends)
        return np.log([*alone / together, sum(alone) / together, together])

    left_out = [logs(np.delete(ends, i, axis=0)) for i in range(len(ends))]
    found = jackknife_interval(logs(ends), left_out)
    return Interval(np.exp(found.mean), np.exp(found.low), np.exp(found.high), found.n)


def _deviation_rows(labels: str, quantity: str, ends: _Ends) -> list[Row]:
    """Standard deviations: chi-square intervals of single sources, the jackknife's of all."""
    compared = _compared(ends)
    alone = deviation_interval((ends[:, 1:] - ends[:, :1]) / np.sqrt(2), about=0)
    together = {name: value**0.5 for name, value in estimate(compared, -1).items()}
    rows = []
    for i, source in enumerate((*_sources(labels), _TOGETHER)):
        whole = source == _TOGETHER
        share = {"estimate": 1.0, "low": None, "high": None} if whole else estimate(compared, i)
        rows.append(
            {
                "labels": labels,
                "quantity": quantity,
                "source": source,
                **(together if whole else estimate(alone, i)),
                **{f"share_{name}": value for name, value in share.items()},
                "n_groups": len(ends),
            }
        )
    return rows


def _sum_row(labels: str, quantity: str, ends: _Ends) -> Row:
    """The variances of the single sources, summed, in units of that of all together."""
    return {
        "labels": labels,
        "quantity": quantity,
        **estimate(_compared(ends), -2),
        "n_groups": len(ends),
    }


def _sampling_rows(labels: str, ends: dict[tuple[str, str], _Ends]) -> list[Row]:
    """What drawing n test examples adds: the binomial deviation of a share p of errors."""
    p = float(ends[labels, "test_error"].mean())
    return [
        {"labels": labels, "n_test": n, "test_error": p, "deviation": (p * (1 - p) / n) ** 0.5}
        for n in (_N_PUBLISHED_TEST, _N_TEST)
    ]


def _change_rows(labels: str, ends: dict[tuple[str, str], _Ends]) -> list[Row]:
    """Each network less the first of its group; for all together, that less the next one."""
    changes = {}
    for quantity in _QUANTITIES:
        table = ends[labels, quantity]
        alone = dict(zip(_sources(labels), (table[:, 1:] - table[:, :1]).T, strict=True))
        changes[quantity] = {**alone, _TOGETHER: np.diff(table[:, 0])}
    return [
        {
            "labels": labels,
            "source": source,
            "group": group,
            **{
                f"{quantity}_change": float(changes[quantity][source][group])
                for quantity in changes
            },
        }
        for source, values in changes["test_error"].items()
        for group in range(len(values))
    ]


def _run_row(one: _Run, cell: TrainingCell, result: CellResult) -> Row:
    noise = _LABELS[one.labels]
    return {
        "dataset": cell.data.name,
        "model": f"MLP {'-'.join(map(str, _MODEL.hidden))}",
        "n_parameters": _MODEL.n_parameters((40,), 10),
        "label_noise": 0.0 if noise is None else noise.fraction,
        "group": one.group,
        "drawn_anew": one.drawn_anew or "",
        "step": int(result.steps[-1]),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
    }


def _published(ends: dict[tuple[str, str], _Ends]) -> list[Comparison]:
    first = {quantity: ends[_CLEAN, quantity][:, 0] for quantity in _QUANTITIES}
    return [
        compare("test error at the end (%)", 37.5, 100 * first["test_error"], 2.5, BOOK),
        compare("test loss at the end (nats)", 2.2, first["test_loss"], 0.5, BOOK),
    ]


def _answer(
    ends: dict[tuple[str, str], _Ends], deviations: list[Row], sums: list[Row], sampling: list[Row]
) -> str:
    spread = {
        (row["labels"], row["source"]): text(
            {name: 100 * row[name] for name in ("estimate", "low", "high")}, 2
        )
        for row in deviations
        if row["quantity"] == "test_error"
    }
    mean = {
        labels: text(mean_interval(100 * ends[labels, "test_error"][:, 0]), 1) for labels in _LABELS
    }
    times = {row["labels"]: text(row, 1) for row in sums if row["quantity"] == "test_error"}
    added = " and ".join(
        f"{100 * row['deviation']:.1f}" for row in sampling if row["n_test"] == _N_PUBLISHED_TEST
    )

    def told(labels: str) -> str:
        alone = [f"{spread[labels, source]} ({source})" for source in _sources(labels)]
        return f"{', '.join(alone[:-1])} or {alone[-1]}"

    return (
        f"With everything drawn anew, the test error of the chapter's network, "
        f"{mean[_CLEAN]}%, has a standard deviation of {spread[_CLEAN, _TOGETHER]} percentage "
        f"points from one training to the next; with one source drawn anew and the others held "
        f"still, of {told(_CLEAN)}. With 15% of the training labels redrawn, at {mean[_NOISY]}%, "
        f"it is {spread[_NOISY, _TOGETHER]}; for one source {told(_NOISY)}. The variances of the "
        f"single sources sum to {times[_CLEAN]} and {times[_NOISY]} times that of all together. A "
        f"test set of 1,000 examples, drawn anew, would add a deviation of {added} points."
    )


def _notes(n_groups: int, sums: list[Row], sampling: list[Row]) -> list[str]:
    floor = max(100 * row["deviation"] for row in sampling if row["n_test"] == _N_TEST)
    above = [
        f"{row['quantity'].replace('_', ' ')} with {row['labels']}"
        for row in sums
        if row["low"] > 1
    ]
    surely = f"surely so for {' and for '.join(above)}" if above else "here nowhere surely so"
    return [
        f"{n_groups} groups of networks: a first one, and for each source one more that differs "
        f"from it in this source alone. The variance that goes with a source is half the mean "
        f"squared difference of such two, an average over {n_groups} settings of the other "
        f"sources; that of all together is half the mean squared difference of two networks of "
        f"different groups, which share nothing. Label noise has a panel of its own, so that "
        f"with clean labels the network is the chapter's.",
        f"Intervals: 95%, over the {n_groups} groups. Of a single source's deviation it is the "
        f"chi-square interval, exact for normal values, with fewer degrees of freedom where the "
        f"values show heavier tails; of all together, of shares and of sums, the jackknife's on "
        f"logarithms.",
        f"Effects that add up have variances that add up. Where what one source does depends on "
        f"the others, each of them shows it alone, and their sum exceeds the variance of all "
        f"together: {surely}.",
        f"All networks are tested on the same {_N_TEST:,} fresh examples, so that they differ by "
        f"training alone. To the variance this adds at most p(1 − p)/{_N_TEST:,}, a deviation of "
        f"{floor:.2f} points, with p the test error; less where two networks err alike, as with "
        f"another batch order. What 1,000 examples would add is the same closed form, without an "
        f"interval. For losses there is none: their spread over examples is not recorded.",
        "The training samples are fresh draws with their classes as they come; the published "
        "set holds as many examples of each class.",
    ]
