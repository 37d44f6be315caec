"""`more-data-can-hurt`: test error against the number of training examples at a fixed width.

Nakkiran et al., "Deep Double Descent" (ICLR 2020), section 7: more examples lower the curve of
test error against size, and move its peak to larger sizes. Where a network is near the peak, the
two may cancel, or more examples may raise the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, LabelNoise
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.more_data_can_hurt.protocol import PROTOCOLS, Protocol
from genlab.experiments.more_data_can_hurt.tables import TABLES
from genlab.experiments.more_data_can_hurt.words import answer, finding, notes
from genlab.measure import error_interval, pairwise_intervals
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


class Place(NamedTuple):
    """One network."""

    noise: float
    width: int
    n_train: int
    seed: int


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width on every number of examples."""
    places = [
        Place(noise, width, n, seed)
        for noise in protocol.noises
        for width in protocol.widths
        for n in protocol.sizes
        for seed in context.seeds(protocol.n_seeds)
    ]
    cells = [_cell(place, protocol) for place in places]
    results = dict(zip(places, context.run_cells(cells), strict=True))
    kinds = [(noise, width) for noise in protocol.noises for width in protocol.widths]
    tables = {
        "rises": [_rise(*kind, results, protocol) for kind in kinds],
        "curves": [row for kind in kinds for row in _curves(*kind, results, protocol)],
        "networks": [
            _network(place, cell, results[place]) for place, cell in zip(places, cells, strict=True)
        ],
    }
    return Findings(
        tables,
        [],
        answer(tables),
        cells,
        notes(protocol),
        finding=finding(tables),
    )


def _cell(place: Place, protocol: Protocol) -> TrainingCell:
    data = {"seed": place.seed, "n_train": place.n_train, "n_test": protocol.n_test}
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        MLP(hidden=(place.width, place.width), init="fan_in"),
        protocol.recipe,
        place.seed,
        LabelNoise(place.noise) if place.noise else None,
    )


def _ends(
    noise: float,
    width: int,
    curve: str,
    results: Mapping[Place, CellResult],
    protocol: Protocol,
) -> np.ndarray:
    """The last value of a curve, shape (sizes, seeds)."""
    seeds = sorted({place.seed for place in results})
    return np.array(
        [
            [float(getattr(results[Place(noise, width, n, seed)], curve)[-1]) for seed in seeds]
            for n in protocol.sizes
        ]
    )


def _rise(noise: float, width: int, results: Mapping[Place, CellResult], protocol: Protocol) -> Row:
    """The largest rise of those that are found, or of all: differences of the same seeds."""
    pairs = pairwise_intervals(
        list(_ends(noise, width, "test_error", results, protocol)), paired=True
    )
    if not np.isfinite(pairs.mean).any():
        raise ValueError(
            f"no seed has a finite test error at every number of examples: width {width}, label "
            f"noise {noise:g}."
        )
    later = np.triu(np.ones(pairs.mean.shape, bool), 1)
    found = later & (pairs.low > 0)
    rises = np.where(found if found.any() else later & np.isfinite(pairs.mean), pairs.mean, -np.inf)
    first, last = (int(i) for i in np.unravel_index(rises.argmax(), rises.shape))
    return {
        "label_noise": noise,
        "capacity": width,
        "from_n": protocol.sizes[first],
        "to_n": protocol.sizes[last],
        **pairs.row(index=(first, last)),
        "found": bool(found.any()),
        "most": float(pairs.high[later].max()),
        "n_seeds": int(pairs.n[first, last]),
    }


def _curves(
    noise: float, width: int, results: Mapping[Place, CellResult], protocol: Protocol
) -> list[Row]:
    rows = []
    for curve in ("train_error", "test_error"):
        values = _ends(noise, width, curve, results, protocol)
        for n, seeds in zip(protocol.sizes, values, strict=True):
            interval = error_interval(seeds, n if curve == "train_error" else protocol.n_test)
            rows.append(
                {
                    "label_noise": noise,
                    "capacity": width,
                    "n_train": n,
                    "curve": curve,
                    **interval.row(),
                    "n_seeds": int(interval.n),
                }
            )
    return rows


def _network(place: Place, cell: TrainingCell, result: CellResult) -> Row:
    return {
        "dataset": cell.data.name,
        "model": "MLP",
        "capacity": place.width,
        "n_parameters": cell.model.n_parameters((40,), 10),
        "label_noise": place.noise,
        "seed": place.seed,
        "step": int(result.steps[-1]),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
        "n_train": place.n_train,
    }
