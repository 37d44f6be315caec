"""`variance-sources`: what test error owes to the training sample, labels, weights and batches.

The slides of S. Prince, "Understanding Deep Learning", ch. 8, name the variability "every
time we capture training data, and also from stochastic learning algorithms". Here networks
that differ in one source alone are compared on one large test set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import DataSpec
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._labels import noise_of
from genlab.experiments.variance_sources.protocol import (
    BOOK,
    LABELS,
    PROTOCOLS,
    PUBLISHED,
    QUANTITIES,
    SOURCES,
    Protocol,
    sources,
)
from genlab.experiments.variance_sources.tables import TABLES
from genlab.experiments.variance_sources.words import answer, finding, notes
from genlab.measure import (
    Comparison,
    compare,
    deviation_interval,
    error_interval,
    loss_interval,
    percent_interval,
    total_effect_shares,
)
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES, Seeds

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# Errors or losses after training: one row per group, its first network, then one per source.
_Ends = Float[np.ndarray, "groups networks"]


class Network(NamedTuple):
    """The first network of a group, or the one with a resampled source."""

    labels: str
    group: int
    resampled: str | None


def run(context: Context, protocol: Protocol) -> Findings:
    """Train the groups, and compare what each source adds with what all add together."""
    seeds = context.seeds(2 * protocol.n_groups)
    networks = [
        Network(labels, group, resampled)
        for labels in LABELS
        for group in range(protocol.n_groups)
        for resampled in (None, *sources(labels))
    ]
    cells = [_cell(network, seeds, protocol) for network in networks]
    results = dict(zip(networks, context.run_cells(cells), strict=True))
    ends = {
        (labels, quantity): ends_of(results, labels, quantity, protocol.n_groups)
        for labels in LABELS
        for quantity in QUANTITIES
    }
    deviations = [row for key in ends for row in _deviation_rows(*key, ends[key])]
    sums = [_sum_row(*key, ends[key]) for key in ends]
    sampling = [row for labels in LABELS for row in _sampling_rows(labels, ends, protocol)]
    tables = {
        "deviations": deviations,
        "sums": sums,
        "sampling": sampling,
        "changes": [row for labels in LABELS for row in _change_rows(labels, ends)],
        "runs": [
            _run_row(network, cell, results[network], protocol)
            for network, cell in zip(networks, cells, strict=True)
        ],
    }
    errors = {
        labels: error_interval(ends[labels, "test_error"][:, 0], protocol.n_test)
        for labels in LABELS
    }
    return Findings(
        tables,
        _published(ends, protocol),
        answer(errors, deviations, sums, sampling, protocol),
        cells,
        notes(protocol.n_groups, sums, sampling, protocol),
        finding=finding(deviations),
    )


def _cell(network: Network, seeds: list[int], protocol: Protocol) -> TrainingCell:
    """Seed 2i for every source in group i, and 2i + 1 for the one that is resampled."""
    seed_of = dict.fromkeys(SOURCES, seeds[2 * network.group])
    if network.resampled is not None:
        seed_of[network.resampled] = seeds[2 * network.group + 1]
    data = {
        "seed": seed_of["training_sample"],
        "n_train": protocol.n_train,
        "n_test": protocol.n_test,
    }
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        protocol.model,
        protocol.recipe,
        Seeds(
            label_noise=seed_of["label_noise"],
            initialisation=seed_of["initial_weights"],
            batch_order=seed_of["batch_order"],
        ),
        noise_of(network.labels, protocol.label_noise),
    )


def ends_of(
    results: Mapping[Network, CellResult], labels: str, quantity: str, n_groups: int
) -> _Ends:
    """The last value of every network; groups in which one diverged are left out."""
    ends = np.array(
        [
            [
                getattr(results[Network(labels, group, resampled)], quantity)[-1]
                for resampled in (None, *sources(labels))
            ]
            for group in range(n_groups)
        ]
    )
    return ends[np.isfinite(ends).all(axis=1)]


def _deviation_rows(labels: str, quantity: str, ends: _Ends) -> list[Row]:
    """Standard deviations: chi-square intervals of single sources, the jackknife's of all."""
    shares = total_effect_shares(ends)
    alone = deviation_interval((ends[:, 1:] - ends[:, :1]) / np.sqrt(2), about=0)
    together = {name: value**0.5 for name, value in shares.row(index=-1).items()}
    rows = [
        (source, alone.row(index=i), shares.row("share", i))
        for i, source in enumerate(sources(labels))
    ]
    rows.append(("all", together, {"share": 1.0, "share_low": np.nan, "share_high": np.nan}))
    return [
        {
            "labels": labels,
            "quantity": quantity,
            "source": source,
            **deviation,
            **share,
            "n_groups": len(ends),
        }
        for source, deviation, share in rows
    ]


def _sum_row(labels: str, quantity: str, ends: _Ends) -> Row:
    """The variances of the single sources, summed, in units of that of all together."""
    return {
        "labels": labels,
        "quantity": quantity,
        **total_effect_shares(ends).row(index=-2),
        "n_groups": len(ends),
    }


def _sampling_rows(
    labels: str, ends: Mapping[tuple[str, str], _Ends], protocol: Protocol
) -> list[Row]:
    """What resampling n test examples adds: the binomial standard deviation of the error p."""
    p = float(ends[labels, "test_error"].mean())
    return [
        {
            "labels": labels,
            "n_test": n,
            "test_error": p,
            "standard_deviation": (p * (1 - p) / n) ** 0.5,
        }
        for n in (protocol.n_published_test, protocol.n_test)
    ]


def _change_rows(labels: str, ends: Mapping[tuple[str, str], _Ends]) -> list[Row]:
    """Each network minus the first of its group; for all, the next group's first minus it."""
    changes = {}
    for quantity in QUANTITIES:
        table = ends[labels, quantity]
        alone = dict(zip(sources(labels), (table[:, 1:] - table[:, :1]).T, strict=True))
        changes[quantity] = {**alone, "all": np.diff(table[:, 0])}
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


def _run_row(network: Network, cell: TrainingCell, result: CellResult, protocol: Protocol) -> Row:
    noise = noise_of(network.labels, protocol.label_noise)
    return {
        "dataset": cell.data.name,
        "model": f"MLP {'-'.join(map(str, protocol.model.hidden))}",
        "n_parameters": protocol.model.n_parameters((40,), 10),
        "label_noise": 0.0 if noise is None else noise.fraction,
        "group": network.group,
        "resampled": network.resampled or "",
        "step": int(result.steps[-1]),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
    }


def _published(ends: Mapping[tuple[str, str], _Ends], protocol: Protocol) -> list[Comparison]:
    error, loss = (ends["clean", quantity][:, 0] for quantity in ("test_error", "test_loss"))
    intervals = {
        "test error after training (%)": percent_interval(100 * error, protocol.n_test),
        "test loss after training (nats)": loss_interval(loss),
    }
    published = PROTOCOLS["paper"]
    return [
        compare(
            f"{name}, clean labels",
            value,
            interval,
            tolerance,
            BOOK,
            reason=reason,
            comparable=(protocol.model, protocol.recipe, protocol.n_train)
            == (published.model, published.recipe, published.n_train),
        )
        for (name, interval), (value, tolerance, reason) in zip(
            intervals.items(), PUBLISHED.values(), strict=True
        )
    ]
